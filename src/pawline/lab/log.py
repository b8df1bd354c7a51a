"""A shop's own recorded day, reduced to what is played of it: moments, units, and what became of an order.

Nobody's name, address or number is in here, and no SKU's either: goods are called by how many orders have them. What is
not here can reach neither the lab's sandbox nor its report.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from pawline.lab.latencies import USUAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LEAST: Final = 20
"""Orders of a day: with fewer of them no column can be told from another."""
MOST: Final = 5_000
GOODS: Final = 40
"""Goods that are told apart, the most wanted ones; the rest is played as one more."""
LONGEST: Final = 60.0
"""Seconds of a call: what took longer waited for something else, such as a hub that was down."""
FEW: Final = 20
"""Calls of a vendor from which on its own times are played."""
SEPARATOR: Final = "."


class WrongLog(ValueError):
    """It has no day that can be played; the text says why, and what to do."""


class Ordered(NamedTuple):
    """One order. `at` is seconds since 1970; `units` by SKU, which is left behind in `day_of`."""

    at: float
    units: tuple[tuple[str, int], ...]
    autoship: bool = False
    cancelled: bool = False
    returned: bool = False


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """One order as it is played: `at` seconds after the day's first, goods by their rank."""

    at: float
    hour: int
    units: tuple[tuple[str, int], ...]
    autoship: bool = False
    cancelled: bool = False
    returned: bool = False


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of a vendor as the hub's journal has it, in milliseconds."""

    vendor: str
    name: str
    calls: int
    p50: float
    p95: float
    p99: float


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What its source can tell at all: where it cannot, a share of 0 is no figure."""

    autoship: bool = True
    cancelled: bool = True
    returned: bool = True


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """A day. `orders` are those that are played, of `of` that the day has; `carts` were filled and never bought.

    `measured` are milliseconds of the vendors' calls, `operations` what they come to by operation; empty where the
    source has no journal. `unread` are rows or lines of the source that nobody could read.
    """

    source: str
    day: str
    zone: str
    orders: tuple[Played, ...]
    of: int
    goods: int
    told: Told
    carts: int | None = None
    measured: dict[str, tuple[float, ...]] = {}
    operations: tuple[Operation, ...] = ()
    unread: int = 0

    @property
    def span(self) -> float:
        """Seconds from the first order to the last one."""
        return self.orders[-1].at


def day_of(
    orders: Iterable[Ordered], *, source: str, zone: ZoneInfo, told: Told, day: date | None = None, most: int = MOST
) -> Log:  # fmt: skip
    """One day, midnight to midnight: that one, or the one with the most orders. Of too many the densest stretch.

    Raises WrongLog where there are not enough of them, or all of them are of one moment.
    """
    days: dict[date, list[Ordered]] = {}
    undated = 0
    for one in orders:
        try:
            days.setdefault(datetime.fromtimestamp(one.at, zone).date(), []).append(one)
        except (ValueError, OverflowError):  # of the last day of all time, or behind it
            undated += 1
    if not days:
        raise WrongLog(f"{source} has no order that can be played")
    busiest = min(days, key=lambda each: (-len(days[each]), each))
    chosen = busiest if day is None else day
    found = sorted(days.get(chosen, ()))
    if len(found) < LEAST:
        other = f"; its fullest one is {busiest}, with {len(days[busiest]):,}" if busiest != chosen else ""
        raise WrongLog(
            f"{source} has {len(found)} orders on {chosen} ({zone.key}), and {LEAST} are needed: with fewer no column"
            f" can be told from another{other}"
        )
    kept = _densest(found, most)
    if round(kept[-1].at - kept[0].at, 3) <= 0:
        raise WrongLog(
            f"{source}: all {len(kept)} orders of {chosen} have one and the same time: it has days, no times"
        )
    names = _ranked(kept)
    return Log(
        source=source, day=chosen.isoformat(), zone=zone.key, of=len(found), goods=len(set(names)), told=told,
        unread=undated,
        orders=tuple(_played(one, kept[0].at, zone, names) for one in kept),
    )  # fmt: skip


def bounds(day: date, zone: ZoneInfo) -> tuple[float, float]:
    """The day's first moment, and the next one's: with summer time it may have 23 or 25 hours."""
    begin = datetime(day.year, day.month, day.day, tzinfo=zone)
    after = day + timedelta(days=1)
    return begin.timestamp(), datetime(after.year, after.month, after.day, tzinfo=zone).timestamp()


def measured(calls: Mapping[str, Sequence[float]]) -> tuple[dict[str, tuple[float, ...]], tuple[Operation, ...]]:
    """Of milliseconds by `port.method`: those by vendor that are played, and what each operation comes to.

    Operations of a port that is no vendor of the lab's are left out, and vendors of which too little is known.
    """
    by: dict[str, list[float]] = {}
    found = []
    for name, times in sorted(calls.items()):
        vendor, _, operation = name.lower().partition(SEPARATOR)
        ordered = sorted(one for one in times if one <= 1_000 * LONGEST)
        if vendor not in USUAL or not ordered:
            continue
        by.setdefault(vendor, []).extend(ordered)
        p50, p95, p99 = (round(ordered[max(0, math.ceil(len(ordered) * one) - 1)], 1) for one in (0.5, 0.95, 0.99))
        found.append(Operation(vendor=vendor, name=operation, calls=len(ordered), p50=p50, p95=p95, p99=p99))
    return {name: tuple(times) for name, times in by.items() if len(times) >= FEW}, tuple(found)


def busiest_second(dues: Sequence[float]) -> int:
    """The most that come within any second, wherever it begins."""
    most, first = 0, 0
    for n, due in enumerate(dues):
        while due - dues[first] >= 1.0:
            first += 1
        most = max(most, n - first + 1)
    return most


def burstiness(moments: Sequence[float]) -> float:
    """Standard deviation of the gaps by their mean: about 1 where nobody knows of another, more in bursts.

    Stretched or compressed evenly, it stays what it is.
    """
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    mean = statistics.fmean(gaps) if gaps else 0.0
    return statistics.pstdev(gaps) / mean if mean else 0.0


def _densest(found: list[Ordered], most: int) -> list[Ordered]:
    """As many as may be, one after the other, where they come fastest: who is left out leaves no hole."""
    if len(found) <= most:
        return found
    first = min(range(len(found) - most + 1), key=lambda n: (found[n + most - 1].at - found[n].at, n))
    return found[first : first + most]


def _ranked(orders: Sequence[Ordered]) -> dict[str, str]:
    """What each SKU is called: by how many orders have it."""
    wanted = Counter(sku for one in orders for sku, _ in one.units)
    ordered = sorted(wanted, key=lambda sku: (-wanted[sku], sku))
    return {sku: f"goods-{min(n, GOODS + 1)}" for n, sku in enumerate(ordered, 1)}


def _played(one: Ordered, begin: float, zone: ZoneInfo, names: Mapping[str, str]) -> Played:
    units: Counter[str] = Counter()
    for sku, quantity in one.units:
        units[names[sku]] += quantity
    return Played(
        at=round(one.at - begin, 3), hour=datetime.fromtimestamp(one.at, zone).hour, units=tuple(sorted(units.items())),
        autoship=one.autoship, cancelled=one.cancelled, returned=one.returned,
    )  # fmt: skip
