"""Shipping: carriers, their rates, labels and tracking."""

from __future__ import annotations

import enum
from datetime import date
from typing import Protocol

import msgspec

from pawline.model import Address, Aware, Money, OrderId, Packed, SkuId
from pawline.ports.read import read
from pawline.ports.receipt import Receipt


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one SKU as the customs are told of them. `value` and `weight` (grams) are of all units together.

    The value is what the shopper paid for them, less discounts and without tax. `tariff_code` and `origin` (a country)
    are what the order says of them, if it does.
    """

    sku: SkuId
    title: str
    quantity: int
    value: Money
    weight: int
    tariff_code: str | None = None
    origin: str | None = None


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """One box: grams and millimetres. `hazard_class` is the worst of what is in it. Raises ValueError for no weight.

    `goods` is said where it goes to another country: what is in it, for the customs.
    """

    weight: int
    length: int | None = None
    width: int | None = None
    height: int | None = None
    hazard_class: str | None = None
    contents: tuple[Packed, ...] = ()
    goods: tuple[Declared, ...] = ()

    def __post_init__(self) -> None:
        if self.weight <= 0:
            raise ValueError("a parcel's weight is above zero grams")


class Consignment(msgspec.Struct, frozen=True, kw_only=True):
    """What goes from where to where. `part` tells the consignments of one order apart."""

    order: OrderId
    part: str
    ship_from: Address
    ship_to: Address
    parcels: tuple[Parcel, ...]
    ship_on: date | None = None


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """What a carrier's service costs and promises. `reference` books it, until the carrier forgets it."""

    carrier: str
    service: str
    price: Money
    delivers_on: date | None = None
    reference: str | None = None


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """Where one parcel's label is, and the number that it is tracked by. `format` is `pdf`, `zpl` or `png`."""

    tracking: str
    url: str | None = None
    format: str = "pdf"


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """A booked consignment; `labels` are in the order of its parcels."""

    order: OrderId
    part: str
    carrier: str
    service: str
    price: Money
    reference: str
    labels: tuple[Label, ...]


class TrackingState(enum.StrEnum):
    """Where a parcel is, in the words that carriers share."""

    BOOKED = "booked"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_FOR_PICKUP = "ready_for_pickup"
    DELIVERED = "delivered"
    RETURNING = "returning"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Tracking(msgspec.Struct, frozen=True, kw_only=True):
    """The carrier's last word on one parcel."""

    tracking: str
    state: TrackingState
    at: Aware | None = None
    expected_on: date | None = None
    text: str | None = None


class Shipping(Protocol):
    """Rates are asked for, one is booked, and the booking can be called off until the carrier has the parcel."""

    @read
    async def rates(self, consignment: Consignment) -> tuple[Rate, ...]:
        """What can carry it, cheapest first; empty if nothing can."""
        ...

    async def book(self, consignment: Consignment, rate: Rate) -> Shipment:
        """Buy the labels. Rejected(expired) if the rate is no longer had, Rejected(invalid) for the address."""
        ...

    async def cancel(self, shipment: Shipment) -> Receipt:
        """Call it off and have the price back. Doing it twice is fine. Rejected(too_late) once it was handed over."""
        ...

    @read
    async def track(self, shipment: Shipment) -> tuple[Tracking, ...]:
        """The carrier's last word on each parcel, in the order of the labels."""
        ...
