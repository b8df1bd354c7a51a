"""How a subscription of Recharge's stands, in our words."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from pawline.connectors.recharge.told import ToldAddress, ToldCustomer, ToldSubscription, day, external
from pawline.kit import household_of
from pawline.model import (
    Address,
    HouseholdId,
    Item,
    PetId,
    SkuId,
    Subscription,
    SubscriptionId,
    SubscriptionState,
)

PAUSED_TO: Final = date(2099, 12, 31)
"""The day to which a charge is put off that is paused until somebody resumes it: Recharge has no other pause."""
FAR: Final = date(2090, 1, 1)
"""A charge that is later than this is none."""
PETS: Final = "_pets"
"""The property that says for which pets it is: our ids, with commas between. Shops hide what begins with `_`."""
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_ENDED: Final = frozenset({"cancelled", "expired"})
MONTH: Final = 365 / 12


def household_in(customer: ToldCustomer | None, number: int | None = None) -> HouseholdId:
    """Whose it is, as the shop's own connector calls them. Raises ValueError where it does not say."""
    if customer is not None:
        found = household_of(customer.email, external(customer.external_customer_id))
        if found is not None:
            return found
        number = customer.id if customer.id is not None else number
    if customer is None or number is None:
        raise ValueError("it does not say whose it is")
    return HouseholdId(f"h-recharge-{number}")


def ended(told: ToldSubscription) -> bool:
    """Whether it renews never again by itself."""
    return told.status.lower() in _ENDED


def next_day(told: ToldSubscription) -> date | None:
    """Of its next charge; None where none is planned."""
    if ended(told) or not told.next_charge_scheduled_at:
        return None
    found = day(told.next_charge_scheduled_at)
    return None if found >= FAR else found


def standing(
    told: ToldSubscription, customer: ToldCustomer | None, sku: SkuId, card_until: date | None = None
) -> Subscription:
    """Raises ValueError for a status that is not known, and where it does not say whose it is.

    An active one without a day, or with one that is no day of anybody's, is paused: until it is resumed nothing is
    charged. A month is 365/12 days.
    """
    if told.status.lower() not in {"active", *_ENDED}:
        raise ValueError(f"subscription {told.id} has a status that is not known")
    on = next_day(told)
    state = SubscriptionState.ENDED if ended(told) else SubscriptionState.ACTIVE if on else SubscriptionState.PAUSED
    return Subscription(
        id=SubscriptionId(str(told.id)), household=household_in(customer, told.customer_id), state=state,
        items=(Item(sku, told.quantity),), every_days=_days(told), next_on=on, pets=_pets(told),
        ship_to=None if told.include is None else _address(told.include.address),
        ended_because=told.cancellation_reason if state is SubscriptionState.ENDED else None, card_until=card_until,
    )  # fmt: skip


def _days(told: ToldSubscription) -> int:
    unit = {"day": 1.0, "week": 7.0, "month": MONTH}.get(told.order_interval_unit.lower())
    if unit is None:
        raise ValueError(f"subscription {told.id} has a rhythm that is not known")
    return min(366, max(1, round(int(told.charge_interval_frequency) * unit)))


def _pets(told: ToldSubscription) -> tuple[PetId, ...]:
    said = [str(one.value) for one in told.properties or () if one.name == PETS and one.value is not None]
    names = (name.strip() for one in said for name in one.split(","))
    return tuple(dict.fromkeys(PetId(name) for name in names if name))


def _address(told: ToldAddress | None) -> Address | None:
    """None where too little of it is there: nobody could send anything to it. A province's name is no code."""
    if told is None:
        return None
    lines = tuple(line.strip() for line in (told.address1, told.address2) if line and line.strip())
    country, province = told.country_code or "", told.province or ""
    if not lines or not _COUNTRY.fullmatch(country):
        return None
    return Address(
        name=" ".join(part for part in (told.first_name, told.last_name) if part), lines=lines, city=told.city or "",
        country=country, postcode=told.zip or None, company=told.company or None, phone=told.phone or None,
        region=province if province.isupper() and len(province) <= 3 else None,
    )  # fmt: skip
