"""What a vendor refuses of a death or a renewal keeps nothing else from being done, and is a person's."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from pawline.flows.look_ahead import decide_renewals, look_ahead, warn_of_card
from pawline.flows.remember_a_pet import remember_a_pet
from pawline.model import HouseholdId, Pet, PetDied, PetId, Species, SubscriptionId, SubscriptionState
from pawline.ports import Code, Crm, Operation, Receipt, Rejected, Settle
from pawline.runtime import Binding, flow, use
from pawline.testing import bindings, counts
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


EVERYTHING = {"Crm.note": 1, "Helpdesk.open": 1, "Marketing.suppress": 1, "Subscriptions.end": 2}


@pytest.mark.parametrize(
    ("side", "what", "left_out"),
    [("Helpdesk", "open", "Helpdesk.open"), ("Crm", "note", "Crm.note"), ("Crm", "pets", "")],
    ids=["card", "note", "date"],
)
async def test_what_crm_and_helpdesk_do_not_find_is_a_person_s(
    side: str, what: str, left_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A department that is not there, a household that stays unknown: nobody else would write the card."""

    def no(*_: Any, **__: Any) -> Any:
        raise Rejected("no such thing", Code.NOT_FOUND)

    async with asyncio.timeout(30), House((remember_a_pet,)) as house:
        monkeypatch.setattr(house.vendors._sides[side], what, no)
        for number in (1, 2):
            await subscribed(house, msgspec.structs.replace(autoship(number, pets=(REX,)), household=DIED.household))
        await house.tell(DIED)
        (case,) = await house.until_asked(1)
        title = f"pretended/{side.lower()} is to know that rex died, and refuses: not_found"
        assert (case.title, case.team) == (title, "care")
        await house.answer(case.no, "done by hand")
        await house.rest()
        assert (await house.cases(), await house.runs()) == ([], [("remember_a_pet", "rex", "done")])
        tried = {"Crm.upsert": 1} if what == "note" else {}  # made known first
        rest = {name: n for name, n in EVERYTHING.items() if name != left_out}
        assert counts(house.vendors.effects()) == rest | tried


async def test_an_app_that_ends_nothing_keeps_nobody_from_hearing_of_the_death(monkeypatch: pytest.MonkeyPatch) -> None:
    async with asyncio.timeout(30), House((remember_a_pet,)) as house:
        mine = [msgspec.structs.replace(autoship(n, pets=(REX,)), household=DIED.household) for n in (1, 2)]
        shared = msgspec.structs.replace(mine[0], id=SubscriptionId("s3"), pets=(REX, PetId("tom")))
        for one in (*mine, shared):
            await subscribed(house, one)
        real = house.vendors.autoships.end

        def end(note: Any, subscription: Any, because: str) -> Any:
            if subscription != mine[1].id:
                raise Rejected("its contract runs", Code.NOT_ALLOWED)
            return real(note, subscription, because)

        monkeypatch.setattr(house.vendors.autoships, "end", end)
        await house.tell(DIED)
        cases = {case.title: case.no for case in await house.until_asked(2)}
        refusal = "pretended/subscriptions is to end autoship {}, and refuses: not_allowed"
        asks = "autoship s3 fed a pet that died and feeds 1 more"
        assert list(cases) == [refusal.format(mine[0].id), asks]
        assert counts(house.vendors.effects()) == EVERYTHING | {"Subscriptions.end": 1}
        await house.answer(cases[asks], "end it")
        while len(found := [case for case in await house.cases() if case.no != cases[asks]]) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert found[1].title == refusal.format("s3")
        for case in found:
            await house.answer(case.no, "done by hand")
        await house.rest()
        outcomes = [(one["senders"], one["ended"], one["shared"]) for one in (await house.outcomes()).values()]
        assert outcomes == [(1, [mine[0].id, mine[1].id, "s3"], [])]
        assert (await house.cases(), counts(house.vendors.effects())) == ([], EVERYTHING | {"Subscriptions.end": 1})


@pytest.mark.parametrize("code", [Code.NOT_FOUND, Code.NOT_ALLOWED])
async def test_an_app_that_tells_nothing_of_the_household(code: Code, monkeypatch: pytest.MonkeyPatch) -> None:
    def of(*_: Any, **__: Any) -> Any:
        raise Rejected("no such customer", code)

    async with asyncio.timeout(30), House((remember_a_pet,)) as house:
        monkeypatch.setattr(house.vendors.autoships, "of", of)
        await house.tell(DIED)
        if code is Code.NOT_ALLOWED:  # who is not known there has no autoship there
            (case,) = await house.until_asked(1)
            title = "pretended/subscriptions is to end the autoships of rex, which died, and refuses: not_allowed"
            assert case.title == title
            await house.answer(case.no, "done by hand")
        await house.rest()
        assert (await house.cases(), await house.runs()) == ([], [("remember_a_pet", "rex", "done")])
        assert counts(house.vendors.effects()) == {"Crm.note": 1, "Helpdesk.open": 1, "Marketing.suppress": 1}


class People:
    """A CRM that keeps what it was asked."""

    def __init__(self) -> None:
        self.did: list[str] = []

    async def pets(self, household: HouseholdId) -> tuple[Pet, ...]:
        self.did.append("pets")
        return (Pet(id=REX, household=household, species=Species.DOG),)

    async def upsert_pet(self, pet: Pet) -> Receipt:
        self.did.append(f"{pet.id} died on {pet.died_on}")
        return Receipt("1")

    async def note(self, _: HouseholdId, text: str) -> Receipt:
        self.did.append(text.partition(" (")[0])
        return Receipt("2")


async def test_of_two_crms_the_hub_s_choice_hears_of_the_death(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of everything else; the other is not the first by its name."""
    chosen, other = People(), People()
    operations = dict.fromkeys(("note", "upsert", "upsert_pet"), Operation(settle=Settle.REPEAT))
    crms = [Binding(name, Crm, crm, operations) for name, crm in (("zoho/main", chosen), ("archive/old", other))]
    monkeypatch.setattr("tests.flows.house.bindings", lambda line: [b for b in bindings(line) if b.port is not Crm])
    async with asyncio.timeout(30), House((remember_a_pet,), more=crms) as house:
        await house.tell(DIED)
        await house.rest()
        died = f"rex died on {DIED.on}"
        assert (chosen.did, other.did) == (["pets", died, died], [])
        assert (await house.cases(), await house.runs()) == ([], [("remember_a_pet", "rex", "done")])


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
