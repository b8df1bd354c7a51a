"""The sandbox's webhooks as our events: its shop owns its checkout, so its orders arrive adopted."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.connectors.sandbox import told_of_tickets
from pawline.kit import (
    Delivery,
    Headers,
    Hmac,
    Hook,
    Http,
    Quarantined,
    Seen,
    Sighting,
    of_standard_webhooks,
    standard_key,
)
from pawline.model import (
    Aware,
    Checkout,
    Event,
    HouseholdId,
    Order,
    OrderCancelled,
    OrderId,
    OrderPlaced,
    Packed,
    Refund,
    RefundIssued,
    ReturnId,
    ReturnLine,
    ReturnReceived,
    ReturnRequested,
    ReturnWithdrawn,
    ShipmentBooked,
    ShipmentDispatched,
    ShipmentId,
    Subscription,
    SubscriptionChanged,
    SubscriptionEnded,
    SubscriptionId,
    SubscriptionRenewalDue,
    SubscriptionStarted,
)

if TYPE_CHECKING:
    from pawline.connectors.sandbox import Settings


class Told(msgspec.Struct, frozen=True):
    """A delivery, as Standard Webhooks suggests."""

    type: str
    timestamp: Aware
    data: msgspec.Raw


class Placed(msgspec.Struct, frozen=True):
    """`order.placed`."""

    order: Order


class Cancelled(msgspec.Struct, frozen=True):
    """`order.cancelled`."""

    order: OrderId
    at: Aware
    by: str
    because: str
    household: HouseholdId | None = None


class Dispatched(msgspec.Struct, frozen=True):
    """`shipment.dispatched`."""

    shipment: ShipmentId
    order: OrderId
    at: Aware
    household: HouseholdId | None = None


def read(headers: Headers, body: bytes) -> Delivery:
    """Type and time from the body, the id from its signed header: one message has one id, however often it comes."""
    told = msgspec.json.decode(body, type=Told)
    (no,) = [value for name, value in headers if name.lower() == "webhook-id"]
    return Delivery(told.type, no, told.timestamp, bytes(told.data))


def placed(payload: bytes) -> tuple[Event, ...]:
    """An order of the shop's own checkout."""
    order = msgspec.json.decode(payload, type=Placed).order
    return (OrderPlaced(order=msgspec.structs.replace(order, checkout=Checkout.ADOPTED)),)


def cancelled(payload: bytes) -> tuple[Event, ...]:
    """The order was called off."""
    told = msgspec.json.decode(payload, type=Cancelled)
    return (OrderCancelled(**msgspec.structs.asdict(told)),)


def dispatched(payload: bytes) -> tuple[Event, ...]:
    """A parcel left the warehouse."""
    told = msgspec.json.decode(payload, type=Dispatched)
    return (ShipmentDispatched(**msgspec.structs.asdict(told)),)


class Parcel(msgspec.Struct, frozen=True):
    """`shipment.booked`: a parcel, and what is in it."""

    shipment: ShipmentId
    order: OrderId
    carrier: str
    packed: tuple[Packed, ...]
    household: HouseholdId | None = None


def booked(payload: bytes) -> tuple[Event, ...]:
    """A parcel was packed, and its lots were written down."""
    return (ShipmentBooked(**msgspec.structs.asdict(msgspec.json.decode(payload, type=Parcel))),)


class Repaid(msgspec.Struct, frozen=True):
    """`refund.issued`, by whomever."""

    order: OrderId
    refund: Refund
    household: HouseholdId | None = None


def repaid(payload: bytes) -> tuple[Event, ...]:
    """Money went back."""
    return (RefundIssued(**msgspec.structs.asdict(msgspec.json.decode(payload, type=Repaid))),)


class Kept(msgspec.Struct, frozen=True):
    """`return.withdrawn`."""

    id: ReturnId
    order: OrderId
    at: Aware
    household: HouseholdId | None = None


class Arrived(Kept, frozen=True, kw_only=True):
    """`return.requested` as the shopper asks, `return.received` as the warehouse counted."""

    lines: tuple[ReturnLine, ...]


def wanted(payload: bytes) -> tuple[Event, ...]:
    """A shopper wants to send something back."""
    return (ReturnRequested(**msgspec.structs.asdict(msgspec.json.decode(payload, type=Arrived))),)


def withdrawn(payload: bytes) -> tuple[Event, ...]:
    """And keeps it."""
    return (ReturnWithdrawn(**msgspec.structs.asdict(msgspec.json.decode(payload, type=Kept))),)


def arrived(payload: bytes) -> tuple[Event, ...]:
    """A return is in the warehouse."""
    return (ReturnReceived(**msgspec.structs.asdict(msgspec.json.decode(payload, type=Arrived))),)


class Subscribed(msgspec.Struct, frozen=True):
    """`subscription.started` and `subscription.changed`: how it stands now."""

    subscription: Subscription
    because: str | None = None


class Due(msgspec.Struct, frozen=True):
    """`subscription.renewal_due`."""

    subscription: SubscriptionId
    household: HouseholdId
    on: date


class Ended(msgspec.Struct, frozen=True):
    """`subscription.ended`."""

    subscription: SubscriptionId
    household: HouseholdId
    because: str | None = None


def started(payload: bytes) -> tuple[Event, ...]:
    """A household subscribed."""
    return (SubscriptionStarted(subscription=msgspec.json.decode(payload, type=Subscribed).subscription),)


def changed(payload: bytes) -> tuple[Event, ...]:
    """An autoship was moved, swapped, paused or taken up again."""
    return (SubscriptionChanged(**msgspec.structs.asdict(msgspec.json.decode(payload, type=Subscribed))),)


def due(payload: bytes) -> tuple[Event, ...]:
    """A charge is near."""
    return (SubscriptionRenewalDue(**msgspec.structs.asdict(msgspec.json.decode(payload, type=Due))),)


def ended(payload: bytes) -> tuple[Event, ...]:
    """It renews no more."""
    return (SubscriptionEnded(**msgspec.structs.asdict(msgspec.json.decode(payload, type=Ended))),)


HOOK: Final[Hook[Settings]] = Hook(
    signature=Hmac(of_standard_webhooks, key=standard_key),
    secrets=lambda settings: settings.webhook_secrets,
    read=read,
    hears={
        "order.placed": placed,
        "order.cancelled": cancelled,
        "shipment.booked": booked,
        "shipment.dispatched": dispatched,
        "refund.issued": repaid,
        "return.requested": wanted,
        "return.withdrawn": withdrawn,
        "return.received": arrived,
        "subscription.started": started,
        "subscription.changed": changed,
        "subscription.renewal_due": due,
        "subscription.ended": ended,
        "ticket.opened": told_of_tickets.opened,
        "ticket.closed": told_of_tickets.closed,
        "ticket.decided": told_of_tickets.decided,
    },
    renews=lambda _, body: b'"channel":"subscription"' in body and body.startswith(b'{"type":"order.placed"'),
)


class Remembered(msgspec.Struct, frozen=True):
    """A message as the list has it: its id is the one that its webhook had, or would have had."""

    id: str
    type: str
    timestamp: Aware
    data: msgspec.Raw


class History(msgspec.Struct, frozen=True):
    """A page of what happened; `after` is empty after the last."""

    messages: tuple[Remembered, ...]
    after: str


async def missed(http: Http, _: Settings, cursor: str) -> Seen:
    """Looks for what no webhook told. The cursor counts messages; those of types that are not heard are passed over."""
    page = await http.get("shop", "events", query={"after": cursor}, into=History)
    seen: list[Sighting] = []
    bad: list[Quarantined] = []
    for one in page.messages:
        try:
            made = HOOK.hears[one.type](bytes(one.data)) if one.type in HOOK.hears else ()
        except (msgspec.MsgspecError, ValueError) as problem:
            bad.append(Quarantined(f"message {one.id} ({one.type})", type(problem).__name__))
            continue
        seen += [Sighting(f"{one.id}/{n}" if n else one.id, one.timestamp, event) for n, event in enumerate(made)]
    return Seen(tuple(seen), str(int(cursor or 0) + len(page.messages)), tuple(bad), more=bool(page.after))
