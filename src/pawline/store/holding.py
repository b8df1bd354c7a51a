"""Holds: stock set aside in the commit that asks for it, if there is enough: all that is asked for, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.model import not_contained
from pawline.store.errors import OutOfStock
from pawline.store.rows import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pawline.store.database import Database
    from pawline.store.rows import HoldRow, Unit

Asked = tuple[int, "Unit"]
"""A unit with its index in the batch."""


Pair = tuple[str, str]


def decide(db: Database, units: Sequence[Asked], known: Iterable[bytes], now: float) -> dict[int, Outcome]:
    """Writes the holds of those units that get all they ask for, the first first; the outcomes of the others.

    What an order has already it does not need again. What was recorded before, as `known` facts or by an earlier unit,
    holds what it has, or let it go: it is told so, and asks for nothing. What is decided stays true until the commit:
    processes that ask for one SKU do so after one another.
    """
    skus = sorted({(row.shop, row.sku) for _, unit in units for row in unit.holds})
    db.many("take_turn", skus)
    times = [(shop, sku, now) for shop, sku in skus]
    db.many("drop_over_holds", times)
    left = _left(db, times)
    orders = sorted({(row.shop, row.order) for _, unit in units for row in unit.holds})
    has: dict[tuple[str, str, str], int] = {
        (shop, order, sku): quantity for shop, order, sku, quantity in db.decide("held_orders", orders)
    }
    short: dict[int, Outcome] = {}
    granted: list[HoldRow] = []
    recorded = set(known)
    for at, unit in units:
        asks = unit.holds if recorded.isdisjoint(unit.digests()) else ()
        lacks = {row: row.quantity - has.get(row[:3], 0) for row in asks}
        wanted = {row: count for row, count in lacks.items() if count > 0}
        if lacking := _lacking(left, wanted):
            short[at] = Outcome(OutOfStock(lacking))
            continue  # nothing of it is recorded
        recorded.update(unit.digests())
        for row, count in wanted.items():
            left[row.shop, row.sku] -= count
            has[row[:3]] = row.quantity
        granted += wanted
    if granted:
        db.many("insert_hold", granted)
    return short


def _left(db: Database, times: Sequence[tuple[str, str, float]]) -> dict[Pair, int]:
    """Of each SKU that is counted: the counts, less what they do not contain, less what is held.

    Holds are read first: who is heard of in between is counted twice, and not never.
    """
    held = {(shop, sku): count for shop, sku, count in db.decide("hold_held", times)}
    steps: dict[Pair, list[tuple[int, int]]] = {}
    left: dict[Pair, int] = {}
    for shop, sku, counted, safety, ordered in db.decide("hold_steps", times):
        steps.setdefault((shop, sku), []).append((counted, ordered))
        left[shop, sku] = left.get((shop, sku), 0) + counted - safety
    return {of: left[of] - not_contained(found) - held.get(of, 0) for of, found in steps.items()}


def _lacking(left: dict[Pair, int], wanted: dict[HoldRow, int]) -> tuple[str, ...]:
    """SKUs of which there is less than all of these ask for together; of what nobody counts there is nothing."""
    sums: dict[Pair, int] = {}
    for row, count in wanted.items():
        sums[row.shop, row.sku] = sums.get((row.shop, row.sku), 0) + count
    return tuple(sku for (shop, sku), count in sorted(sums.items()) if left.get((shop, sku), 0) < count)
