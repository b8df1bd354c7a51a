"""Recharge's webhooks: what a delivery is, and which events its topics are.

https://developer.rechargepayments.com/2021-11/webhooks_endpoints/webhooks_available
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.connectors.recharge import happened
from pawline.connectors.recharge.signing import SIGNATURE
from pawline.connectors.recharge.told import (
    Included,
    ToldCharge,
    ToldCustomer,
    ToldSubscription,
    external,
)
from pawline.kit import REMEMBERED, Delivery, Headers, Hook, sku_of

if TYPE_CHECKING:
    from pawline.connectors.recharge.settings import Settings
    from pawline.model import Event

TOPIC: Final = "X-Recharge-Topic"
WITH: Final = "customer"
"""What each delivery is to bear beside its object: a subscription says whose it is by Recharge's number only."""


class Told(msgspec.Struct, frozen=True):
    """A delivery: the object by its name, and beside it or in it what it was to bear."""

    subscription: ToldSubscription | None = None
    charge: ToldCharge | None = None
    customer: ToldCustomer | None = None
    include: Included | None = None


def read(headers: Headers, body: bytes) -> Delivery:
    """Recharge gives a delivery no id: its object and a digest are it, so that what comes again is the same.

    Its topic is a header that is not signed, and that Recharge's pages do not name: it is shown to people, and decides
    nothing. Raises ValueError for a delivery about neither subscription nor charge.
    """
    told = msgspec.json.decode(body, type=Told)
    about = told.subscription or told.charge
    if about is None:
        raise ValueError("a delivery about neither a subscription nor a charge")
    kind = "subscription" if told.subscription is not None else "charge"
    said = [value.strip() for name, value in headers if name.lower() == TOPIC.lower()]
    topic = said[0] if len(said) == 1 and said[0] in HOOK.hears and said[0].startswith(f"{kind}/") else _guessed(told)
    digest = hashlib.sha256(body).hexdigest()[:16]
    at = happened.at(about) if isinstance(about, ToldSubscription) else happened.charge_at(about)
    return Delivery(topic, f"{kind}/{about.id}/{digest}", at, body)


def _guessed(told: Told) -> str:
    """What it is about, by what it says."""
    if told.subscription is not None:
        return "subscription/updated"
    assert told.charge is not None  # noqa: S101 - `read` saw to it
    return "charge/failed" if told.charge.status.lower() == "error" else "charge/upcoming"


def subscription(payload: bytes) -> tuple[Event, ...]:
    """A subscription as it stands.

    Where its SKU is left blank, as Recharge does when it is to be that of the variant, nothing is said but that it
    ended: the look that finds the same asks which it is. When it is told the body does not say; so one that first
    renews in more than `REMEMBERED` began by the look only, for it may be at a later renewal. Raises ValueError where
    it does not say whose it is.
    """
    told = msgspec.json.decode(payload, type=Told)
    one = told.subscription
    if one is None:
        raise ValueError("this is no subscription")
    beside = [told.customer, told.include and told.include.customer, one.customer, one.include and one.include.customer]
    customer = next((found for found in beside if found), None)
    since = happened.latest(one) - REMEMBERED
    if not (one.sku and one.sku.strip()):
        return happened.over(one, customer, since)
    sku = sku_of(one.sku, external(one.external_variant_id), str(one.id))
    return happened.subscription(one, customer, sku, since)


def charge(payload: bytes) -> tuple[Event, ...]:
    """A charge that is near, or was refused."""
    told = msgspec.json.decode(payload, type=Told).charge
    if told is None:
        raise ValueError("this is no charge")
    return happened.charge(told)


HOOK: Final[Hook[Settings]] = Hook(
    signature=SIGNATURE,
    secrets=lambda settings: settings.webhook_secrets,
    read=read,
    hears={
        "subscription/created": subscription,
        "subscription/updated": subscription,
        "subscription/activated": subscription,
        "subscription/cancelled": subscription,
        "subscription/skipped": subscription,
        "subscription/unskipped": subscription,
        "subscription/swapped": subscription,
        "subscription/paused": subscription,
        "charge/upcoming": charge,
        "charge/failed": charge,
        "charge/max_retries_reached": charge,
    },
)
"""Not heard: `charge/paid` (the shop tells the order that comes of it), `charge/created` and `charge/updated` (one of
both for every renewal, at once; the look takes a page of 250), and `subscription/deleted`, which differs from the
others by its topic alone."""
