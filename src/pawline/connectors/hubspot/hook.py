"""HubSpot's webhooks: who is believed, and what is made of them.

They say which contact changed, by HubSpot's own id, and nothing of whose it is. So a change makes no event: it rings,
and what its contact decided is asked for (`looking`). A contact that was erased for good cannot be asked about any
more: that is an event with HubSpot's id, by which the hub may know whose it was.
https://developers.hubspot.com/docs/apps/developer-platform/add-features/configure-webhooks
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final

import msgspec

from pawline.connectors.hubspot import looking
from pawline.connectors.hubspot.settings import Settings
from pawline.kit import Delivery, Headers, Hmac, Hook, of_hubspot
from pawline.model import Event, PersonErased, PersonId

CONTACT: Final = "0-1"
"""How HubSpot calls that kind of objects, where it says which kind one is."""
ERASED: Final = "contact.privacyDeletion"
"""Somebody is forgotten at HubSpot. `contact.deletion` comes beside it, and is also of those who may be restored.

https://developers.hubspot.com/changelog/now-live-webhooks-now-support-privacy-compliant-contact-deletions
"""
HEARD: Final = (
    *(
        f"{thing}.{what}"
        for thing in ("contact", "object")  # the second is how apps made since 2025 name them
        for what in ("associationChange", "creation", "deletion", "merge", "propertyChange", "restore")
    ),
    ERASED,
)
CHANGED: Final = frozenset({"contact.propertyChange", "object.propertyChange"})
"""What rings. Which properties are told is for the app to say: of a no to all mail it is `hs_email_optout`."""
SEVERAL: Final = "several"
"""The type of a delivery of several types: HubSpot sends up to a hundred changes at once."""


class Change(msgspec.Struct, frozen=True, rename="camel"):
    """One of a delivery. `event_id` alone is not unique; `attempt_number` is not part of what happened."""

    event_id: int
    subscription_id: int
    portal_id: int
    occurred_at: int
    subscription_type: str
    object_id: int | str | None = None
    object_type_id: str | None = None
    property_name: str | None = None
    attempt_number: int | None = None

    @property
    def name(self) -> str:
        """What makes it this change and no other."""
        return f"{self.event_id}/{self.subscription_id}/{self.occurred_at}/{self.object_id}/{self.property_name or ''}"


def read(_: Headers, body: bytes) -> Delivery:
    """Its type is that of its changes, its id what they are. Raises ValueError for a delivery of nothing."""
    changes = _changes(body)
    types = {one.subscription_type for one in changes}
    names = "\n".join(sorted(one.name for one in changes))
    kind = types.pop() if len(types) == 1 else SEVERAL
    at = datetime.fromtimestamp(max(one.occurred_at for one in changes) / 1_000, UTC)
    return Delivery(kind, hashlib.sha256(names.encode()).hexdigest()[:32], at, body)


def heard(types: frozenset[str], payload: bytes) -> tuple[Event, ...]:
    """Who was erased. Raises ValueError for a change of another type, or of nobody: it is not passed over unseen."""
    erased: dict[str, Event] = {}
    for one in _changes(payload):
        if one.subscription_type not in types:
            raise ValueError(f"a type that is not heard: {one.subscription_type[:80]}")
        if one.subscription_type == ERASED:
            if one.object_id is None:
                raise ValueError("an erasure of nobody")
            at = datetime.fromtimestamp(one.occurred_at / 1_000, UTC)
            erased.setdefault(str(one.object_id), PersonErased(person=PersonId(str(one.object_id)), at=at))
    return tuple(erased.values())


def rings(delivery: Delivery) -> str | None:
    """Whose properties changed; None where nobody's did."""
    changed = {
        str(one.object_id) for one in _changes(delivery.payload)
        if one.subscription_type in CHANGED and one.object_type_id in (None, CONTACT) and one.object_id is not None
    }  # fmt: skip
    return ",".join(sorted(changed)) or None


def _changes(body: bytes) -> list[Change]:
    changes = msgspec.json.decode(body, type=list[Change])
    if not changes:
        raise ValueError("a delivery of no changes")
    return changes


def _hears() -> dict[str, Callable[[bytes], tuple[Event, ...]]]:
    every: dict[str, Callable[[bytes], tuple[Event, ...]]] = {
        kind: partial(heard, frozenset({kind})) for kind in HEARD
    }  # fmt: skip
    return every | {SEVERAL: partial(heard, frozenset(HEARD))}


HOOK: Final[Hook[Settings]] = Hook(
    signature=Hmac(of_hubspot),
    secrets=lambda settings: settings.webhook_secrets,
    read=read,
    hears=_hears(),
    rings=rings,
    about=looking.named,
    optional=True,
)
