"""What the record holds of a person, under however many names, and that all of it is gone after an erasure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from pawline.hub.people import AccountPeople
from pawline.hub.reading import Reading
from pawline.model import (
    Cart,
    CartChanged,
    CartId,
    HouseholdId,
    MessageBounced,
    MessageId,
    Order,
    OrderCancelled,
    OrderId,
    OrderPlaced,
    PersonId,
    Pet,
    PetAdded,
    PetId,
    ShipmentDelivered,
    ShipmentId,
    Species,
)
from pawline.model.consent import Medium
from pawline.ports import Held, Receipt
from pawline.testing.orders import order
from pawline.views.households import OwnHouseholds
from tests.unit.views.desk import NOON, SHOP, Desk

ANN, ANNE, BEA = HouseholdId("h1"), HouseholdId("h2"), HouseholdId("h3")


def _of(one: Order) -> Order:
    return replace(one, household=ANN)


async def test_what_is_held_is_counted_over_all_that_a_person_is(desk: Desk) -> None:
    await desk.open()
    own, now = OwnHouseholds(SHOP, desk.store, desk.views), datetime.now(UTC)
    assert await own.held((ANN,), ()) == Held(theirs=())
    for number in (1, 2, 3):
        await desk.tell(OrderPlaced(order=order(number, placed_at=now - timedelta(hours=number))))
    old = order(4, placed_at=now - timedelta(days=91))
    await desk.tell(
        OrderPlaced(order=_of(order(5, placed_at=now))),
        OrderPlaced(order=_of(old)), OrderPlaced(order=_of(order(6, placed_at=now - timedelta(days=2)))),
        ShipmentDelivered(shipment=ShipmentId("p6"), order=OrderId("o6"), at=now),
        OrderPlaced(order=_of(order(7, placed_at=now - timedelta(days=3)))),
        OrderCancelled(order=OrderId("o7"), at=now, by="shopper", because="changed my mind"),
        PetAdded(pet=Pet(id=PetId("momo"), household=ANN, name="Momo", species=Species.CAT)),
        CartChanged(cart=Cart(id=CartId("c1"), currency="EUR", changed_at=now, lines=(), household=ANNE)),
    )  # fmt: skip
    assert await own.held((ANN,), ()) == Held(
        theirs=(ANN,), orders=(OrderId("o5"), OrderId("o1"), OrderId("o6"), OrderId("o7"), OrderId("o4")),
        under_way=(OrderId("o5"), OrderId("o1")), count=5, pets=1,
    )  # fmt: skip
    both = await own.held((ANN,), (OrderId("o2"), OrderId("o1"), OrderId("o404")))
    assert (both.theirs, both.count, both.carts, both.under_way) == (
        (ANN, ANNE), 6, 1, (OrderId("o5"), OrderId("o1"), OrderId("o2")),
    )  # fmt: skip


async def test_after_an_erasure_nothing_is_held_and_the_others_stay(desk: Desk) -> None:
    await desk.open()
    own, reading = OwnHouseholds(SHOP, desk.store, desk.views), Reading(desk.store)
    now = datetime.now(UTC)
    await desk.tell(*(OrderPlaced(order=order(number, placed_at=now)) for number in (1, 2, 3)))
    await desk.tell(
        MessageBounced(message=MessageId("m1"), household=ANN, medium=Medium.EMAIL, lasting=True), when=NOON
    )
    before = await reading.household(SHOP, ANN, reveal=True)
    assert [one["type"] for one in before["events"]] == ["message.bounced@1", "order.placed@1"]
    assert before["events"][1]["body"]["order"]["id"] == "o1"
    page = await reading.household(SHOP, ANN, 1, before["events"][0]["no"])
    assert [(one["type"], one["body"]) for one in page["events"]] == [("order.placed@1", "(hidden; --reveal)")]
    as_of = datetime.now(UTC)
    for _ in range(2):  # again changes nothing
        assert await own.erase((ANN, ANNE), as_of) == Receipt()
    assert await own.held((ANN,), (OrderId("o1"), OrderId("o2"))) == Held(theirs=())
    assert (await own.held((BEA,), ())).orders == (OrderId("o3"),)
    after = await reading.household(SHOP, ANN, reveal=True)
    assert [one["body"] for one in after["events"]] == ["(erased)", "(erased)"]
    anew = OrderPlaced(order=_of(order(9, placed_at=datetime.now(UTC))))
    await desk.tell(anew)
    assert await own.erase((ANN,), as_of) == Receipt()  # tried again after a death: it is of what was before
    assert (await own.held((ANN,), ())).orders == (OrderId("o9"),)
    assert [one["body"] for one in (await reading.household(SHOP, ANN, reveal=True))["events"][1:]] == ["(erased)"] * 2
    rows = await desk.rows("view_order")
    await desk.views.rebuild("orders@2")
    assert await desk.rows("view_order") == rows


async def test_what_an_account_calls_them_is_known_until_they_are_erased(desk: Desk) -> None:
    await desk.open()
    own, here = OwnHouseholds(SHOP, desk.store, desk.views), AccountPeople(desk.store, SHOP, "crm/eu")
    for household, person in ((ANN, "1"), (ANN, "1"), (ANN, "2"), (BEA, "2"), (ANN, "3")):
        await here.note(household, person)
    assert [await own.filed("crm/eu", PersonId(person)) for person in ("1", "2", "3")] == [None, BEA, ANN]
    assert await own.filed("crm/us", PersonId("3")) is None
    for _ in range(2):  # each of them again is as good as once
        await own.keep_out(ANN, "crm/eu")
        assert [await here.kept_out(one) for one in (ANN, BEA)] == [True, False]
    assert not await AccountPeople(desk.store, SHOP, "crm/us").kept_out(ANN)
    assert await own.filed("crm/eu", PersonId("3")) == ANN
    for _ in range(2):
        await own.let_in(ANN, "crm/eu")
        assert (await here.kept_out(ANN), await own.filed("crm/eu", PersonId("3"))) == (False, None)
    now = datetime.now(UTC)
    await desk.tell(*(OrderPlaced(order=order(number, placed_at=now)) for number in (1, 3)))
    await here.note(ANN, "4")
    for one in (ANN, BEA):
        await own.keep_out(one, "crm/eu")
    await own.erase((ANN,), datetime.now(UTC))
    assert (await here.kept_out(ANN), await own.filed("crm/eu", PersonId("4"))) == (False, None)
    assert (await here.kept_out(BEA), await own.filed("crm/eu", PersonId("2"))) == (True, BEA)
    await here.note(ANN, "4")  # it changed there once more
    assert await own.filed("crm/eu", PersonId("4")) is None
    assert ANN not in repr(await desk.raw("select * from link"))
    await desk.tell(OrderPlaced(order=_of(order(7, placed_at=datetime.now(UTC)))))
    await here.note(ANN, "4")  # who buys again is known again
    assert await own.filed("crm/eu", PersonId("4")) == ANN


async def test_what_an_account_calls_who_is_erased_in_that_moment_is_not_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.open()
    here, written = AccountPeople(desk.store, SHOP, "crm/eu"), desk.store.written
    await desk.tell(OrderPlaced(order=order(1)))

    async def late(writes: Any, **given: Any) -> Any:
        await desk.store.keys.destroy(SHOP, ANN)
        return await written(writes, **given)

    monkeypatch.setattr(desk.store, "written", late)
    await here.note(ANN, "4")
    assert await desk.raw("select * from link") == []
