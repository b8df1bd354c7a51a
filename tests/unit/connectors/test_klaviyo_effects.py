"""Every write of the connector: twice, or broken off wherever it may be, is once at Klaviyo."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from pawline.connectors.klaviyo import connector
from pawline.model import (
    Consent,
    Contact,
    Household,
    Medium,
    Message,
    OrderId,
    Pet,
    PetId,
    Purpose,
    Species,
    household_by_email,
)
from pawline.ports import Crm, Marketing, Occurrence, Settle, Suppression, Transient
from pawline.sandbox import Fault, Faults
from pawline.sandbox.klaviyo.limits import Windows
from pawline.testing.clock import NOON
from tests.unit.connectors.klaviyo_scene import ANN, EMAIL, Scene, run

MESSAGE = Message(
    name="refund_notice", household=ANN, purpose=Purpose.TRANSACTION, medium=Medium.EMAIL, order=OrderId("1")
)  # fmt: skip
YES = Consent(
    household=ANN, purpose=Purpose.MARKETING, granted=True, at=NOON, source="checkout", medium=Medium.EMAIL
)  # fmt: skip
NO = Consent(household=ANN, purpose=Purpose.MARKETING, granted=False, at=NOON, source="checkout")
BO, PHONE = household_by_email("bo@example.com"), "+4930123456"
REX = Pet(id=PetId("rex"), household=ANN, species=Species.DOG, name="Rex")
HAPPENED = Occurrence(name="Placed Order", key="placed/1", at=NOON, household=ANN, values={"order": "1"})
Call = Callable[[Scene], Awaitable[Any]]
WRITES: Mapping[str, Call] = {
    "Marketing.send": lambda here: here.marketing.send(MESSAGE),
    "Marketing.track": lambda here: here.marketing.track(HAPPENED),
    "Marketing.consent": lambda here: here.marketing.consent(YES),
    "Marketing.consent/no": lambda here: here.marketing.consent(NO),
    "Marketing.suppress": lambda here: here.marketing.suppress(Suppression(household=ANN, because="x")),
    "Marketing.suppress/pet": lambda here: here.marketing.suppress(
        Suppression(household=ANN, because="rex died", pet=PetId("rex"))
    ),
    "Crm.upsert": lambda here: here.crm.upsert(Household(id=ANN)),
    "Crm.upsert/new": lambda here: here.know(),
    "Crm.upsert/moved": lambda here: here.know(),
    "Crm.upsert/number": lambda here: here.know(BO, "bo@example.com", PHONE),
    "Marketing.consent/unlinked": lambda here: here.marketing.consent(replace(NO, contact=Contact(email=EMAIL))),
    "Marketing.consent/another": lambda here: here.marketing.consent(replace(NO, contact=Contact(email=EMAIL))),
    "Crm.upsert_pet": lambda here: here.crm.upsert_pet(REX),
    "Crm.note": lambda here: here.crm.note(ANN, "likes chicken"),
}
FAULTS = (Fault.BROKEN, Fault.LATE, Fault.STORED_ERROR, Fault.UNAVAILABLE, Fault.UNHEARD, Fault.LIMITED)


def test_every_write_is_here() -> None:
    effects = {f"{port.__name__}.{name}" for port, offer in connector.offers.items() for name in offer.operations}
    assert {name.partition("/")[0] for name in WRITES} == effects
    assert {one.settle for port in (Crm, Marketing) for one in connector.offers[port].operations.values()} == {
        Settle.REPEAT
    }


def state(here: Scene) -> Any:
    """What Klaviyo knows, but for times; and what it did that was no repeat."""
    people = [
        (one.known, {name: timeless(name, value) for name, value in one.properties.items()}, one.email.consent,
         one.sms.consent, one.whatsapp.consent, [reason for reason, _ in one.email.suppressed])
        for one in here.books.people.values()
    ]  # fmt: skip
    return people, [(one.metric, one.unique.partition("-")[0]) for one in here.books.events], sorted(here.did())


def timeless(name: str, value: Any) -> Any:
    """A property without what differs from run to run."""
    if name == "pawline_consents":
        return {of: (one["granted"], one["source"]) for of, one in value.items()}
    return None if name == "pawline_suppressed_at" else value


async def prepared(here: Scene, name: str) -> None:
    here.act("flows", name="Refund", metric="Pawline refund_notice")
    if name == "Crm.upsert/moved":
        await here.step(here.crm.upsert(Household(id=ANN)))
        await here.step(here.crm.upsert_pet(REX))
        for one in (WRITES["Marketing.suppress/pet"], WRITES["Marketing.suppress"], WRITES["Marketing.consent/no"]):
            await here.step(one(here))
        here.act("people", email=EMAIL, phone_number=PHONE)
    elif name == "Marketing.consent/unlinked":
        here.act("people", email=EMAIL)
    elif name == "Marketing.consent/another":  # her profile has another address, and somebody else's has hers
        await here.know(email="office@example.com")
        await here.know(BO)
    elif name != "Crm.upsert/new":
        await here.know(phone=PHONE if name == "Crm.upsert/number" else None)


def once(name: str) -> Any:
    async def told(here: Scene) -> Any:
        await prepared(here, name)
        await here.step(WRITES[name](here))
        return state(here)

    return run(told)


def counted(name: str) -> int:
    """The requests that one write makes."""

    async def told(here: Scene) -> int:
        await prepared(here, name)
        before = here.desk.vendors.requests
        await here.step(WRITES[name](here))
        return here.desk.vendors.requests - before

    found: int = run(told)
    return found


def of(told: Any) -> Any:
    """The same without the number of a decision's event, which differs from run to run."""
    people, events, did = told
    return people, [metric for metric, _ in events], did


@pytest.mark.parametrize("name", WRITES)
def test_twice_is_once(name: str) -> None:
    async def told(here: Scene) -> Any:
        await prepared(here, name)
        first = await here.step(WRITES[name](here))
        again = await here.step(WRITES[name](here))
        return first, again, state(here)

    first, again, found = run(told)
    assert of(found) == of(once(name))
    assert name == "Marketing.suppress" or first == again


@pytest.mark.parametrize("name", WRITES)
def test_broken_off_at_whichever_request_and_made_again_it_is_once(name: str) -> None:
    wanted, requests = of(once(name)), counted(name)

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
        await here.step(WRITES[name](here))
        return state(here), broken

    reached = 0
    for fault in FAULTS:
        for at in range(1, requests + 1):
            found, broken = run(lambda here, fault=fault, at=at: told(here, fault, at))  # type: ignore[misc]
            assert of(found) == wanted, f"{fault.value} at request {at}"
            reached += broken
    assert reached == len(FAULTS) * requests  # each of them was broken off


def test_a_vendor_that_is_slow_about_its_jobs_is_asked_until_they_are_done() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        here.desk.act("klaviyo/pace", b"0.3")
        job = await here.step(WRITES["Marketing.suppress"](here))
        assert here.books.jobs[job.reference].status == "complete"
        assert [reason for reason, _ in here.profile().email.suppressed] == ["USER_SUPPRESSED"]
        here.desk.act("klaviyo/pace", b"60")
        await here.step(WRITES["Marketing.consent/no"](here))
        await here.step(WRITES["Marketing.consent/no"](here))  # not done yet: asked for twice, and one decision
        assert not await here.crm.allows(ANN, Purpose.MARKETING, Medium.EMAIL)

    run(told)


def test_who_asks_too_often_is_told_how_long_to_wait() -> None:
    async def told(here: Scene) -> None:
        await here.know()
        here.desk.klaviyo.windows = Windows(NOON.timestamp)  # its clock stands: however slow we are, it is one second
        here.desk.klaviyo.windows.on = True
        with pytest.raises(Transient) as busy:
            await asyncio.gather(*(here.crm.pets(ANN) for _ in range(76)))
        assert busy.value.retry_after == timedelta(seconds=1)

    run(told)
