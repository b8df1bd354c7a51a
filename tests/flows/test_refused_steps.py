"""What a vendor refuses of a death or a renewal keeps nothing else from being done, and is a person's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pawline.flows.look_ahead import decide_renewals, look_ahead, warn_of_card
from pawline.flows.remember_a_pet import remember_a_pet
from pawline.model import HouseholdId, PetDied, PetId, SubscriptionState
from pawline.ports import Code, Rejected
from pawline.testing import counts
from tests.flows.house import House
from tests.flows.test_look_ahead import NOW, autoship, due, subscribed

REX = PetId("rex")
DIED = PetDied(pet=REX, household=HouseholdId("h1"), on=NOW.date(), source="owner")


@pytest.mark.parametrize("code", [Code.NOT_FOUND, Code.NOT_ALLOWED])
async def test_a_tool_that_refuses_what_is_said_of_a_death(code: Code, monkeypatch: pytest.MonkeyPatch) -> None:
    def suppress(*_: Any, **__: Any) -> Any:
        raise Rejected("Ann has no profile", code)

    async with asyncio.timeout(30), House((remember_a_pet,)) as house:
        monkeypatch.setattr(house.vendors.marketing, "suppress", suppress)
        one = autoship(1, pets=(REX,))
        await subscribed(house, one)
        await house.tell(DIED)
        if code is Code.NOT_ALLOWED:  # who is not known there has nothing planned there
            (case,) = await house.until_asked(1)
            title = "pretended/marketing is to know that rex died, and refuses: not_allowed"
            assert (case.title, case.team, b"Ann" in case.body) == (title, "care", False)
            await house.answer(case.no, "done by hand")
        await house.rest()
        assert (await house.cases(), await house.runs()) == ([], [("remember_a_pet", "rex", "done")])
        assert house.vendors.autoships.subscription(one.id).state is SubscriptionState.ENDED
        assert counts(house.vendors.effects()) == {"Crm.note": 1, "Helpdesk.open": 1, "Subscriptions.end": 1}


async def test_a_renewal_that_is_being_charged_though_its_pets_died(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(*_: Any, **__: Any) -> Any:
        raise Rejected("it is being charged", Code.TOO_LATE)

    async with asyncio.timeout(30), House((look_ahead, decide_renewals, warn_of_card)) as house:
        one = autoship(1, pets=(REX,))
        await subscribed(house, one)
        monkeypatch.setattr(house.vendors.autoships, "end", end)
        await house.tell(DIED)
        await due(house, one)
        (case,) = await house.until_asked(1)
        assert case.title == f"autoship {one.id} is being charged, though the pets that it is for died"
        await house.answer(case.no, "settled")
        await house.rest()
        assert (await house.cases(), counts(house.vendors.effects())) == ([], {})
