"""What of an event leaves: its ids, or all of it where the settings name it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NewType, get_args, get_type_hints
from urllib.parse import quote

import msgspec

from pawline.model import Event, HouseholdId, PersonId, encode_event
from pawline.model import ids as id_types
from pawline.model.cloudevents import BadCloudEvent, CloudEvent
from pawline.ports import Notice

if TYPE_CHECKING:
    from pawline.store import EventRow

MOST: Final = 18 * 1024
"""Bytes of a body that goes whole: with all around it that is less than the 20 KB which Standard Webhooks advises."""
PEOPLE: Final = (HouseholdId, PersonId)
"""Ids of people. A household's may be a digest of an address, which whoever has the address can make, too."""
TELLABLE: Final = frozenset(one for one in vars(id_types).values() if isinstance(one, NewType)) - set(PEOPLE)


@cache
def _fields(kind: type[Event]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of an event's own fields those that are ids which may leave, and those that say who it is about."""
    hints: dict[str, Any] = get_type_hints(kind)
    names = [(one.name, {hints[one.name], *get_args(hints[one.name])}) for one in msgspec.structs.fields(kind)]
    may = tuple(name for name, parts in names if parts & TELLABLE and not parts & {tuple, list, Ellipsis})
    return may, tuple(name for name, parts in names if parts & set(PEOPLE))


def _people(event: Event) -> Iterator[str]:
    if event.household is not None:
        yield event.household
    for name in _fields(type(event))[1]:
        value = getattr(event, name)
        yield from (value if isinstance(value, tuple) else () if value is None else (value,))


def ids_of(event: Event) -> tuple[str | None, dict[str, str]]:
    """The event's subject and its own ids, but none that names a household or has one in it."""
    people = [one for one in _people(event) if one]

    def tellable(text: str) -> bool:
        return not any(one in text for one in people)

    found = {name: str(value) for name in _fields(type(event))[0] if (value := getattr(event, name)) is not None}
    subject = _text(event.subject) if tellable(event.subject) else None
    return subject, {name: value for name, value in found.items() if tellable(value)}


def _text(subject: str) -> str | None:
    """A subject as CloudEvents allow one; None for one that is empty or holds what they forbid."""
    try:
        return CloudEvent(id="x", source="/x", type="x", subject=subject).subject
    except BadCloudEvent:
        return None


def notice_of(row: EventRow, event: Event, *, whole: bool, turn: str, owed: float) -> Notice:
    """The event as it is told. The id is made of what names it for good, so that a restored store tells it alike."""
    named = msgspec.json.encode([row.shop, row.source, row.id, turn])
    body = encode_event(event).decode() if whole else ""
    subject, ids = ids_of(event)
    if whole and len(body.encode()) > MOST:
        whole = False
    return Notice(
        id="evt_" + hashlib.blake2b(named, digest_size=16).hexdigest(),
        source=f"/shops/{quote(row.shop, safe='')}", type=row.type, subject=_text(event.subject) if whole else subject,
        sequence=None if row.seq is None else f"{row.seq:020d}", at=datetime.fromtimestamp(row.at, UTC),
        owed=datetime.fromtimestamp(owed, UTC), whole=whole,
        data=body if whole else msgspec.json.encode({"type": row.type} | ids).decode(),
    )  # fmt: skip
