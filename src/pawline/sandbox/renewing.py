"""What the subscription app does by itself: renewals in the shop, word of what is due, and mails of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from pawline.model import Subscription, SubscriptionState
from pawline.sandbox.autoship import Autoships, order_of

if TYPE_CHECKING:
    from pawline.sandbox.hooks import Hooks
    from pawline.sandbox.shop import Shop

AHEAD: Final = timedelta(days=7)
"""How long before a charge it says that it is due."""


class Renewing:
    """`mails` switches its own "upcoming renewal" mail, which goes out when it says that a charge is due."""

    def __init__(
        self, autoships: Autoships, shop: Shop, hooks: Hooks, now: Callable[[], float], mailed: Callable[[str], object]
    ) -> None:
        self._autoships, self._shop, self._hooks, self._now, self._mailed = autoships, shop, hooks, now, mailed
        self._told: set[tuple[str, date]] = set()
        self.mails = False
        autoships.changed = self._changed

    def start(self, subscription: Subscription) -> None:
        """A household subscribes. Raises Rejected for an id that is taken."""
        self._autoships.add(subscription)
        self._hooks.tell("subscription.started", {"subscription": subscription})

    def look(self, today: date) -> int:
        """Says what will be charged within `AHEAD`, each charge once; how many it said."""
        said = 0
        for one in self._autoships.due_on(today + AHEAD):
            on = one.next_on or today
            if (one.id, on) in self._told:
                continue
            self._told.add((one.id, on))
            said += 1
            due = {"subscription": one.id, "household": one.household, "on": on}
            self._hooks.tell("subscription.renewal_due", due)
            if self.mails:
                self._mailed(f"{one.id}/renewal_reminder")
        return said

    def renew(self, today: date) -> int:
        """Charges what is due by today: an order in the shop for each. The same day again orders nothing twice."""
        due = self._autoships.due_on(today)
        for one in due:
            on = one.next_on or today
            self._autoships.renewed(one)
            self._shop.place(order_of(one, on, datetime.fromtimestamp(self._now(), UTC)))
        return len(due)

    def _changed(self, subscription: Subscription, why: str) -> None:
        if subscription.state is SubscriptionState.ENDED:
            ended = {"subscription": subscription.id, "household": subscription.household, "because": why}
            self._hooks.tell("subscription.ended", ended)
        else:
            self._hooks.tell("subscription.changed", {"subscription": subscription, "because": why})
