"""Autoship: what a household gets again and again."""

from __future__ import annotations

import enum
from datetime import date
from decimal import Decimal

import msgspec

from pawline.model.contact import Address
from pawline.model.ids import HouseholdId, PetId, SubscriptionId
from pawline.model.line import Item


class SubscriptionState(enum.StrEnum):
    """Whether it renews. The strings are stored: add, never rename."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """One autoship: these items, every so many days.

    `next_on` is the day of the next charge; an active one always has it, an ended one never. `discount` is a share
    (0.05 is 5 %). `pets` are those it feeds, and who stop it by dying. `card_until` is the last day on which its card
    can be charged, where the app tells. Raises ValueError where these contradict.
    """

    id: SubscriptionId
    household: HouseholdId
    state: SubscriptionState
    items: tuple[Item, ...]
    every_days: int
    next_on: date | None = None
    paused_until: date | None = None
    pets: tuple[PetId, ...] = ()
    discount: Decimal | None = None
    ship_to: Address | None = None
    ended_because: str | None = None
    card_until: date | None = None

    def __post_init__(self) -> None:
        if not self.items or not 1 <= self.every_days <= 366:
            raise ValueError(f"subscription {self.id} needs items, every 1 to 366 days")
        if self.state is SubscriptionState.ACTIVE and self.next_on is None:
            raise ValueError(f"subscription {self.id} is active and has no next day")
        if self.state is SubscriptionState.ENDED and self.next_on is not None:
            raise ValueError(f"subscription {self.id} has ended and has a next day")
        if self.paused_until is not None and self.state is not SubscriptionState.PAUSED:
            raise ValueError(f"subscription {self.id} is not paused and has an end of its pause")
        if self.discount is not None and not 0 <= self.discount <= 1:
            raise ValueError(f"subscription {self.id}: a discount is a share from 0 to 1")
