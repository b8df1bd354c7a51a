"""Holds: stock set aside in the commit that asks for it, if there is enough: all that is asked for, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.model import not_contained
from pawline.store.errors import OutOfStock
from pawline.store.rows import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pawline.store.database import Database
    from pawline.store.rows import HoldRow, Unit

Asked = tuple[int, "Unit"]
"""A unit with its index in the batch."""


def decide(db: Database, units: Sequence[Asked], now: float) -> dict[int, Outcome]:
    """Writes the holds of those units that get all they ask for, the first first; the outcomes of the others.

    An order that holds already, or was heard of, is not asked again: it has what it has. What is decided stays true
    until the commit: processes that ask for one SKU do so after one another.
    """
    skus = sorted({(row.shop, row.sku) for _, unit in units for row in unit.holds})
    db.many("take_turn", skus)
    times = [(shop, sku, now) for shop, sku in skus]
    db.many("drop_over_holds", times)
    left = _left(db, times)
    orders = sorted({(row.shop, row.order) for _, unit in units for row in unit.holds})
    served = set(db.decide("held_orders", orders))
    short: dict[int, Outcome] = {}
    granted: list[HoldRow] = []
    for at, unit in units:
        if all((row.shop, row.order) in served for row in unit.holds):
            continue
        lacking = _lacking(left, unit.holds)
        if lacking:
            short[at] = Outcome(OutOfStock(lacking))
            continue
        for row in unit.holds:
            left[row.shop, row.sku] -= row.quantity
            served.add((row.shop, row.order))
        granted += unit.holds
    if granted:
        db.many("insert_hold", granted)
    return short


def _left(db: Database, times: Sequence[tuple[str, str, float]]) -> dict[tuple[str, str], int]:
    """Of each SKU that is counted: the counts, less what they do not contain, less what is held."""
    steps: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for shop, sku, counted, ordered in db.decide("hold_steps", [(shop, sku) for shop, sku, _ in times]):
        steps.setdefault((shop, sku), []).append((counted, ordered))
    held = {(shop, sku): count for shop, sku, count in db.decide("hold_held", times)}
    return {of: sum(one for one, _ in found) - not_contained(found) - held.get(of, 0) for of, found in steps.items()}


def _lacking(left: dict[tuple[str, str], int], holds: Sequence[HoldRow]) -> tuple[str, ...]:
    """SKUs of which there is less than all of these ask for together; of what nobody counts there is nothing."""
    wanted: dict[tuple[str, str], int] = {}
    for row in holds:
        wanted[row.shop, row.sku] = wanted.get((row.shop, row.sku), 0) + row.quantity
    return tuple(sku for (shop, sku), count in sorted(wanted.items()) if left.get((shop, sku), 0) < count)
