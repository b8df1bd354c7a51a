"""Stock: our own reckoning of what may be sold, kept from events. Played by the hub itself."""

from __future__ import annotations

from typing import Protocol

import msgspec

from pawline.model import Aware, SkuId
from pawline.ports.read import read


class Sellable(msgspec.Struct, frozen=True, kw_only=True):
    """What may be sold of a SKU, over all places: `on_hand` less `ordered`, `held` and `safety`, never below 0.

    `ordered` are units of orders that the counts do not contain yet. `as_of` is the oldest of the counts.
    `newest_wins` is what believing the count alone would say: shown beside it, never sold by.
    """

    sku: SkuId
    quantity: int
    on_hand: int
    ordered: int
    held: int
    safety: int
    as_of: Aware

    @property
    def newest_wins(self) -> int:
        """The count as it came."""
        return max(0, self.on_hand)


class Stock(Protocol):
    """Answers are as new as the call: everything that was dispatched before it is in them.

    Transient(unavailable) while the record is being built or is far behind.
    """

    @read
    async def sellable(self, skus: tuple[SkuId, ...]) -> tuple[Sellable, ...]:
        """What may be sold of these. A SKU that nobody ever counted is left out."""
        ...
