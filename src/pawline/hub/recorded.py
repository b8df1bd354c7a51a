"""A recorded day, for the lab: moments, units, durations. Nobody's data leaves the hub for it; nothing is written."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from pawline.model import Channel, OrderCancelled, OrderRefused, ReturnReceived, public_name
from pawline.runtime.records import Done, Failed, Intent, decode_records
from pawline.runtime.seal import open_journal
from pawline.store import Erased

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pawline.runtime.records import Record
    from pawline.store import Store

PAGE: Final = 500
SPAN: Final = 600.0
"""Seconds of orders that are read at once."""
RUNS: Final = 200
MOST: Final = 2_000
"""Durations of one operation that are told, spread over the day."""
LIKE: Final = {public_name(one): what for one, what in (
    (OrderCancelled, "cancelled"), (OrderRefused, "refused"), (ReturnReceived, "returned"),
)}  # fmt: skip


class RecordedDay:
    """Answers `recorded_day`. Everything is read by pages, and others have their turn between two."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.questions: dict[str, Callable[..., Any]] = {"recorded_day": self.day}

    async def day(self, shop: str, begin: float, end: float) -> dict[str, Any]:
        """Orders placed in between, carts left in it, and how long each operation took in runs that began in it.

        `orders` are `[placed, {sku: units}, autoship, cancelled, returned]`; units as they leave the stock, by the
        newest edit. An order that was refused is one: somebody came. `calls` are milliseconds by `port.method`.
        `waiting`: some events are in no view yet, as no hub ran since they came.
        """
        orders = await self._orders(shop, begin, end)
        became = await self._became(shop, begin, set(orders))
        return {
            "orders": [
                [*one, order in became["cancelled"], order in became["returned"]] for order, one in orders.items()
            ],
            "carts": (await self._store.fetch("carts_left", (shop, begin, end)))[0][0],
            "calls": await self._calls(shop, begin, end),
            "waiting": bool(await self._store.fetch("oldest_undispatched", (1,))),
        }

    async def _orders(self, shop: str, begin: float, end: float) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        at = begin
        while at < end:
            after = min(at + SPAN, end)
            for order, placed, channel in await self._store.fetch("orders_placed", (shop, at, after)):
                found[order] = [placed, {}, channel == Channel.SUBSCRIPTION]
            for order, sku, units in await self._store.fetch("orders_units", (shop, at, after)):
                if order in found:
                    found[order][1][sku] = int(units)
            at = after
            await asyncio.sleep(0)  # a read of SQLite lets nobody else in
        return found

    async def _became(self, shop: str, since: float, orders: set[str]) -> dict[str, set[str]]:
        """What is recorded after the day began tells it; what was brought in was recorded later, whenever it was."""
        found: dict[str, set[str]] = {what: set() for what in LIKE.values()}
        before = 2**62
        while rows := await self._store.fetch("events_told", (shop, before, PAGE)):
            for _, kind, subject, _ in rows:
                if kind in LIKE and subject in orders:
                    found[LIKE[kind]].add(subject)
            before = rows[-1][0]
            if max(row[3] for row in rows) < since:
                break
            await asyncio.sleep(0)
        return found

    async def _calls(self, shop: str, begin: float, end: float) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {}
        after = -1
        while rows := await self._store.fetch("runs_begun", (after, shop, begin, end, RUNS)):
            for journal in (await self._store.journals([no for (no,) in rows])).values():
                key = await self._store.keys.by_no(journal[0].key) if journal and journal[0].key else None
                if key is None or isinstance(key, Erased):
                    continue
                history = [one for part in journal for one in decode_records(open_journal(part, key))]
                for name, ms in durations(history):
                    found.setdefault(name, []).append(ms)
            after = rows[-1][0]
            await asyncio.sleep(0)
        return {name: _thinned(times) for name, times in found.items()}


def durations(history: Iterable[Record]) -> list[tuple[str, float]]:
    """Milliseconds from a first attempt's leaving to its end, by `port.method`; what was tried again says nothing.

    A refusal is an answer, too. What ended late, or was looked up after a death, is told from no clock of ours.
    """
    begun: dict[str, Intent] = {}
    found = []
    for one in history:
        if isinstance(one, Intent):
            if one.attempt == 1 and one.fresh == 0 and one.first and one.path not in begun:
                begun[one.path] = one
            else:
                begun.pop(one.path, None)
        elif isinstance(one, Done | Failed):
            intent = begun.pop(one.path, None)
            if intent is not None and not one.late and one.at >= intent.first:
                found.append((f"{intent.port}.{intent.method}", round(1_000 * (one.at - intent.first), 1)))
        elif (path := getattr(one, "path", None)) is not None:
            begun.pop(path, None)
    return found


def _thinned(times: list[float]) -> list[float]:
    step = max(1, -(-len(times) // MOST))
    return times[::step]


def flat(told: Mapping[str, Any]) -> list[tuple[float, tuple[tuple[str, int], ...], bool, bool, bool]]:
    """Its orders as plain rows: the moment, units by SKU, autoship, cancelled, returned."""
    return [
        (float(at), tuple(units.items()), bool(autoship), bool(off), bool(back))
        for at, units, autoship, off, back in told["orders"]
    ]
