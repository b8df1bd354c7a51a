"""A case goes to the helpdesk where people work, and is answered from its ticket; see docs/why/0031."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pawline.model import CaseAsked, CaseEnded, Skipped, TicketDecided, TicketId
from pawline.ports import ANSWER, Cases, Code, Decision, Helpdesk, Rejected, TicketDraft, Urgency
from pawline.runtime import Account, accounts, flow, now, use, wait_for

LONGEST: Final = timedelta(days=365)
"""So long a case without a deadline is waited for."""
LATER: Final = timedelta(days=1)
"""And so long after its deadline for the word that it ended."""
LOST: Final = (Code.NOT_FOUND, Code.GONE)
"""The ticket is not there any more: nothing is to be said in it."""


@flow(on=CaseAsked)
async def ask_at_helpdesk(asked: CaseAsked) -> TicketId | Skipped:
    """A case has a ticket while it is open, whoever answers it and wherever."""
    desk = Account(asked.account)
    if desk not in accounts(Helpdesk):
        return Skipped("the helpdesk is not connected any more")
    helpdesk = use(Helpdesk, desk)
    ticket = (await helpdesk.open(_draft(asked))).id
    until = now() + LONGEST if asked.until is None else max(now(), asked.until) + LATER
    ended = await wait_for(CaseEnded, key=asked.subject, until=until)
    if ended is not None:
        await _told(desk, ticket, _ended(ended))
    await _closed(desk, ticket)
    return ticket


@flow(on=TicketDecided)
async def answer_from_helpdesk(decided: TicketDecided) -> Decision | Skipped:
    """What one of the helpdesk's people wrote down is the answer to the case; who has no say is not heard."""
    desk = Account(decided.account)
    if desk not in accounts(Helpdesk) or not accounts(Cases):
        return Skipped("no case is answered there")
    helpdesk = use(Helpdesk, desk)
    try:
        found = await helpdesk.decided(decided.ticket, decided.note)
    except Rejected as no:
        if no.code not in LOST:
            raise
        return Skipped("there is no such ticket any more")
    if found is None:
        return Skipped("nobody who may answer wrote that")
    try:
        await use(Cases).answer(found.case, found.choice, desk, found.by, None)
    except Rejected as no:
        await _told(desk, decided.ticket, f"Not taken: {no.text}.")
        return Skipped(no.text)
    return found


async def _told(desk: Account, ticket: TicketId, text: str) -> None:
    """Whoever looks into the ticket sees it."""
    try:
        await use(Helpdesk, desk).note(ticket, text)
    except Rejected as no:
        if no.code not in LOST:
            raise


async def _closed(desk: Account, ticket: TicketId) -> None:
    """A helpdesk may ask for more before it closes one: that is its people's, who were told."""
    try:
        await use(Helpdesk, desk).close(ticket)
    except Rejected:
        return


def _draft(asked: CaseAsked) -> TicketDraft:
    choices = [f"{ANSWER} {number}   {choice}" for number, choice in enumerate(asked.choices, 1)]
    lines = [
        asked.title, "",
        "To answer, add an internal note that begins with one of these:", *choices, "",
        f"What it is about: pawline cases show {asked.case} --reveal",
    ]  # fmt: skip
    if asked.turn > 1:  # so that a look for this ticket does not find the one before
        lines.append(f"It was taken away from here before: this is its ticket number {asked.turn}.")
    if asked.until is not None:
        lines.append(f"Unanswered, it is decided by itself at {asked.until:%Y-%m-%d %H:%M} UTC.")
    return TicketDraft(
        title=f"Case {asked.case}: {asked.title}"[:150], text="\n".join(lines), urgency=Urgency.NORMAL,
        household=asked.of, tags=("case",), case=asked.case,
    )  # fmt: skip


def _ended(ended: CaseEnded) -> str:
    by = "" if ended.by is None else f" by {ended.by}"
    return f"Case {ended.case} is {ended.state}{by}: nothing is left to be done here."
