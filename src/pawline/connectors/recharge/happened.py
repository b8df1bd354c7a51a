"""What charges and subscriptions say that happened: the same, told by a webhook or seen by a look.

Each event is made of what its payload says, never of a topic's name, which Recharge does not sign.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from pawline.connectors.recharge.standing import ended, household_in, standing
from pawline.connectors.recharge.told import ToldCharge, ToldCustomer, ToldSubscription, day, moment
from pawline.model import (
    Event,
    RenewalDeclined,
    SkuId,
    SubscriptionChanged,
    SubscriptionEnded,
    SubscriptionId,
    SubscriptionRenewalDue,
    SubscriptionStarted,
)

YOUNG: Final = timedelta(days=1)
"""One that was made so shortly before its last change says that it was: whoever heard it already knows."""


def charge(told: ToldCharge) -> tuple[Event, ...]:
    """One planned is a renewal that is due, one refused is one that was declined: for each of its subscriptions.

    One that went through is the shop's order, which the shop tells; one that is skipped or paid back is no renewal.
    Raises ValueError where it does not say whose it is.
    """
    status, on = told.status.lower(), day(told.scheduled_at)
    if status not in {"queued", "error"}:
        return ()
    whose = household_in(told.customer)
    names = [SubscriptionId(str(one)) for one in told.subscriptions()]
    if status == "queued":
        return tuple(SubscriptionRenewalDue(subscription=one, household=whose, on=on) for one in names)
    because = told.error_type or (told.error or "no reason was given")[:100]
    retry = day(told.retry_date) if told.retry_date else None
    attempt, at = told.charge_attempts or 1, moment(told.updated_at)
    return tuple(
        RenewalDeclined(
            subscription=one, household=whose, on=on, at=at, attempt=attempt, because=because, retry_on=retry
        )
        for one in names
    )


def is_due(told: ToldCharge, until: date) -> bool:
    """Whether a charge is planned, for that day or before."""
    return told.status.lower() == "queued" and day(told.scheduled_at) <= until


def subscription(told: ToldSubscription, customer: ToldCustomer | None, sku: SkuId) -> tuple[Event, ...]:
    """It began, ended, or stands as it does now.

    That one ended is a fact that is told once. One that was taken up again and ended again is told by how it stands.
    """
    stands = standing(told, customer, sku)
    changed = SubscriptionChanged(subscription=stands, because=told.cancellation_reason if ended(told) else None)
    if ended(told):
        over = SubscriptionEnded(
            subscription=stands.id, household=stands.household, because=told.cancellation_reason or None
        )
        return (over, changed)
    if moment(told.updated_at) - moment(told.created_at) <= YOUNG:
        return (SubscriptionStarted(subscription=stands), changed)
    return (changed,)


def at(told: ToldSubscription) -> datetime:
    """When it was last changed, as far as it says."""
    times = [told.updated_at, *([told.cancelled_at] if told.cancelled_at else ())]
    return max(map(moment, times))
