"""The hub as whoever decides how much stock there is: holds, on condition of what the counts and the orders leave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pawline.model import Item, LocationId, OrderId, SkuId, StockLevel
from pawline.ports import (
    Adjustment,
    Code,
    EffectKind,
    Inventory,
    Operation,
    Receipt,
    Rejected,
    Reservation,
    Settle,
    Transient,
)
from pawline.runtime import Binding
from pawline.store import NOBODY_LOOKED, Conflict, HoldRow, OutOfStock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pawline.store import Store
    from pawline.views.view import Write

LIFE: Final = timedelta(minutes=30)
"""How long a reservation holds that is neither committed nor let go of: its flow is long over, or parked."""
LONGEST: Final = timedelta(days=3)
"""For so long at most it is kept for a flow that asks for more, because a payment is on its way."""
LATE: Final = timedelta(minutes=15)
"""Before its end; who asks again earlier than that has what it has."""
_ONCE_MORE: Final = Operation(settle=Settle.REPEAT, kind=EffectKind.STOCK)
OPERATIONS: Final = dict.fromkeys(("reserve", "release", "commit", "set_levels", "adjust"), _ONCE_MORE)
"""An order holds once, however often it asks."""


class OwnInventory:
    """See `Inventory`: decides by what the stock view counts. An order that holds already has what it has."""

    def __init__(self, shop: str, store: Store, longest: timedelta = LONGEST) -> None:
        self._shop, self._store, self._longest = shop, store, longest

    async def reserve(self, order: OrderId, items: tuple[Item, ...]) -> Reservation:
        now = self._store.now()
        until = datetime.fromtimestamp(now, UTC) + LIFE
        held = await self._store.fetch("hold_times", (self._shop, order, now))
        writes: list[Write] = []
        made, ends, skus = held[0]
        if skus and skus == len(items):  # it holds already
            if ends - now <= LATE.total_seconds():  # for as long again, as far as it may
                ends = max(ends, min(2 * now - made, made + self._longest.total_seconds()))
                writes.append(("prolong_hold", (self._shop, order, ends)))
            until = datetime.fromtimestamp(ends, UTC)
        error = await self._written(writes, holds_of(self._shop, order, items, now, until))
        if isinstance(error, OutOfStock):
            raise Rejected(str(error), Code.OUT_OF_STOCK)
        self._done(error)
        return Reservation(order=order, items=items, reference=order, until=until)

    async def release(self, reservation: Reservation) -> Receipt:
        if any(sold for _, _, _, sold in await self._store.fetch("hold_of", (self._shop, reservation.order))):
            raise Rejected(f"order {reservation.order} has it for good", Code.TOO_LATE)
        return self._done(await self._written([("let_go_hold", (self._shop, reservation.order))]))

    async def commit(self, reservation: Reservation) -> Receipt:
        skus = sorted({item.sku for item in reservation.items})
        writes = [("keep_hold", (self._shop, reservation.order, sku)) for sku in skus]
        error = await self._written(writes)
        if isinstance(error, Conflict):
            raise Rejected(f"order {reservation.order} does not hold all of it any more", Code.EXPIRED)
        return self._done(error)

    async def levels(self, skus: tuple[SkuId, ...]) -> tuple[StockLevel, ...]:
        found = [(sku, await self._store.fetch("counted", (self._shop, sku))) for sku in skus]
        return tuple(
            StockLevel(sku=sku, location=LocationId(place), on_hand=on_hand, safety=safety,
                       as_of=datetime.fromtimestamp(as_of, UTC))
            for sku, rows in found for place, on_hand, as_of, _, safety in rows
        )  # fmt: skip

    async def set_levels(self, levels: tuple[StockLevel, ...]) -> Receipt:
        raise Rejected(f"{levels[0].sku} is counted elsewhere: its counts come as events", Code.UNSUPPORTED)

    async def adjust(self, changes: tuple[Adjustment, ...], because: str) -> Receipt:
        raise Rejected(f"{changes[0].sku} is counted elsewhere: nothing to move ({because})", Code.NOT_FOUND)

    @staticmethod
    def _done(error: Exception | None) -> Receipt:
        if error is not None:
            raise Transient(str(error), Code.UNAVAILABLE) from error
        return Receipt()

    async def _written(self, writes: Sequence[Write] = (), holds: Sequence[HoldRow] = ()) -> Exception | None:
        return (await self._store.written(writes, holds=holds)).error


def holds_of(
    shop: str, order: OrderId, items: Iterable[Item], made: float, until: datetime | None,
    since: float = NOBODY_LOOKED,
) -> list[HoldRow]:  # fmt: skip
    """The rows that hold these items: for `Engine.record`, in the order's own commit, or for a unit of their own.

    `since` is for the former, when the order was placed: with `made` of that moment nobody has to look for it later.
    """
    units: dict[SkuId, int] = {}
    for item in items:
        units[item.sku] = units.get(item.sku, 0) + item.quantity
    ends = None if until is None else until.timestamp()
    return [HoldRow(shop, order, sku, quantity, made, ends, since) for sku, quantity in sorted(units.items())]


def inventory_bindings(
    shops: Iterable[str], store: Store, longest: Mapping[str, timedelta] = MappingProxyType({})
) -> list[Binding]:  # fmt: skip
    """The hub as each shop's stock, `pawline/stock-<shop>`; `longest` goods stay set aside, where not `LONGEST`."""
    return [
        Binding(f"pawline/stock-{shop}", Inventory, OwnInventory(shop, store, longest.get(shop, LONGEST)), OPERATIONS,
                shops=frozenset([shop]))
        for shop in shops
    ]  # fmt: skip
