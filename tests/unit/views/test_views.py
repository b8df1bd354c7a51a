"""What each view makes of its events, and that it makes it once, whoever dies and however often it reads."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import msgspec
import pytest

from pawline.model import (
    Cart,
    CartBought,
    CartChanged,
    CartId,
    CartLine,
    Edit,
    EditId,
    Event,
    HouseholdId,
    Item,
    Line,
    LineId,
    LocationId,
    LotId,
    LotRecalled,
    Money,
    OrderCancelled,
    OrderEdited,
    OrderId,
    OrderPaid,
    OrderPlaced,
    Packed,
    Pet,
    PetAdded,
    PetDied,
    PetId,
    Recall,
    RecallClass,
    RecallId,
    ShipmentBooked,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentId,
    SkuId,
    Species,
    StockCounted,
    StockLevel,
    Subscription,
    SubscriptionChanged,
    SubscriptionEnded,
    SubscriptionId,
    SubscriptionRenewalDue,
    SubscriptionStarted,
    SubscriptionState,
)  # fmt: skip
from pawline.ports import Ahead
from pawline.testing.orders import order
from pawline.views import ALL, View
from pawline.views.answers import OwnOrders, OwnStock
from pawline.views.households import OwnHouseholds
from tests.unit.views.desk import NOON, SHOP, Desk, at


def counted(sku: str, on_hand: int, minutes: float, *, contains: float | None = None, place: str = "main") -> Event:
    level = StockLevel(
        sku=SkuId(sku), location=LocationId(place), on_hand=on_hand, as_of=at(minutes),
        contains_until=None if contains is None else at(contains), safety=1,
    )  # fmt: skip
    return StockCounted(level=level)


def cancelled(number: int, minutes: float) -> Event:
    return OrderCancelled(order=OrderId(f"o{number}"), at=at(minutes), by="shopper", because="changed my mind")


def placed(number: int, minutes: float, quantity: int = 1) -> OrderPlaced:
    return OrderPlaced(order=order(number, quantity=quantity, placed_at=at(minutes)))


async def test_an_order_is_followed_from_placed_to_delivered(desk: Desk) -> None:
    await desk.open()
    o3, parcel = OrderId("o3"), ShipmentId("s1")
    await desk.tell(
        placed(3, 1, 2), OrderPaid(order=o3, at=at(2), paid=Money(2_000, "EUR")),
        ShipmentDispatched(shipment=parcel, order=o3, at=at(3)), ShipmentDelivered(shipment=parcel, order=o3, at=at(4)),
    )  # fmt: skip
    times = [at(minutes).timestamp() for minutes in (1, 2, 3, 4)]
    assert await desk.rows("view_order") == [
        (SHOP, "o3", "h3", "1003", times[0], "web", 0, "EUR", 2_000, *times[1:], None)
    ]
    assert await desk.rows("view_item") == [(SHOP, "o3", "l1", "kibble-10", 2, times[0])]


async def test_what_is_told_before_the_order_itself_is_kept(desk: Desk) -> None:
    """A webhook that was late: the end comes before the beginning."""
    await desk.open()
    await desk.tell(cancelled(3, 5))
    assert [row[1:3] + row[-1:] for row in await desk.rows("view_order")] == [("o3", None, at(5).timestamp())]
    await desk.tell(placed(3, 1))
    assert [row[1:3] + row[-1:] for row in await desk.rows("view_order")] == [("o3", "h3", at(5).timestamp())]


async def test_a_bundle_is_its_components_and_an_edit_replaces_its_lines_only(desk: Desk) -> None:
    await desk.open()
    whole = order(1, placed_at=NOON)
    kibble, chew = SkuId("kibble-10"), SkuId("chew-1")
    bundle = msgspec.structs.replace(
        whole.lines[0], id=LineId("l2"), sku=SkuId("box"), components=(Item(kibble, 2), Item(chew, 1), Item(kibble, 1))
    )
    lines = (whole.lines[0], bundle)
    both = msgspec.structs.replace(whole, lines=lines, total=whole.total * 2)
    await desk.tell(OrderPlaced(order=both))
    noon = NOON.timestamp()
    assert await desk.rows("view_item") == [
        (SHOP, "o1", "l1", "litter-5", 1, noon), (SHOP, "o1", "l2", "chew-1", 1, noon),
        (SHOP, "o1", "l2", "kibble-10", 3, noon),
    ]  # fmt: skip
    out: Line = msgspec.structs.replace(bundle, quantity=0)
    edit = Edit(id=EditId("e1"), at=at(9), reason="asked for", lines=(out,))
    await desk.tell(OrderEdited(order=both.id, edit=edit))
    assert await desk.rows("view_item") == [(SHOP, "o1", "l1", "litter-5", 1, noon)]


async def test_the_newest_count_wins_and_not_the_last_to_arrive(desk: Desk) -> None:
    await desk.open()
    await desk.tell(counted("chew-1", 50, 30), counted("chew-1", 80, 10))
    assert await desk.rows("view_stock") == [(SHOP, "chew-1", "main", 50, at(30).timestamp(), at(30).timestamp(), 1)]


async def test_a_late_file_does_not_win_over_the_orders_taken_since(desk: Desk) -> None:
    await desk.open()
    stock = OwnStock(SHOP, desk.store, desk.views)
    chew, kibble = SkuId("chew-1"), SkuId("kibble-10")
    await desk.tell(placed(2, 5, 3), placed(5, 20, 4), placed(8, 25, 2), cancelled(8, 26), placed(3, 25))
    await desk.tell(counted("chew-1", 10, 12, contains=10))
    (told,) = await stock.sellable((chew, kibble))
    assert (told.quantity, told.on_hand, told.ordered, told.safety, told.newest_wins) == (5, 10, 4, 1, 10)
    assert told.as_of == at(12)
    await desk.tell(counted("chew-1", 3, 13, place="shop"))  # of this place no order is known to be missing before 13
    (told,) = await stock.sellable((chew,))
    assert (told.quantity, told.on_hand, told.ordered, told.safety) == (7, 13, 4, 2)
    assert await OwnStock("another", desk.store, desk.views).sellable((chew,)) == ()


def booked(number: int, lot: str | None, quantity: int = 1, sku: str = "chew-1") -> Event:
    packed = (Packed(sku=SkuId(sku), quantity=quantity, lot=None if lot is None else LotId(lot)),) * 2
    return ShipmentBooked(
        shipment=ShipmentId(f"s{number}"), order=OrderId(f"o{number}"), carrier="van", packed=packed,
        household=HouseholdId(f"h{number}"),
    )  # fmt: skip


async def test_orders_and_parcels_with_a_sku_are_found_page_by_page(desk: Desk, monkeypatch: Any) -> None:
    monkeypatch.setattr("pawline.views.answers.PAGE", 2)
    await desk.open()
    orders = OwnOrders(SHOP, desk.store, desk.views)
    chew = SkuId("chew-1")
    await desk.tell(*(placed(number, number) for number in (2, 5, 8, 3, 11)))
    await desk.tell(cancelled(5, 6), ShipmentDispatched(shipment=ShipmentId("s8"), order=OrderId("o8"), at=at(60)))
    first = await orders.waiting_with(chew, None)
    assert ([one.order for one in first.orders], first.after) == (["o11", "o2"], "o2")
    assert await orders.waiting_with(chew, first.after) == type(first)(orders=())
    gone = await orders.sent_with(chew, at(60), None)
    assert [(one.order, one.household) for one in gone.orders] == [("o8", "h8")]
    assert (await orders.sent_with(chew, at(61), None)).orders == ()
    for number, lot in ((8, "L1"), (2, None), (11, "L2")):
        await desk.tell(booked(number, lot), when=at(number))
    await desk.tell(booked(3, "L1", sku="kibble-10"))
    await desk.tell(
        *(ShipmentDispatched(shipment=ShipmentId(f"s{n}"), order=OrderId(f"o{n}"), at=at(60)) for n in (2, 5))
    )
    page = await orders.parcels_with(chew, NOON, None)
    rest = await orders.parcels_with(chew, NOON, page.after)
    assert [(one.shipment, one.lot, one.quantity) for one in (*page.parcels, *rest.parcels)] == [
        ("s2", None, 2), ("s8", "L1", 2)
    ]  # fmt: skip
    assert rest.after is None  # and s11 has not left
    assert [one.shipment for one in (await orders.parcels_with(chew, at(5), None)).parcels] == ["s8"]
    assert [one.order for one in (await orders.sent_with(chew, at(60), None)).orders] == ["o5"]  # its lots: unknown


async def test_a_parcel_that_shop_and_warehouse_tell_of_is_one_with_its_lots_and_its_household(desk: Desk) -> None:
    """A shop knows whose it is and no lot, a warehouse the lot and nobody: who is warned of a lot is who has it."""
    await desk.open()
    orders = OwnOrders(SHOP, desk.store, desk.views)
    chew = SkuId("chew-1")

    def told(number: int, parcel: str, lot: str | None, quantity: int) -> Event:
        whose = None if lot else HouseholdId(f"h{number}")
        packed = (Packed(sku=chew, quantity=quantity, lot=None if lot is None else LotId(lot)),)
        return ShipmentBooked(
            shipment=ShipmentId(parcel), order=OrderId(f"o{number}"), carrier="van", packed=packed, household=whose
        )

    await desk.tell(*(placed(number, number, 2) for number in (2, 5, 8)))
    await desk.tell(told(2, "shop-2", None, 2), told(2, "w2", "L1", 2))
    await desk.tell(told(5, "shop-5", None, 2), told(5, "w5", "L1", 1))  # of the other unit nobody wrote its lot down
    await desk.tell(told(8, "shop-8", None, 2))
    await desk.tell(
        *(ShipmentDispatched(shipment=ShipmentId(f"w{n}"), order=OrderId(f"o{n}"), at=at(60)) for n in (2, 5, 8))
    )
    page = await orders.parcels_with(chew, NOON, None)
    assert [(one.shipment, one.lot, one.quantity, one.household) for one in page.parcels] == [
        ("shop-5", None, 2, "h5"), ("shop-8", None, 2, "h8"), ("w2", "L1", 2, "h2"), ("w5", "L1", 1, "h5")
    ]  # fmt: skip


async def test_an_order_has_arrived_when_the_last_of_its_parcels_has(desk: Desk) -> None:
    await desk.open()
    orders = OwnOrders(SHOP, desk.store, desk.views)
    assert await orders.delivered(OrderId("o1")) is None
    for minutes in (60, 90, 70):
        await desk.tell(ShipmentDelivered(shipment=ShipmentId(f"s{minutes}"), order=OrderId("o1"), at=at(minutes)))
    assert await orders.delivered(OrderId("o1")) == at(90)
    assert await OwnOrders("another", desk.store, desk.views).delivered(OrderId("o1")) is None


async def test_an_order_has_left_when_its_last_parcel_has_also_before_anybody_told_that_it_was_placed(
    desk: Desk,
) -> None:
    await desk.open()
    orders = OwnOrders(SHOP, desk.store, desk.views)
    assert await orders.left(OrderId("o1")) is None
    for minutes in (60, 90, 70):
        await desk.tell(ShipmentDispatched(shipment=ShipmentId(f"s{minutes}"), order=OrderId("o1"), at=at(minutes)))
    assert await orders.left(OrderId("o1")) == at(90)
    assert await OwnOrders("another", desk.store, desk.views).left(OrderId("o1")) is None


def autoship(number: int, quantity: int, day: int, sku: str = "chew-1") -> Subscription:
    return Subscription(
        id=SubscriptionId(f"a{number}"), household=HouseholdId(f"h{number}"), state=SubscriptionState.ACTIVE,
        items=(Item(SkuId(sku), quantity),), every_days=30, next_on=date(2026, 5, day),
    )  # fmt: skip


async def test_what_autoships_will_take_is_counted_as_they_stand_now(desk: Desk) -> None:
    await desk.open()
    stock = OwnStock(SHOP, desk.store, desk.views)
    chew, first, last = SkuId("chew-1"), date(2026, 5, 4), date(2026, 5, 11)
    ships = [autoship(1, 2, 4), autoship(2, 3, 11), autoship(3, 5, 12), autoship(4, 7, 5, "kibble-10")]
    await desk.tell(*(SubscriptionStarted(subscription=one) for one in ships))
    assert await stock.ahead(chew, first, last) == Ahead(sku=chew, units=5, autoships=2)
    fewer = msgspec.structs.replace(ships[1], items=(Item(SkuId("kibble-10"), 1),))
    due = SubscriptionRenewalDue(subscription=ships[2].id, household=ships[2].household, on=date(2026, 5, 9))
    await desk.tell(SubscriptionChanged(subscription=fewer), due)
    assert await stock.ahead(chew, first, last) == Ahead(sku=chew, units=7, autoships=2)
    paused = msgspec.structs.replace(ships[0], state=SubscriptionState.PAUSED, next_on=None)
    ended = SubscriptionEnded(subscription=ships[2].id, household=ships[2].household, because="moved")
    await desk.tell(SubscriptionChanged(subscription=paused), ended)
    assert await stock.ahead(chew, first, last) == Ahead(sku=chew, units=0, autoships=0)
    await desk.engine.erase(SHOP, "h1")
    assert "h1" not in repr(await desk.rows("view_autoship"))


async def test_a_sku_is_recalled_where_every_lot_of_it_is(desk: Desk) -> None:
    await desk.open()
    chew, kibble, litter = SkuId("chew-1"), SkuId("kibble-10"), SkuId("litter-5")
    whole = Recall(id=RecallId("r1"), severity=RecallClass.CLASS_I, skus=(chew,), reason="salmonella", source="maker")
    some = msgspec.structs.replace(whole, id=RecallId("r2"), skus=(kibble,), lots=(LotId("L1"),))
    await desk.tell(LotRecalled(recall=whole), LotRecalled(recall=some))
    assert await OwnStock(SHOP, desk.store, desk.views).recalled((litter, kibble, chew)) == (chew,)


async def test_who_died_is_told_in_the_order_asked(desk: Desk) -> None:
    await desk.open()
    rex, tom = PetId("rex"), PetId("tom")
    await desk.tell(PetDied(pet=rex, household=HouseholdId("h1"), on=date(2026, 5, 4), source="owner"))
    own = OwnHouseholds(SHOP, desk.store, desk.views)
    assert (await own.lost((tom, rex)), await own.lost((tom,))) == ((rex,), ())


async def test_a_death_is_never_taken_back(desk: Desk) -> None:
    await desk.open()
    rex = Pet(id=PetId("rex"), household=HouseholdId("h1"), species=Species.DOG)
    died = PetDied(pet=rex.id, household=rex.household, on=date(2026, 5, 4), source="owner")
    await desk.tell(died, PetAdded(pet=rex))
    assert await desk.rows("view_pet") == [(SHOP, "rex", "h1", "dog", "2026-05-04")]


async def test_a_cart_is_as_of_its_newest_change_until_it_is_bought(desk: Desk) -> None:
    await desk.open()
    line = CartLine(sku=SkuId("chew-1"), quantity=3, price=Money(500, "EUR"))
    cart = Cart(id=CartId("c1"), currency="EUR", changed_at=at(5), lines=(line,), household=HouseholdId("h1"))
    older = msgspec.structs.replace(cart, changed_at=at(1), lines=(), household=None)
    await desk.tell(CartChanged(cart=cart), CartChanged(cart=older), CartBought(cart=cart.id, order=OrderId("o1")))
    assert await desk.rows("view_cart") == [(SHOP, "c1", "h1", at(5).timestamp(), "EUR", 1_500, 3, "o1")]


# -- keeping -----------------------------------------------------------------------------------------------------


def a_day(seed: int) -> list[Event]:
    chance = random.Random(seed)
    events: list[Event] = []
    for number in range(1, 60):
        events += [placed(number, number, chance.randint(1, 4))]
        if chance.random() < 0.3:
            events += [cancelled(number, number + 1)]
        else:
            events += [booked(number, chance.choice(["L1", "L2", None]))]
            events += [
                ShipmentDispatched(shipment=ShipmentId(f"s{number}"), order=OrderId(f"o{number}"), at=at(number))
            ]
        if number % 10 == 0:
            events += [counted("chew-1", 1_000 - number, number)]
    return events


async def test_a_rebuild_and_a_death_in_the_middle_come_to_the_same_rows(desk: Desk) -> None:
    await desk.open()
    events = a_day(1)
    await desk.tell(*events[:70])
    await desk.close()
    await desk.open()
    await desk.tell(*events[70:], when=at(99))
    whole = await desk.everything()
    assert {table: len(rows) for table, rows in whole.items() if rows} == {
        "view_order": 59, "view_item": 59, "view_stock": 1, "view_packed": len(whole["view_packed"])
    }  # fmt: skip
    for table in whole:
        await desk.raw(f"delete from {table} returning 1")  # noqa: S608 - our own names
    for view in ALL:
        await desk.views.rebuild(view.name)
    assert await desk.everything() == whole
    await desk.close()
    await desk.open()
    assert await desk.everything() == whole
    assert [(lag.events, lag.seconds, lag.skipped) for lag in await desk.views.lags()] == [(0, 0.0, 0)] * len(ALL)


async def test_nobody_rebuilds_what_is_not_there(desk: Desk) -> None:
    await desk.open()
    with pytest.raises(LookupError, match="there is no view order: there are orders@2, stock@2"):
        await desk.views.rebuild("order")


async def test_an_erased_household_leaves_no_trace_and_does_not_come_back(desk: Desk) -> None:
    await desk.open()
    rex = Pet(id=PetId("rex"), household=HouseholdId("h2"), species=Species.DOG)
    cart = Cart(id=CartId("c1"), currency="EUR", changed_at=at(5), household=HouseholdId("h2"))
    await desk.tell(placed(2, 1), booked(2, "L1"), PetAdded(pet=rex), CartChanged(cart=cart), placed(3, 1))
    assert "h2" in repr(await desk.everything())
    await desk.engine.erase(SHOP, "h2")
    after = await desk.everything()
    assert "h2" not in repr(after)
    assert [(row[1], row[2]) for row in after["view_order"]] == [("o2", None), ("o3", "h3")]
    for view in ALL:
        await desk.views.rebuild(view.name)
    assert await desk.everything() == after


async def test_an_event_that_makes_a_view_fail_is_passed_over_by_that_view_only(desk: Desk, caplog: Any) -> None:
    def broken(seen: Any) -> Any:
        if seen.event.subject == "o2":
            yield "view_line_out", (seen.shop, "o2", "l1", 0.0)
            raise KeyError("a defect")
        yield "view_paid", (seen.shop, seen.event.subject, None)

    def refused(seen: Any) -> Any:  # the database does not take it
        yield "view_cart_bought", (seen.shop, None if seen.event.subject == "o3" else seen.event.subject, "x")

    bad = View("bad@1", "broken", {OrderPlaced: broken})
    worse = View("worse@1", "refused", {OrderPlaced: refused})
    await desk.open((bad, worse))
    await desk.tell(*(placed(number, number) for number in range(1, 30)))
    assert [row[1] for row in await desk.rows("view_order")] == sorted(f"o{n}" for n in range(1, 30) if n != 2)
    assert [row[1] for row in await desk.rows("view_cart")] == sorted(f"o{n}" for n in range(1, 30) if n != 3)
    assert [(lag.view, lag.events, lag.skipped) for lag in await desk.views.lags()] == [
        ("bad@1", 0, 1), ("worse@1", 0, 1)
    ]  # fmt: skip
    assert "bad@1 passes over event" in caplog.text
    assert "worse@1 passes over event" in caplog.text


async def test_lag_is_told_in_events_and_in_age(desk: Desk) -> None:
    await desk.open(())
    await desk.tell(placed(2, 1), placed(3, 1))
    await desk.close()
    await desk.open(())
    from pawline.views import ORDERS, Projector

    (lag,) = await Projector(desk.store, [ORDERS]).lags()
    assert (lag.view, lag.events, lag.skipped) == ("orders@2", 2, 0)
    assert lag.seconds > 0
