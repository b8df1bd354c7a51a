"""A subscription app: it keeps autoships, changes them when asked, and renews by itself what is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.model import (
    Channel,
    Checkout,
    HouseholdId,
    Item,
    Line,
    LineId,
    Money,
    Order,
    OrderId,
    SkuId,
    Subscription,
    SubscriptionId,
    SubscriptionState,
    Tender,
    TenderId,
    TenderKind,
    TenderState,
)  # fmt: skip
from pawline.ports import Code, Rejected, SubscriptionPage

if TYPE_CHECKING:
    from pawline.sandbox.trades import Note

PRICE: Final = Money(1_000, "EUR")
"""Of one unit of anything."""
PAGE: Final = 100


class Autoships:
    """Who changes one twice in the same way has changed it once. `changed` hears of each change, and why."""

    def __init__(self) -> None:
        self._all: dict[SubscriptionId, Subscription] = {}
        self._skipped: set[tuple[SubscriptionId, date]] = set()
        self.changed: Callable[[Subscription, str], None] = lambda _, __: None

    def add(self, subscription: Subscription) -> None:
        """A household subscribed. Raises Rejected for an id that is taken."""
        if subscription.id in self._all:
            raise Rejected(f"subscription {subscription.id} is there already", Code.CONFLICT)
        self._all[subscription.id] = subscription

    def due_on(self, day: date) -> tuple[Subscription, ...]:
        """Active ones whose next charge is on or before the day, soonest first."""
        due = [
            one for one in self._all.values() if one.state is SubscriptionState.ACTIVE and (one.next_on or day) <= day
        ]
        return tuple(sorted(due, key=lambda one: (one.next_on or day, one.id)))

    def renewed(self, subscription: Subscription) -> None:
        """Charged: the next one is a rhythm later."""
        self._all[subscription.id] = _later(subscription)

    # -- the port ------------------------------------------------------------------------------------------------

    def subscription(self, subscription: SubscriptionId) -> Subscription:
        if subscription not in self._all:
            raise Rejected(f"there is no subscription {subscription}", Code.NOT_FOUND)
        return self._all[subscription]

    def of(self, household: HouseholdId) -> tuple[Subscription, ...]:
        found = (one for one in self._all.values() if one.household == household)
        return tuple(one for one in found if one.state is not SubscriptionState.ENDED)

    def due(self, until: date, after: str | None) -> SubscriptionPage:
        found = [one.id for one in self.due_on(until)]
        begin = int(after or 0)
        page = tuple(found[begin : begin + PAGE])
        more = begin + PAGE < len(found)
        return SubscriptionPage(subscriptions=page, after=str(begin + PAGE) if more else None)

    def move(self, note: Note, subscription: SubscriptionId, next_on: date) -> Subscription:
        known = self._open(subscription)
        if known.next_on is not None and next_on < known.next_on:
            raise Rejected(f"{subscription} is charged later than that by now", Code.TOO_LATE)
        return self._change(note, "moved", known, msgspec.structs.replace(known, next_on=next_on))

    def skip(self, note: Note, subscription: SubscriptionId, on: date) -> Subscription:
        known = self._open(subscription)
        if (subscription, on) in self._skipped:
            return self._change(note, "skipped", known, known)
        if known.next_on != on:
            charged = known.next_on is not None and on < known.next_on
            text = f"{subscription} is not charged on {on.isoformat()}"
            raise Rejected(text, Code.TOO_LATE if charged else Code.NOT_FOUND)
        self._skipped.add((subscription, on))
        return self._change(note, "skipped", known, _later(known))

    def swap(self, note: Note, subscription: SubscriptionId, old: SkuId, new: Item) -> Subscription:
        known = self._open(subscription)
        if new in known.items and all(item.sku != old for item in known.items):
            return self._change(note, "swapped", known, known)
        if all(item.sku != old for item in known.items):
            raise Rejected(f"{old} is not in {subscription}", Code.NOT_FOUND)
        items = tuple(new if item.sku == old else item for item in known.items)
        return self._change(note, "swapped", known, msgspec.structs.replace(known, items=items))

    def set_quantity(self, note: Note, subscription: SubscriptionId, item: Item) -> Subscription:
        known = self._open(subscription)
        if all(one.sku != item.sku for one in known.items):
            raise Rejected(f"{item.sku} is not in {subscription}", Code.NOT_FOUND)
        items = tuple(item if one.sku == item.sku else one for one in known.items)
        return self._change(note, "its quantity was changed", known, msgspec.structs.replace(known, items=items))

    def pause(self, note: Note, subscription: SubscriptionId, until: date | None) -> Subscription:
        paused = msgspec.structs.replace(
            self._open(subscription), state=SubscriptionState.PAUSED, paused_until=until, next_on=None
        )
        return self._change(note, "paused", self._all[subscription], paused)

    def resume(self, note: Note, subscription: SubscriptionId, next_on: date) -> Subscription:
        active = msgspec.structs.replace(
            self._open(subscription), state=SubscriptionState.ACTIVE, paused_until=None, next_on=next_on
        )
        return self._change(note, "resumed", self._all[subscription], active)

    def end(self, note: Note, subscription: SubscriptionId, because: str) -> Subscription:
        known = self.subscription(subscription)
        if known.state is SubscriptionState.ENDED:
            return self._change(note, because, known, known)
        ended = msgspec.structs.replace(
            known, state=SubscriptionState.ENDED, next_on=None, paused_until=None, ended_because=because
        )
        return self._change(note, because, known, ended)

    def _open(self, subscription: SubscriptionId) -> Subscription:
        known = self.subscription(subscription)
        if known.state is SubscriptionState.ENDED:
            raise Rejected(f"{subscription} has ended", Code.TOO_LATE)
        return known

    def _change(self, note: Note, why: str, before: Subscription, after: Subscription) -> Subscription:
        again = before == after
        note(f"{after.id}/{why}/{after.next_on or after.state}", again=again)
        self._all[after.id] = after
        if not again:
            self.changed(after, why)
        return after


def _later(subscription: Subscription) -> Subscription:
    """The same, a rhythm later."""
    following = (subscription.next_on or date.min) + timedelta(days=subscription.every_days)
    return msgspec.structs.replace(subscription, next_on=following)


def order_of(subscription: Subscription, on: date, placed_at: datetime) -> Order:
    """What a renewal orders in the shop; the same day's renewal is the same order. Paid by the stored card."""
    lines = tuple(
        Line(id=LineId(f"l{n}"), sku=item.sku, title=str(item.sku), quantity=item.quantity, price=PRICE,
             subscription=subscription.id, pets=subscription.pets)
        for n, item in enumerate(subscription.items, 1)
    )  # fmt: skip
    total = PRICE * sum(item.quantity for item in subscription.items)
    card = Tender(id=TenderId("t1"), kind=TenderKind.CARD, amount=total, state=TenderState.CAPTURED)
    order = OrderId(f"{subscription.id}-{on.isoformat()}")
    return Order(
        id=order, number=order, checkout=Checkout.ADOPTED, channel=Channel.SUBSCRIPTION,
        placed_at=placed_at.astimezone(UTC), currency=total.currency, lines=lines, total=total,
        household=subscription.household, ship_to=subscription.ship_to, tenders=(card,),
    )  # fmt: skip
