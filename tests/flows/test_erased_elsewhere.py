"""Who was erased in another system is a question, and is not made anew there meanwhile."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from pawline.flows.erase_household import erase_household
from pawline.flows.erased_elsewhere import ANEW, ONLY_THERE, SEEN_TO, WISH, erased_elsewhere
from pawline.flows.follow_parcel import follow_parcel
from pawline.flows.introduce_order import introduce_order
from pawline.flows.spread_consent import spread_consent
from pawline.hub.people import AccountPeople
from pawline.model import (
    Checkout,
    Consent,
    ConsentChanged,
    HouseholdId,
    OrderId,
    OrderPlaced,
    PersonErased,
    PersonId,
    Purpose,
    ShipmentId,
    ShipmentTracked,
)
from pawline.ports import Code, Crm, Held, Marketing, Operation, Receipt, Rejected, Settle
from pawline.runtime import Binding
from pawline.testing import counts
from pawline.testing.orders import SHOP, order
from pawline.views.households import OwnHouseholds
from tests.flows.house import House

ACCOUNT, ANN = "hubspot/eu", HouseholdId("h1")


def erased(person: str = "123", ago: timedelta = timedelta()) -> PersonErased:
    return PersonErased(person=PersonId(person), at=datetime.now(UTC) - ago, account=ACCOUNT)


async def placed(house: House, number: int = 1) -> None:
    """An order of theirs, so that something is known of them."""
    one = replace(order(number, checkout=Checkout.ADOPTED, placed_at=datetime.now(UTC)), household=ANN, ship_to=None)
    await house.tell(OrderPlaced(order=one))


def links(house: House) -> AccountPeople:
    return AccountPeople(house.store, SHOP, ACCOUNT)


async def kinds(house: House) -> list[str]:
    return [row[4] for row in reversed(await house.store.fetch("events_page", (SHOP, "", 2**62, 20)))]


async def asked(house: House) -> Any:
    """They are known there, were erased there, and a person is asked."""
    await placed(house)
    await links(house).note(ANN, "123")
    await house.tell(erased())
    (case,) = await house.until_asked(1)
    assert case.title.startswith(f"a shopper was erased at {ACCOUNT}, by ")
    assert await links(house).kept_out(ANN)  # before anybody answers
    return case


async def test_a_wish_is_one_as_any_other_and_takes_what_is_kept_of_the_account_with_it() -> None:
    async with asyncio.timeout(60), House((erased_elsewhere, erase_household)) as house:
        case = await asked(house)
        said = await house.evidence(case)
        assert (said["account"], said["number there"], said["held"]["orders"]) == (ACCOUNT, "123", ["o1"])
        assert said["under way"] == ["o1"]
        await house.answer(case.no, WISH)
        while not (found := [one for one in await house.cases() if one.no > case.no]):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert found[0].title.startswith("a shopper asked to be forgotten, by ")
        assert await links(house).kept_out(ANN)
        await house.answer(found[0].no, "erase")
        await house.rest()
        assert (await kinds(house))[1:] == ["person.erased@1", "erasure.asked@1", "customer.erased@1"]
        own = OwnHouseholds(SHOP, house.store, house.views)
        assert await own.held((ANN,), ()) == Held(theirs=())
        assert await own.filed(ACCOUNT, PersonId("123")) is None
        assert not await links(house).kept_out(ANN)  # who buys again is a customer as any other
        assert await house.cases() == []


@pytest.mark.parametrize(("answer", "kept_out"), [(ONLY_THERE, True), (ANEW, False)])
async def test_nobody_is_erased_here_unless_a_person_says_so(answer: str, kept_out: bool) -> None:
    async with asyncio.timeout(60), House((erased_elsewhere, erase_household)) as house:
        case = await asked(house)
        await house.answer(case.no, answer)
        await house.rest()
        assert await kinds(house) == ["order.placed@1", "person.erased@1"]
        assert await links(house).kept_out(ANN) is kept_out
        own = OwnHouseholds(SHOP, house.store, house.views)
        assert (await own.held((ANN,), ())).theirs == (ANN,)
        assert await own.filed(ACCOUNT, PersonId("123")) == (ANN if kept_out else None)
        assert await house.cases() == []


def _about(case: Any) -> str:
    """Its title without the day."""
    return str(case.title).partition(", until")[0].partition(", by")[0]


async def test_what_nobody_knows_is_asked_and_asked_again_in_time() -> None:
    async with asyncio.timeout(60), House((erased_elsewhere,)) as house:
        await house.tell(erased("404"), erased("405", timedelta(days=24)))
        title = f"somebody was erased at {ACCOUNT}, and nobody here is known by that number"
        wanted = [title, f"{title}: 7 days are left"]
        cases: list[Any] = []
        while [_about(one) for one in cases] != wanted:
            await asyncio.sleep(0.02)
            cases = sorted(await house.cases(), key=lambda one: one.title)
        assert [(await house.evidence(one))["number there"] for one in cases] == ["404", "405"]
        for one in cases:
            await house.answer(one.no, SEEN_TO)
        await house.rest()
        assert await kinds(house) == ["person.erased@1"] * 2


async def test_of_whom_nothing_is_held_nobody_is_asked_and_nothing_is_kept() -> None:
    async with asyncio.timeout(60), House((erased_elsewhere,)) as house:
        await links(house).note(ANN, "123")
        await house.tell(erased())
        await house.rest()
        assert await house.cases() == []
        assert not await links(house).kept_out(ANN)
        assert await OwnHouseholds(SHOP, house.store, house.views).filed(ACCOUNT, PersonId("123")) is None


class Closed:
    """A Crm and a marketing tool where everybody was erased."""

    async def _no(self, *_: object) -> Receipt:
        raise Rejected("erased there", Code.GONE)

    upsert = upsert_pet = note = consent = suppress = _no

    async def track(self, _: object) -> Receipt:
        return Receipt()


def closed(port: type[Any], *operations: str) -> Binding:
    return Binding("closed/eu", port, Closed(), dict.fromkeys(operations, Operation(settle=Settle.REPEAT)))


async def test_an_order_of_somebody_who_was_erased_there_goes_on_and_a_no_is_a_persons() -> None:
    more = [
        closed(Crm, "upsert", "upsert_pet", "note"), closed(Marketing, "send", "track", "consent", "suppress")
    ]  # fmt: skip
    async with asyncio.timeout(60), House((introduce_order, spread_consent, follow_parcel), more=more) as house:
        await placed(house)
        await house.tell(
            ShipmentTracked(shipment=ShipmentId("p"), order=OrderId("o1"), carrier="DHL", tracking="T", household=ANN)
        )
        await house.rest()
        assert await house.cases() == []
        assert counts(house.vendors.effects()) == {"Crm.upsert": 1, "Crm.note": 1, "Marketing.track": 2}
        for granted in (True, False):
            said = Consent(
                household=ANN, purpose=Purpose.MARKETING, granted=granted, at=datetime.now(UTC), source="form"
            )  # fmt: skip
            await house.tell(ConsentChanged(consent=said))
        (case,) = await house.until_asked(1)
        assert case.title == "closed/eu does not take what a household decided: gone"
