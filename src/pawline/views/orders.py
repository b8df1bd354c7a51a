"""Orders: what was bought, how far it is, and what it takes from stock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pawline.model import (
    Checkout,
    Line,
    OrderCancelled,
    OrderEdited,
    OrderPaid,
    OrderPlaced,
    OrderRefused,
    ShipmentDelivered,
    ShipmentDispatched,
)  # fmt: skip
from pawline.views.view import Seen, View, Write


def _placed(seen: Seen) -> Iterable[Write]:
    order = seen.event.order
    placed, adopted = order.placed_at.timestamp(), int(order.checkout is Checkout.ADOPTED)
    yield "view_placed", (
        seen.shop, order.id, order.household, order.number, placed, order.channel.value, adopted, order.currency,
        order.total.minor,
    )  # fmt: skip
    for line in order.lines:
        yield from _line(seen.shop, order.id, line, placed)


def _edited(seen: Seen) -> Iterable[Write]:
    """Only the lines that it names; what they take counts from the edit on: no earlier file knows of it."""
    event = seen.event
    for line in event.edit.lines:
        yield "view_line_out", (seen.shop, event.order, line.id)
        yield from _line(seen.shop, event.order, line, event.edit.at.timestamp())


def _line(shop: str, order: str, line: Line, placed: float) -> Iterable[Write]:
    units: dict[str, int] = {}
    for item in line.items():
        units[item.sku] = units.get(item.sku, 0) + item.quantity
    for sku, quantity in units.items():
        yield "view_line", (shop, order, line.id, sku, quantity, placed)


def _paid(seen: Seen) -> Iterable[Write]:
    yield "view_paid", (seen.shop, seen.event.order, seen.event.at.timestamp())


def _sent(seen: Seen) -> Iterable[Write]:
    yield "view_sent", (seen.shop, seen.event.order, seen.event.at.timestamp())


def _delivered(seen: Seen) -> Iterable[Write]:
    yield "view_delivered", (seen.shop, seen.event.order, seen.event.at.timestamp())


def _cancelled(seen: Seen) -> Iterable[Write]:
    yield "view_ended", (seen.shop, seen.event.order, seen.event.at.timestamp())


def _refused(seen: Seen) -> Iterable[Write]:
    yield "view_ended", (seen.shop, seen.event.order, seen.at)


ORDERS: Final = View(
    "orders@1",
    "what was bought, how far it is, and what it takes from stock",
    {
        OrderPlaced: _placed, OrderEdited: _edited, OrderPaid: _paid, OrderCancelled: _cancelled,
        OrderRefused: _refused, ShipmentDispatched: _sent, ShipmentDelivered: _delivered,
    },
)  # fmt: skip
