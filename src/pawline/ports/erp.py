"""Erp: the company's books. Most know an order only by a file, and say what they took by another."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

import msgspec

from pawline.model import Order, OrderId
from pawline.ports.receipt import Receipt


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    """An order handed over. `reference` is what the books, or the file, call it.

    `told_within`: how long it takes at most until `order.booked@1` says that it is in them; None where nothing does.
    """

    order: OrderId
    reference: str
    told_within: timedelta | None = None


class Erp(Protocol):
    """Handed over is not taken: that an order is in the books is an event of its own, `order.booked@1`."""

    async def book(self, order: Order) -> Booking:
        """Hand the order over. Rejected(invalid) if the books refuse it on the spot; most refuse later, by an event."""
        ...

    async def cancel(self, booking: Booking) -> Receipt:
        """Take it out of the books, or keep it from getting there. Doing it twice is fine."""
        ...
