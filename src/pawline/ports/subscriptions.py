"""Subscriptions: the app or system that renews autoships."""

from __future__ import annotations

from datetime import date
from typing import Protocol

import msgspec

from pawline.model import HouseholdId, Item, SkuId, Subscription, SubscriptionId
from pawline.ports.read import read


class SubscriptionPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some subscription ids, and where to go on: `after` of the next call, None on the last page."""

    subscriptions: tuple[SubscriptionId, ...]
    after: str | None = None


class Subscriptions(Protocol):
    """Autoships as their owner has them. Each change answers with how the subscription stands afterwards.

    None of them charges anybody, nor has anybody charged sooner than planned. Rejected(not_found) if there is none,
    Rejected(too_late) once the renewal is being charged or it has ended.
    """

    @read
    async def subscription(self, subscription: SubscriptionId) -> Subscription:
        """How it stands."""
        ...

    @read
    async def of(self, household: HouseholdId) -> tuple[Subscription, ...]:
        """All of a household's, ended ones left out."""
        ...

    @read
    async def due(self, until: date, after: str | None) -> SubscriptionPage:
        """Active ones whose next charge is on or before `until`, soonest first."""
        ...

    async def move(self, subscription: SubscriptionId, next_on: date) -> Subscription:
        """Set the day of the next charge; the rhythm goes on from it.

        Rejected(too_late) where the next charge is later than that: it was charged meanwhile, or moved by its customer.
        """
        ...

    async def skip(self, subscription: SubscriptionId, on: date) -> Subscription:
        """The charge of that day does not happen, and the rhythm goes on. Skipping it twice is fine.

        Rejected(not_found) where no charge is planned for that day, Rejected(too_late) where it was charged.
        """
        ...

    async def swap(self, subscription: SubscriptionId, old: SkuId, new: Item) -> Subscription:
        """Put `new` in the place of `old`, from the next charge on. Rejected(not_found) if `old` is not in it."""
        ...

    async def set_quantity(self, subscription: SubscriptionId, item: Item) -> Subscription:
        """So many of this SKU, from the next charge on. Rejected(not_found) if it is not in it."""
        ...

    async def pause(self, subscription: SubscriptionId, until: date | None) -> Subscription:
        """No charge before `until`; None is until it is resumed."""
        ...

    async def resume(self, subscription: SubscriptionId, next_on: date) -> Subscription:
        """Renew again, first on `next_on`."""
        ...

    async def end(self, subscription: SubscriptionId, because: str) -> Subscription:
        """No further charge, ever. Ending it twice is fine."""
        ...
