"""What the views say on the day of a recall, and of stock while a count arrives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.model import (
    Event,
    LineId,
    LocationId,
    LotId,
    LotRecalled,
    OrderId,
    OrderPlaced,
    Packed,
    Recall,
    RecallClass,
    RecallDecided,
    RecallId,
    RecallReached,
    ShipmentBooked,
    ShipmentDispatched,
    ShipmentId,
    SkuId,
    StockCounted,
    StockLevel,
)
from pawline.ports import Recalls
from pawline.testing.orders import order
from pawline.views.answers import OwnOrders, OwnStock
from tests.unit.views.desk import SHOP, Desk, at

CHEW = SkuId("chew-1")


def recall(name: str, *lots: str) -> Event:
    return LotRecalled(
        recall=Recall(
            id=RecallId(name),
            severity=RecallClass.CLASS_I,
            skus=(CHEW,),
            lots=tuple(LotId(one) for one in lots),
            reason="salmonella",
            source="maker",
        )
    )


async def test_what_recalls_an_order_is_in_and_what_was_released_is_no_recall_any_more(desk: Desk) -> None:
    await desk.open()
    placed = datetime.now(UTC)
    await desk.tell(OrderPlaced(order=order(2, placed_at=placed)), OrderPlaced(order=order(3, placed_at=placed)))
    await desk.tell(recall("r1"), recall("r2", "L1"), RecallDecided(recall=RecallId("r2"), cancel=True))
    stock = OwnStock(SHOP, desk.store, desk.views)
    assert await stock.recalls_of(OrderId("o2")) == (
        Recalls(sku=CHEW, recall=RecallId("r1"), whole=True, cancel=None),
        Recalls(sku=CHEW, recall=RecallId("r2"), whole=False, cancel=True),
    )
    assert (await stock.recalls_of(OrderId("o3")), await stock.recalls_of(OrderId("o9"))) == ((), ())
    assert await stock.recalled((CHEW,)) == (CHEW,)
    await desk.tell(RecallDecided(recall=RecallId("r1"), cancel=False))
    assert await stock.recalled((CHEW,)) == ()


async def test_a_recall_says_whether_it_reached_the_order(desk: Desk) -> None:
    """Of an order so old that this may have been forgotten it says that it did."""
    await desk.open()
    told = [OrderPlaced(order=order(number, placed_at=datetime.now(UTC))) for number in (2, 5)]
    await desk.tell(*told, OrderPlaced(order=order(8, placed_at=datetime.now(UTC) - timedelta(days=61))))
    await desk.tell(recall("r1"), recall("r2", "L1"))
    for number, left in ((2, False), (5, True)):
        await desk.tell(RecallReached(recall=RecallId("r2"), order=OrderId(f"o{number}"), left=left, whole=False))
    stock = OwnStock(SHOP, desk.store, desk.views)
    assert [[one.reached for one in await stock.recalls_of(OrderId(name))] for name in ("o2", "o5", "o8")] == [
        [False, True], [False, False], [True, True]
    ]  # fmt: skip
    assert [one.reached for one in await stock.recalls((CHEW,))] == [False, False]


async def test_an_order_with_a_sku_on_two_lines_waits_until_both_left(desk: Desk) -> None:
    await desk.open()
    one = order(2, placed_at=at(1))
    lines = tuple(msgspec.structs.replace(one.lines[0], id=LineId(f"l{n}")) for n in range(2))
    await desk.tell(OrderPlaced(order=msgspec.structs.replace(one, lines=lines, total=one.total + one.total)))
    orders = OwnOrders(SHOP, desk.store, desk.views)
    for number, waits in ((1, True), (2, False)):
        packed = (Packed(sku=CHEW, quantity=1, lot=LotId("L1")),)
        parcel, left = ShipmentId(f"s{number}"), at(number)
        await desk.tell(ShipmentBooked(shipment=parcel, order=one.id, carrier="van", packed=packed))
        await desk.tell(ShipmentDispatched(shipment=parcel, order=one.id, at=left))
        assert [each.order for each in (await orders.waiting_with(CHEW, None)).orders] == ([one.id] if waits else [])


def count(on_hand: int, minutes: float) -> Event:
    return StockCounted(level=StockLevel(sku=CHEW, location=LocationId("main"), on_hand=on_hand, as_of=at(minutes)))


@pytest.mark.parametrize("before", ["held", "stock_steps"])
async def test_a_count_that_arrives_while_we_look_is_taken_whole_or_not_at_all(desk: Desk, before: str) -> None:
    await desk.open()
    await desk.tell(count(100, 0), OrderPlaced(order=order(2, quantity=40, placed_at=at(1))))
    assert await desk.views.caught_up(10)

    class Torn:
        """The store; a count with the same truth comes right before one of the looks."""

        fired = False

        def __getattr__(self, name: str) -> Any:
            return getattr(desk.store, name)

        async def fetch(self, name: str, params: Any = ()) -> Any:
            if name == before and not self.fired:
                self.fired = True
                await desk.tell(count(60, 2))
                assert await desk.views.caught_up(10)
            return await desk.store.fetch(name, params)

    torn: Any = Torn()
    found = await OwnStock(SHOP, torn, desk.views).sellable_at(CHEW, at(10))
    assert (torn.fired, found is not None and found.quantity) == (True, 60)
