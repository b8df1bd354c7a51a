"""What an own order is packed into, and which of a carrier's rates takes it: simple enough to be explained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from pawline.model import Line, Packed, SkuId
from pawline.ports import Declared, Origin, Parcel, Rate

MOST = 100
"""Parcels of one order: beyond it no label of a parcel carrier is meant, and looking for room would take seconds."""


def packed(lines: Iterable[Line], origin: Origin, *, abroad: bool = False) -> tuple[Parcel, ...]:
    """Units into the first parcel that has room for them, in the order's own order; empty if nothing of it is sent.

    A unit whose weight nobody said weighs `origin.unit_grams`; one that is too heavy for a parcel has one to itself.
    What goes `abroad` says its goods. Raises ValueError for more than MOST parcels.
    """
    weights: list[int] = []
    contents: list[Counter[SkuId]] = []
    goods: list[list[Declared]] = []
    for line in lines:
        grams, units = line.weight or origin.unit_grams, line.components or line.items()
        each = Counter({item.sku: item.quantity if line.components else 1 for item in units})
        inside = Counter[int]()
        for _ in range(line.quantity if line.ships else 0):
            room = (n for n, weight in enumerate(weights) if weight + grams <= origin.parcel_grams)
            n = next(room, len(weights))
            if n == len(weights):
                if n == MOST:
                    raise ValueError(f"it makes more than {MOST} parcels: goods for a freight carrier")
                weights.append(0)
                contents.append(Counter())
                goods.append([])
            weights[n] += grams
            contents[n].update(each)
            inside[n] += 1
        if abroad:
            for n, told in zip(inside, declared(line, [*inside.values()], grams), strict=True):
                goods[n].append(told)
    return tuple(
        Parcel(
            weight=weight, goods=tuple(told),
            contents=tuple(Packed(sku=sku, quantity=inside[sku]) for sku in sorted(inside)),
        )
        for weight, inside, told in zip(weights, contents, goods, strict=True)
    )  # fmt: skip


def declared(line: Line, parts: Sequence[int], grams: int) -> tuple[Declared, ...]:
    """So many units of a line each, as the customs are told; the value of all its units is spread over them.

    A bundle is told as what it was sold as. `grams` is what one unit weighs. Empty for no parts.
    """
    shares = line.worth().allocate([*parts, max(0, line.quantity - sum(parts))]) if parts else ()
    code, origin = _one(duty.tariff_code for duty in line.duties), _one(duty.origin for duty in line.duties)
    return tuple(
        Declared(
            sku=line.sku, title=line.title, quantity=units, value=share, weight=units * grams, tariff_code=code,
            origin=origin,
        )
        for units, share in zip(parts, shares, strict=False)
    )  # fmt: skip


def _one(said: Iterable[str | None]) -> str | None:
    """What all of them say; None where they differ."""
    found = set(said)
    return found.pop() if len(found) == 1 else None


def chosen(rates: Iterable[Rate], by: date | None) -> Rate | None:
    """The cheapest that is there by that day; else the one that is there first. None if there is none.

    `rates` are the cheapest first, as `Shipping.rates` has them. One that names no day counts only where nothing was
    promised (`by` is None), or where none names one.
    """
    rates = tuple(rates)
    known = [one for one in rates if one.delivers_on is not None]
    if by is None or not known:
        return next(iter(rates), None)
    on_time = (one for one in known if one.delivers_on is not None and one.delivers_on <= by)
    return next(on_time, min(known, key=lambda one: one.delivers_on or date.max))
