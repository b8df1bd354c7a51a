"""Holds: stock set aside in the commit that asks for it, if there is enough: all that is asked for, or none."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from pawline.model import not_contained
from pawline.store.errors import OutOfStock
from pawline.store.rows import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pawline.store.database import Database, Row
    from pawline.store.rows import HoldRow, Unit

Asked = tuple[int, "Unit"]
"""A unit with its index in the batch."""


Pair = tuple[str, str]
FEW: Final = 16
"""So many holds that nobody settled are looked at no sooner than when they are needed."""


class _Said(NamedTuple):
    """What comes of a batch, by these figures of what is left."""

    short: dict[int, set[Pair]]  # units that get nothing, and what there was too little of
    granted: list[HoldRow]


class Holding:
    """Decides for one writer. What it remembers from batch to batch is when to look again, and nothing that is true."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._unsettled: dict[Pair, int] = {}  # holds that were looked at and have to stay open, where there are any

    def take_turns(self, units: Iterable[Unit]) -> bool:
        """For all SKUs that these decide about, and those of lines that they edit; whether any of them decides.

        At once and in order: triggers take theirs line by line, and of two processes each would wait for the other.
        """
        skus: set[Pair] = set()
        lines: set[Row] = set()  # shop, order, line, SKU
        out: set[Row] = set()  # shop, order, line: who edits a line takes it out first
        deciding = False
        for unit in units:
            if unit.holds:
                deciding = True
                skus.update((row.shop, row.sku) for row in unit.holds)
            for name, row in unit.writes:
                if name == "view_line":
                    lines.add(row[:4])
                elif name == "view_line_out":
                    out.add(row[:3])
        if out:
            edited = [row for row in lines if row[:3] in out]
            skus.update(self._db.decide("edited_skus", sorted([*edited, *((*row, "") for row in out)])))
        self._db.many("take_turn", sorted(skus))
        return deciding

    def decide(self, units: Sequence[Asked], known: Iterable[bytes], now: float) -> dict[int, Outcome]:
        """Writes the holds of those units that get all they ask for, the first first; the outcomes of the others.

        What an order has already it does not need again. What was recorded before, as `known` facts or by an earlier
        unit, holds what it has, or let it go: it is told so, and asks for nothing. What is decided stays true until the
        commit: processes that ask for one SKU do so after one another.
        """
        db = self._db
        skus = sorted({(row.shop, row.sku) for _, unit in units for row in unit.holds})
        db.many("drop_over_holds", [(shop, sku, now) for shop, sku in skus])
        left = self._at_least(skus)
        orders = sorted({(row.shop, row.order) for _, unit in units for row in unit.holds})
        has: dict[tuple[str, str, str], int] = {
            (shop, order, sku): quantity for shop, order, sku, quantity in db.decide("held_orders", orders)
        }
        doubtful = set(left)  # what nobody counts is not there, and that is exact
        said = _said(units, known, left, has)
        while more := doubtful & set[Pair]().union(*said.short.values()):
            left |= self._exactly(sorted(more), now)
            doubtful -= more
            said = _said(units, known, left, has)
        if said.granted:
            db.many("insert_hold", said.granted)
        return {at: Outcome(OutOfStock(tuple(sku for _, sku in sorted(lacking)))) for at, lacking in said.short.items()}

    def _at_least(self, skus: Sequence[Pair]) -> dict[Pair, int]:
        """Of each SKU that is counted: no more than is left. Most of the time that is plenty, and cheap to know.

        Now and then holds are settled, when twice as many are open as had to stay so the last time, and some: so each
        is looked at twice or so, however many there are.
        """
        found = self._db.decide("hold_least", skus)
        unsettled = {(shop, sku): count for shop, sku, _, count in found}
        if many := [of for of, count in unsettled.items() if count >= 2 * self._unsettled.get(of, 0) + FEW]:
            settled = self._settle(many)
            for of in many:
                self._stay_open(of, unsettled[of] - settled[of])
        return {(shop, sku): least for shop, sku, least, _ in found}

    def _settle(self, skus: Sequence[Pair]) -> Counter[Pair]:
        return Counter((shop, sku) for shop, sku in self._db.decide("settle_holds", skus))

    def _stay_open(self, of: Pair, count: int) -> None:
        if count > 0:
            self._unsettled[of] = count
        else:
            self._unsettled.pop(of, None)

    def _exactly(self, skus: Sequence[Pair], now: float) -> dict[Pair, int]:
        """Of each SKU that is counted: the counts, less what they do not contain, less what is held.

        Holds are read first: who is heard of in between is counted twice, and not never.
        """
        self._settle(skus)
        times = [(shop, sku, now) for shop, sku in skus]
        held = {(shop, sku): count for shop, sku, count in self._db.decide("hold_held", times)}
        steps: dict[Pair, list[tuple[int, int]]] = {}
        left: dict[Pair, int] = {}
        for shop, sku, counted, safety, ordered in self._db.decide("hold_steps", times):
            steps.setdefault((shop, sku), []).append((counted, ordered))
            left[shop, sku] = left.get((shop, sku), 0) + counted - safety
        return {of: left[of] - not_contained(found) - held.get(of, 0) for of, found in steps.items()}


def _said(
    units: Sequence[Asked], known: Iterable[bytes], figures: Mapping[Pair, int],
    held: Mapping[tuple[str, str, str], int],
) -> _Said:  # fmt: skip
    """All units, the first first. Less than there is refuses perhaps too many, and never grants what is not there."""
    left, has, recorded = dict(figures), dict(held), set(known)
    said = _Said({}, [])
    for at, unit in units:
        asks = unit.holds if recorded.isdisjoint(unit.digests()) else ()
        lacks = {row: row.quantity - has.get(row[:3], 0) for row in asks}
        wanted = {row: count for row, count in lacks.items() if count > 0}
        if lacking := _lacking(left, wanted):
            said.short[at] = lacking
            continue  # nothing of it is recorded
        recorded.update(unit.digests())
        for row, count in wanted.items():
            left[row.shop, row.sku] -= count
            has[row[:3]] = row.quantity
        said.granted.extend(wanted)
    return said


def _lacking(left: Mapping[Pair, int], wanted: Mapping[HoldRow, int]) -> set[Pair]:
    """SKUs of which there is less than all of these ask for together; of what nobody counts there is nothing."""
    sums: dict[Pair, int] = {}
    for row, count in wanted.items():
        sums[row.shop, row.sku] = sums.get((row.shop, row.sku), 0) + count
    return {of for of, count in sums.items() if left.get(of, 0) < count}
