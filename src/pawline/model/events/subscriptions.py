"""What happens to autoships."""

from __future__ import annotations

import enum
from datetime import date, datetime

from pawline.model.event import Event
from pawline.model.ids import CauseId, HouseholdId, SubscriptionId
from pawline.model.moment import Aware
from pawline.model.subscription import Subscription


class SubscriptionStarted(Event, tag="subscription.started@1"):
    """A household subscribed."""

    subscription: Subscription

    @property
    def subject(self) -> str:
        """The subscription."""
        return self.subscription.id

    @property
    def household(self) -> str:
        """Whose it is."""
        return self.subscription.household

    @property
    def fact(self) -> str:
        """One per subscription."""
        return f"subscription.started/{self.subscription.id}"

    def acted(self, at: datetime) -> datetime:
        """When it was told: by who knows since when it runs, then."""
        return at


class SubscriptionChanged(Event, tag="subscription.changed@1"):
    """Paused, moved, skipped, swapped or taken up again: `subscription` is how it stands now."""

    subscription: Subscription
    because: str | None = None

    @property
    def subject(self) -> str:
        """The subscription."""
        return self.subscription.id

    @property
    def household(self) -> str:
        """Whose it is."""
        return self.subscription.household


class SubscriptionRenewalDue(Event, tag="subscription.renewal_due@1"):
    """The charge of `on` is near: what is to be asked or changed before it, is now."""

    subscription: SubscriptionId
    household: HouseholdId
    on: date

    @property
    def subject(self) -> str:
        """The subscription."""
        return self.subscription

    @property
    def fact(self) -> str:
        """One per subscription and day."""
        return f"subscription.renewal_due/{self.subscription}/{self.on.isoformat()}"


class SubscriptionEnded(Event, tag="subscription.ended@1"):
    """It will not renew again."""

    subscription: SubscriptionId
    household: HouseholdId
    because: str | None = None

    @property
    def subject(self) -> str:
        """The subscription."""
        return self.subscription

    @property
    def fact(self) -> str:
        """One per subscription."""
        return f"subscription.ended/{self.subscription}"


class RenewalAtRisk(Event, tag="renewal.at_risk@1"):
    """A charge is near that cannot go as it stands, for a `cause` that others may share (`stock/chew-1`).

    `says` is that cause as a person reads it.
    """

    subscription: SubscriptionId
    household: HouseholdId
    on: date
    cause: CauseId
    says: str

    @property
    def subject(self) -> str:
        """The subscription."""
        return self.subscription

    @property
    def fact(self) -> str:
        """One per subscription, day and cause."""
        return f"renewal.at_risk/{self.subscription}/{self.on.isoformat()}/{self.cause}"


class RenewalDeclined(Event, tag="renewal.declined@1"):
    """The charge of `on` was tried, for the `attempt`th time, and refused: there is no order, and no goods are sent.

    The subscription app tries it again on `retry_on`; None: never, unless its customer mends it.
    """

    subscription: SubscriptionId
    household: HouseholdId
    on: date
    at: Aware
    attempt: int
    because: str
    retry_on: date | None = None

    @property
    def subject(self) -> str:
        """The subscription."""
        return self.subscription

    @property
    def fact(self) -> str:
        """One per subscription, day and attempt; that it was the last is one of its own, for it may be known later."""
        which = "last" if self.retry_on is None else self.attempt
        return f"renewal.declined/{self.subscription}/{self.on.isoformat()}/{which}"


class Renewals(enum.StrEnum):
    """What becomes of renewals at risk. The strings are stored: add, never rename."""

    LEAVE = "leave them"
    MOVE = "move them by a week"
    PAUSE = "pause them"


class RenewalsDecided(Event, tag="renewals.decided@1"):
    """A person said what becomes of all renewals that share a cause."""

    cause: CauseId
    decision: Renewals

    @property
    def subject(self) -> str:
        """The cause, as those wait for it that share it."""
        return f"renewals/{self.cause}"
