"""Own orders over the hub's own stock: exactly what is there is sold, in the order's own commit or by its flow."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from pawline.flows.fulfil_order import fulfil_order
from pawline.model import Envelope, Item, LocationId, Order, OrderId, OrderPlaced, SkuId, StockCounted, StockLevel
from pawline.ports import Code, Rejected, Reservation, Transient
from pawline.store import Outcome, OutOfStock, StoreBusy, StoreFull, Unit
from pawline.testing import NOON
from pawline.testing.orders import SHOP, SKUS, order
from pawline.views.answers import OwnStock
from pawline.views.holds import OwnInventory, holds_of
from tests.flows.house import House

CHEW = SkuId("chew-1")


def chews(n: int, quantity: int = 1) -> Order:
    one = order(3 * n + 2, quantity=quantity, placed_at=datetime.now(UTC))
    assert one.lines[0].sku == CHEW
    return one


async def counted(house: House, on_hand: int, safety: int = 0) -> None:
    for sku in SKUS:
        level = StockLevel(sku=SkuId(sku), location=LocationId("main"), on_hand=on_hand, as_of=NOON, safety=safety)
        await house.tell(StockCounted(level=level))
    await house.rest()
    assert await house.views.caught_up(10)


async def record(house: House, one: Order) -> bool:
    """As a checkout does: order and hold in one commit."""
    holds = holds_of(SHOP, one.id, one.demand(), house.store.now(), None)
    envelope = Envelope(shop=SHOP, source="checkout", id=one.id, at=one.placed_at, event=OrderPlaced(order=one))
    try:
        return (await house.engine.record(envelope, "shopper", holds)).new
    except OutOfStock:
        return False


async def test_fifty_orders_at_once_for_twenty_units_by_their_flow_alone() -> None:
    async with asyncio.timeout(60), House([fulfil_order], holds=True) as house:
        await counted(house, 22, safety=2)
        await house.tell(*(OrderPlaced(order=chews(n)) for n in range(50)))
        await house.rest()
        outcomes = Counter(str(one.get("type")) for one in (await house.outcomes()).values())
        assert outcomes == {"confirmed": 20, "refused": 30}
        assert (await OwnStock(SHOP, house.store, house.views).sellable((CHEW,)))[0].quantity == 0


async def test_the_order_s_own_commit_decides_and_its_flow_has_what_it_holds() -> None:
    async with asyncio.timeout(60), House([fulfil_order], holds=True) as house:
        await counted(house, 20)
        taken = await asyncio.gather(*(record(house, chews(n)) for n in range(50)))
        assert (sum(taken), await record(house, chews(taken.index(True)))) == (20, False)
        await house.rest()
        outcomes = Counter(str(one.get("type")) for one in (await house.outcomes()).values())
        assert outcomes == {"confirmed": 20}
        assert len(await house.store.fetch("events_page", (SHOP, "order.placed@1", 2**62, 100))) == 20


async def test_reserved_let_go_and_committed() -> None:
    async with asyncio.timeout(30), House([], holds=True) as house:
        await counted(house, 3)
        stock, ours = OwnInventory(SHOP, house.store), chews(1, 2)
        first = await stock.reserve(ours.id, ours.demand())
        again = await stock.reserve(ours.id, ours.demand())
        assert (first.order, first.items, first.reference) == (again.order, again.items, again.reference)
        other = chews(2, 2)
        with pytest.raises(Rejected, match="out of chew-1") as no:
            await stock.reserve(other.id, other.demand())
        assert no.value.code is Code.OUT_OF_STOCK
        for _ in range(2):
            await stock.release(first)
        second = await stock.reserve(other.id, other.demand())
        for _ in range(2):
            await stock.commit(second)
        with pytest.raises(Rejected, match="has it for good"):
            await stock.release(second)
        gone = Reservation(order=ours.id, items=ours.demand(), reference="x")
        with pytest.raises(Rejected, match="holds nothing any more"):
            await stock.commit(gone)
        assert [(one.sku, one.on_hand) for one in await stock.levels((CHEW,))] == [(CHEW, 3)]
        assert (await OwnStock(SHOP, house.store, house.views).sellable((CHEW,)))[0].held == 2


@pytest.mark.parametrize("problem", [StoreBusy("the queue is full"), StoreFull("no space is left")])
async def test_a_store_that_is_busy_is_tried_again_and_no_defect(problem: Exception) -> None:
    class Busy:
        def now(self) -> float:
            return 1.0

        def commit(self, unit: Unit) -> None:
            unit.done(Outcome(problem))

    busy: Any = Busy()
    with pytest.raises(Transient) as told:
        await OwnInventory(SHOP, busy).reserve(OrderId("o1"), (Item(CHEW, 1),))
    assert told.value.code is Code.UNAVAILABLE
