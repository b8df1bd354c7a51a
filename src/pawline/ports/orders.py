"""Orders: our own record of them, kept from events. Played by the hub itself."""

from __future__ import annotations

from typing import Protocol

import msgspec

from pawline.model import Aware, CauseId, HouseholdId, Item, LotId, Order, OrderId, ReturnId, ShipmentId, SkuId
from pawline.ports.read import read


class Bought(msgspec.Struct, frozen=True, kw_only=True):
    """An order, and whose it is, if anybody said."""

    order: OrderId
    household: HouseholdId | None = None


class BoughtPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some orders, and where to go on: `after` of the next call, None on the last page."""

    orders: tuple[Bought, ...]
    after: str | None = None


class Shipped(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a SKU in one parcel; `lot` is None where nobody wrote it down."""

    shipment: ShipmentId
    order: OrderId
    quantity: int
    lot: LotId | None = None
    household: HouseholdId | None = None


class ShippedPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some parcels, and where to go on: `after` of the next call, None on the last page."""

    parcels: tuple[Shipped, ...]
    after: str | None = None


class LateOnes(msgspec.Struct, frozen=True, kw_only=True):
    """Orders that missed a pick-up for one reason: how many, and the last few of them."""

    count: int
    orders: tuple[OrderId, ...] = ()


class Orders(Protocol):
    """Answers are as new as the call: everything that was dispatched before it is in them.

    Transient(unavailable) while the record is being built or is far behind.
    """

    @read
    async def order(self, order: OrderId) -> Order | None:
        """As it stands, with the edits that we heard of. None where its events do not say, or not any more."""
        ...

    @read
    async def to_send(self, order: OrderId) -> tuple[Item, ...] | None:
        """What of it travels, as far as anybody told: with the edits, and without what was taken off the bill since.

        None where its events do not say, or not any more.
        """
        ...

    @read
    async def missed(self, cause: CauseId) -> LateOnes:
        """Those that said so (`PickupMissed`), whatever became of them since."""
        ...

    @read
    async def confirmed(self, order: OrderId) -> bool:
        """Whether one of our own checkout was confirmed, and so to be paid, as far as its events are kept."""
        ...

    @read
    async def called_off(self, order: OrderId) -> bool:
        """Whether it was cancelled or refused, as far as anybody told; also before anybody told that it was placed."""
        ...

    @read
    async def withdrawn(self, returned: ReturnId) -> bool:
        """Whether a return was withdrawn, as far as anybody told; also before anybody told that it was asked for."""
        ...

    @read
    async def left(self, order: OrderId) -> Aware | None:
        """When the last of its parcels left, as far as anybody told; also before anybody told that it was placed."""
        ...

    @read
    async def delivered(self, order: OrderId) -> Aware | None:
        """When the last of its parcels arrived, as far as anybody told; None where nobody did."""
        ...

    @read
    async def waiting_with(self, sku: SkuId, after: str | None) -> BoughtPage:
        """Orders with the SKU that have not left and were not called off, bundles resolved."""
        ...

    @read
    async def sent_with(self, sku: SkuId, since: Aware, after: str | None) -> BoughtPage:
        """Orders with the SKU that left at or after `since`, and of whose parcels nobody wrote down what is in them."""
        ...

    @read
    async def parcels_with(self, sku: SkuId, since: Aware, after: str | None) -> ShippedPage:
        """Parcels with the SKU, of any lot, booked at or after `since`, of orders that have left."""
        ...
