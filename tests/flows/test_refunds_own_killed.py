"""Own orders, from placed to paid back, by a hub that dies at every place: with bills of its own."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pawline.flows.fulfil_order import fulfil_order
from pawline.flows.refund_cancelled import refund_cancelled
from pawline.flows.refund_return import refund_return
from pawline.model import (
    Envelope,
    Event,
    LineId,
    Money,
    OrderCancelled,
    OrderId,
    OrderPlaced,
    Refund,
    RefundId,
    ReturnId,
    ReturnLine,
    ReturnReceived,
)
from pawline.ports import Attempt, Bills, OwnBill, Payments, Receipt, Transient, attempting
from pawline.runtime import Binding, Bindings, Engine, Flows
from pawline.testing import (
    NOON,
    Balance,
    Crash,
    Day,
    Line,
    Lives,
    Place,
    Reply,
    Request,
    Told,
    Vendors,
    VirtualTime,
    bindings,
    money,
    open_cases,
    places,
    players,
)
from pawline.testing.orders import SHOP, SKUS, order
from pawline.views import ALL, Projector
from pawline.views.bills import OPERATIONS, OwnBills


class Late:
    """The hub's own bills, once the hub that keeps them is open."""

    def __init__(self) -> None:
        self.bills: OwnBills | None = None

    def _open(self) -> OwnBills:
        if self.bills is None:
            raise Transient("the record is being built")
        return self.bills

    async def of(self, order: OrderId) -> OwnBill:
        return await self._open().of(order)

    async def refund(self, order: OrderId, refund: Refund, seen: int, known: tuple[str, ...]) -> Refund:
        return await self._open().refund(order, refund, seen, known)

    async def paid(self, order: OrderId, refund: RefundId, known: tuple[str, ...]) -> Receipt:
        return await self._open().paid(order, refund, known)


class Interrupting:
    """A line over which the order is called off right before, or right after, its n-th request."""

    def __init__(self, line: Line, shop: Shop, at: tuple[int, bool]) -> None:
        self._line, self._shop, self._at, self._requests = line, shop, at, 0

    async def ask(self, request: Request) -> Reply:
        self._requests += 1
        number = self._requests
        if self._at == (number, False):
            await self._cancel()
        reply = await self._line.ask(request)
        if self._at == (number, True):
            await self._cancel()
        return reply

    async def _cancel(self) -> None:
        await self._shop.hears(cancelled(1))
        await asyncio.sleep(1)  # the vendor is slow, and the hub acts on what it heard meanwhile


class Shop:
    """The lives of one hub; `bills` are what the last of them says of each order."""

    def __init__(self, path: Path, events: list[tuple[float, Event]], at: tuple[int, bool] | None = None) -> None:
        self.time = VirtualTime()
        self.vendors = Vendors(now=self.time, stock=dict.fromkeys(SKUS, 50))
        self._at, self._late = at, Late()
        self._path, self.more = path, list[Binding]()
        self.flows = Flows([fulfil_order, refund_return, refund_cancelled])
        told = [Told(at, enveloped(n, at, event)) for n, (at, event) in enumerate(events)]
        self._day = Day(self.time(), told)
        self._orders = [one.order.id for _, one in events if isinstance(one, OrderPlaced)]
        self._engine: Engine
        self.bills: dict[str, OwnBill] = {}

    def _play(self, line: Line) -> Bindings:
        self._late = Late()
        heard: Line = line if self._at is None else Interrupting(line, self, self._at)
        played = [one for one in bindings(heard) if one.port is not Bills]
        return Bindings([*played, Binding("pawline/paws", Bills, self._late, OPERATIONS), *self.more])

    async def hears(self, event: Event) -> None:
        await self._engine.record(enveloped(99, self.time.passed, event))

    async def _work(self, engine: Engine) -> None:
        self._engine = engine
        views = Projector(engine.store, ALL)
        await views.start(engine)
        self._late.bills = OwnBills(SHOP, engine.store, views)
        await self._day.live(engine, patience=7_200)
        self.bills = {one: await self._late.bills.of(one) for one in self._orders}
        assert await open_cases(engine.store, SHOP) == []

    def live(self, place: Place | None = None) -> Crash:
        crash, lives = Crash(place), Lives(self._path, self.time, self.vendors, self.flows, self._play)
        lives.live(self._work, crash)
        if crash.fired:
            lives.live(self._work)
        return crash


def enveloped(number: int, at: float, event: Event) -> Envelope:
    return Envelope(shop=SHOP, source="test", id=f"e{number}", at=NOON + timedelta(seconds=at), event=event)


def placed(number: int) -> OrderPlaced:
    return OrderPlaced(order=order(number, quantity=4, tenders=2))


def back(name: str, quantity: int) -> ReturnReceived:
    lines = (ReturnLine(line=LineId("l1"), quantity=quantity),)
    return ReturnReceived(id=ReturnId(name), order=OrderId("o1"), at=NOON, lines=lines)


def cancelled(number: int) -> OrderCancelled:
    return OrderCancelled(order=OrderId(f"o{number}"), at=NOON, by="shopper", because="changed my mind")


DAY: list[tuple[float, Event]] = [
    (0.0, placed(1)), (15.0, back("r1", 1)), (15.1, back("r2", 1)), (15.2, back("r1", 1)), (30.0, cancelled(1)),
]  # fmt: skip
"""What a death leaves in doubt is settled eleven seconds later: goods come back when their money was taken."""
SHARES = 4


@pytest.mark.parametrize("share", range(SHARES))
def test_killed_at_every_place_each_refund_happens_once_and_the_provider_has_what_is_owed(
    share: int, tmp_path: Path
) -> None:
    clean = Shop(tmp_path / "clean.db", DAY)
    counted = clean.live()
    check(clean, "never killed")
    every = places(counted.commits, counted.requests)
    assert len(every) == 2 * counted.commits + 3 * counted.requests > 120
    fired = 0
    mine = every[share::SHARES]
    for number, place in enumerate(mine):
        shop = Shop(tmp_path / f"{number}.db", DAY)
        fired += shop.live(place).fired
        check(shop, place)
    assert fired >= len(mine) - 2  # what the views commit may be one commit, or two


def check(shop: Shop, place: object) -> None:
    effects = shop.vendors.effects()
    balance = money(effects)["o1"]
    assert (balance.held, balance.captured, balance.refunded) == (0, 8_000, 8_000), place
    did = Counter(one.operation for one in effects if one.operation.startswith("Payments.") and not one.again)
    assert did == {"Payments.authorize": 2, "Payments.capture": 2, "Payments.refund": 3}, place
    bill = shop.bills["o1"]
    refunds = [refund.id for refund in bill.order.refunds]
    assert (refunds, bill.under_way) == (["return-r1", "return-r2", "cancelled-o1"], None), place
    assert bill.order.owed() == Money(0, "EUR"), place
    sent = Counter(one.business for one in effects if one.operation == "Marketing.send")
    assert sent == {"o1/order_confirmation": 1, "o1/refund_notice": 3}, place


def test_money_goes_back_by_the_account_that_took_it_though_another_takes_it_by_now(tmp_path: Path) -> None:
    """The shop changed its provider between the order and its return: the new one knows nothing of it."""
    shop = Shop(tmp_path / "changed.db", [(5.0, placed(1)), (20.0, back("r1", 1))])
    before = Vendors(now=shop.time, key_life=timedelta(days=-1))
    player: Any = players(before)[Payments]
    with attempting(Attempt("before", 1, NOON, SHOP, "before/eu")):
        for tender in placed(1).order.tenders:
            authorised = asyncio.run(player.authorize(OrderId("o1"), tender))
            asyncio.run(player.capture(authorised, tender.amount))
    old = next(one for one in bindings(before) if one.port is Payments)
    shop.flows = Flows([refund_return])  # the order is history by now
    shop.more = [Binding("before/eu", Payments, player, old.operations)]
    shop.live()
    assert money(before.effects())["o1"] == Balance(authorised=8_000, captured=8_000, refunded=2_000)
    assert not [one for one in shop.vendors.effects() if one.operation.startswith("Payments.")]
    assert [one.id for one in shop.bills["o1"].order.refunds] == ["return-r1"]


def test_an_order_that_is_called_off_at_any_moment_has_none_of_the_shopper_s_money(tmp_path: Path) -> None:
    """While it is set aside, confirmed, taken or told: it is let go of or goes back, and stock is held by nobody."""
    taken = []
    quiet = Shop(tmp_path / "quiet.db", [(0.0, placed(1))])
    requests = quiet.live().requests
    assert requests == 8
    for at in ((number, after) for number in range(1, requests + 1) for after in (False, True)):
        shop = Shop(tmp_path / f"{at}.db", [(0.0, placed(1))], at)
        shop.live()
        balance = money(shop.vendors.effects())["o1"]
        assert (balance.held, balance.captured - balance.refunded) == (0, 0), at
        assert shop.bills["o1"].order.owed() == Money(0, "EUR"), at
        assert shop.bills["o1"].under_way is None, at
        taken.append(balance.captured)
    assert sorted(set(taken)) == [0, 4_000, 8_000]  # before, in between and after
