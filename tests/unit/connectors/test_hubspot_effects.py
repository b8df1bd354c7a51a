"""Every write of the connector: twice, or broken off wherever it may be, is once at HubSpot."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.hubspot import connector
from pawline.model import (
    Consent,
    Contact,
    Household,
    HouseholdId,
    Medium,
    Message,
    OrderId,
    Person,
    PersonId,
    Pet,
    PetId,
    Purpose,
    Species,
)  # fmt: skip
from pawline.ports import Crm, Marketing, Occurrence, Settle, Suppression, Transient
from pawline.sandbox import Fault, Faults
from pawline.testing.clock import NOON
from tests.unit.connectors.hubspot_scene import ANN, EMAIL, OFFERS, Scene, run

MESSAGE = Message(
    name="refund_notice", household=ANN, purpose=Purpose.TRANSACTION, medium=Medium.EMAIL, order=OrderId("1")
)  # fmt: skip
OFFER = Message(name="offer", household=ANN, purpose=Purpose.MARKETING, medium=Medium.EMAIL)
YES = Consent(
    household=ANN, purpose=Purpose.MARKETING, granted=True, at=NOON, source="checkout", medium=Medium.EMAIL
)  # fmt: skip
NO = Consent(household=ANN, purpose=Purpose.MARKETING, granted=False, at=NOON, source="checkout")
BACK = msgspec.structs.replace(NO, at=NOON + timedelta(hours=1))
"""What was a yes an hour before."""
SAID_OF = msgspec.structs.replace(NO, contact=Contact(email=EMAIL))
REX = Pet(id=PetId("rex"), household=ANN, species=Species.DOG, name="Rex")
HAPPENED = Occurrence(name="Placed Order", key="placed/1", at=NOON, household=ANN, values={"order": "1", "paid": True})
OLD = HouseholdId("h-old")
"""Ann, before her address was known: with a pet, and a no."""
WITH_ADDRESS = Household(id=OLD, people=(Person(id=PersonId("p"), contact=Contact(email=EMAIL)),))
Call = Callable[[Scene], Awaitable[Any]]
WRITES: Mapping[str, Call] = {
    "Marketing.send": lambda here: here.marketing.send(MESSAGE),
    "Marketing.send/offer": lambda here: here.marketing.send(OFFER),
    "Marketing.track": lambda here: here.marketing.track(HAPPENED),
    "Marketing.consent": lambda here: here.marketing.consent(YES),
    "Marketing.consent/no": lambda here: here.marketing.consent(NO),
    "Marketing.consent/back": lambda here: here.marketing.consent(BACK),
    "Marketing.consent/unlinked": lambda here: here.marketing.consent(NO),
    "Marketing.consent/address": lambda here: here.marketing.consent(SAID_OF),
    "Marketing.consent/unknown": lambda here: here.marketing.consent(NO),
    "Marketing.suppress": lambda here: here.marketing.suppress(Suppression(household=ANN, because="x")),
    "Marketing.suppress/pet": lambda here: here.marketing.suppress(
        Suppression(household=ANN, because="rex died", pet=PetId("rex"))
    ),
    "Crm.upsert": lambda here: here.know(name="Ann Cee"),
    "Crm.upsert/new": lambda here: here.know(),
    "Crm.upsert/theirs": lambda here: here.know(),
    "Crm.upsert/moves": lambda here: here.crm.upsert(WITH_ADDRESS),
    "Crm.upsert_pet": lambda here: here.crm.upsert_pet(REX),
    "Crm.note": lambda here: here.crm.note(ANN, "likes chicken & rice"),
}
LOOKS: Mapping[str, Call] = {"Crm.note": lambda here: here.crm.find_note(ANN, "likes chicken & rice")}
"""How what is not repeated is settled."""
FAULTS = (Fault.BROKEN, Fault.LATE, Fault.STORED_ERROR, Fault.UNAVAILABLE, Fault.UNHEARD, Fault.LIMITED)
REQUESTS = {
    "Marketing.send": 2, "Marketing.send/offer": 4, "Marketing.track": 2, "Marketing.consent": 5,
    "Marketing.consent/no": 6, "Marketing.consent/back": 6, "Marketing.consent/unlinked": 13,
    "Marketing.consent/unknown": 8, "Marketing.consent/address": 15,
    "Marketing.suppress": 5, "Marketing.suppress/pet": 2, "Crm.upsert": 2, "Crm.upsert/new": 7,
    "Crm.upsert/theirs": 7, "Crm.upsert/moves": 9, "Crm.upsert_pet": 2, "Crm.note": 2,
}  # fmt: skip
"""So many requests each makes: each of them is broken off in turn."""


def test_every_write_is_here() -> None:
    offers = {port: connector.offers[port].operations for port in (Crm, Marketing)}
    effects = {f"{port.__name__}.{name}" for port, operations in offers.items() for name in operations}
    assert {name.partition("/")[0] for name in WRITES} == effects
    by_look = {f"{p.__name__}.{name}" for p, some in offers.items() for name, one in some.items() if one.look_up}
    assert by_look == set(LOOKS)
    assert {one.settle for some in offers.values() for one in some.values()} == {Settle.REPEAT, Settle.LOOK_UP}


def state(here: Scene) -> Any:
    """What HubSpot knows, but for times and ids; and what it did that was no repeat."""
    people = [
        {name: value for name, value in one.properties.items() if name != "pawline_consents"}
        for one in here.books.contacts.values()
    ]  # fmt: skip
    addresses = {
        email: ({no: one.status for no, one in stands.of.items()}, stands.wide and stands.wide.status)
        for email, stands in here.books.addresses.items() if stands.of or stands.wide
    }  # fmt: skip
    notes = [one.properties["hs_note_body"] for one in here.books.notes.values()]
    return people, addresses, notes, sorted(here.books.properties), len(here.books.occurred), sorted(here.did())


async def prepared(here: Scene, name: str) -> None:
    here.act("emails", id=1, name="Refund")
    here.act("emails", id=2, name="Offer", type=OFFERS)
    here.desk.act("hubspot/events", b'["pe1_placed"]')
    if name == "Crm.upsert/moves":
        await here.step(here.crm.upsert(Household(id=OLD)))
        rex = Pet(id=PetId("rex"), household=OLD, species=Species.DOG, name="Rex")
        await here.step(here.crm.upsert_pet(rex))
        await here.say(False, NOON, OLD)
    if name in ("Crm.upsert/moves", "Crm.upsert/theirs", "Marketing.consent/unlinked", "Marketing.consent/address"):
        here.act("people", email=EMAIL, properties={"firstname": "Ann"})
    elif name not in ("Crm.upsert/new", "Marketing.consent/unknown"):
        await here.know()
    if name == "Marketing.consent/back":
        await here.say(True, NOON)


def counted(name: str) -> tuple[Any, int]:
    """What comes of it, in how many requests."""

    async def told(here: Scene) -> Any:
        await prepared(here, name)
        here.desk.vendors.faults = Faults()
        await here.step(WRITES[name](here))
        return state(here), here.desk.vendors._dice.requests

    found: tuple[Any, int] = run(told, **SETTINGS)
    return found


SETTINGS: Any = {"emails": {"refund_notice": 1, "offer": 2}, "events": {"Placed Order": "pe1_placed"}}


@pytest.mark.parametrize("name", [name for name in WRITES if name not in LOOKS])
def test_twice_is_once(name: str) -> None:
    async def told(here: Scene) -> Any:
        await prepared(here, name)
        first = await here.step(WRITES[name](here))
        again = await here.step(WRITES[name](here))
        return first, again, state(here)

    first, again, found = run(told, **SETTINGS)
    assert found == counted(name)[0]
    assert first == again


@pytest.mark.parametrize("name", WRITES)
def test_broken_off_at_each_of_its_requests_and_settled_it_is_once(name: str) -> None:
    wanted, requests = counted(name)
    assert requests == REQUESTS[name]

    async def told(here: Scene, fault: Fault, at: int) -> tuple[Any, bool]:
        await prepared(here, name)
        here.desk.vendors.faults = Faults(at={at: fault}, late_after=0.02, retry_after=0.0)
        broken = False
        try:
            await here.step(WRITES[name](here))
        except Transient:
            broken = True
        await asyncio.sleep(0.06 if fault is Fault.LATE else 0)
        here.desk.vendors.faults = Faults()
        if name not in LOOKS or await LOOKS[name](here) is None:
            await here.step(WRITES[name](here))
        return state(here), broken

    for fault in FAULTS:
        for at in range(1, requests + 1):
            found, broken = run(lambda here, fault=fault, at=at: told(here, fault, at), **SETTINGS)  # type: ignore[misc]
            assert found == wanted, f"{fault.value} at request {at}"
            assert broken, f"{fault.value} at request {at}"


def test_a_note_is_found_by_its_words_whatever_surrounds_them() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        assert await here.crm.find_note(ANN, "likes\nchicken & rice") is None
        made = await here.step(here.crm.note(ANN, "likes  chicken & rice"))
        assert await here.crm.find_note(ANN, "likes\nchicken & rice") == made
        assert await here.crm.find_note(ANN, "likes chicken") is None
        assert await here.crm.find_note(HouseholdId("h-x"), "likes chicken & rice") is None

    run(told)


def test_a_contact_with_many_notes_is_looked_through() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        for number in range(620):
            await here.step(here.crm.note(ANN, f"note {number}"))
        assert await here.crm.find_note(ANN, "note 619") is not None
        assert await here.crm.find_note(ANN, "note 620") is None

    run(told)


def test_who_asks_too_often_is_told_how_long_to_wait() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        calls = await asyncio.gather(*(here.crm.pets(ANN) for _ in range(100)), return_exceptions=True)
        assert sum(one == () for one in calls) == 100 - 7  # what it took to know her
        busy = next(one for one in calls if isinstance(one, Transient))
        assert (busy.code, busy.retry_after) == ("rate_limited", timedelta(seconds=10))
        here.desk.hubspot.limits.daily = 0
        with pytest.raises(Transient) as done:
            await here.crm.pets(ANN)
        assert done.value.retry_after == timedelta(minutes=15)

    run(told, limits=True)
