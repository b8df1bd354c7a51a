"""What an account hears: who is believed, and which of our events a delivery is, as its settings have it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from pawline.connectors.http.field import Field, check_field, value_of
from pawline.connectors.http.mapping import Made, Mapped, decoded, known, making
from pawline.connectors.http.pointer import Json, check_pointer, found, is_missing
from pawline.kit import (
    WHENEVER,
    Delivery,
    Headers,
    Hmac,
    Hook,
    OwnScheme,
    Secret,
    of_standard_webhooks,
    only,
    standard_key,
)  # fmt: skip
from pawline.kit.own import NAME
from pawline.model import Event
from pawline.model.cloudevents import BadCloudEvent, is_json
from pawline.model.cloudevents_wire import STRUCTURED, from_binary, from_structured
from pawline.model.event import decode_event

if TYPE_CHECKING:
    from datetime import datetime

    from pawline.connectors.http.settings import Settings

HEADER: Final = "header:"
"""Before a header's name, where a type stands in one."""
LONGEST: Final = 86_400.0
_TAGS: Final = "type"
MOST: Final = 200
"""Characters of a type, and of an id that is kept as it is: it stands in lists and in records of what is known."""


class Hears(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Webhooks that come in. `secrets` are live: two while one is changed for another.

    Signed by `standard` (Standard Webhooks 1.0) or as its `own` scheme says. What comes is either a CloudEvent of ours,
    one of those that `cloudevents` names, or of a `type` that `events` map: the pointer of a text in the body, or
    `header:` and a name; without it every delivery is of the one mapping there is. `id` is a pointer to the sender's
    own id of it, `at` to when it happened (a pointer or a field), where it says one.
    """

    secrets: tuple[Secret, ...]
    signed: Literal["standard", "own"] = "standard"
    own: OwnScheme | None = None
    tolerance_seconds: float = 300.0
    cloudevents: tuple[str, ...] = ()
    type: str = ""
    id: str = ""
    at: str | Field = ""
    events: tuple[Mapped, ...] = ()

    def __post_init__(self) -> None:
        if not self.secrets:
            raise ValueError("`secrets` is empty: whoever finds the address could say what he likes")
        if (self.own is not None) != (self.signed == "own"):
            raise ValueError('`own` says how it signs where `signed = "own"`, and only there')
        if not 0 < self.tolerance_seconds <= LONGEST:
            raise ValueError("`tolerance_seconds` is above 0, and at most a day")
        if bool(self.cloudevents) == bool(self.events):
            raise ValueError("either `cloudevents` names what may come, or `events` say what it becomes: give one")
        if self.cloudevents and (self.type or self.id or self.at):
            raise ValueError("a CloudEvent says its `type`, `id` and time itself: leave them out")
        self._check_places()

    def _check_places(self) -> None:
        if self.type.startswith(HEADER):
            if not NAME.fullmatch(self.type.removeprefix(HEADER)):
                raise ValueError("`type`: behind `header:` is a header's name, such as header:x-event")
        elif self.type:
            check_pointer("`type`", self.type)
        if self.events and any(bool(one.type) != bool(self.type) for one in self.events):
            raise ValueError(
                "each of `events` says of which `type` it is, where `type` says where that stands; else none"
            )
        if self.id:
            check_pointer("`id`", self.id)
        if self.at:
            check_field("`at`", self.when)

    @property
    def when(self) -> Field:
        """Where it says when it happened; a pointer alone is to a date."""
        return Field(from_=self.at, is_="date") if isinstance(self.at, str) else self.at

    def happened(self, whole: Json) -> datetime:
        """When, as the body says; WHENEVER where it says none, and need not. Raises ValueError."""
        if not self.at or (self.when.optional and is_missing(self.when.from_, whole, whole)):
            return WHENEVER
        at: datetime = value_of(self.when, whole, whole)
        return at

    @property
    def scheme(self) -> Hmac:
        """Who is believed."""
        if self.own is not None:
            return self.own.hmac(self.tolerance_seconds)
        return Hmac(of_standard_webhooks, key=standard_key, tolerance=self.tolerance_seconds)


def hook(settings: Settings) -> Hook[Settings] | None:
    """How the account hears; None of one that hears nothing. Raises ValueError for a mapping that cannot be meant."""
    hears = settings.hears
    if hears is None:
        return None
    return Hook(
        signature=hears.scheme, secrets=_secrets, hears=_heard(hears),
        read=partial(_read_cloudevent if hears.cloudevents else _read_mapped, hears),
    )  # fmt: skip


def _secrets(settings: Settings) -> tuple[Secret, ...]:
    return () if settings.hears is None else settings.hears.secrets


def _heard(hears: Hears) -> Mapping[str, Callable[[bytes], tuple[Event, ...]]]:
    if hears.cloudevents:
        for name in hears.cloudevents:
            known("`hears.cloudevents`", name)
        return {name: partial(_told, name) for name in hears.cloudevents}
    if hears.at and (hears.when.is_ != "date" or hears.when.each is not None):
        raise ValueError('`hears.at`: it is a date: say `is = "date"`, and where it stands by `from`')
    made = dict[str, list[Made]]()
    for n, mapped in enumerate(hears.events):
        made.setdefault(mapped.type, []).append(making(f"`hears.events[{n}]`", mapped))
    return {kind: partial(_each, tuple(makers)) for kind, makers in made.items()}


def _each(makers: tuple[Made, ...], body: bytes) -> tuple[Event, ...]:
    return tuple(make(body) for make in makers)


def _told(name: str, body: bytes) -> tuple[Event, ...]:
    said = decoded(body)
    if isinstance(said, dict) and "specversion" in said:
        raise ValueError("data: it is a whole CloudEvent: nobody signed the header that says which mode it is of")
    if not isinstance(said, dict) or said.get(_TAGS) != name:
        raise ValueError(f"data.type: the event's own body says that it is {name}, as its CloudEvent does")
    return (decode_event(name, body),)


def _read_mapped(hears: Hears, headers: Headers, body: bytes) -> Delivery:
    whole = decoded(body)
    kind = ""
    if hears.type.startswith(HEADER):
        kind = _short("`type`", only(headers, hears.type.removeprefix(HEADER)))
    elif hears.type:
        kind = _short("`type`", _name("`type`", found(hears.type, whole, whole)))
    at = hears.happened(whole)
    given = _name("`id`", found(hears.id, whole, whole)) if hears.id else _own_id(hears, headers, body)
    if hears.id and hears.type and not hears.type.startswith(HEADER):  # a thing's id, of what became of it one by one
        given = f"{kind}/{given}"
    return Delivery(kind, _known_by(given), at, body)


def _read_cloudevent(hears: Hears, headers: Headers, body: bytes) -> Delivery:
    """Of one whose attributes stand in headers nothing but the body is signed: its id is then that of the delivery."""
    structured = _media(headers) == STRUCTURED
    event = from_structured(body) if structured else from_binary(dict(headers), body)
    if event.data is None or not is_json(event.datacontenttype):
        raise BadCloudEvent("our events have data, and are JSON")
    at = event.time if structured and event.time is not None else WHENEVER
    named = f"{event.source} {event.id}" if structured else _own_id(hears, headers, body)
    return Delivery(_short("type", event.type), _known_by(named), at, event.data)


def _short(what: str, text: str) -> str:
    if len(text) > MOST:
        raise ValueError(f"{what}: what stands there is longer than {MOST} characters")
    return text


def _known_by(name: str) -> str:
    """A long id by its digest."""
    return name if len(name) <= MOST else _digest(name.encode("utf-8", "surrogateescape"))


def _digest(said: bytes) -> str:
    return f"sha256/{hashlib.sha256(said).hexdigest()}"


def _own_id(hears: Hears, headers: Headers, body: bytes) -> str:
    """What is signed of it: the delivery's id by the standard, else the body itself."""
    if hears.own is None:
        return only(headers, "webhook-id")
    return _digest(body)


def _media(headers: Headers) -> str:
    return (
        next((value for name, value in headers if name.lower() == "content-type"), "").partition(";")[0].strip().lower()
    )


def _name(what: str, said: Json) -> str:
    if isinstance(said, str) and said:
        return said
    if isinstance(said, int) and not isinstance(said, bool):
        return str(said)
    raise ValueError(f"{what}: what stands there is no text, and no number")


def may_come(hears: Hears) -> tuple[str, ...]:
    """The events that may come in, by their public names."""
    return tuple(dict.fromkeys(hears.cloudevents or (one.event for one in hears.events)))
