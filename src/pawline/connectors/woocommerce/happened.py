"""What an order says happened to it, its money and its goods: the same, rung for by a webhook or seen by a look.

WooCommerce keeps how an order stands, and few times: when it was made, paid and completed. An order is placed once its
status says so, for one that waits at a gateway was not ordered yet; each fact is told by its own time, and one that is
older than `since` is history.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from pawline.connectors.woocommerce.orders import Whole
from pawline.connectors.woocommerce.refunds import is_asked, mark_of
from pawline.connectors.woocommerce.settings import Settings, Standing
from pawline.connectors.woocommerce.told import ToldOrder, moment
from pawline.kit import Sighting
from pawline.model import (
    Event,
    Order,
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    Packed,
    RefundId,
    RefundIssued,
    ShipmentBooked,
    ShipmentDispatched,
    ShipmentId,
    ShipmentTracked,
)

CALLED_OFF: Final = "pawline_called_off"
"""The field of an order that we call off: why. Nothing else says who did it."""
_BOUGHT: Final = frozenset({Standing.PLACED, Standing.READY, Standing.SENT})
_LONGEST: Final = 200
UNKNOWN: Final = "unknown"
"""A carrier that nobody named."""
_DAY: Final = timedelta(days=1)
"""Plugins keep the day on which a parcel left, at midnight somewhere."""


def happened(whole: Whole, settings: Settings, since: datetime, now: datetime) -> tuple[Sighting, ...]:
    """All of it since then. Raises ValueError for a status of which nothing is known."""
    told, order = whole.told, whole.order
    standing = settings.standing(told.status)
    found = [*_bought(told, order, standing, since), *_paid_back(whole, since, now)]
    if told.modified >= since:
        found += _sent(told, order, settings, since)
        if standing is Standing.CANCELLED and not _is_cleared(told):
            found.append((told.modified, _cancelled(told, order)))
    return tuple(Sighting(event.fact or str(told.id), at, event) for at, event in found)


def _bought(told: ToldOrder, order: Order, standing: Standing, since: datetime) -> list[tuple[datetime, Event]]:
    """One that was paid is told as placed by when it was paid: it may have been made days before.

    What has left by then is not to be sent. What was called off is told as placed only if it was paid.
    """
    paid = told.paid
    if standing not in _BOUGHT and paid is None:
        return []
    if standing is Standing.OPEN:  # it was paid, and somebody put it back
        return []
    placed = msgspec.structs.replace(order, refunds=())
    if standing not in {Standing.PLACED, Standing.READY}:
        lines = tuple(msgspec.structs.replace(line, ships=False) for line in placed.lines)
        placed = msgspec.structs.replace(placed, lines=lines)
    if (paid or told.created) < since:
        return []
    found: list[tuple[datetime, Event]] = [(told.created, OrderPlaced(order=placed))]
    if paid is not None:
        event = OrderPaid(order=order.id, at=paid, paid=order.total, household=order.household, items=order.demand())
        found.append((paid, event))
    return found


def _paid_back(whole: Whole, since: datetime, now: datetime) -> list[tuple[datetime, Event]]:
    """Of ours, one that the gateway is still asked about is told when that is over."""
    open_ones = {mark_of(one.reason) or RefundId(str(one.id)) for one in whole.refunds if is_asked(one, now)}
    return [
        (one.at, RefundIssued(order=whole.order.id, refund=one, household=whole.order.household))
        for one in whole.order.refunds
        if one.id not in open_ones and one.at >= since
    ]


def _is_cleared(told: ToldOrder) -> bool:
    """Whether it was done with before it was thrown away: old orders are thrown away to have them out of the list."""
    return told.status == "trash" and bool(told.date_completed_gmt)


def _cancelled(told: ToldOrder, order: Order) -> OrderCancelled:
    """WooCommerce says neither who nor why; when, is when it was saved last."""
    why = told.meta(CALLED_OFF)
    ours = isinstance(why, str) and bool(why)
    return OrderCancelled(
        order=order.id, at=told.modified, by="pawline" if ours else "shop",
        because=str(why)[:_LONGEST] if ours else "no reason was given", household=order.household,
    )  # fmt: skip


def _sent(told: ToldOrder, order: Order, settings: Settings, since: datetime) -> list[tuple[datetime, Event]]:
    """Once its status says so all of it has left, as one shipment: in which parcel what was, nobody writes down.

    What left before `since` does not leave because somebody touches the order now.
    """
    if settings.parcels == "none" or told.needs_processing is False:
        return []
    at = moment(told.date_completed_gmt) if told.date_completed_gmt else told.modified
    found = _parcels(told, order, settings, at, since) if settings.parcels == "tracking" else []
    if settings.standing(told.status) is not Standing.SENT or at < since:
        return found
    name = ShipmentId(f"woocommerce-{told.id}")
    carriers = [one.carrier for _, one in found if isinstance(one, ShipmentTracked)]
    booked = ShipmentBooked(
        shipment=name, order=order.id, carrier=carriers[0] if carriers else UNKNOWN, household=order.household,
        packed=tuple(Packed(sku=item.sku, quantity=item.quantity) for item in order.demand()),
    )  # fmt: skip
    found.append((at, booked))
    if settings.parcels == "status":
        found.append((at, ShipmentDispatched(shipment=name, order=order.id, at=at, household=order.household)))
    return found


def _parcels(
    told: ToldOrder, order: Order, settings: Settings, done: datetime, since: datetime
) -> list[tuple[datetime, Event]]:
    """What a plugin for parcels keeps; an item without a number is none."""
    names, found = settings.tracking, list[tuple[datetime, Event]]()
    items = told.meta(names.key)
    for item in items if isinstance(items, list) else list(items.values()) if isinstance(items, dict) else ():
        if not isinstance(item, dict) or not (number := text_in(item, (names.number,))):
            continue
        sent = _epoch(item.get(names.sent))
        if (sent or done) + _DAY < since:
            continue
        at = sent or told.modified
        parcel = ShipmentId(f"woocommerce-{told.id}-{text_in(item, (names.id,)) or number}"[:_LONGEST])
        link = text_in(item, names.link)
        tracked = ShipmentTracked(
            shipment=parcel, order=order.id, carrier=text_in(item, names.carrier) or UNKNOWN, tracking=number,
            url=link if link.startswith("https://") else None, household=order.household,
        )  # fmt: skip
        found += [
            (told.modified, tracked),
            (told.modified, ShipmentDispatched(shipment=parcel, order=order.id, at=at, household=order.household)),
        ]
    return found


def text_in(item: dict[str, object], names: tuple[str, ...]) -> str:
    """The first of these that says anything."""
    said = (item.get(name) for name in names)
    texts = (str(one).strip() for one in said if isinstance(one, str | int) and not isinstance(one, bool))
    return next((one[:_LONGEST] for one in texts if one), "")


def _epoch(said: object) -> datetime | None:
    """Seconds since 1970, as a number or as text; plugins keep the day, at midnight."""
    text = str(said) if isinstance(said, str | int) and not isinstance(said, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and text.strip("0")):
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=int(text))
