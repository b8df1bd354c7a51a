"""What a hub's history comes to, in figures without a name: orders by hour, autoships, runs that needed nobody."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.hub.settings import HubRefused
from pawline.insight.advice import Touchless
from pawline.model import Channel
from pawline.store import Status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from pawline.store import Store
    from pawline.store.database import Row

DAY: Final = 86_400.0
HOUR: Final = 3_600.0
SPAN: Final = 30 * DAY
"""How far back what is usual is looked for, and runs that ended."""
LEAST: Final = 7
"""Whole days of history from which on a mean of them says something."""
FARTHEST: Final = 400
"""Days that are looked at for the highest hour: a year has every season, once."""
PAGE: Final = 2_000
WORKED: Final = frozenset({Status.DONE, Status.FAILED, Status.CANCELLED})
"""How a run ends that did something: one that a newer one replaced, or that never began, says nothing."""


class Volumes(msgspec.Struct, frozen=True, kw_only=True):
    """Orders of a shop by days and hours of UTC. None where there are fewer than LEAST whole days.

    `a_day` is the mean of the last 30 whole days, or of as many as there are; `days` are all that were looked at.
    """

    days: int = 0
    a_day: float | None = None
    peak_day: int | None = None
    peak_hour: int | None = None
    peak_hour_at: float | None = None
    autoship_share: float | None = None
    channels: tuple[str, ...] = ()
    checkout: str | None = None


class Figures:
    """Reads them. Everything is read by pages, and others have their turn between two."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def volumes(self, shop: str) -> Volumes:
        """Of one shop. History that was brought in counts: those are its orders, too."""
        first = (await self._store.fetch("first_order", (shop,)))[0][0]
        today = math.floor(self._store.now() / DAY)
        if first is None:
            return Volumes()
        begin = max(math.ceil(first / DAY), today - FARTHEST)
        if today - begin < LEAST:
            return Volumes(days=max(0, today - begin))
        every = range(max(math.floor(first / DAY), today - FARTHEST), today + 1)  # a peak may be today, or at the start
        counts = {day: await self._between(shop, day * DAY, (day + 1) * DAY) for day in every}
        lately = range(max(begin, today - round(SPAN / DAY)), today)
        orders = sum(counts[day] for day in lately)
        most, at = await self._busiest(shop, counts)
        kinds = [row for day in lately for row in await self._kinds(shop, day)]
        autoships = sum(count for channel, _, count in kinds if channel == Channel.SUBSCRIPTION)
        owners = {"theirs" if adopted else "ours" for _, adopted, _ in kinds if adopted is not None}
        return Volumes(
            days=today - begin, a_day=round(orders / len(lately), 1), peak_day=max(counts.values()), peak_hour=most,
            peak_hour_at=at, autoship_share=round(autoships / orders, 4) if orders else None,
            channels=tuple(sorted({channel for channel, _, _ in kinds if channel})),
            checkout=owners.pop() if len(owners) == 1 else None,
        )  # fmt: skip

    async def _between(self, shop: str, begin: float, end: float) -> int:
        await asyncio.sleep(0)  # a read of SQLite lets nobody else in
        found: int = (await self._store.fetch("orders_in", (shop, begin, end)))[0][0]
        return found

    async def _kinds(self, shop: str, day: int) -> list[Row]:
        await asyncio.sleep(0)
        return await self._store.fetch("orders_of_kind", (shop, day * DAY, (day + 1) * DAY))

    async def _busiest(self, shop: str, counts: dict[int, int]) -> tuple[int, float | None]:
        """A day with fewer orders than the best hour so far has no better one."""
        best, at = 0, None
        for day in sorted(counts, key=lambda one: (-counts[one], one)):
            if counts[day] <= best:
                break
            for hour in range(24):
                begin = day * DAY + hour * HOUR
                if (count := await self._between(shop, begin, begin + HOUR)) > best:
                    best, at = count, begin
        return best, at

    async def touchless(
        self, shops: frozenset[str], since: float, live: Mapping[tuple[str, str], float] | None = None
    ) -> dict[str, Touchless]:
        """By flow, the runs of these shops that ended since: how many, and how many without a case or an operator.

        A run that waits for a person has not ended, and counts, too: else what nobody answers would look as if it
        needed nobody. `live`: since when a shop's flow is; what it did before was watching, and says nothing.
        """
        touched, stuck = set[int](), set[int]()
        async for _, run, state in self._pages("runs_asked"):
            if run is not None:
                (stuck if state == "open" else touched).add(run)
        touched |= stuck
        async for _, target in self._pages("runs_handled"):
            kind, _, no = str(target).partition(":")
            if kind == "run":
                touched.add(int(no))
        found: dict[str, Touchless] = {}
        async for no, shop, flow, status, ended in self._pages("runs_ended"):
            waits = ended is None and (no in stuck or status == Status.PARKED)
            begun = max(since, (live or {}).get((shop, flow), since))
            over = ended is not None and ended >= begun and Status(status) in WORKED
            if shop in shops and (waits or over):
                known = found.get(flow, Touchless(0, 0))
                found[flow] = Touchless(known.ended + 1, known.alone + (over and no not in touched))
        return dict(sorted(found.items()))

    async def newest(self, shop: str, kind: str, since: float, most: int) -> list[int]:
        """The numbers of the newest events of a type, which were recorded since."""
        found, before = list[int](), 2**62
        while rows := await self._store.fetch("events_before", (shop, before, PAGE)):
            found += [no for no, type_, recorded in rows if type_ == kind and recorded >= since]
            before = rows[-1][0]
            if len(found) >= most or max(row[2] for row in rows) < since:
                break
            await asyncio.sleep(0)
        return found[:most]

    async def _pages(self, name: str) -> AsyncIterator[Row]:
        after = -1
        while rows := await self._store.fetch(name, (after, PAGE)):
            for row in rows:
                yield row
            after = rows[-1][0]
            await asyncio.sleep(0)


def known(shop: str, volumes: Volumes) -> dict[str, object]:
    """The answers of `pawline assess` that a history gives; raises HubRefused where there is too little of it."""
    if volumes.a_day is None:
        raise HubRefused(
            f"{shop} has {volumes.days} whole days of orders, and {LEAST} are needed: `pawline history` brings in more,"
            " or answer without --from-hub"
        )
    given: dict[str, object] = {
        "orders_a_day": volumes.a_day, "orders_peak_day": volumes.peak_day, "orders_peak_hour": volumes.peak_hour,
        "autoship_share": volumes.autoship_share, "checkout": volumes.checkout,
        "channels": list(volumes.channels) or None,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}
