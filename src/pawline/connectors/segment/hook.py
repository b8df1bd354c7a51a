"""Segment's webhooks: who is believed, and the two calls that are events of ours.

A destination Webhooks (Actions) signs by HMAC-SHA1 in hex with its shared secret. `X-Segment-Signature` is over the
whole body; the older `X-Signature` of several events together is over the first of them alone, so that such a delivery
is not believed: anything may stand behind that one.
https://segment.com/docs/connections/destinations/catalog/actions-webhook

A believed delivery says that Segment got it, and not that the shop said it: the write key of a website's source is open
to everybody. So nothing is believed that gives anybody anything: of all calls a no to letters is heard, nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final

import msgspec

from pawline.connectors.segment.analytics import LIBRARY
from pawline.connectors.segment.settings import Settings
from pawline.kit import Delivery, Headers, Hmac, Hook, Signed, aware, contact_of, decoded, household_of, only
from pawline.model import Consent, ConsentChanged, Event, Medium, Purpose

WHOLE, FIRST = "x-segment-signature", "x-signature"
NOES: Final = ("Unsubscribed", "Email Marked as Spam")
"""What mail tools say of a letter's receiver (`context.traits.email`): https://segment.com/docs/connections/spec/email"""
OWN: Final = "(ours)"
SEVERAL: Final = "(several)"
"""The type of a delivery of calls of several kinds."""


class Library(msgspec.Struct, frozen=True):
    """What sent a call."""

    name: Any = None


class Context(msgspec.Struct, frozen=True):
    """Beside a call."""

    traits: Any = None
    library: Library | None = None


class Call(msgspec.Struct, frozen=True, rename="camel"):
    """As much of a call as says what it is, whose, and when.

    `timestamp` is whoever called's own; `received_at` is Segment's: nobody says no from next year on.
    """

    type: str
    message_id: str
    timestamp: datetime
    received_at: datetime
    event: str = ""
    context: Context | None = None

    @property
    def at(self) -> datetime:
        """When it happened, and not after it came."""
        return min(aware(self.timestamp), aware(self.received_at))

    @property
    def own(self) -> bool:
        """Whether we told it ourselves."""
        return self.context is not None and self.context.library is not None and self.context.library.name == LIBRARY

    @property
    def named(self) -> str:
        """Its event, or what kind of call it is, which is no event's name."""
        if self.own:
            return OWN
        return self.event if self.type == "track" and self.event else f"({self.type})"


def of_segment(headers: Headers, body: bytes) -> Signed:
    """Over the raw body, by whichever of the two headers it has; with both, the one that covers all counts."""
    whole = any(name.lower() == WHOLE for name, _ in headers)
    return Signed((decoded(only(headers, WHOLE if whole else FIRST), "hex"),), body, None)


def read(_: Headers, body: bytes) -> Delivery:
    """One call, or several of a batch. What Segment sends again has the same `messageId`."""
    calls = calls_of(body)
    kinds = {one.named for one in calls}
    ids = "\n".join(one.message_id for one in calls)
    no = ids if len(calls) == 1 else hashlib.sha256(ids.encode("utf-8", "backslashreplace")).hexdigest()[:32]
    return Delivery(kinds.pop() if len(kinds) == 1 else SEVERAL, no, calls[0].at, body)


def calls_of(body: bytes) -> tuple[Call, ...]:
    """Those that can be read. Raises ValueError for none at all: whoever else calls takes no call's word from it."""
    told = msgspec.json.decode(body, type=dict[str, msgspec.Raw] | tuple[msgspec.Raw, ...])
    if isinstance(told, dict):
        return (_call(body),)
    calls, wrong = list[Call](), ValueError("it has no call")
    for one in told:
        try:
            calls.append(_call(one))
        except ValueError as problem:
            wrong = problem
    if not calls:
        raise wrong
    return tuple(calls)


def _call(told: bytes | msgspec.Raw) -> Call:
    call = msgspec.json.decode(told, type=Call)
    if not call.message_id:
        raise ValueError("it is a call without an id")
    return call


def heard(named: frozenset[str], payload: bytes) -> tuple[Event, ...]:
    """The noes, whatever stands beside them: nobody's no is lost for somebody else's call.

    Raises ValueError where there is none, and a call that is none that is heard, or names no address: it is kept then.
    """
    found, wrong = list[Event](), None
    for one in calls_of(payload):
        if one.own:
            continue
        try:
            if one.named not in NOES or one.named not in named:
                raise ValueError(f"nobody hears {one.named[:40]}")
            found.append(_no(one))
        except ValueError as problem:
            wrong = problem
    if wrong is not None and not found:
        raise wrong
    return tuple(found)


def _no(call: Call) -> ConsentChanged:
    traits = None if call.context is None else call.context.traits
    contact = contact_of(traits.get("email") if isinstance(traits, dict) else None)
    household = None if contact is None else household_of(contact.email, None)
    if household is None:
        raise ValueError("it names no address")
    return ConsentChanged(
        consent=Consent(
            household=household, purpose=Purpose.MARKETING, granted=False, at=call.at, source="segment",
            medium=Medium.EMAIL, contact=contact,
        )
    )  # fmt: skip


def _hears() -> dict[str, Callable[[bytes], tuple[Event, ...]]]:
    every = frozenset({*NOES, OWN})
    return {**{one: partial(heard, frozenset({one})) for one in every}, SEVERAL: partial(heard, every)}


HOOK: Final[Hook[Settings]] = Hook(
    signature=Hmac(of_segment, digest="sha1"), secrets=lambda settings: settings.webhook_secrets, read=read,
    hears=_hears(), optional=True,
)  # fmt: skip
