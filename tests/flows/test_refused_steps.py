"""What a vendor refuses of a death or a renewal keeps nothing else from being done, and is a person's."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from pawline.flows.look_ahead import decide_renewals, look_ahead, warn_of_card
from pawline.flows.remember_a_pet import remember_a_pet
from pawline.model import HouseholdId, PetDied, PetId, SubscriptionState
from pawline.ports import Code, Crm, Rejected
from pawline.runtime import flow, use
from pawline.testing import counts
from pawline.testing.orders import SHOP
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


@pytest.mark.parametrize("what", ["pets", "note"])
async def test_what_marketing_refuses_is_asked_about_also_where_the_crm_refuses(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no(*_: Any, **__: Any) -> Any:
        raise Rejected("not allowed", Code.NOT_ALLOWED)

    async with asyncio.timeout(30), House((remember_a_pet,)) as house:
        monkeypatch.setattr(house.vendors.marketing, "suppress", no)
        monkeypatch.setattr(house.vendors._sides["Crm"], what, no)
        await house.tell(DIED)
        cases = await house.until_asked(2)
        assert [case.title for case in cases] == [
            f"pretended/{account} is to know that rex died, and refuses: not_allowed"
            for account in ("marketing", "crm")
        ]
        for case in cases:
            await house.answer(case.no, "done by hand")
        await house.rest()
        assert (await house.cases(), await house.runs()) == ([], [("remember_a_pet", "rex", "done")])
        assert counts(house.vendors.effects()) == {"Helpdesk.open": 1} | ({"Crm.note": 1} if what == "pets" else {})


async def test_all_that_a_death_asks_is_found_at_once_and_each_answer_counts_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no(*_: Any, **__: Any) -> Any:
        raise Rejected("not allowed", Code.NOT_ALLOWED)

    async with asyncio.timeout(30), House((remember_a_pet,)) as house:
        monkeypatch.setattr(house.vendors.marketing, "suppress", no)
        shared = [
            msgspec.structs.replace(autoship(number, pets=(REX, PetId("tom"))), household=DIED.household)
            for number in (1, 2, 3)
        ]
        for one in shared:
            await subscribed(house, one)
        await house.tell(DIED)
        cases = {case.title: case.no for case in await house.until_asked(4)}
        asks = [f"autoship {one.id} fed a pet that died and feeds 1 more" for one in shared]
        assert list(cases) == ["pretended/marketing is to know that rex died, and refuses: not_allowed", *asks]
        await house.answer(cases[asks[1]], "end it")  # while all others are still open
        while house.vendors.autoships.subscription(shared[1].id).state is not SubscriptionState.ENDED:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert len(await house.cases()) == 3
        for title, says in ((asks[2], "end it"), (asks[0], "leave it"), (next(iter(cases)), "done by hand")):
            await house.answer(cases[title], says)
        await house.rest()
        ends = [one.id for one in shared if house.vendors.autoships.subscription(one.id).state == "ended"]
        assert (await house.cases(), ends) == ([], [shared[1].id, shared[2].id])
        assert [(said["ended"], said["shared"]) for said in (await house.outcomes()).values()] == [
            (ends, [shared[0].id])
        ]


@flow(on=PetDied)
async def gives_up(died: PetDied) -> str:
    """Lets through what it is told."""
    await use(Crm).note(died.household, "it died")
    return "noted"


async def test_the_case_of_a_failed_run_ends_with_its_household(monkeypatch: pytest.MonkeyPatch) -> None:
    def no(*_: Any, **__: Any) -> Any:
        raise Rejected("Ann is not allowed", Code.NOT_ALLOWED)

    async with asyncio.timeout(30), House((gives_up,)) as house:
        monkeypatch.setattr(house.vendors._sides["Crm"], "note", no)
        await house.tell(DIED)
        await house.rest()
        (case,) = await house.cases()
        title = "gives_up: rejected (not_allowed), which it does not see to, ended it"
        assert (case.kind, case.title, case.household) == ("failed", title, "h1")
        await house.engine.erasing.erase(SHOP, "h1", 2)
        assert await house.cases() == []
        found = await house.store.case(case.no)
        assert found is not None
        assert (found.state, found.household) == ("closed", None)
