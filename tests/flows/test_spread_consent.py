"""A decision reaches every tool that writes to people, whichever told of it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pawline.flows.spread_consent import spread_consent
from pawline.model import Consent, ConsentChanged, Contact, HouseholdId, Medium, Purpose
from pawline.ports import Code, Marketing, Operation, Receipt, Rejected, Settle
from pawline.runtime import Binding
from pawline.testing import NOON
from tests.flows.house import House

NO = Consent(
    household=HouseholdId("h-ann"), purpose=Purpose.MARKETING, granted=False, at=NOON, source="klaviyo",
    medium=Medium.EMAIL,
)  # fmt: skip
YES = replace(NO, granted=True, contact=Contact(email="ann@example.com"))


class Tool:
    """A marketing tool that keeps what it is told, or refuses it."""

    def __init__(self, refuses: Code | None = None) -> None:
        self.told: list[Consent] = []
        self._refuses = refuses

    async def consent(self, consent: Consent) -> Receipt:
        if self._refuses is not None:
            raise Rejected("no", self._refuses)
        self.told.append(consent)
        return Receipt("1")


def binding(name: str, tool: Tool) -> Binding:
    operations = {one: Operation(settle=Settle.REPEAT) for one in ("send", "track", "consent", "suppress")}
    return Binding(name, Marketing, tool, operations)


@pytest.mark.parametrize(("said", "why"), [(YES, Code.NOT_FOUND), (NO, Code.UNSUPPORTED), (YES, Code.UNSUPPORTED)])
async def test_every_tool_is_told_and_what_one_does_not_need_is_no_question(said: Consent, why: Code) -> None:
    knows, strange = Tool(), Tool(why)
    async with House([spread_consent], more=[binding("klaviyo/eu", knows), binding("brevo/eu", strange)]) as here:
        await here.tell(ConsentChanged(consent=said))
        await here.rest()
        assert [one.operation for one in here.vendors.effects()] == ["Marketing.consent"]
        assert await here.cases() == []
        assert await here.runs() == [("spread_consent", "h-ann", "done")]
    assert knows.told == [said]


@pytest.mark.parametrize("why", [Code.INVALID, Code.NOT_FOUND])
async def test_a_no_that_a_tool_refuses_is_a_question_and_keeps_it_from_nobody_else(why: Code) -> None:
    """Whom a tool does not know by our id it may write to all the same."""
    knows, refuses = Tool(), Tool(why)
    async with House([spread_consent], more=[binding("klaviyo/eu", knows), binding("brevo/eu", refuses)]) as here:
        await here.tell(ConsentChanged(consent=NO))
        (case,) = await here.until_asked(1)
        await here.answer(case.no, "done by hand")
        await here.rest()
        assert await here.runs() == [("spread_consent", "h-ann", "done")]
    assert knows.told == [NO]
