"""What shoppers and shops ask of us by law, told by webhooks, as our events.

https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance - each is to be seen to within 30 days. These
topics are set in the app's own configuration, and cannot be subscribed to.
"""

from __future__ import annotations

from typing import Final

import msgspec

from pawline.kit import households_of
from pawline.model import Aware, DisclosureAsked, ErasureAsked, Event, HouseholdId, OrderId

CONFIGURED: Final = frozenset({"customers/redact", "customers/data_request", "shop/redact"})
"""Topics that no subscription of the API's is for."""


class Person(msgspec.Struct, frozen=True):
    """Who asks."""

    id: int | None = None
    email: str | None = None


class Redact(msgspec.Struct, frozen=True):
    """`customers/redact`."""

    customer: Person
    orders_to_redact: tuple[int, ...]


class Request(msgspec.Struct, frozen=True):
    """The shop's own number of the request."""

    id: int


class DataRequest(msgspec.Struct, frozen=True):
    """`customers/data_request`."""

    customer: Person
    orders_requested: tuple[int, ...]
    data_request: Request


class ShopRedact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`shop/redact`, and nothing else: a topic is not signed, and one customer's wish must not end a shop."""

    shop_id: int
    shop_domain: str


class RedactTold(msgspec.Struct, frozen=True):
    """With the time of its delivery (`hook.read`): none of these says one."""

    at: Aware
    told: Redact


class RequestTold(msgspec.Struct, frozen=True):
    """As `RedactTold`."""

    at: Aware
    told: DataRequest


class ShopTold(msgspec.Struct, frozen=True):
    """As `RedactTold`."""

    at: Aware
    told: ShopRedact


def redacted(payload: bytes) -> tuple[Event, ...]:
    """A shopper wants to be forgotten. Raises ValueError where nobody is named."""
    read = msgspec.json.decode(payload, type=RedactTold)
    orders = tuple(OrderId(str(one)) for one in read.told.orders_to_redact)
    of, *also = _whose(read.told.customer)
    return (ErasureAsked(of=of, at=read.at, orders=orders, also=tuple(also)),)


def requested(payload: bytes) -> tuple[Event, ...]:
    """A shopper wants to know what is known of them. Raises ValueError where nobody is named."""
    read = msgspec.json.decode(payload, type=RequestTold)
    orders = tuple(OrderId(str(one)) for one in read.told.orders_requested)
    request = str(read.told.data_request.id)
    of, *also = _whose(read.told.customer)
    return (DisclosureAsked(of=of, request=request, at=read.at, orders=orders, also=tuple(also)),)


def shop_redacted(payload: bytes) -> tuple[Event, ...]:
    """The shop took the app away, 48 hours ago, and wants everything gone."""
    return (ErasureAsked(of=None, at=msgspec.json.decode(payload, type=ShopTold).at),)


def _whose(person: Person) -> tuple[HouseholdId, ...]:
    """By their address and by their number: a checkout before there was an address in it has the number only."""
    found = households_of(person.email, None if person.id is None else str(person.id))
    if not found:
        raise ValueError("a request of nobody")
    return found
