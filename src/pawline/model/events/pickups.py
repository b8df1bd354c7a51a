"""What happens where an order and the carrier miss each other."""

from __future__ import annotations

import enum
from datetime import UTC, date

from pawline.model.event import Event
from pawline.model.ids import CauseId, OrderId
from pawline.model.moment import Aware


class Missed(enum.StrEnum):
    """Why an order did not go with the carrier. The strings are stored: add, never rename."""

    NOT_SENT = "not sent"
    """The warehouse was asked in time and did not send it."""
    NOT_ASKED = "not asked"
    """The warehouse could not be asked before the cut-off."""
    NOT_BOOKED = "not booked"
    """The carrier's label could not be had before the cut-off."""


class PickupMissed(Event, tag="pickup.missed@1"):
    """An order did not go with the pick-up of that `cut_off`, on that `day` of the shop's clock.

    It is of no household: the question that it begins is about the orders of many, and outlives each of them.
    """

    order: OrderId
    day: date
    cut_off: Aware
    why: Missed

    @property
    def cause(self) -> CauseId:
        """What it shares with the others that missed the same pick-up for the same reason."""
        return CauseId(f"pickup/{self.cut_off.astimezone(UTC):%Y-%m-%dT%H:%MZ}/{self.why.value}")

    @property
    def subject(self) -> str:
        """The cause: whoever is asked about it is asked once for all orders."""
        return self.cause

    @property
    def fact(self) -> str:
        """One per order and cause."""
        return f"pickup.missed/{self.order}/{self.cause}"


class LateOrders(enum.StrEnum):
    """What becomes of orders that missed their pick-up. The strings are stored: add, never rename."""

    NEXT = "they go with the next one"
    LEFT = "they have left"


class PickupDecided(Event, tag="pickup.decided@1"):
    """A person said what becomes of the orders that share a cause, or nobody did until the next pick-up."""

    cause: CauseId
    decision: LateOrders

    @property
    def subject(self) -> str:
        """The cause, as those look for it that share it."""
        return self.cause
