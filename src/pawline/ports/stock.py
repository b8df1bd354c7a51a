"""Stock: our own reckoning of what may be sold, kept from events. Played by the hub itself."""

from __future__ import annotations

from datetime import date
from typing import Protocol

import msgspec

from pawline.model import Aware, LocationId, OrderId, RecallId, SkuId
from pawline.ports.read import read


class Sellable(msgspec.Struct, frozen=True, kw_only=True):
    """What may be sold of a SKU, over all places: `on_hand` less `ordered`, `held` and `safety`, never below 0.

    `ordered` are units of orders that the counts do not contain yet. `as_of` is the oldest of the counts,
    `places` are where they were made.
    `newest_wins` is what believing the count alone would say: shown beside it, never sold by.
    """

    sku: SkuId
    quantity: int
    on_hand: int
    ordered: int
    held: int
    safety: int
    as_of: Aware
    places: tuple[LocationId, ...] = ()

    @property
    def newest_wins(self) -> int:
        """The count as it came."""
        return max(0, self.on_hand)


class Ahead(msgspec.Struct, frozen=True, kw_only=True):
    """What autoships will take of a SKU: `units` by `autoships` of them."""

    sku: SkuId
    units: int
    autoships: int


class Recalls(msgspec.Struct, frozen=True, kw_only=True):
    """A recall of a SKU, of every lot of it if `whole`. `cancel` is what was decided; None if nothing yet.

    `reached`, of one order, says that it was found among those that have not left and may have it. Nobody says so of an
    order so old that it may have been forgotten: then it was.
    """

    sku: SkuId
    recall: RecallId
    whole: bool
    cancel: bool | None
    reached: bool = False


class Stock(Protocol):
    """Answers are as new as the call: everything that was dispatched before it is in them.

    Transient(unavailable) while the record is being built or is far behind.
    """

    @read
    async def sellable(self, skus: tuple[SkuId, ...]) -> tuple[Sellable, ...]:
        """What may be sold of these. A SKU that nobody ever counted is left out."""
        ...

    @read
    async def sellable_at(self, sku: SkuId, at: Aware) -> Sellable | None:
        """What might have been sold at a past moment, of orders placed until then; None if nobody ever counted it.

        Orders that were called off later count as taken: whoever sells gives them back by itself.
        """
        ...

    @read
    async def ahead(self, sku: SkuId, first: date, last: date) -> Ahead:
        """What active autoships will take that are charged from `first` to `last`, both included."""
        ...

    @read
    async def recalled(self, skus: tuple[SkuId, ...]) -> tuple[SkuId, ...]:
        """Those of which every lot is recalled, in the order given: none of it may be sent, unless it was released."""
        ...

    @read
    async def recalls(self, skus: tuple[SkuId, ...]) -> tuple[Recalls, ...]:
        """Every recall of these, decided or not, by SKU in the order given and by name."""
        ...

    @read
    async def recalls_of(self, order: OrderId) -> tuple[Recalls, ...]:
        """The same, of what an order has in it and whether they reached it, by name and SKU; none of an unknown one."""
        ...

    @read
    async def decided(self, recall: RecallId) -> bool | None:
        """Whether its orders were cancelled (True) or released (False); None while nobody decided."""
        ...
