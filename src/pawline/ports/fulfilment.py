"""Fulfilment: the warehouse that picks and packs, ours or a third party's."""

from __future__ import annotations

import enum
from datetime import date
from typing import Protocol

import msgspec

from pawline.model import Address, Item, OrderId, Packed, ShipmentId
from pawline.ports.read import read
from pawline.ports.receipt import Receipt


class FulfilmentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Send these items of an order there. `part` tells the requests of one order apart (`rest`, `prescription`)."""

    order: OrderId
    part: str
    items: tuple[Item, ...]
    ship_to: Address
    ship_by: date | None = None
    service: str | None = None
    note: str | None = None


class FulfilmentOrder(msgspec.Struct, frozen=True, kw_only=True):
    """The warehouse took the request on, under its own `reference`."""

    order: OrderId
    part: str
    reference: str


class FulfilmentHold(msgspec.Struct, frozen=True, kw_only=True):
    """The warehouse does not go on with a request until this is released."""

    fulfilment: FulfilmentOrder
    reference: str


class Progress(enum.StrEnum):
    """How far the warehouse is."""

    ACCEPTED = "accepted"
    ON_HOLD = "on_hold"
    PICKING = "picking"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"
    EXCEPTION = "exception"


class FulfilmentStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a request is, and what left in which shipment so far."""

    progress: Progress
    shipment: ShipmentId | None = None
    packed: tuple[Packed, ...] = ()
    text: str | None = None


class Fulfilment(Protocol):
    """Goods are asked for, may be stopped until they leave, and are reported."""

    async def request(self, request: FulfilmentRequest) -> FulfilmentOrder:
        """Have the items sent. Rejected(out_of_stock, invalid) if the warehouse will not."""
        ...

    async def cancel(self, fulfilment: FulfilmentOrder) -> Receipt:
        """Stop it for good. Doing it twice is fine. Rejected(too_late) once it left."""
        ...

    async def hold(self, fulfilment: FulfilmentOrder, because: str) -> FulfilmentHold:
        """Stop it until released. Rejected(too_late) once it left."""
        ...

    async def release(self, hold: FulfilmentHold) -> Receipt:
        """Let it go on. Doing it twice is fine."""
        ...

    @read
    async def status(self, fulfilment: FulfilmentOrder) -> FulfilmentStatus:
        """How far it is. Rejected(not_found) if the warehouse does not know it."""
        ...

    @read
    async def of(self, order: OrderId) -> tuple[FulfilmentOrder, ...]:
        """What it was asked for an order, oldest first, cancelled requests left out; empty for an unknown order."""
        ...
