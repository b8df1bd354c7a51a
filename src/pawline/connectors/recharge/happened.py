"""What charges and subscriptions say that happened: the same, told by a webhook or seen by a look.

Each event is made of what its payload says, never of a topic's name, which Recharge does not sign.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from pawline.connectors.recharge.standing import FAR, ended, household_in, standing
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
AHEAD: Final = timedelta(days=7)
"""A charge of so many days ahead is a renewal that is due, as flows look ahead."""


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


def charge_at(told: ToldCharge) -> datetime:
    """When what a charge says happened.

    A planned one is made with the one before and not touched again: that it is due happens when it comes near, and
    whose that is (before or after a flow was handed over) goes by that.
    """
    changed = moment(told.updated_at)
    if told.status.lower() == "queued":
        near = max(day(told.scheduled_at), date.min + AHEAD) - AHEAD
        return max(changed, datetime.combine(near, time(), UTC))
    return changed


def is_due(told: ToldCharge, until: date) -> bool:
    """Whether a charge is planned, for that day or before."""
    return told.status.lower() == "queued" and day(told.scheduled_at) <= until


def over(told: ToldSubscription, customer: ToldCustomer | None, since: datetime) -> tuple[Event, ...]:
    """That it ended, whatever it was of; what ended before `since` is not told, for nobody knows any more that it was.

    It is a fact that is told once. One that was taken up again and ended again is told by how it stands. Raises
    ValueError where it does not say whose it is.
    """
    if not ended(told) or ended_at(told) < since:
        return ()
    whose = household_in(customer, told.customer_id)
    because = told.cancellation_reason or None
    return (SubscriptionEnded(subscription=SubscriptionId(str(told.id)), household=whose, because=because),)


def subscription(
    told: ToldSubscription, customer: ToldCustomer | None, sku: SkuId, since: datetime
) -> tuple[Event, ...]:
    """It began, ended, or stands as it does now; what began or ended before `since` is only told by how it stands."""
    stands = standing(told, customer, sku)
    changed = SubscriptionChanged(subscription=stands, because=told.cancellation_reason if ended(told) else None)
    if ended(told):
        return (*over(told, customer, since), changed)
    made = moment(told.created_at)
    if moment(told.updated_at) - made <= YOUNG and made >= since:
        return (SubscriptionStarted(subscription=stands), changed)
    return (changed,)


def when(event: Event, told: ToldSubscription, stands: datetime) -> datetime:
    """When one of these happened; `stands` is as of when the subscription stands so."""
    if isinstance(event, SubscriptionStarted):
        return moment(told.created_at)
    return ended_at(told) if isinstance(event, SubscriptionEnded) else stands


def latest(told: ToldSubscription) -> datetime:
    """The latest at which it may be told: before its next charge, and one that none is planned for at any time."""
    if ended(told):
        return at(told)
    planned = day(told.next_charge_scheduled_at) if told.next_charge_scheduled_at else FAR
    return max(at(told), datetime.combine(planned, time(), UTC))


def ended_at(told: ToldSubscription) -> datetime:
    """When it ended; one that only ran out does not say, and was changed then."""
    return moment(told.cancelled_at or told.updated_at)


def at(told: ToldSubscription) -> datetime:
    """When it was last changed, as far as it says."""
    times = [told.updated_at, *([told.cancelled_at] if told.cancelled_at else ())]
    return max(map(moment, times))
