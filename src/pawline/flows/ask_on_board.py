"""A case goes to a board that people look at all day, and is answered by a button there; see docs/why/0036."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pawline.model import CardId, CaseAsked, CaseClicked, CaseEnded, Skipped
from pawline.ports import Board, CaseCard, Cases, Code, Decision, Rejected
from pawline.runtime import Account, accounts, flow, now, use, wait_for

LONGEST: Final = timedelta(days=365)
"""So long a case without a deadline is waited for."""
LATER: Final = timedelta(days=1)
"""And so long after its deadline for the word that it ended."""
GOOD: Final = timedelta(hours=1)
"""So long a click is good for. One that lay about longer may not be what they want any more."""
LOST: Final = (Code.NOT_FOUND, Code.GONE, Code.NOT_ALLOWED, Code.TOO_LATE)
"""A card was taken away, or nothing there may be changed any more: a click is told so. Any other no is a case."""
STRANGER: Final = "You may not answer cases here: whoever runs Pawline says in its settings who may. Nothing was done."


@flow(on=CaseAsked)
async def ask_on_board(asked: CaseAsked) -> CardId | Skipped:
    """A case has a card with buttons while it is open, whoever answers it and wherever."""
    desk = Account(asked.account)
    if desk not in accounts(Board):
        return Skipped("it is answered elsewhere")
    board, card = use(Board, desk), _card(asked)
    there = await board.post(card)
    until = now() + LONGEST if asked.until is None else max(now(), asked.until) + LATER
    ended = await wait_for(CaseEnded, key=asked.subject, until=until)
    try:
        await board.settle(there, card, _said(asked, ended))
    except Rejected as no:
        if no.code not in LOST:
            raise
    return there


@flow(on=CaseClicked, key=lambda clicked: f"{clicked.case}/{clicked.click}")
async def answer_from_board(clicked: CaseClicked) -> Decision | Skipped:
    """A click of somebody who may is the answer to the case; anybody else is told, and nothing happens.

    Clicks do not wait for one another: whether somebody may can take long to find out, and a case is answered once.
    """
    desk = Account(clicked.account)
    if desk not in accounts(Board) or not accounts(Cases):
        return Skipped("no case is answered there")
    by = await use(Board, desk).may(clicked.who)
    if by is None:
        await _told(clicked, STRANGER)
        return Skipped("who clicked may not answer")
    if not await use(Cases).bears(clicked.case, clicked.mark):
        await _told(clicked, f"Not taken: there is no case {clicked.case} like that here.")
        return Skipped("it is no case of this shop")
    try:
        await use(Cases).answer(clicked.case, clicked.choice, desk, by, clicked.at + GOOD)
    except Rejected as no:
        late = f"that was clicked at {clicked.at:%H:%M} UTC, and could not be taken before now"
        await _told(clicked, f"Not taken: {late if no.code is Code.TOO_LATE else no.text}.")
        return Skipped(no.text)
    return Decision(case=clicked.case, choice=clicked.choice, by=by)


async def _told(clicked: CaseClicked, text: str) -> None:
    """Whoever is not there any more is not told."""
    try:
        await use(Board, Account(clicked.account)).tell(clicked.card, clicked.who, text)
    except Rejected:
        return


def _card(asked: CaseAsked) -> CaseCard:
    return CaseCard(
        case=asked.case, mark=asked.mark, title=asked.title, choices=asked.choices, asked=now(), team=asked.team,
        until=asked.until, household=asked.of,
    )  # fmt: skip


def _said(asked: CaseAsked, ended: CaseEnded | None) -> str:
    if ended is None:
        return f"Case {asked.case} is not waited for here any more."
    by = "" if ended.by is None else f" by {ended.by}"
    return f"Case {asked.case} is {ended.state}{by}: nothing is left to be done here."
