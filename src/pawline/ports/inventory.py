"""Inventory: whoever decides how much stock there is."""

from __future__ import annotations

from typing import Protocol

import msgspec

from pawline.model import Aware, Item, LocationId, OrderId, SkuId, StockLevel
from pawline.ports.read import read
from pawline.ports.receipt import Receipt


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """Stock set aside for an order, all of it, until `until` (None: until released or committed)."""

    order: OrderId
    items: tuple[Item, ...]
    reference: str
    until: Aware | None = None


class Adjustment(msgspec.Struct, frozen=True, kw_only=True):
    """So many units more (or, below zero, less) of a SKU in one place. Raises ValueError for none at all."""

    sku: SkuId
    location: LocationId
    by: int

    def __post_init__(self) -> None:
        if self.by == 0:
            raise ValueError("an adjustment by nothing is none")


class Inventory(Protocol):
    """Stock is set aside, then given up or taken for good."""

    async def reserve(self, order: OrderId, items: tuple[Item, ...]) -> Reservation:
        """Set all items aside, or none. Rejected(out_of_stock), whose text names the SKUs, if one is short.

        Where it runs out (`until`), an order that asks again before that has it for longer, if it may; afterwards it is
        decided anew.
        """
        ...

    async def release(self, reservation: Reservation) -> Receipt:
        """Give the stock back. Twice, or after its time ran out, is fine. Rejected(too_late) once committed."""
        ...

    async def commit(self, reservation: Reservation) -> Receipt:
        """The goods are sold: take them off for good. Doing it twice is fine. Rejected(expired) if it ran out."""
        ...

    @read
    async def levels(self, skus: tuple[SkuId, ...]) -> tuple[StockLevel, ...]:
        """What is known of these SKUs, one per place. A SKU that nobody counts is left out."""
        ...

    async def set_levels(self, levels: tuple[StockLevel, ...]) -> Receipt:
        """Make these figures the ones that count there. An older `as_of` than the one there changes nothing."""
        ...

    async def adjust(self, changes: tuple[Adjustment, ...], because: str) -> Receipt:
        """Add to the figures that count there, all of them or none: what was sold meanwhile stays off them.

        Rejected(not_found) for a SKU that nobody counts there.
        """
        ...
