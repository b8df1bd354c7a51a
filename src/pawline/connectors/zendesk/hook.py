"""Zendesk's webhooks: what a delivery is, and which events its types are.

https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.connectors.zendesk import happened
from pawline.connectors.zendesk.signing import SCHEME
from pawline.kit import Delivery, Headers, Hook
from pawline.model import Aware
from pawline.ports import choice_of

if TYPE_CHECKING:
    from pawline.connectors.zendesk.settings import Settings
    from pawline.model import Event

PREFIX: Final = "zen:event-type:"
CREATED, STATUS, COMMENT = (f"{PREFIX}ticket.{one}" for one in ("created", "status_changed", "comment_added"))
DONE: Final = ("SOLVED", "CLOSED")


class Author(msgspec.Struct, frozen=True):
    """Whoever wrote a comment."""

    is_staff: bool | None = None


class Comment(msgspec.Struct, frozen=True):
    """A comment; its id is a number or a text that holds one."""

    id: int | str
    is_public: bool | None = None
    body: str | None = None
    author: Author | None = None


class Change(msgspec.Struct, frozen=True):
    """What changed."""

    current: Any = None
    previous: Any = None
    comment: Comment | None = None


class Detail(msgspec.Struct, frozen=True):
    """The ticket."""

    id: int | str
    updated_at: Aware
    created_at: Aware | None = None
    subject: str | None = None
    description: str | None = None
    external_id: str | None = None


class Enveloped(msgspec.Struct, frozen=True):
    """What every delivery says, whatever it is about."""

    type: str
    id: str
    time: Aware


class Told(Enveloped, frozen=True):
    """A delivery about a ticket."""

    detail: Detail
    event: Change = Change()


def read(_: Headers, body: bytes) -> Delivery:
    """A delivery's id is its event's, which comes again with it: the invocation's, a header, is not signed.

    A closing is known by its ticket and its minute, as the look knows it.
    """
    said = msgspec.json.decode(body, type=Enveloped)
    at, name = said.time, said.id
    if said.type == CREATED:
        at = _told(body, CREATED).detail.created_at or at
    elif said.type == STATUS and _closes(told := _told(body, STATUS)):
        at = told.detail.updated_at
        name = happened.closing(str(told.detail.id), at)
    if not name:
        raise ValueError("a delivery without an id")
    return Delivery(said.type, name, at, body)


def _closes(told: Told) -> bool:
    return told.event.current in DONE and told.event.previous not in DONE


def created(payload: bytes) -> tuple[Event, ...]:
    """Somebody asked. Whose it is Zendesk does not say here."""
    told = _told(payload, CREATED).detail
    return happened.opened(str(told.id), told.subject, told.description, told.external_id, None)


def status(payload: bytes) -> tuple[Event, ...]:
    """A ticket that was open is so no more."""
    told = _told(payload, STATUS)
    if not isinstance(told.event.current, str):
        raise TypeError("a change of status that says none")
    return happened.closed(str(told.detail.id), None) if _closes(told) else ()


def comment(payload: bytes) -> tuple[Event, ...]:
    """A note of the helpdesk's people that may answer a case: only a hint, who wrote it is asked."""
    told = _told(payload, COMMENT)
    written = told.event.comment
    if written is None:
        raise ValueError("a comment that is not there")
    staff = written.author is not None and written.author.is_staff is True
    if written.is_public is not False or not staff or choice_of(written.body or "") is None:
        return ()
    return happened.decided(str(told.detail.id), str(written.id))


def _told(payload: bytes, kind: str) -> Told:
    told = msgspec.json.decode(payload, type=Told)
    if told.type != kind:
        raise ValueError(f"this is no {kind}")
    return told


HOOK: Final[Hook[Settings]] = Hook(
    signature=SCHEME,
    secrets=lambda settings: settings.webhook_secrets,
    read=read,
    hears={CREATED: created, STATUS: status, COMMENT: comment},
    optional=True,
)
"""Optional: a look finds all of it, some minutes later."""
