"""Stock: what is there, as of when, and what the figure already contains. And lots, for the day of a recall."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import date

import msgspec

from pawline.model.ids import LocationId, LotId, RecallId, SkuId
from pawline.model.moment import Aware, check_aware


class StockLevel(msgspec.Struct, frozen=True, kw_only=True):
    """`on_hand` units of a SKU in one place, counted `as_of`; orders placed up to `contains_until` are already off it.

    `contains_until` None says that the source does not tell: then every order since `as_of` counts as not contained.
    `on_hand` may be negative where a source oversold. Raises ValueError for times without a zone.
    """

    sku: SkuId
    location: LocationId
    on_hand: int
    as_of: Aware
    contains_until: Aware | None = None
    safety: int = 0

    def __post_init__(self) -> None:
        check_aware("a stock level's as-of time", self.as_of)
        if self.contains_until is not None:
            check_aware("a stock level's contains-until time", self.contains_until)
        if self.safety < 0:
            raise ValueError("safety stock is not negative")


def not_contained(steps: Iterable[tuple[int, int]]) -> int:
    """Units of orders to take off the counts of all places, each of its own time; the oldest count first.

    A step is what was counted at one time, and the units ordered from then until the next count, or until now. Which
    place an order was taken from is not known. So those between two counts come off the older ones, as far as they go
    (more cannot have been taken from there: the newer count has the rest off); those after the last one come off all.
    What is counted is so without any safety taken off.
    """
    off = left = last = 0
    for counted, ordered in steps:
        taken = min(last, max(0, left))
        off, left, last = off + taken, left - taken + counted, ordered
    return off + last


class Packed(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one SKU and, as far as it is known, one lot, as they were packed. Raises ValueError below one unit."""

    sku: SkuId
    quantity: int
    lot: LotId | None = None
    best_by: date | None = None

    def __post_init__(self) -> None:
        if self.quantity < 1:
            raise ValueError(f"{self.quantity} of {self.sku} cannot be packed")


class RecallClass(enum.StrEnum):
    """How bad it may get, in the FDA's words: I is serious harm, III is unlikely to do any."""

    CLASS_I = "I"
    CLASS_II = "II"
    CLASS_III = "III"


class Recall(msgspec.Struct, frozen=True, kw_only=True):
    """A recall that a person confirmed. `lots` empty means all lots. Raises ValueError if it names no SKU."""

    id: RecallId
    severity: RecallClass
    skus: tuple[SkuId, ...]
    reason: str
    source: str
    lots: tuple[LotId, ...] = ()

    def __post_init__(self) -> None:
        if not self.skus:
            raise ValueError(f"recall {self.id} names no SKU")

    def affects(self, packed: Packed) -> bool:
        """Whether these units may be of a recalled lot; units whose lot nobody knows count as affected."""
        if packed.sku not in self.skus:
            return False
        return not self.lots or packed.lot is None or packed.lot in self.lots
