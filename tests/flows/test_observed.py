"""A flow on `observe` runs along the old way: it does nothing, goes to its end, and says what was different."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.flows.adopt_order import adopt_order
from pawline.flows.refund_return import refund_return
from pawline.hub import HubRefused
from pawline.hub.diffing import Diff, Diffs
from pawline.model import (
    Address,
    Checkout,
    Item,
    LocationId,
    OrderCancelled,
    OrderId,
    OrderPlaced,
    ShipmentDispatched,
    ShipmentId,
    SkuId,
    StockCounted,
    StockLevel,
)
from pawline.ports import Fulfilment, FulfilmentRequest, Inventory
from pawline.runtime import RuntimeSettings, again, flow, use
from pawline.runtime.handing import Way
from pawline.sandbox import Fault, Vendors
from pawline.store import Outcome, Unit
from pawline.testing import NOON
from pawline.testing.orders import SHOP, order
from tests.flows.house import House
from tests.flows.test_refunds import back, bought

HOME = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", postcode="10115", country="DE")
SOON = RuntimeSettings(look=0.02, moment=0.05, observed_first=0.05, observed_last=0.1, observed_within=0.6)
TODAY = datetime.now(UTC)
"""Of placing: what was placed long ago would be asked about."""


def adopted(n: int) -> OrderPlaced:
    return OrderPlaced(order=order(n, checkout=Checkout.ADOPTED, paid=True, ship_to=HOME, placed_at=TODAY))


def by_hand(vendors: Vendors, n: int) -> None:
    """The old way asks the warehouse."""
    one = adopted(n).order
    wanted = FulfilmentRequest(order=one.id, part="all", items=one.demand(), ship_to=HOME)
    number = vendors.did("by hand", one.id, order=one.id)
    vendors.depot.request(lambda *_, **__: number, wanted)


def dispatched(n: int, household: str | None = None) -> ShipmentDispatched:
    return ShipmentDispatched(shipment=ShipmentId(f"s{n}"), order=OrderId(f"o{n}"), at=NOON)


async def hand(house: House, name: str, at: float, mode: str) -> None:
    done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    house.store.commit(Unit(done.set_result, writes=[("insert_handover", (SHOP, name, at, mode))]))
    assert (await done).error is None
    await house.engine.brakes.load()


async def diff(house: House, name: str, late: float = 3600.0) -> Diff:
    return await Diffs(house.store, house.engine.flows).diff(SHOP, name, 0.0, 4e9, late)


def did(house: House) -> dict[str, int]:
    """Everything that changed something outside, but what the shop and the old way did by themselves."""
    effects = (one.operation for one in house.vendors.effects())
    return dict(
        Counter(
            one for one in effects if one not in ("by hand", "Shop.charged", "Shop.refunded_by_hand", "Shop.paid_back")
        )
    )


def says(found: Diff) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {one.order: (one.verdict, one.says) for one in found.orders}


async def test_an_observed_flow_does_nothing_goes_to_its_end_and_says_what_differs() -> None:
    patient = replace(SOON, observed_within=3.0)
    async with House([adopt_order], settings=patient) as house:
        await hand(house, "adopt_order", 0.0, "observe")
        by_hand(house.vendors, 1)
        for n in (1, 2, 3):
            await house.tell(adopted(n))
        for n in (2, 3):
            await house.until_waits("adopt_order", f"o{n}")  # until it is looked for again
        await asyncio.sleep(0.7)
        by_hand(house.vendors, 2)  # later than we would have
        await house.tell(dispatched(1), dispatched(2), dispatched(3), dispatched(9))
        await house.rest()
        assert did(house) == {}
        assert [status for _, _, status in await house.runs()] == ["done"] * 3
        assert await house.cases() == []
        found = await diff(house, "adopt_order", late=0.6)
        assert found.counts == {"missing": 1, "extra": 1, "asks": 0, "late": 1, "open": 0, "unknown": 0, "same": 1}
        assert says(found) == {
            "o3": ("missing", ("Fulfilment.request: the old way did not do it within 0.0 h",)),
            "o9": ("extra", ("Fulfilment.request: the old way did it; we did not hear of the order",)),
            "o2": ("late", ("Fulfilment.request: the old way did it 0 min later",)),
        }
        assert found.unknown == {}


async def test_it_outlives_its_hub_and_a_cancelled_order_is_undone_by_nobody() -> None:
    async with House([adopt_order], settings=SOON) as house:
        await hand(house, "adopt_order", 0.0, "observe")
        by_hand(house.vendors, 1)
        await house.tell(adopted(1))
        await house.until_waits("adopt_order", "o1")  # for the parcel
        await house.tell(OrderCancelled(order=OrderId("o1"), at=NOON, by="shopper", because="no"))
        await house.rest()
        assert [status for _, _, status in await house.runs()] == ["cancelled"]
        assert did(house) == {}


@flow(on=OrderPlaced)
async def ask_the_warehouse(placed: OrderPlaced) -> str:
    """Asks and has it."""
    wanted = FulfilmentRequest(order=placed.order.id, part="all", items=placed.order.demand(), ship_to=HOME)
    await use(Fulfilment).request(wanted)
    return "asked"


async def test_over_and_back_every_order_is_asked_for_once_by_whose_it_is() -> None:
    async with House([ask_the_warehouse], settings=SOON) as house:
        moments = {1: 100.0, 2: 200.0, 3: 300.0, 4: 250.0, 5: 150.0, 6: 350.0}
        await hand(house, "ask_the_warehouse", 0.0, "observe")
        await hand(house, "ask_the_warehouse", 200.0, "live")
        await hand(house, "ask_the_warehouse", 300.0, "observe")
        for n, at in moments.items():  # in any order: a webhook may be late
            if not 200 <= at < 300:
                by_hand(house.vendors, n)
            await house.tell(adopted(n), at=datetime.fromtimestamp(at, NOON.tzinfo))
        await house.rest()
        ours = [one.order for one in house.vendors.effects() if one.operation == "Fulfilment.request"]
        theirs = [one.order for one in house.vendors.effects() if one.operation == "by hand"]
        assert (sorted(ours), sorted(theirs)) == (["o2", "o4"], ["o1", "o3", "o5", "o6"])
        found = await diff(house, "ask_the_warehouse")
        assert (found.counts["same"], found.orders) == (4, [])


async def test_before_a_first_cutover_nothing_begins() -> None:
    async with House([ask_the_warehouse], settings=SOON) as house:
        await hand(house, "ask_the_warehouse", 200.0, "live")
        await house.tell(adopted(1), at=datetime.fromtimestamp(100.0, NOON.tzinfo))
        await house.rest()
        assert (await house.runs(), did(house)) == ([], {})


async def test_whoever_would_be_asked_is_not_and_a_refund_by_other_hands_is_told() -> None:
    async with House([refund_return], settings=SOON) as house:
        await hand(house, "refund_return", 0.0, "observe")
        house.vendors.shop.place(bought(3))
        two = msgspec.structs.replace(bought(1), id=OrderId("o2"))
        house.vendors.shop.place(two)
        await house.tell(back(4))
        await house.tell(back(1, "r2", order_="o2"))
        await house.rest()
        assert did(house) == {}
        assert await house.cases() == []
        found = await diff(house, "refund_return")
        told: dict[str, Any] = says(found)
        assert told["o1"] == ("asks", ("would ask: order o1: return r1 cannot be paid back by itself",))
        assert told["o2"][0] == "missing"
        assert found.counts == {"missing": 1, "extra": 0, "asks": 1, "late": 0, "open": 0, "unknown": 0, "same": 0}


async def test_what_cannot_be_looked_up_is_unknown_and_not_missing() -> None:
    async with House([ask_the_warehouse], settings=SOON) as house:
        await hand(house, "ask_the_warehouse", 0.0, "observe")
        house.vendors.faults.rates = {Fault.UNAVAILABLE: 1.0}
        await house.tell(adopted(1))
        await house.rest()
        found = await diff(house, "ask_the_warehouse")
        assert {name: count for name, count in found.counts.items() if count} == {"unknown": 1}
        assert says(found) == {"o1": ("unknown", ("Fulfilment.request: could not be looked up for 0.0 h",))}


async def test_an_order_of_another_day_and_one_of_ours_are_nothing_extra() -> None:
    async with House([ask_the_warehouse], settings=SOON) as house:
        await hand(house, "ask_the_warehouse", 200.0, "observe")
        await hand(house, "ask_the_warehouse", 400.0, "live")
        for n, at in ((1, 300.0), (2, 500.0)):  # the evening's, and one that is ours
            by_hand(house.vendors, 1) if n == 1 else None
            await house.tell(adopted(n), at=datetime.fromtimestamp(at, NOON.tzinfo))
        await house.rest()
        evening = house.store.now() + 0.001
        await asyncio.sleep(0.01)
        by_hand(house.vendors, 3)
        await house.tell(adopted(3), at=datetime.fromtimestamp(300.0, NOON.tzinfo))
        await house.tell(dispatched(1), dispatched(2), dispatched(3), dispatched(9))
        await house.rest()
        found = await Diffs(house.store, house.engine.flows).diff(SHOP, "ask_the_warehouse", evening, 4e9)
        assert {name: count for name, count in found.counts.items() if count} == {"same": 1, "extra": 1}
        assert says(found) == {
            "o9": ("extra", ("Fulfilment.request: the old way did it; we did not hear of the order",))
        }
        with pytest.raises(HubRefused, match="there is no flow ask_the_warehose"):
            await diff(house, "ask_the_warehose")


async def test_an_event_whose_clock_is_ahead_is_whose_it_was_when_we_heard_of_it() -> None:
    """And what an observed run was, it is after every restart, also once the moment that its clock names is over."""
    async with House([adopt_order], settings=SOON) as house:
        await hand(house, "adopt_order", 0.0, "observe")
        by_hand(house.vendors, 1)
        ahead = round(house.store.now()) + 600.0
        await house.tell(adopted(1), at=datetime.fromtimestamp(ahead, UTC))
        await house.until_waits("adopt_order", "o1")  # for the parcel
        await hand(house, "adopt_order", house.store.now() + 10, "live")
        row = await house.store.events([int((await house.store.fetch("runs_page", (SHOP, "", -1, 2**62, 1)))[0][7])])
        event = next(iter(row.values()))
        assert event.at == ahead
        assert house.engine.brakes.way(SHOP, "adopt_order", event.happened) is Way.OBSERVE
        assert house.engine.brakes.way(SHOP, "adopt_order", event.at) is Way.LIVE


@flow(on=ShipmentDispatched)
async def in_pages(sent: ShipmentDispatched) -> str:
    """Three of them, one after the other."""
    if (page := int(sent.shipment)) < 3:
        again(msgspec.structs.replace(sent, shipment=ShipmentId(str(page + 1))))
    return "all"


async def test_what_goes_on_with_again_is_whose_it_was_at_its_beginning() -> None:
    async with House([in_pages]) as house:
        await hand(house, "in_pages", 0.0, "live")
        await hand(house, "in_pages", 200.0, "observe")
        first = ShipmentDispatched(shipment=ShipmentId("0"), order=OrderId("o1"), at=NOON)
        await house.tell(first, at=datetime.fromtimestamp(100.0, NOON.tzinfo))
        await house.rest()
        assert await house.runs() == [("in_pages", "o1", "done")] * 4
        rows = await house.store.fetch("events_page", (SHOP, "shipment.dispatched@1", 2**62, 10))
        assert [row[9] for row in rows] == [100.0] * 4


async def test_a_replay_of_what_the_old_way_had_before_anybody_looked_is_refused() -> None:
    async with House([ask_the_warehouse], settings=SOON) as house:
        await hand(house, "ask_the_warehouse", 200.0, "live")
        await house.tell(adopted(1), at=datetime.fromtimestamp(100.0, NOON.tzinfo))
        await house.rest()
        number = (await house.store.fetch("events_page", (SHOP, "", 2**62, 1)))[0][0]
        assert await house.said("replay", f"event:{number}") == (
            f"refused: event {number} is from before ask_the_warehouse was handed over: the old way had it"
        )
        assert (await house.runs(), did(house)) == ([], {})


@flow(on=StockCounted)
async def set_it_aside(counted: StockCounted) -> str:
    """All counts of a SKU are one line."""
    await use(Inventory).reserve(OrderId(f"o{counted.level.on_hand}"), (Item(counted.level.sku, 1),))
    return "there"


async def test_what_is_looked_for_keeps_nobody_of_ours_waiting() -> None:
    never = RuntimeSettings(look=0.02, moment=0.05, observed_first=0.05, observed_last=0.1, observed_within=3_600.0)

    def counted(on_hand: int) -> StockCounted:
        level = StockLevel(
            sku=SkuId("chew-1"), location=LocationId("main"), on_hand=on_hand, as_of=NOON + timedelta(hours=on_hand)
        )
        return StockCounted(level=level)

    async with House([set_it_aside], settings=never) as house:
        house.vendors.warehouse.free = {"chew-1": 5}
        await hand(house, "set_it_aside", 0.0, "observe")
        await hand(house, "set_it_aside", 200.0, "live")
        await house.tell(counted(1), at=datetime.fromtimestamp(100.0, NOON.tzinfo))
        await house.tell(counted(2), at=datetime.fromtimestamp(300.0, NOON.tzinfo))
        while [status for _, _, status in await house.runs()] != ["waiting", "done"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert did(house) == {"Inventory.reserve": 1}
