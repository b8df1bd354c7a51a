"""What the company's books say."""

from __future__ import annotations

import msgspec

from pawline.model.event import Event
from pawline.model.ids import CauseId, OrderId
from pawline.model.moment import Aware


class OrderBooked(Event, tag="order.booked@1"):
    """An order is in the books, under their own `reference`. `books` is as in `BookingRefused`."""

    order: OrderId
    reference: str
    at: Aware
    books: str | None = None

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per order, and books."""
        return f"order.booked/{self.order}" if self.books is None else f"order.booked/{self.order}/{self.books}"

    def told_by(self, account: str) -> Event:
        """Whoever told it has it, unless it says who does."""
        return self if self.books is not None else msgspec.structs.replace(self, books=account)


class BookingRefused(Event, tag="booking.refused@1"):
    """The books did not take an order, for a `cause` that others may share. It may be tried, and refused, again.

    What they refuse on the spot is no event: whoever handed it over knows. `books` is the account that refused it; None
    where nobody wrote it down, as before there could be several.
    """

    order: OrderId
    cause: CauseId
    at: Aware
    books: str | None = None

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    def told_by(self, account: str) -> Event:
        """Whoever told it refused it, unless it says who did."""
        return self if self.books is not None else msgspec.structs.replace(self, books=account)
