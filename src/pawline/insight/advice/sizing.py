"""How large: from the busiest hour, and from rates that were measured, with the head room said.

A shop counts its days, and a machine is bought for a second. Between the two stand two assumptions, which every answer
repeats: `HOUR`, the share of a day's orders that its busiest hour has (an even day would have 1/24), and `BURST`, how
many times the hour's mean its busiest second has (the spike that the hub's own bars ask of it).
"""

from __future__ import annotations

import math
from typing import Final

from pawline.insight.advice import measured
from pawline.insight.advice.answers import Answers, Goal
from pawline.insight.advice.words import Reason, Sizing, Span

HOUR: Final = (1 / 12, 1 / 4)
BURST: Final = 10.0
ROOM: Final = 3.0
"""The head room that is asked for: another machine may have half the speed, and orders grow."""
MOST_WORKERS: Final = 4
"""More than so many are recommended to nobody: how several share the work was not measured."""
RUNS: Final = (2, 6)
"""Runs of flows that an order begins, the fewest and the most: adopting and introducing; and parcels, mail, returns."""
POSTGRES: Final = measured.POSTGRES.value / measured.SQLITE.value
"""What of the rate on SQLite one process on PostgreSQL is taken for: measured of flows that do nothing."""
KEPT: Final = 30
"""Days that the payloads of ended runs are kept, as the settings have it."""


def sizing_of(answers: Answers, *, on_postgres: bool = False) -> Sizing:
    """One process on SQLite where it has room enough, PostgreSQL with workers where it has not, or nothing.

    `on_postgres`: the head room is of one process there, of a hub that is so already.
    """
    rate = measured.ORDERS.value * (POSTGRES if on_postgres else 1.0)
    bears = math.floor(rate / ROOM / BURST * 3_600)
    hour, reasons = _hour(answers)
    if hour is None:
        says = f"no volume is known: one process on SQLite bears up to {bears:,} orders in its busiest hour"
        why = (Reason(says, ("orders_peak_day", "orders_peak_hour")), _rate(on_postgres=on_postgres))
        return Sizing(store=None, workers=0, need=None, head_room=None, bears=bears, disk_gb=None, reasons=why)
    need = (hour[0] / 3_600 * BURST, hour[1] / 3_600 * BURST)
    room = (rate / need[1], rate / need[0]) if need[0] else (math.inf, math.inf)
    store, workers, more = _store(answers, need, room)
    reasons += [_rate(on_postgres=on_postgres), *more, *_burst(answers)]
    if answers.orders_peak_day is None and answers.orders_peak_hour is None:
        says = f"the peak is unknown: this is for usual days; it bears {bears:,} orders in its busiest hour"
        reasons.append(Reason(says, ("orders_peak_day", "orders_peak_hour")))
    return Sizing(
        store=store, workers=workers, need=_rounded(need, 2),
        head_room=_rounded(room, 1) if need[0] else None, bears=bears, disk_gb=_disk(answers), reasons=tuple(reasons),
    )  # fmt: skip


def _hour(answers: Answers) -> tuple[Span | None, list[Reason]]:
    if answers.orders_peak_hour is not None:
        at = answers.orders_peak_hour
        says = f"{at:,.0f} orders in the busiest hour; its busiest second is taken for {BURST:g} times its mean"
        return (at, at), [Reason(says, ("orders_peak_hour",))]
    for name, what in (("orders_peak_day", "the busiest"), ("orders_a_day", "a usual")):
        day = getattr(answers, name)
        if day is not None:
            low, high = day * HOUR[0], day * HOUR[1]
            says = (
                f"{day:,.0f} orders on {what} day: an hour of it is taken to have between a twelfth and a quarter"
                f" ({low:,.0f} to {high:,.0f}), and its busiest second {BURST:g} times that hour's mean"
            )
            return (low, high), [Reason(says, (name,))]
    return None, []


def _rate(*, on_postgres: bool) -> Reason:
    one = measured.ORDERS
    says = (
        f"measured: {one.value:g} {one.unit} ({one.about}), {one.date}, on a machine of {one.cores} cores that also ran"
        f" the vendors (`{one.command}`)"
    )
    if on_postgres:
        says += f"; on PostgreSQL {POSTGRES:.0%} of that, as of flows that do nothing"
    return Reason(says, ())


def _store(answers: Answers, need: Span, room: Span) -> tuple[str | None, int, list[Reason]]:
    why = []
    if Goal.ALWAYS_ON in answers.goals:
        why.append(Reason("another process goes on when a machine dies: that needs PostgreSQL, and two", ("goals",)))
    elif room[0] >= ROOM:
        says = f"at least {room[0]:.1f} times what is needed, and {ROOM:g} times is asked for: one process is enough"
        return "sqlite", 1, [Reason(says, ())]
    each = measured.ORDERS.value * POSTGRES
    workers = max(math.ceil(ROOM * need[1] / each), 2)
    says = (
        f"a process on PostgreSQL is taken for {POSTGRES:.0%} of one on SQLite, as was measured of flows that do"
        f" nothing; that {workers} of them add up was not measured: run `python -m bench isolation` on yours"
    )
    if workers > MOST_WORKERS:
        says = f"it would take {workers} workers if they added up: that is beyond anything that was measured"
        return None, 0, [*why, Reason(says, ())]
    return "postgres", workers, [*why, Reason(says, ())]


def _burst(answers: Answers) -> list[Reason]:
    day = answers.orders_peak_day if answers.orders_peak_day is not None else answers.orders_a_day
    if not answers.autoship_share or day is None:
        return []
    renewals, rate = day * answers.autoship_share, measured.RENEWALS
    says = (
        f"{renewals:,.0f} renewals may come at once: they are through after {_long(renewals / rate.value)}, and wait"
        f" behind shoppers meanwhile ({rate.value:g} {rate.unit}, {rate.date}, `{rate.command}`)"
    )
    return [Reason(says, ("autoship_share", "orders_peak_day" if answers.orders_peak_day else "orders_a_day"))]


def _long(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _disk(answers: Answers) -> Span | None:
    if answers.orders_a_day is None:
        return None
    low, high = (answers.orders_a_day * runs * measured.DISK.value * KEPT / 1e6 for runs in RUNS)
    return _rounded((low, high), 2)


def _rounded(span: Span, digits: int) -> Span:
    return round(span[0], digits), round(span[1], digits)
