"""Whom HubSpot forgot for good: whose they were is known by then, and nobody makes them anew until a person says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pawline.model import Household, HouseholdId, Medium, Message, Pet, PetId, Purpose, Species
from pawline.ports import Code, Occurrence, Rejected, Suppression, Transient
from pawline.testing.clock import NOON
from tests.unit.connectors.hubspot_scene import ANN, EMAIL, Scene, run
from tests.unit.connectors.test_hubspot_addresses import ago

OTHER, OFFICE = HouseholdId("h-other"), "office@example.com"


class Kept:
    """What the account calls its households, and who is kept out."""

    def __init__(self) -> None:
        self.noted: dict[str, str] = {}
        self.out: set[str] = set()
        self.known = True

    async def note(self, household: HouseholdId, person: str) -> None:
        self.noted[household] = person

    async def kept_out(self, household: HouseholdId) -> bool:
        if not self.known:
            raise Transient("not now", Code.UNAVAILABLE)
        return household in self.out


def kept(here: Scene) -> Kept:
    made = Kept()
    here.http.people = made
    return made


REX = Pet(id=PetId("rex"), household=ANN, species=Species.DOG, name="Rex")
MESSAGE = Message(name="refund_notice", household=ANN, purpose=Purpose.TRANSACTION, medium=Medium.EMAIL)
REFUSED: dict[str, Callable[[Scene], Awaitable[Any]]] = {
    "upsert": lambda here: here.know(),
    "upsert nameless": lambda here: here.step(here.crm.upsert(Household(id=ANN))),
    "upsert_pet": lambda here: here.step(here.crm.upsert_pet(REX)),
    "note": lambda here: here.step(here.crm.note(ANN, "likes chicken")),
    "household": lambda here: here.step(here.crm.household(ANN)),
    "send": lambda here: here.step(here.marketing.send(MESSAGE)),
    "a no": lambda here: here.say(False, ago(hours=1)),
    "a yes": lambda here: here.say(True, ago(hours=1)),
    "suppress": lambda here: here.step(here.marketing.suppress(Suppression(household=ANN, because="x"))),
    "suppress a pet": lambda here: here.step(
        here.marketing.suppress(Suppression(household=ANN, because="rex died", pet=REX.id))
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_nothing_makes_them_anew_while_they_are_kept_out(name: str) -> None:
    async def told(here: Scene) -> None:
        links = kept(here)
        await here.know()
        assert links.noted == {ANN: here.contact().id}
        links.out.add(ANN)
        here.desk.act("hubspot/erasures", f'"{EMAIL}"'.encode())
        with pytest.raises(Rejected) as no:
            await REFUSED[name](here)
        assert no.value.code is Code.GONE
        assert here.books.contacts == {}
        links.known = False  # who cannot say makes nobody either
        with pytest.raises(Transient):
            await REFUSED[name](here)
        assert here.books.contacts == {}

    run(told, emails={"refund_notice": 1})


def test_what_happened_is_passed_over_and_what_is_asked_is_answered() -> None:
    async def told(here: Scene) -> None:
        kept(here).out.add(ANN)
        happened = Occurrence(name="Placed Order", key="placed/1", at=NOON, household=ANN, values={})
        assert (await here.step(here.marketing.track(happened))).reference is None
        assert await here.step(here.crm.pets(ANN)) == ()
        assert not await here.step(here.crm.allows(ANN, Purpose.MARKETING, Medium.EMAIL))
        assert here.books.contacts == {}

    run(told, events={"Placed Order": "pe1_placed"})


def test_who_comes_back_to_hubspot_by_themselves_is_known_there_again() -> None:
    async def told(here: Scene) -> None:
        links = kept(here)
        links.out.add(ANN)
        here.act("people", email=EMAIL)
        assert await here.linked() == []
        assert links.noted == {ANN: here.contact().id}
        await here.know(name="Ann Cee")
        assert here.contact().properties["lastname"] == "Cee"

    run(told)


def test_who_was_linked_before_is_noted_when_they_change() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        links = kept(here)
        _, cursor, _ = await here.looked("")
        await here.say(False, ago(hours=1))
        links.noted.clear()
        await here.looked(cursor)
        assert links.noted == {ANN: here.contact().id}

    run(told)


def test_whoever_is_linked_is_noted_however_that_came() -> None:
    async def told(here: Scene) -> None:
        links = kept(here)
        here.act("people", email=EMAIL)  # linked by a decision
        await here.say(False, ago(hours=1))
        assert links.noted == {ANN: here.contact().id}
        await here.step(here.crm.upsert(Household(id=OTHER)))  # made, then moved
        (bare,) = (one.id for one in here.books.contacts.values() if one.id != here.contact().id)
        assert links.noted == {ANN: here.contact().id, OTHER: bare}
        here.act("people", email=OFFICE)
        await here.know(OTHER, OFFICE)
        assert links.noted == {ANN: here.contact().id, OTHER: here.contact(OFFICE).id}

    run(told)
