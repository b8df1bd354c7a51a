"""What happened: the root of all events, their public names and their bodies."""

from __future__ import annotations

import difflib
import re
from datetime import datetime
from typing import Any, TypeVar, cast

import msgspec
from typing_extensions import dataclass_transform

from pawline.model.moment import Aware, check_aware

E = TypeVar("E", bound="Event")

_NAME = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+@[1-9][0-9]*")

# Filled while classes are created, never changed afterwards. The body decoders are made at the first use, because
# the types that an event names may be defined below it.
_TYPES: dict[str, type[Event]] = {}
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {}
_ENCODER = msgspec.json.Encoder()


class UnknownEvent(LookupError):
    """No event of this name is defined in this process: its module was not imported, or another release wrote it."""


class UnreadableEvent(ValueError):
    """A body that does not fit its event's type; the text names the place in it."""


class EventType(msgspec.StructMeta):
    """The class of event classes: makes them frozen and keyword-only, and enters their tags in the registry.

    Raises TypeError where the tag is missing, is not `noun.participle@N`, or already belongs to another class.
    """

    def __new__(
        mcls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        /,
        **config: Any,  # noqa: ANN401 - msgspec's own keywords, which it checks
    ) -> EventType:
        root = not any(isinstance(base, EventType) for base in bases)
        tag = config.get("tag")
        if not root:
            _check_tag(name, tag)
        cls = super().__new__(mcls, name, bases, namespace, **{"frozen": True, "kw_only": True, **config})
        if not root:
            _TYPES[cast("str", tag)] = cast("type[Event]", cls)
        return cls


def _check_tag(name: str, tag: object) -> None:
    if not isinstance(tag, str):
        raise TypeError(f'{name} needs a public name, as in: class {name}(Event, tag="order.placed@1")')
    if _NAME.fullmatch(tag) is None:
        raise TypeError(f'{name}: {tag!r} is not a public name, which looks like "order.placed@1"')
    if (taken := _TYPES.get(tag)) is not None:
        raise TypeError(
            f"{name}: {tag!r} already names {taken.__module__}.{taken.__qualname__}; a changed event gets a new number"
        )


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Event(msgspec.Struct, metaclass=EventType, frozen=True, kw_only=True, tag_field="type"):
    """Something that happened: immutable, in the past tense, with a public name for storage and the outside.

    Subclass it with `tag="order.placed@1"`; subclasses are frozen and keyword-only by themselves. A subclass may
    define `subject`, `household` and `fact` as properties or as fields. A change that old bodies do not fit
    is a new class with the next number; the old class stays as long as its bodies do.
    """

    @property
    def subject(self) -> str:
        """Key of the thing it is about (order id, cart id, household id); events of one subject keep their order."""
        raise NotImplementedError(f"{type(self).__qualname__} does not say what it is about: define `subject`")

    @property
    def household(self) -> str | None:
        """Whose personal data the body holds: it is encrypted with this household's key and erased with it."""
        return None

    @property
    def fact(self) -> str | None:
        """Name of the fact, e.g. `order.placed/1001`: a webhook, its poll and our own checkout of one fact share it."""
        return None

    def acted(self, at: datetime) -> datetime | None:  # noqa: ARG002 - for those that tell no other time
        """When its household did this of its own accord; None where it follows from what was known of them.

        `at` is its envelope's time. Who was forgotten and acts anew is known again from then on, and by nothing else.
        """
        return None

    def told_by(self, account: str) -> Event:  # noqa: ARG002 - for those that name it
        """The same, as one of the shop's accounts told it: an event that says whose word it is names it from here on.

        A connector makes events of what its system says and need not know the name of its account; the hub does.
        """
        return self


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """An event with its address. (`shop`, `source`, `id`) is unique: the same triple again is the same event.

    Raises ValueError if `shop`, `source` or `id` is empty, or `at` has no time zone.
    """

    shop: str
    source: str
    id: str
    at: Aware
    event: Event

    def __post_init__(self) -> None:
        if not (self.shop and self.source and self.id):
            raise ValueError("an envelope needs a shop, a source and an id")
        check_aware("an envelope's time", self.at)


def public_name(kind: type[Event]) -> str:
    """The event's name in storage and outside, `order.placed@1`. Raises TypeError for `Event` itself."""
    if kind is Event:
        raise TypeError("Event itself has no public name; only its subclasses have")
    return cast("str", kind.__struct_config__.tag)


def acting() -> set[str]:
    """Public names of events that may be what a household does of its own accord; see `Event.acted`."""
    return {name for name, kind in _TYPES.items() if kind.acted is not Event.acted}


def event_names() -> list[str]:
    """Public names of every event that is defined in this process, sorted."""
    return sorted(_TYPES)


def event_type(name: str) -> type[Event]:
    """The class with this public name. Raises UnknownEvent, whose text names the nearest known names."""
    if (kind := _TYPES.get(name)) is not None:
        return kind
    near = difflib.get_close_matches(name, _TYPES, n=3)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    raise UnknownEvent(f"no event is called {name!r} here (is its module imported?){hint}")


def encode_event(event: Event) -> bytes:
    """The body for storage: JSON whose `type` is the public name. Equal events give equal bytes, field by field."""
    return _ENCODER.encode(event)


def decode_event(name: str, data: bytes) -> Event:
    """The event back from its body. Raises UnknownEvent for the name and UnreadableEvent for the body."""
    decoder = _DECODERS.get(name)
    if decoder is None:
        decoder = _DECODERS[name] = msgspec.json.Decoder(event_type(name))
    try:
        return cast("Event", decoder.decode(data))
    except (msgspec.MsgspecError, ValueError) as error:
        raise UnreadableEvent(f"this is no {name}: {error}") from error
