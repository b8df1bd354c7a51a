"""A letter that came back for good is noted where people look, once; whatever may pass is not, and nobody is asked."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from pawline.flows.heed_bounces import heed_bounces, tell_by_hand
from pawline.model import HouseholdId, Medium, MessageBounced, MessageId
from pawline.ports import Code, Crm, Operation, Receipt, Rejected, Settle
from pawline.runtime import Binding
from tests.flows.house import House

GONE = MessageBounced(
    message=MessageId("<1@paws.example>"), household=HouseholdId("h-ann"), medium=Medium.EMAIL, lasting=True,
    because="there is no such mailbox (5.1.1)", address="h-1",
)  # fmt: skip
SAYS = "Letters by email come back{}. Please ask for another address."
WHY = ": there is no such mailbox (5.1.1)"


ASKS = "a letter about safety came back by email: who was to have it does not know"


class Notes:
    """A CRM that keeps notes, or refuses them."""

    def __init__(self, refuses: Code | None = None) -> None:
        self.told: list[tuple[str, str]] = []
        self._refuses = refuses

    async def note(self, household: HouseholdId, text: str) -> Receipt:
        if self._refuses is not None:
            raise Rejected("no", self._refuses)
        self.told.append((household, text))
        return Receipt("1")


def binding(name: str, notes: Notes) -> Binding:
    operations = {one: Operation(settle=Settle.REPEAT) for one in ("upsert", "upsert_pet", "note")}
    return Binding(name, Crm, notes, operations)


@pytest.mark.parametrize("why", [Code.NOT_FOUND, Code.UNSUPPORTED, Code.GONE])
async def test_every_crm_that_has_them_is_told_once_and_nobody_is_asked(why: Code) -> None:
    knows, strange = Notes(), Notes(why)
    async with House([heed_bounces], more=[binding("hubspot/eu", knows), binding("other/eu", strange)]) as here:
        await here.tell(GONE, GONE)
        await here.rest()
        assert [one.operation for one in here.vendors.effects()] == ["Crm.note"]
        assert await here.cases() == []
        assert await here.outcomes() == {"heed_bounces h-ann": {"type": "noted", "crms": 2}}
    assert knows.told == [("h-ann", SAYS.format(WHY))]


@pytest.mark.parametrize(
    ("given", "told"), [({"lasting": False}, []), ({"because": None}, [("h-ann", SAYS.format(""))])]
)
async def test_what_may_pass_is_silent(given: dict[str, Any], told: list[tuple[str, str]]) -> None:
    knows = Notes()
    async with House([heed_bounces], more=[binding("hubspot/eu", knows)]) as here:
        await here.tell(replace(GONE, **given))
        await here.rest()
        assert [one.operation for one in here.vendors.effects()] == ["Crm.note"] * len(told)
        assert await here.cases() == []
    assert knows.told == told


@pytest.mark.parametrize("lasting", [True, False])
async def test_what_was_about_safety_is_told_by_a_person_once_a_letter(lasting: bool) -> None:
    """Who has a recalled bag at home and a mailbox that is full does not know."""
    unsafe = replace(GONE, safety=True, lasting=lasting)
    other = replace(unsafe, message=MessageId("<2@paws.example>"))
    async with House([tell_by_hand]) as here:
        await here.tell(unsafe, other, replace(GONE, message=MessageId("<3@paws.example>")))
        await here.until_asked(2)
        await here.tell(replace(unsafe, lasting=not lasting))  # the same letter, again, while its case is open
        await here.rest(["tell_by_hand"])
        assert [one.title for one in await here.cases()] == [ASKS] * 2
