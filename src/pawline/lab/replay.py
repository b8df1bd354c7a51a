"""A recorded day as the lab's: its arrivals, baskets, autoships, cancellations and returns; the rest by seed, and said.

Time is compressed evenly, from the first order to the last: a burst stays as much of a burst as it was, and a quiet
hour stays quiet. Nothing is smoothed, cut or drawn anew.
"""

from __future__ import annotations

import math
import random
import statistics
from typing import TYPE_CHECKING, Final

from pawline.lab.day import A_SECOND, DECLINED, PATIENCE, RETURNS, SHORTEST, SPREAD, Plan, Recorded, Shopper
from pawline.lab.latencies import USUAL, drawn
from pawline.lab.log import FEW, GOODS, burstiness, busiest_second

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pawline.lab.log import Log, Played

PLENTY: Final = 1_000_000
UNITS: Final = 999
"""Of one SKU in a cart: more is not taken by the Storefront API."""
MACHINE: Final = 60.0
"""Seconds that whoever orders a renewal waits for an answer: a machine's time-out, an assumption."""
JOURNAL: Final = "the hub's own journal"


def replayed(
    seed: int, log: Log, patience: float = PATIENCE, measured: Mapping[str, Sequence[float]] | None = None,
    whose: str = "",
) -> Plan:  # fmt: skip
    """The same seed and log are the same day. `measured` is what `whose` gave beside it, and wins."""
    seconds = round(max(SHORTEST, len(log.orders) / A_SECOND), 3)
    chance = random.Random(seed)  # noqa: S311 - chance to be repeated
    shoppers = tuple(_shopper(n, one, log, seconds, patience, chance) for n, one in enumerate(log.orders, 1))
    times: dict[str, Sequence[float]] = {**log.measured, **(measured or {})}
    told = [f"{', '.join(sorted(measured))} by {whose}"] if measured else []
    own = sorted(set(log.measured) - set(measured or {}))
    told += [f"{', '.join(own)} by {JOURNAL}"] if own else []
    skus = sorted({sku for one in shoppers for sku, _ in one.lines} | {_first(1)})
    return Plan(
        seed=seed, seconds=seconds, shoppers=shoppers, draws=drawn(seed, times), stock=dict.fromkeys(skus, PLENTY),
        patience=patience, measured=tuple(sorted(times)), whose="; ".join(told),
        recorded=_recorded(log, shoppers, seconds, times),
    )  # fmt: skip


def _first(rank: int) -> str:
    return f"goods-{rank}"


def _shopper(number: int, one: Played, log: Log, seconds: float, patience: float, chance: random.Random) -> Shopper:
    declined, waits = chance.random() < DECLINED, chance.lognormvariate(math.log(patience), SPREAD)
    returns = chance.random() < RETURNS
    basket = tuple((sku, min(units, UNITS)) for sku, units in one.units) or ((_first(1), 1),)
    return Shopper(
        number=number, due=round(seconds * one.at / log.span, 4), part=f"{one.hour:02}:00", sku=basket[0][0],
        quantity=basket[0][1], basket=basket, declined=declined and not one.autoship,
        patience=MACHINE if one.autoship else round(waits, 3), returns=returns and not one.autoship,
        autoship=one.autoship, called_off=one.cancelled, sent_back=one.returned and not one.cancelled,
    )  # fmt: skip


def _recorded(log: Log, shoppers: Sequence[Shopper], seconds: float, times: Mapping[str, Sequence[float]]) -> Recorded:
    moments = [one.at for one in log.orders]
    units = [sum(quantity for _, quantity in one.units) for one in log.orders]
    return Recorded(
        source=log.source, day=log.day, zone=log.zone, orders=len(log.orders), of=log.of,
        faster=round(log.span / seconds, 1), burstiness=round(burstiness(moments), 3),
        units=round(statistics.fmean(units), 3), goods=log.goods, carts=log.carts, operations=log.operations,
        autoship=sum(one.autoship for one in log.orders) if log.told.autoship else None,
        cancelled=sum(one.called_off for one in shoppers) if log.told.cancelled else None,
        returned=sum(one.sent_back for one in shoppers) if log.told.returned else None,
        taken=tuple(_taken(log, shoppers, seconds, units)), assumed=tuple(_assumed(log, shoppers, times)),
    )  # fmt: skip


def _taken(log: Log, shoppers: Sequence[Shopper], seconds: float, units: Sequence[int]) -> list[str]:
    part = "all" if len(log.orders) == log.of else f"the densest {len(log.orders):,}"
    arrivals = (
        f"arrivals: {part} of {log.of:,} orders of {log.day} ({log.zone}), each as far from the one before as it was,"
        f" {log.span / seconds:,.0f} times as fast: {log.span / 3_600:.1f} hours in {seconds:.0f} s; the deviation of"
        f" their gaps is {burstiness([one.due for one in shoppers]):.2f} times their mean (1: by chance), and"
        f" {busiest_second([one.due for one in shoppers])} come in the busiest second"
    )
    baskets = f"{statistics.fmean(units):.2f} units on average, {max(units):,} at the most, of {log.goods:,} goods"
    told = [arrivals, f"baskets: {baskets}"]
    counts = (
        ("autoships", log.told.autoship, sum(one.autoship for one in shoppers)),
        ("orders called off", log.told.cancelled, sum(one.called_off for one in shoppers)),
        ("orders that came back", log.told.returned, sum(one.sent_back for one in shoppers)),
    )
    told += [f"{name}: {count:,} ({count / len(shoppers):.1%})" for name, known, count in counts if known]
    if log.unread:
        told.append(f"rows of {log.source} that nobody could read, whichever day they are of: {log.unread:,}")
    for vendor, of in sorted(log.measured.items()):
        told.append(f"times of {vendor}: {len(of):,} calls of {JOURNAL}, from the intent to its result")
    if log.carts is not None:
        told.append(f"carts that were filled and not bought: {log.carts:,}; they are counted, and not played")
    return told


def _assumed(log: Log, shoppers: Sequence[Shopper], times: Mapping[str, Sequence[float]]) -> list[str]:
    left = f"{DECLINED:.0%} of cards are declined, and {RETURNS:.0%} of who gives up come back"
    told = [f"{left}: a log has orders, and nobody who left"]
    silent = [name for name, known in (("autoships", log.told.autoship), ("orders called off", log.told.cancelled),
                                       ("orders that came back", log.told.returned)) if not known]  # fmt: skip
    if silent:
        told.append(f"no {', no '.join(silent)}: {log.source} does not tell")
    if usual := sorted(set(USUAL) - set(times)):
        told.append(f"times of {', '.join(usual)}: the usual lognormals; nobody measured {FEW} calls of them")
    if log.operations:
        told.append("a vendor takes as long for each of its operations as for all of them together")
    told.append("there is enough of everything, and every unit costs the same: a log has what was sold")
    if log.goods > GOODS:
        told.append(f"goods behind the {GOODS} most wanted ones are one more")
    if any(one.autoship for one in shoppers):
        told.append(f"a renewal is ordered by a machine that waits {MACHINE:.0f} s; it is in no wait of a shopper's")
    if any(one.called_off or one.sent_back for one in shoppers):
        told.append("an order is called off a second after its answer, and comes back once it is whole: by hand each is"
                    " a person's work, as the script has no code for it")  # fmt: skip
    return [*told, "what goes wrong, and when"]
