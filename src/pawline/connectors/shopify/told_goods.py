"""What happens to goods on their way, there and back, told by webhooks, as our events."""

from __future__ import annotations

from typing import Final

import msgspec

from pawline.connectors.shopify.told import text
from pawline.kit import household_of, sku_of
from pawline.model import (
    Aware,
    Event,
    LineId,
    OrderId,
    Packed,
    ReturnId,
    ReturnLine,
    ReturnRequested,
    ReturnWithdrawn,
    ShipmentBooked,
    ShipmentDelayed,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentId,
    ShipmentTracked,
)

OTHER: Final = "other"
"""A carrier that nobody named."""
_HERE: Final = frozenset({"label_printed", "label_purchased", "confirmed", "ready_for_pickup", "failure"})
"""The carrier has a label, or knows of the parcel, and does not have it; or its tracking failed, which says nothing."""
_MOVING: Final = frozenset({"carrier_picked_up", "in_transit", "out_for_delivery", "attempted_delivery", "delayed"})
_ARRIVED: Final = frozenset({"delivered", "picked_up"})
_TROUBLE: Final = {
    "attempted_delivery": "nobody took it in",
    "delayed": "the carrier says that it is late",
    "failure": "the carrier does not know it, or does not carry it any more",
}


class FulfilledLine(msgspec.Struct, frozen=True):
    """One of a fulfilment's lines, with the units that are in this parcel."""

    id: int
    quantity: int
    sku: str | None = None
    variant_id: int | None = None
    requires_shipping: bool | None = None


class Fulfilment(msgspec.Struct, frozen=True):
    """`fulfillments/create` and `fulfillments/update`."""

    id: int
    order_id: int
    status: str
    created_at: Aware
    updated_at: Aware
    line_items: tuple[FulfilledLine, ...]
    shipment_status: str | None = None
    tracking_company: str | None = None
    tracking_number: str | None = None
    tracking_numbers: tuple[str, ...] = ()
    tracking_url: str | None = None
    tracking_urls: tuple[str, ...] = ()
    email: str | None = None
    left_at: Aware | None = None
    """When a carrier had it, which only a look tells; with the next one."""
    delivered_at: Aware | None = None


def fulfilled(payload: bytes) -> tuple[Event, ...]:
    """`fulfillments/create` and `fulfillments/update`: see `of_parcel`."""
    return of_parcel(msgspec.json.decode(payload, type=Fulfilment))


def of_parcel(told: Fulfilment) -> tuple[Event, ...]:
    """A parcel, and how far it is: all that its status implies, for what told it before may have been lost.

    Nothing while a fulfilment service has not answered, and of gift cards and the like, which are fulfilled at once:
    an order has not left with them. Raises ValueError for a parcel that was called off, which no event of ours says,
    and for a status that is not known.
    """
    if told.status in {"pending", "open"} or not _goods(told):
        return ()
    if told.status != "success":
        raise ValueError(f"fulfilment {told.id} has no event of ours: {told.status[:40]}")
    return (_booked(told), *_tracked(told), *of_moves(told))


def _goods(told: Fulfilment) -> list[FulfilledLine]:
    return [one for one in told.line_items if one.quantity > 0 and one.requires_shipping is not False]


def _booked(told: Fulfilment) -> ShipmentBooked:
    return ShipmentBooked(
        shipment=ShipmentId(str(told.id)),
        order=OrderId(str(told.order_id)),
        carrier=told.tracking_company or OTHER,
        packed=tuple(
            Packed(sku=sku_of(one.sku, text(one.variant_id), str(one.id)), quantity=one.quantity)
            for one in _goods(told)
        ),
        tracking=told.tracking_number or None,
        household=household_of(told.email, None),
    )


def _tracked(told: Fulfilment) -> list[Event]:
    """One of each number, whenever it comes: a parcel that is booked has mostly none yet."""
    one, url = told.tracking_number, told.tracking_url
    numbers = told.tracking_numbers or ((one,) if one else ())
    urls = told.tracking_urls if len(told.tracking_urls) == len(numbers) else (url,) * len(numbers)
    return [
        ShipmentTracked(
            shipment=ShipmentId(str(told.id)), order=OrderId(str(told.order_id)),
            carrier=told.tracking_company or OTHER, tracking=number, url=where or None,
            household=household_of(told.email, None),
        )
        for number, where in zip(numbers, urls, strict=True)
        if number
    ]  # fmt: skip


def of_moves(told: Fulfilment) -> tuple[ShipmentDispatched | ShipmentDelivered, ...]:
    """Without a carrier's word it has left as soon as it is fulfilled: that is what the shop says by it."""
    shipment, order = ShipmentId(str(told.id)), OrderId(str(told.order_id))
    household, status = household_of(told.email, None), told.shipment_status
    if status in _HERE:
        return ()
    if status is not None and status not in _MOVING | _ARRIVED:
        raise ValueError(f"fulfilment {told.id}: a status of a carrier that is not known: {status[:40]}")
    at = told.created_at if status is None else told.updated_at
    left = ShipmentDispatched(shipment=shipment, order=order, at=told.left_at or at, household=household)
    if status not in _ARRIVED:
        return (left,)
    there = ShipmentDelivered(shipment=shipment, order=order, at=told.delivered_at or at, household=household)
    return left, there


class Word(msgspec.Struct, frozen=True):
    """`fulfillment_events/create`: a carrier's word on a parcel."""

    id: int
    fulfillment_id: int
    order_id: int
    status: str
    happened_at: Aware
    estimated_delivery_at: Aware | None = None


def troubled(payload: bytes) -> tuple[Event, ...]:
    """`fulfillment_events/create`: see `of_word`."""
    return of_word(msgspec.json.decode(payload, type=Word))


def of_word(told: Word) -> tuple[Event, ...]:
    """A carrier's trouble. That a parcel moves is told by the parcel, which says whose it is."""
    if told.status not in _TROUBLE:
        return ()
    return (
        ShipmentDelayed(
            shipment=ShipmentId(str(told.fulfillment_id)),
            order=OrderId(str(told.order_id)),
            at=told.happened_at,
            because=_TROUBLE[told.status],
            expected_on=None if told.estimated_delivery_at is None else told.estimated_delivery_at.date(),
        ),
    )


class OrderOf(msgspec.Struct, frozen=True):
    """Whose return it is."""

    id: int


class Named(msgspec.Struct, frozen=True):
    """The order's line."""

    id: int


class FulfilmentLine(msgspec.Struct, frozen=True):
    """What of a parcel comes back."""

    line_item: Named


class ReturnedLine(msgspec.Struct, frozen=True):
    """One of `return_line_items`. What the shopper wrote is not read: nothing here says whose it is."""

    quantity: int
    fulfillment_line_item: FulfilmentLine
    return_reason: str | None = None


class Return(msgspec.Struct, frozen=True):
    """`returns/…`: the order stands in it, or its number does, as the topic has it."""

    id: int
    status: str
    order: OrderOf | None = None
    order_id: int | None = None
    return_line_items: tuple[ReturnedLine, ...] = ()

    def whose(self) -> OrderId:
        """Raises ValueError for a return of no order."""
        number = self.order_id if self.order is None else self.order.id
        if number is None:
            raise ValueError(f"return {self.id} names no order")
        return OrderId(str(number))


class ReturnTold(msgspec.Struct, frozen=True):
    """A return's payload says no time: that is its delivery's (`hook.read`)."""

    at: Aware
    told: Return


def wanted(payload: bytes) -> tuple[Event, ...]:
    """`returns/request`, and `returns/approve`: what the shop's people enter is approved without ever being asked."""
    return of_return(*_return(payload))


def of_return(at: Aware, told: Return) -> tuple[Event, ...]:
    """A return that is asked for. Raises ValueError where it is none, or of nothing."""
    if told.status not in {"requested", "open"}:
        raise ValueError(f"return {told.id} is not asked for: it is {told.status[:40]}")
    lines = tuple(
        ReturnLine(
            line=LineId(str(one.fulfillment_line_item.line_item.id)), quantity=one.quantity, because=one.return_reason
        )
        for one in told.return_line_items
    )
    if not lines:
        raise ValueError(f"return {told.id} is of nothing")
    return (ReturnRequested(id=ReturnId(str(told.id)), order=told.whose(), at=at, lines=lines),)


def withdrawn(payload: bytes) -> tuple[Event, ...]:
    """`returns/cancel` and `returns/decline`."""
    return of_withdrawn(*_return(payload))


def of_withdrawn(at: Aware, told: Return) -> tuple[Event, ...]:
    """A return that will not come. Raises ValueError where it may."""
    if told.status not in {"canceled", "declined"}:
        raise ValueError(f"return {told.id} is not withdrawn: it is {told.status[:40]}")
    return (ReturnWithdrawn(id=ReturnId(str(told.id)), order=told.whose(), at=at),)


def _return(payload: bytes) -> tuple[Aware, Return]:
    read = msgspec.json.decode(payload, type=ReturnTold)
    return read.at, read.told
