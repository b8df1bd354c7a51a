"""A case at a helpdesk that does not do what it is asked to."""

from __future__ import annotations

from typing import Any

from pawline.flows.ask_at_helpdesk import answer_from_helpdesk, ask_at_helpdesk
from pawline.model import CaseAsked, CaseEnded, TicketDecided, TicketId
from pawline.ports import Code, Decision, Helpdesk, Operation, Receipt, Rejected, Settle, Ticket, TicketDraft
from pawline.runtime import Binding
from tests.flows.house import House

ASKED = CaseAsked(case=7, title="which?", choices=("a", "b"), team="care", account="zendesk/eu")
ENDED = CaseEnded(case=7, state="answered", by="ann")


class Stubborn:
    """A helpdesk that refuses some of it."""

    def __init__(self, **refuses: Code) -> None:
        self.refuses, self.did = refuses, list[tuple[str, str]]()

    def _do(self, what: str, thing: str) -> Receipt:
        if what in self.refuses:
            raise Rejected("no", self.refuses[what])
        self.did.append((what, thing))
        return Receipt("1")

    async def open(self, draft: TicketDraft) -> Ticket:
        self._do("open", draft.title)
        return Ticket(id=TicketId("5"), title=draft.title, open=True)

    async def reply(self, ticket: TicketId, text: str) -> Receipt:
        return self._do("reply", text)

    async def note(self, ticket: TicketId, text: str) -> Receipt:
        return self._do("note", text)

    async def close(self, ticket: TicketId) -> Receipt:
        return self._do("close", ticket)

    async def decided(self, ticket: TicketId, note: str) -> Decision | None:
        self._do("decided", note)
        return Decision(case=7, choice=1, by="3")


def bound(desk: Stubborn) -> Binding:
    operations = {one: Operation(settle=Settle.REPEAT) for one in ("open", "reply", "note", "close")}
    return Binding("zendesk/eu", Helpdesk, desk, operations)


async def played(desk: Stubborn, *events: Any) -> tuple[list[tuple[str, str, str]], list[str]]:
    """How runs ended, and the cases."""
    async with House([ask_at_helpdesk, answer_from_helpdesk], more=[bound(desk)]) as here:
        await here.tell(*events)
        await here.rest()
        return await here.runs(), [one.title for one in await here.cases()]


async def test_a_ticket_that_may_not_be_closed_is_left_to_its_people() -> None:
    desk = Stubborn(close=Code.INVALID)
    assert await played(desk, ASKED, ENDED) == ([("ask_at_helpdesk", "7", "done")], [])
    said = "Case 7 is answered by ann: nothing is left to be done here."
    assert desk.did == [("open", "Case 7: which?"), ("note", said)]


async def test_a_ticket_that_is_gone_needs_no_word() -> None:
    for code in (Code.GONE, Code.NOT_FOUND):
        desk = Stubborn(note=code, close=code)
        assert await played(desk, ASKED, ENDED) == ([("ask_at_helpdesk", "7", "done")], [])
        assert desk.did == [("open", "Case 7: which?")]


async def test_a_ticket_that_cannot_be_opened_is_a_case_and_that_one_has_no_ticket() -> None:
    runs, cases = await played(Stubborn(open=Code.INVALID), ASKED)
    assert runs == [("ask_at_helpdesk", "7", "failed")]
    assert cases == ["ask_at_helpdesk: rejected (invalid), which it does not see to, ended it"]


async def test_a_helpdesk_that_is_not_there_or_answers_no_cases_is_not_asked() -> None:
    desk = Stubborn()
    other = CaseAsked(case=8, title="which?", choices=("a",), team="care", account="zendesk/us")
    noted = TicketDecided(ticket=TicketId("5"), note="1", account="zendesk/eu")  # nobody plays Cases here
    runs, cases = await played(desk, other, noted)
    assert (runs, cases) == ([("ask_at_helpdesk", "8", "done"), ("answer_from_helpdesk", "5", "done")], [])
    assert desk.did == []
