"""What the record holds of a person, and how it forgets them: the hub in the role of Households."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pawline.model import HouseholdId, OrderId, PersonId, PetId
from pawline.ports import Code, Held, Operation, Receipt, Settle, Transient
from pawline.views.waiting import current

if TYPE_CHECKING:
    from pawline.store import Store
    from pawline.views.projector import Projector

NEWEST: Final = 100
LATELY: Final = 90 * 86_400.0
"""Seconds after which an order counts as done, whatever nobody told."""
UNDOING: Final = 30.0
"""Seconds that the runs of a household have to be undone."""
HOUSEHOLD: Final = "household"
KEPT_OUT: Final = "kept out"
"""Kinds of links: what an account calls a household, and that it was erased there."""
ERASING: Final = {
    "erase": Operation(settle=Settle.REPEAT, timeout=timedelta(minutes=5)),
    "keep_out": Operation(settle=Settle.REPEAT), "let_in": Operation(settle=Settle.REPEAT),
}  # fmt: skip


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

    async def filed(self, account: str, person: PersonId) -> HouseholdId | None:
        found = await self._store.fetch("ours", (self._shop, account, HOUSEHOLD, person))
        return HouseholdId(found[0][0]) if found else None

    async def keep_out(self, household: HouseholdId, account: str) -> Receipt:
        await self._write(("insert_link", (self._shop, account, KEPT_OUT, household, household)))
        return Receipt()

    async def let_in(self, household: HouseholdId, account: str) -> Receipt:
        await self._write(*(("drop_link", (self._shop, account, kind, household)) for kind in (KEPT_OUT, HOUSEHOLD)))
        return Receipt()

    async def _write(self, *writes: tuple[str, tuple[object, ...]]) -> None:
        if (error := (await self._store.written(writes)).error) is not None:
            raise Transient(str(error), Code.UNAVAILABLE) from error

    async def erase(self, households: tuple[HouseholdId, ...], as_of: datetime) -> Receipt:
        left = list[str]()
        for one in households:
            left += map(str, await self._projector.erase(self._shop, one, UNDOING, as_of.timestamp()))
        return Receipt(", ".join(left) or None)
