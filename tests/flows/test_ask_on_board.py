"""A case on a board: who may click, what is told to whom, and a board that does not do what it is asked to."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from pawline.flows.ask_on_board import STRANGER, answer_from_board, ask_on_board
from pawline.model import CardId, CaseAsked, CaseClicked, CaseEnded, HouseholdId
from pawline.ports import Board, CaseCard, Cases, Code, Operation, Receipt, Rejected, Settle, Transient
from pawline.runtime import Binding, RuntimeSettings
from tests.flows.house import House

ASKED = CaseAsked(
    case=7, title="which?", choices=("a", "b"), team="care", account="slack/eu", mark="m7", of=HouseholdId("h-1")
)
ENDED = CaseEnded(case=7, state="answered", by="ann")
CLICK = CaseClicked(
    card=CardId("c1"), case=7, mark="m7", choice=2, who="U1", click="1.1", account="slack/eu", at=datetime.now(UTC)
)
DONE = "Case 7 is answered by ann: nothing is left to be done here."


class Wall:
    """A board that refuses some of it. `people` may answer, by name; of `unread` nobody can say whether they may."""

    def __init__(self, people: dict[str, str] | None = None, *, unread: str = "", **refuses: Code) -> None:
        self.people, self.unread = people or {}, unread
        self.refuses, self.did = refuses, list[tuple[str, ...]]()

    def _do(self, what: str, *things: str) -> Receipt:
        if what in self.refuses:
            raise Rejected("no", self.refuses[what])
        self.did.append((what, *things))
        return Receipt("1")

    async def post(self, card: CaseCard) -> CardId:
        self._do("post", str(card.case), card.mark, card.title, *card.choices)
        return CardId("c1")

    async def settle(self, there: CardId, card: CaseCard, said: str) -> Receipt:
        return self._do("settle", there, card.title, said)

    async def tell(self, there: CardId, who: str, text: str) -> Receipt:
        return self._do("tell", there, who, text)

    async def may(self, who: str) -> str | None:
        if who == self.unread:
            raise Transient("the group cannot be read", Code.UNAVAILABLE)
        return self.people.get(who)


class Inbox:
    """The hub's cases: those that were answered, and how. Until `since` nothing is taken at once."""

    def __init__(self, *, refuses: str = "", since: datetime | None = None) -> None:
        self.refuses, self.since, self.answered = refuses, since, list[tuple[int, int, str, str]]()

    async def answer(self, case: int, choice: int, desk: str, by: str, until: datetime | None) -> Receipt:
        if until is not None and datetime.now(UTC) >= until:
            raise Rejected("it is too late", Code.TOO_LATE)
        if self.since is not None and datetime.now(UTC) < self.since:
            raise Transient("it is not taken yet")
        if self.refuses:
            raise Rejected(self.refuses, Code.GONE)
        self.answered.append((case, choice, desk, by))
        return Receipt(str(case))

    async def bears(self, case: int, mark: str) -> bool:
        return (case, mark) == (7, "m7")


def bound(wall: Wall, inbox: Inbox | None) -> list[Binding]:
    operations = {one: Operation(settle=Settle.REPEAT) for one in ("post", "settle", "tell")}
    found = [Binding("slack/eu", Board, wall, operations)]
    if inbox is not None:
        found.append(Binding("pawline/cases", Cases, inbox, {"answer": Operation(settle=Settle.REPEAT)}))
    return found


def house(wall: Wall, inbox: Inbox | None) -> House:
    settings = RuntimeSettings(look=0.02, first_retry=0.05)
    return House([ask_on_board, answer_from_board], settings=settings, more=bound(wall, inbox))


async def played(wall: Wall, *events: Any, inbox: Inbox | None = None) -> tuple[list[tuple[str, str, str]], list[str]]:
    """How runs ended, and the cases."""
    async with asyncio.timeout(60), house(wall, inbox) as here:
        for event in events:
            await here.tell(event)
        await here.rest(but=["ask_on_board"] if ENDED not in events and ASKED in events else [])
        return await here.runs(), [one.title for one in await here.cases()]


async def test_a_case_has_one_card_until_it_ended() -> None:
    wall = Wall()
    assert await played(wall, ASKED, ENDED) == ([("ask_on_board", "7", "done")], [])
    assert wall.did == [("post", "7", "m7", "which?", "a", "b"), ("settle", "c1", "which?", DONE)]


@pytest.mark.parametrize("code", [Code.GONE, Code.NOT_FOUND, Code.TOO_LATE, Code.NOT_ALLOWED])
async def test_a_card_that_cannot_be_changed_any_more_is_left(code: Code) -> None:
    wall = Wall(settle=code)
    assert await played(wall, ASKED, ENDED) == ([("ask_on_board", "7", "done")], [])
    assert wall.did == [("post", "7", "m7", "which?", "a", "b")]


async def test_a_card_that_keeps_its_buttons_for_any_other_reason_is_a_case() -> None:
    wall = Wall(settle=Code.INVALID)
    assert await played(wall, ASKED, ENDED) == (
        [("ask_on_board", "7", "failed")],
        ["ask_on_board: rejected (invalid), which it does not see to, ended it"],
    )
    assert wall.did == [("post", "7", "m7", "which?", "a", "b")]


async def test_a_card_that_cannot_be_put_up_is_a_case_and_that_one_has_no_card() -> None:
    runs, cases = await played(Wall(post=Code.INVALID), ASKED, ENDED)
    assert runs == [("ask_on_board", "7", "failed")]
    assert cases == ["ask_on_board: rejected (invalid), which it does not see to, ended it"]


async def test_who_may_answers_by_name() -> None:
    wall, inbox = Wall({"U1": "ann (U1)"}), Inbox()
    assert await played(wall, CLICK, inbox=inbox) == ([("answer_from_board", "7/1.1", "done")], [])
    assert (wall.did, inbox.answered) == ([], [(7, 2, "slack/eu", "ann (U1)")])


@pytest.mark.parametrize("refuses", [{}, {"tell": Code.UNDELIVERABLE}], ids=["told", "away"])
async def test_who_may_not_is_told_and_nothing_happens(refuses: dict[str, Code]) -> None:
    wall, inbox = Wall({"U2": "bo"}, **refuses), Inbox()
    assert await played(wall, CLICK, inbox=inbox) == ([("answer_from_board", "7/1.1", "done")], [])
    assert wall.did == ([] if refuses else [("tell", "c1", "U1", STRANGER)])
    assert inbox.answered == []


async def test_a_card_of_another_hub_or_shop_answers_no_case_of_that_number_here() -> None:
    wall, inbox = Wall({"U1": "ann"}), Inbox()
    other = replace(CLICK, card=CardId("c9"), mark="theirs")
    await played(wall, other, inbox=inbox)
    assert inbox.answered == []
    assert wall.did == [("tell", "c9", "U1", "Not taken: there is no case 7 like that here.")]


async def test_a_click_that_lay_about_for_an_hour_is_not_taken() -> None:
    for ago, answered in ((timedelta(minutes=59), 1), (timedelta(minutes=61), 0)):
        wall, inbox = Wall({"U1": "ann"}), Inbox()
        await played(wall, replace(CLICK, at=datetime.now(UTC) - ago), inbox=inbox)
        assert len(inbox.answered) == answered
        at = f"{datetime.now(UTC) - ago:%H:%M}"
        late = ("tell", "c1", "U1", f"Not taken: that was clicked at {at} UTC, and could not be taken before now.")
        assert wall.did == ([] if answered else [late])


async def test_the_hour_is_over_also_for_a_click_that_was_taken_up_within_it() -> None:
    at = datetime.now(UTC) - timedelta(minutes=59, seconds=59)
    wall, inbox = Wall({"U1": "ann"}), Inbox(since=at + timedelta(hours=2))
    assert await played(wall, replace(CLICK, at=at), inbox=inbox) == ([("answer_from_board", "7/1.1", "done")], [])
    assert inbox.answered == []
    said = f"Not taken: that was clicked at {at:%H:%M} UTC, and could not be taken before now."
    assert wall.did == [("tell", "c1", "U1", said)]


async def test_whoever_can_answer_does_not_wait_for_somebody_of_whom_nobody_knows_it() -> None:
    wall, inbox = Wall({"U1": "ann"}, unread="U2"), Inbox()
    async with asyncio.timeout(60), house(wall, inbox) as here:
        await here.tell(replace(CLICK, who="U2", click="0.9"))
        await here.until_waits("answer_from_board", "7/0.9")
        await here.tell(CLICK)
        while not inbox.answered:  # noqa: ASYNC110 - a flow answers
            await asyncio.sleep(0.01)
    assert (wall.did, inbox.answered) == ([], [(7, 2, "slack/eu", "ann")])


async def test_who_comes_too_late_is_told() -> None:
    wall, inbox = Wall({"U1": "ann"}), Inbox(refuses="case 7 is answered already")
    assert await played(wall, CLICK, inbox=inbox) == ([("answer_from_board", "7/1.1", "done")], [])
    assert wall.did == [("tell", "c1", "U1", "Not taken: case 7 is answered already.")]


async def test_a_board_that_is_not_there_or_answers_no_cases_is_not_asked() -> None:
    wall = Wall({"U1": "ann"})
    other = CaseAsked(case=8, title="which?", choices=("a",), team="care", account="zendesk/us", mark="m8")
    runs, cases = await played(wall, other, CLICK, ENDED)  # nobody plays Cases here
    assert (runs, cases) == ([("ask_on_board", "8", "done"), ("answer_from_board", "7/1.1", "done")], [])
    assert wall.did == []


async def test_the_same_click_told_twice_is_one() -> None:
    wall, inbox = Wall({"U1": "ann"}), Inbox()
    runs, _ = await played(wall, CLICK, CLICK, inbox=inbox)
    assert runs == [("answer_from_board", "7/1.1", "done")]
    assert inbox.answered == [(7, 2, "slack/eu", "ann")]
