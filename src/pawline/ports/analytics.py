"""Analytics: counts what happened."""

from __future__ import annotations

import enum
from typing import Protocol

from pawline.ports.marketing import Occurrence
from pawline.ports.receipt import Receipt


class OrderOccurrence(enum.StrEnum):
    """What happens to an order, as an account of Analytics is told it. The strings are stored: add, never rename."""

    PLACED = "Placed Order"
    RENEWED = "Renewed Order"
    """An autoship came due and was ordered: no page of the shop saw it."""
    CANCELLED = "Cancelled Order"
    REFUNDED = "Refunded Order"
    SHIPPED = "Shipped Order"
    DELIVERED = "Delivered Order"
    RETURNED = "Returned Order"


class Analytics(Protocol):
    """A place where occurrences are counted. It is told, never asked: our own figures come from our own views."""

    async def record(self, occurrences: tuple[Occurrence, ...]) -> Receipt:
        """Count these. The same key twice counts once, where the tool can; its card says whether it does.

        What the account's settings leave out is counted nowhere, and is no error. Rejected(too_late) for what is too
        old for the tool to count on its day.
        """
        ...
