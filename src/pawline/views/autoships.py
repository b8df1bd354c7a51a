"""Autoships: what they will take from stock, and when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pawline.model import SubscriptionChanged, SubscriptionEnded, SubscriptionRenewalDue, SubscriptionStarted
from pawline.views.view import Seen, View, Write


def _stands(seen: Seen) -> Iterable[Write]:
    one = seen.event.subscription
    next_on = None if one.next_on is None else one.next_on.isoformat()
    yield "view_autoship_state", (seen.shop, one.id, seen.at, one.household, one.state.value)
    yield "view_autoship_next", (seen.shop, one.id, seen.at, one.household, next_on)
    yield "view_autoship_items_out", (seen.shop, one.id, seen.at)
    units: dict[str, int] = {}
    for item in one.items:
        units[item.sku] = units.get(item.sku, 0) + item.quantity
    for sku, quantity in units.items():
        yield "view_autoship_item", (seen.shop, one.id, sku, seen.at, quantity)


def _due(seen: Seen) -> Iterable[Write]:
    event = seen.event
    yield "view_autoship_next", (seen.shop, event.subscription, seen.at, event.household, event.on.isoformat())


def _ended(seen: Seen) -> Iterable[Write]:
    one, household = seen.event.subscription, seen.event.household
    yield "view_autoship_state", (seen.shop, one, seen.at, household, "ended")
    yield "view_autoship_next", (seen.shop, one, seen.at, household, None)


AUTOSHIPS: Final = View(
    "autoships@2",
    "what autoships will take from stock, and when",
    {
        SubscriptionStarted: _stands, SubscriptionChanged: _stands, SubscriptionRenewalDue: _due,
        SubscriptionEnded: _ended,
    },
)  # fmt: skip
