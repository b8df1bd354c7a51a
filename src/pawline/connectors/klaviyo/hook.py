"""Klaviyo's webhooks, where an account has them: who is believed, and which events of ours its topics are.

Only customers of Advanced KDP and app partners may have them; for everybody else `looking` finds the same.
https://developers.klaviyo.com/en/docs/working_with_system_webhooks
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from pawline.connectors.klaviyo.settings import Settings
from pawline.connectors.klaviyo.told import EventNode, by_api, decided, household_of, sourced
from pawline.kit import Delivery, Headers, Hmac, Hook, Signed, Unsigned, decoded, only
from pawline.model import Aware, Event

TOPICS: Final = {
    "event:klaviyo.subscribed_to_email_marketing": "Subscribed to Email Marketing",
    "event:klaviyo.unsubscribed_from_email_marketing": "Unsubscribed from Email Marketing",
    "event:klaviyo.marked_email_as_spam": "Marked Email as Spam",
}
"""What is heard. Topics of text messages name a number and no address: whose it is only a look can tell."""
SEVERAL: Final = "several"
"""The type of a delivery of several topics: Klaviyo sends up to a thousand events at once."""


class Meta(msgspec.Struct, frozen=True):
    """Beside the events; it is in the signed body."""

    timestamp: Aware


class Signing(msgspec.Struct, frozen=True):
    """As much of a body as says when it was sent."""

    meta: Meta


class Payload(msgspec.Struct, frozen=True):
    """What the API would answer about the event."""

    data: EventNode


class Item(msgspec.Struct, frozen=True):
    """One event."""

    topic: str
    external_id: str
    payload: Payload


class Batch(msgspec.Struct, frozen=True):
    """A delivery."""

    data: tuple[Item, ...]
    meta: Meta


def of_klaviyo(headers: Headers, body: bytes) -> Signed:
    """HMAC over the body and, right behind it, the header `Klaviyo-Timestamp` as it came.

    The time is the body's own (`meta.timestamp`): it is signed too, and has a zone, while the header's was seen to be
    of another one than it says. Raises Unsigned for a body without it.
    """
    signature, sent = only(headers, "Klaviyo-Signature"), only(headers, "Klaviyo-Timestamp")
    try:
        at = msgspec.json.decode(body, type=Signing).meta.timestamp
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Unsigned("it does not say when it was sent") from None
    over = body + sent.encode("utf-8", "surrogateescape")
    return Signed((decoded(signature, "hex"),), over, at.timestamp())


def read(_: Headers, body: bytes) -> Delivery:
    """Its type is its topic, its id what it tells of. Raises ValueError for a delivery of nothing."""
    batch = msgspec.json.decode(body, type=Batch)
    if not batch.data:
        raise ValueError("a delivery of no events")
    topics = {one.topic for one in batch.data}
    ids = "\n".join(sorted(f"{one.topic}/{one.external_id}" for one in batch.data))
    no = batch.data[0].external_id if len(batch.data) == 1 else hashlib.sha256(ids.encode()).hexdigest()[:32]
    return Delivery(topics.pop() if len(topics) == 1 else SEVERAL, no, batch.meta.timestamp, body)


def heard(topics: frozenset[str], payload: bytes) -> tuple[Event, ...]:
    """The decisions. Raises ValueError for a topic that is none of them, and for an event of nobody's address.

    A no that a program wrote may be our own, which only a look can tell: it is left to that.
    """
    found: list[Event] = []
    batch = msgspec.json.decode(payload, type=Batch)
    if not batch.data:
        raise ValueError("a delivery of no events")
    for one in batch.data:
        if one.topic not in topics:
            raise ValueError(f"a topic that is not heard: {one.topic[:80]}")
        told, metric = one.payload.data, TOPICS[one.topic]
        household = household_of(None, told)
        if household is None:
            raise ValueError(f"event {one.external_id[:40]} names no address")
        event = decided(told, metric, household)
        if not sourced(told) and (event.consent.granted or not by_api(told)):
            found.append(event)
    return tuple(found)


def _hears() -> dict[str, Callable[[bytes], tuple[Event, ...]]]:
    every: dict[str, Callable[[bytes], tuple[Event, ...]]] = {
        topic: partial(heard, frozenset({topic})) for topic in TOPICS
    }
    return every | {SEVERAL: partial(heard, frozenset(TOPICS))}


HOOK: Final[Hook[Settings]] = Hook(
    signature=Hmac(of_klaviyo),
    secrets=lambda settings: settings.webhook_secrets,
    read=read,
    hears=_hears(),
    optional=True,
)
