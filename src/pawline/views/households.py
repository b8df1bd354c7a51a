"""What the record holds of a person, and how it forgets them: the hub in the role of Households."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pawline.model import HouseholdId, OrderId, PetId
from pawline.ports import Held, Operation, Receipt, Settle
from pawline.views.waiting import current

if TYPE_CHECKING:
    from pawline.store import Store
    from pawline.views.projector import Projector

NEWEST: Final = 100
LATELY: Final = 90 * 86_400.0
"""Seconds after which an order counts as done, whatever nobody told."""
UNDOING: Final = 30.0
"""Seconds that the runs of a household have to be undone."""
ERASING: Final = {"erase": Operation(settle=Settle.REPEAT, timeout=timedelta(minutes=5))}


class OwnHouseholds:
    """See `Households`."""

    def __init__(self, shop: str, store: Store, projector: Projector) -> None:
        self._shop, self._store, self._projector = shop, store, projector

    async def lost(self, pets: tuple[PetId, ...]) -> tuple[PetId, ...]:
        await current(self._projector)
        return tuple([pet for pet in pets if await self._store.fetch("pet_died", (self._shop, pet))])

    async def held(self, households: tuple[HouseholdId, ...], orders: tuple[OrderId, ...]) -> Held:
        await current(self._projector)
        named = [*households]
        for order in orders:
            named += [HouseholdId(row[0]) for row in await self._store.fetch("order_household", (self._shop, order))]
        rows = await self._store.fetch("data_keys", (self._shop, list(dict.fromkeys(named))))
        theirs = tuple(sorted(HouseholdId(row[2]) for row in rows if row[5] is None))
        counts, found = [0] * 5, list[tuple[float, OrderId, bool]]()
        since = self._store.now() - LATELY
        for one in theirs:
            (row,) = await self._store.fetch("household_counts", (self._shop, one) * 5)
            counts = [count + more for count, more in zip(counts, row, strict=True)]
            for name, placed, delivered, ended in await self._store.fetch(
                "household_orders", (self._shop, one, NEWEST)
            ):  # fmt: skip
                open_ = (placed or 0.0) > since and delivered is None and ended is None
                found.append((-(placed or 0.0), OrderId(name), open_))
        newest = sorted(found)[:NEWEST]
        return Held(
            theirs=theirs, orders=tuple(name for _, name, _ in newest),
            under_way=tuple(name for _, name, open_ in newest if open_),
            count=counts[0], runs=counts[1], pets=counts[2], carts=counts[3], autoships=counts[4],
        )  # fmt: skip

    async def erase(self, households: tuple[HouseholdId, ...], as_of: datetime) -> Receipt:
        left = list[str]()
        for one in households:
            left += map(str, await self._projector.erase(self._shop, one, UNDOING, as_of.timestamp()))
        return Receipt(", ".join(left) or None)
