"""The hub as whoever decides how much stock there is: holds, on condition of what the counts and the orders leave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
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
    from collections.abc import Iterable, Sequence

    from pawline.store import Store
    from pawline.views.view import Write

LIFE: Final = timedelta(minutes=30)
"""How long a reservation holds that is neither committed nor let go of: its flow is long over, or parked."""
_ONCE_MORE: Final = Operation(settle=Settle.REPEAT, kind=EffectKind.STOCK)
OPERATIONS: Final = dict.fromkeys(("reserve", "release", "commit", "set_levels", "adjust"), _ONCE_MORE)
"""An order holds once, however often it asks."""


class OwnInventory:
    """See `Inventory`: decides by what the stock view counts. An order that holds already has what it has."""

    def __init__(self, shop: str, store: Store) -> None:
        self._shop, self._store = shop, store

    async def reserve(self, order: OrderId, items: tuple[Item, ...]) -> Reservation:
        until = datetime.fromtimestamp(self._store.now(), UTC) + LIFE
        error = await self._written(holds=holds_of(self._shop, order, items, self._store.now(), until))
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


def inventory_bindings(shops: Iterable[str], store: Store) -> list[Binding]:
    """The hub as each shop's stock, `pawline/stock-<shop>`."""
    return [
        Binding(f"pawline/stock-{shop}", Inventory, OwnInventory(shop, store), OPERATIONS, shops=frozenset([shop]))
        for shop in shops
    ]
