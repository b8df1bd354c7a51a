"""A day whose stock file is four hours late: what a shop sells by the figures of the hub, against what is there.

The shop owns its checkout and sells by its own figures; the file says each hour what was counted then, and comes a
sixth of the day later. The hub hears orders by webhook (late, twice, lost and found by its list) and moves the figures.
Beside it, on the same attempts to buy: a shop whose figures are those of the newest file, as most sync tools do it.
"""

from __future__ import annotations

import asyncio
import bisect
import csv
import io
import itertools
import os
import random
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.arrivals import SECRET
from bench.line import folder
from bench.near import TOKEN
from bench.registry import Bar, Check, Options
from pawline.hub import Caller, HubRefused, line_of
from pawline.model import Checkout, Order, SkuId
from pawline.ports import Rejected
from pawline.sandbox import Desk, Mishaps, Subscription, Vendors, served
from pawline.sandbox.erp import END, account
from pawline.store import Keyring
from pawline.testing.orders import SHOP, order
from pawline.testing.port import free_port

SKUS: Final = tuple(SkuId(f"sku-{n:03}") for n in range(300))
HOURS: Final = 24
SETTINGS: Final = f"""\
shops = ["{SHOP}"]
listen = "127.0.0.1:%(port)d"
flows = ["pawline.flows.offer_stock"]
allow_networks = ["127.0.0.0/8"]
[[accounts]]
name = "sandbox/bench"
[accounts.settings]
url = "%(url)s"
token = {{ env = "BENCH_TOKEN" }}
webhook_secrets = [{{ env = "BENCH_SECRET" }}]
poll = 2.0
%(books)s"""


class Store:
    """One world: what is there, what was sold, and the figure by which a shop sells."""

    def __init__(self, figures: dict[str, int]) -> None:
        self.figures, self.sold = figures, Counter[str]()


class Day:
    """The attempts to buy, the goods that come in, and the files, on one clock for both shops."""

    def __init__(self, place: Path, orders: int, seconds: float) -> None:
        self.chance, self.orders, self.seconds = random.Random(11), orders, seconds
        weights = [1.0 / (n + 3) for n in range(len(SKUS))]
        self._cumulated = list(itertools.accumulate(weights))
        share = orders / self._cumulated[-1]
        self.there = {sku: max(1, int(weight * share * 1.15)) for sku, weight in zip(SKUS, weights, strict=True)}
        self.vendors = Vendors(now=time.time, stock={str(sku): n for sku, n in self.there.items()})
        self.vendors.shop.stock = self.vendors.warehouse.free
        self.vendors.shop.counts = True
        self.ours, self.naive = Store(self.vendors.shop.stock), Store({str(sku): n for sku, n in self.there.items()})
        self.outbox = place / "erp" / "outbox"
        for name in ("inbox", "done", "refused", "outbox"):
            (place / "erp" / name).mkdir(parents=True)
        self.refused = 0

    def buy(self, number: int) -> None:
        at = bisect.bisect(self._cumulated, self.chance.random() * self._cumulated[-1])
        sku, quantity = SKUS[at], self.chance.choice((1, 1, 1, 2))
        if self.naive.figures[sku] >= quantity:
            self.naive.figures[sku] -= quantity
            self.naive.sold[sku] += quantity
        try:
            self.vendors.shop.place(_order(number, sku, quantity))
            self.ours.sold[sku] += quantity
        except Rejected:
            self.refused += 1

    async def shop(self) -> None:
        begun = time.monotonic()
        for number in itertools.count():
            if number - self.refused == self.orders:
                return
            self.buy(number)
            await asyncio.sleep(max(0.0, begun + (number + 1) * self.seconds / self.orders - time.monotonic()))

    async def deliveries(self) -> None:
        """Goods come in all day: a fifth of what there was, in parcels."""
        for _ in range(HOURS * 4):
            await asyncio.sleep(self.seconds / HOURS / 4)
            for sku in self.chance.sample(SKUS, 10):
                self.there[sku] += 1 + self.there[sku] // 20

    async def files(self) -> None:
        """One an hour, each a sixth of the day late; after the day's end one more that is in time."""
        waiting = []
        for _ in range(HOURS):
            await asyncio.sleep(self.seconds / HOURS)
            waiting.append(asyncio.create_task(self.file(self.seconds / 6)))
        await asyncio.gather(*waiting)
        await self.file(0.0)

    async def file(self, late: float) -> None:
        counted = {sku: (self.there[sku] - self.ours.sold[sku], self.there[sku] - self.naive.sold[sku]) for sku in SKUS}
        as_of = datetime.now(UTC)
        await asyncio.sleep(late)
        self.naive.figures.update({sku: max(0, naive) for sku, (_, naive) in counted.items()})
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("sku", "location", "on_hand", "as_of", "contains_until"))
        writer.writerows(  # what is there lies in two places, and nobody knows which one an order is taken from
            (sku, place, units, as_of.isoformat(), as_of.isoformat())
            for sku, (ours, _) in counted.items()
            for place, units in (("main", ours - ours // 3), ("annex", ours // 3))
        )
        name = f"stock-{as_of:%Y%m%dT%H%M%S%fZ}.csv"
        part = self.outbox / f"{name}.part"
        part.write_text(f"{text.getvalue()}{END}\n", "utf-8")
        part.replace(self.outbox / name)

    def off(self) -> dict[str, tuple[int, int]]:
        """SKUs whose figure is not what is there: (figure, there)."""
        left = {sku: self.there[sku] - self.ours.sold[sku] for sku in SKUS}
        return {sku: (self.ours.figures[sku], left[sku]) for sku in SKUS if self.ours.figures[sku] != left[sku]}

    def oversold(self, store: Store) -> int:
        """Units sold that are not there."""
        return sum(max(0, store.sold[sku] - self.there[sku]) for sku in SKUS)


def _order(number: int, sku: SkuId, quantity: int) -> Order:
    import msgspec  # noqa: PLC0415

    made = order(number, quantity=quantity, checkout=Checkout.ADOPTED, paid=True, placed_at=datetime.now(UTC))
    return msgspec.structs.replace(made, lines=(msgspec.structs.replace(made.lines[0], sku=sku),))


async def _played(place: Path, orders: int, seconds: float) -> dict[str, Any]:
    day = Day(place, orders, seconds)
    desk = Desk(day.vendors, TOKEN)
    port = free_port()
    async with served(desk) as url:
        (place / "pawline.toml").write_text(
            SETTINGS % {"port": port, "url": url, "books": account(place / "erp", 0.5)}, "utf-8"
        )
        Keyring.generate().save(place / "pawline.key")
        env = {**os.environ, "BENCH_TOKEN": TOKEN, "BENCH_SECRET": SECRET}
        command = [sys.executable, "-m", "pawline.cli", "up", "--config", str(place / "pawline.toml")]
        hub = await asyncio.create_subprocess_exec(*command, env=env, stdout=subprocess.DEVNULL)
        try:
            caller = await _reached(place)
            desk.hooks.mishaps = Mishaps(seed=5, twice=0.05, late=0.1, late_after=seconds / 60, lost=0.02)
            desk.hooks.subscription = Subscription(url=f"http://127.0.0.1:{port}/hooks/sandbox/bench", secret=SECRET)
            await asyncio.gather(day.shop(), day.deliveries(), day.files())
            while day.off() and await _busy(caller):  # noqa: ASYNC110 - a process of its own
                await asyncio.sleep(0.5)
            await caller.close()
        finally:
            hub.terminate()
            await hub.wait()
    return {
        "orders": sum(1 for _ in day.vendors.shop.ids()), "refused_as_sold_out": day.refused,
        "oversold": day.oversold(day.ours), "oversold_where_the_newest_file_wins": day.oversold(day.naive),
        "figures_off_after_the_last_file": len(day.off()), "skus": len(SKUS), "seconds": seconds,
    }  # fmt: skip


async def _reached(place: Path) -> Caller:
    while True:
        try:
            return await Caller.reach(line_of(f"sqlite:///{place / 'pawline.db'}"))
        except HubRefused:
            await asyncio.sleep(0.05)


async def _busy(caller: Caller) -> bool:
    await asyncio.sleep(4)  # two polls: what no webhook told is heard by then
    return any((await caller.ask("unfinished")).values())


def stock_late(options: Options) -> tuple[float, dict[str, Any]]:
    """Units that were sold and are not there; the same where the newest file wins is in the detail."""
    with folder(options.place) as place:
        orders = options.scaled(15_000, 1_000)
        line = asyncio.run(_played(place.resolve(), orders, max(60.0, orders / 75)))
    return float(line["oversold"] + line["figures_off_after_the_last_file"]), line


CHECKS = [
    Check("stock_late", Bar("<=", 0, "units"), "15,000 orders, the stock file 4 h late: oversold", work=stock_late),
]
