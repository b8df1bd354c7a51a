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

AS_PLACED: Final = 0.0
"""The moment of a line that nobody edited: older than every edit, whatever two clocks say."""


def _placed(seen: Seen) -> Iterable[Write]:
    order = seen.event.order
    placed, adopted = order.placed_at.timestamp(), int(order.checkout is Checkout.ADOPTED)
    yield "view_placed", (
        seen.shop, order.id, order.household, order.number, placed, order.channel.value, adopted, order.currency,
        order.total.minor,
    )  # fmt: skip
    edited: dict[str, float] = {}
    for edit in order.edits:  # they are in its lines
        for line in edit.lines:
            edited[line.id] = max(edit.at.timestamp(), edited.get(line.id, AS_PLACED))
    for line in order.lines:
        if line.id in edited:
            yield from _edited_line(seen.shop, order.id, line, edited[line.id])
        else:
            yield from _line(seen.shop, order.id, line, AS_PLACED, placed)


def _edited(seen: Seen) -> Iterable[Write]:
    """Only the lines that it names; what they take counts from the edit on: no earlier file knows of it."""
    event = seen.event
    for line in event.edit.lines:
        yield from _edited_line(seen.shop, event.order, line, event.edit.at.timestamp())


def _edited_line(shop: str, order: str, line: Line, at: float) -> Iterable[Write]:
    """A line that is out leaves its moment behind: the order as it was placed may come later."""
    yield "view_edited", (shop, order, line.id, at)
    yield "view_line_out", (shop, order, line.id, at)
    yield from _line(shop, order, line, at, at)


def _line(shop: str, order: str, line: Line, at: float, placed: float) -> Iterable[Write]:
    units: dict[str, int] = {}
    for item in line.items():
        units[item.sku] = units.get(item.sku, 0) + item.quantity
    for sku, quantity in units.items():
        yield "view_line", (shop, order, line.id, sku, at, quantity, placed)


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
    "orders@2",
    "what was bought, how far it is, and what it takes from stock",
    {
        OrderPlaced: _placed, OrderEdited: _edited, OrderPaid: _paid, OrderCancelled: _cancelled,
        OrderRefused: _refused, ShipmentDispatched: _sent, ShipmentDelivered: _delivered,
    },
)  # fmt: skip
