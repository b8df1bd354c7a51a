"""Own orders over the hub's own stock: exactly what is there is sold, in the order's own commit or by its flow."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pawline.flows.fulfil_order import fulfil_order
from pawline.model import (
    Envelope,
    Item,
    LocationId,
    Order,
    OrderId,
    OrderPlaced,
    OrderRefused,
    SkuId,
    StockCounted,
    StockLevel,
)
from pawline.ports import Code, Rejected, Reservation, Transient
from pawline.sandbox import Reply, Request
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


@pytest.mark.parametrize("emptied", [False, True])
async def test_a_view_that_is_rebuilt_in_the_middle_of_a_sale_sells_nothing_twice(emptied: bool) -> None:
    """Also where its rows are gone meanwhile: what nobody has heard of again is what its hold is for."""
    async with asyncio.timeout(60), House([], holds=True) as house:
        await counted(house, 40)
        taken = sum([await record(house, chews(n)) for n in range(24)])
        assert await house.views.caught_up(10)
        assert not await record(house, chews(90, quantity=17))  # looked at in full: all of them are settled
        assert taken == 24
        gone = ["delete from view_order", "delete from view_item"] if emptied else []
        await house.store.job(lambda db: db.script(gone))
        await house.views.rebuild("orders@2")
        taken += sum(await asyncio.gather(*(record(house, chews(n)) for n in range(24, 50))))
        assert await house.views.caught_up(10)
        taken += sum([await record(house, chews(n)) for n in range(50, 54)])
        assert taken == 40
        assert (await OwnStock(SHOP, house.store, house.views).sellable((CHEW,)))[0].quantity == 0


async def test_a_burst_that_the_view_knows_before_anybody_asks_gets_exactly_what_is_there() -> None:
    async with asyncio.timeout(60), House([], holds=True) as house:
        await counted(house, 20)
        orders = [chews(n) for n in range(50)]
        await house.tell(*(OrderPlaced(order=one) for one in orders))
        await house.rest()
        assert await house.views.caught_up(10)
        stock = OwnInventory(SHOP, house.store)
        for _ in range(2):  # again: how an unknown outcome is settled
            asked = (stock.reserve(one.id, one.demand()) for one in orders)
            said = await asyncio.gather(*asked, return_exceptions=True)
            refused = [one for one in said if isinstance(one, Rejected)]
            granted = [one for one in said if isinstance(one, Reservation)]
            assert (len(granted), len(refused)) == (20, 30)
        await stock.release(granted[0])
        await house.tell(OrderRefused(order=granted[0].order, because="the card"))
        assert await house.views.caught_up(10)
        await stock.reserve(orders[-1].id, orders[-1].demand())
        with pytest.raises(Rejected, match="out of chew-1"):
            await stock.reserve(orders[-2].id, orders[-2].demand())


async def test_a_declined_card_lets_go_of_what_the_checkout_held_without_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with asyncio.timeout(60), House([fulfil_order], holds=True) as house:
        await counted(house, 2)
        ask, declines = house.vendors.ask, asyncio.Event()

        async def once_the_other_was_refused(request: Request) -> Reply:
            if request.method == "Payments.authorize":
                await declines.wait()
            return await ask(request)

        monkeypatch.setattr(house.vendors, "ask", once_the_other_was_refused)
        declined = order(2, quantity=2, declined=True, placed_at=datetime.now(UTC))
        assert (await record(house, declined), await record(house, chews(5, 2))) == (True, False)
        declines.set()
        await house.rest()
        assert {key: one["type"] for key, one in (await house.outcomes()).items()} == {"fulfil_order o2": "refused"}
        assert (await house.cases(), await house.store.fetch("hold_of", (SHOP, declined.id))) == ([], [])
        assert await house.views.caught_up(10)
        assert await record(house, chews(5, 2))
        await house.rest()


async def test_an_order_that_takes_nothing_from_stock_holds_nothing() -> None:
    async with asyncio.timeout(60), House([], holds=True) as house:
        stock = OwnInventory(SHOP, house.store)
        held = await stock.reserve(OrderId("o1"), ())
        await stock.commit(held)
        assert await house.store.fetch("hold_of", (SHOP, "o1")) == []


async def test_what_expired_in_part_is_not_sold_in_part() -> None:
    async with asyncio.timeout(60), House([], holds=True) as house:
        await counted(house, 1)
        stock = OwnInventory(SHOP, house.store)
        two = (Item(CHEW, 1), Item(SkuId("litter-5"), 1))
        past = holds_of(SHOP, OrderId("o1"), two, 1.0, datetime.fromtimestamp(2.0, UTC))
        waiter: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        house.store.commit(Unit(waiter.set_result, holds=past))
        assert (await waiter).error is None
        await stock.reserve(OrderId("o2"), (Item(CHEW, 1),))
        with pytest.raises(Rejected, match="does not hold all of it any more") as no:
            await stock.commit(Reservation(order=OrderId("o1"), items=two, reference="o1"))
        assert no.value.code is Code.EXPIRED
        kept = await house.store.fetch("hold_of", (SHOP, "o1"))
        assert kept == [("litter-5", 1, 2.0, 0)]


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
        with pytest.raises(Rejected, match="does not hold all of it any more"):
            await stock.commit(gone)
        assert [(one.sku, one.on_hand) for one in await stock.levels((CHEW,))] == [(CHEW, 3)]
        assert (await OwnStock(SHOP, house.store, house.views).sellable((CHEW,)))[0].held == 2


@pytest.mark.parametrize("problem", [StoreBusy("the queue is full"), StoreFull("no space is left")])
async def test_a_store_that_is_busy_is_tried_again_and_no_defect(problem: Exception) -> None:
    class Busy:
        def now(self) -> float:
            return 1.0

        async def fetch(self, *_: object) -> list[tuple[None, None, int]]:
            return [(None, None, 0)]

        async def written(self, *_: object, **__: object) -> Outcome:
            return Outcome(problem)

    busy: Any = Busy()
    with pytest.raises(Transient) as told:
        await OwnInventory(SHOP, busy).reserve(OrderId("o1"), (Item(CHEW, 1),))
    assert told.value.code is Code.UNAVAILABLE


async def test_who_asks_again_shortly_before_the_end_has_it_for_longer_up_to_a_limit() -> None:
    async with asyncio.timeout(30), House([], holds=True) as house:
        await counted(house, 3)
        ours, at = chews(1, 2), house.store.now()
        stock = OwnInventory(SHOP, house.store, timedelta(hours=2))

        async def held_since(minutes: float, left: float) -> Reservation:
            """As if it were held for so long, and had so many minutes left; asked again."""
            made, until = at - minutes * 60, at + left * 60
            await house.store.job(lambda db: db.db.execute("update hold set made = ?, until = ?", (made, until)))  # type: ignore[attr-defined]
            return await stock.reserve(ours.id, ours.demand())

        first = await stock.reserve(ours.id, ours.demand())
        for minutes, left, gives in ((10, 20, 20), (20, 10, 20), (50, 5, 50), (119, 1, 1), (125, 5, 5)):
            again = await held_since(minutes, left)
            ((_, quantity, until, _),) = await house.store.fetch("hold_of", (SHOP, ours.id))
            assert again.until is not None
            assert quantity == 2
            assert again.until.timestamp() == pytest.approx(until, abs=1e-3)
            assert until == pytest.approx(at + gives * 60, abs=20)
        lapsed = await held_since(60, -1)  # decided anew: nobody else asked for it
        assert first.until is not None
        assert lapsed.until is not None
        assert lapsed.until >= first.until
        ((_, quantity, until, _),) = await house.store.fetch("hold_of", (SHOP, ours.id))
        assert quantity == 2
        assert until == pytest.approx(lapsed.until.timestamp(), abs=1e-3)
