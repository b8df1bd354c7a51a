"""CloudEvents 1.0: our events in the form that other systems read, and theirs in a form that we can check.

The rules are those of the specification (github.com/cloudevents/spec, v1.0.2): context attributes, their types, and
what is required. How events look on the wire is in `cloudevents_wire`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, unquote

import msgspec

from pawline.model.event import Envelope, decode_event, encode_event, public_name
from pawline.model.moment import check_aware

Extension = str | int | bool
"""What an extension attribute may be: the specification's String, Integer (32 bits) and Boolean."""

CORE: Final = frozenset(
    {
        "id",
        "source",
        "specversion",
        "type",
        "datacontenttype",
        "dataschema",
        "subject",
        "time",
        "data",
        "data_base64",
    }
)
"""Names that the specification itself uses, so that no extension may."""

_NAME = re.compile(r"[a-z0-9]{1,64}")
_URI_REFERENCE = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"  # noqa: S105 - a token of RFC 2045, no secret
_MEDIA_TYPE = re.compile(rf'{_TOKEN}/{_TOKEN}(?:[ \t]*;[ \t]*{_TOKEN}=(?:{_TOKEN}|"[^"\x00-\x1f\x7f]*"))*')
# Control characters, lone surrogates and the 66 noncharacters of Unicode.
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_SOURCE = re.compile(r"/shops/([^/?#]+)/([^/?#]+)")


class BadCloudEvent(ValueError):
    """It breaks a rule of CloudEvents 1.0, or is not one of ours; the text names the attribute."""


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Any CloudEvent of version 1.0; `data` is the payload as bytes of `datacontenttype`, None if there is none.

    Raises BadCloudEvent where an attribute breaks a rule of the specification.
    """

    id: str
    source: str
    type: str
    subject: str | None = None
    time: datetime | None = None
    datacontenttype: str | None = None
    dataschema: str | None = None
    data: bytes | None = None
    extensions: Mapping[str, Extension] = {}

    def __post_init__(self) -> None:
        for name in ("id", "source", "type"):
            if not getattr(self, name):
                raise BadCloudEvent(f"{name} is required and not empty")
        for name in ("id", "source", "type", "subject", "datacontenttype", "dataschema"):
            _check_string(name, getattr(self, name))
        if _URI_REFERENCE.fullmatch(self.source) is None:
            raise BadCloudEvent(f"source is a URI reference, not {self.source!r}")
        if self.dataschema is not None and not _is_absolute(self.dataschema):
            raise BadCloudEvent(f"dataschema is an absolute URI, not {self.dataschema!r}")
        if self.datacontenttype is not None and _MEDIA_TYPE.fullmatch(self.datacontenttype) is None:
            raise BadCloudEvent(f"datacontenttype is a media type, not {self.datacontenttype!r}")
        if self.time is not None and self.time.utcoffset() is None:
            raise BadCloudEvent("time has an offset (RFC 3339)")
        for name, value in self.extensions.items():
            _check_extension(name, value)


def to_cloudevent(envelope: Envelope) -> CloudEvent:
    """The envelope for the outside: `type` is the public name, `source` is `/shops/<shop>/<source>`."""
    return CloudEvent(
        id=envelope.id,
        source=f"/shops/{quote(envelope.shop, safe='')}/{quote(envelope.source, safe='')}",
        type=public_name(type(envelope.event)),
        subject=envelope.event.subject,
        time=envelope.at.astimezone(UTC),
        datacontenttype="application/json",
        data=encode_event(envelope.event),
    )


def from_cloudevent(event: CloudEvent) -> Envelope:
    """The envelope back from `to_cloudevent`'s form.

    Raises BadCloudEvent for another source or a missing time or payload, UnknownEvent for the type, UnreadableEvent
    for the payload. `subject` is not believed: the event itself says what it is about.
    """
    address = _SOURCE.fullmatch(event.source)
    if address is None:
        raise BadCloudEvent(f"source is /shops/<shop>/<source>, not {event.source!r}")
    if event.time is None or event.data is None:
        raise BadCloudEvent("our events have a time and data")
    if not is_json(event.datacontenttype):
        raise BadCloudEvent(f"our events are JSON, not {event.datacontenttype!r}")
    check_aware("time", event.time)
    return Envelope(
        shop=unquote(address[1]),
        source=unquote(address[2]),
        id=event.id,
        at=event.time,
        event=decode_event(event.type, event.data),
    )


def is_json(media_type: str | None) -> bool:
    """Whether a payload of this type is JSON: subtype `json` or `+json`. Without a type it is (JSON format, 3.1)."""
    if media_type is None:
        return True
    subtype = media_type.partition(";")[0].strip().lower().partition("/")[2]
    return subtype == "json" or subtype.endswith("+json")


def _check_string(name: str, value: str | None) -> None:
    if value is None:
        return
    if not value:
        raise BadCloudEvent(f"{name} is not empty where it is present")
    if _FORBIDDEN.search(value) is not None:
        raise BadCloudEvent(f"{name} holds a character that the specification forbids")


def _check_extension(name: str, value: Extension) -> None:
    if _NAME.fullmatch(name) is None or name in CORE:
        raise BadCloudEvent(f"{name!r} is no name for an extension: lower-case letters and digits")
    if isinstance(value, str):
        if _FORBIDDEN.search(value) is not None:
            raise BadCloudEvent(f"{name} holds a character that the specification forbids")
    elif not -(2**31) <= value < 2**31:
        raise BadCloudEvent(f"{name} is a whole number of 32 bits, not {value}")


def _is_absolute(uri: str) -> bool:
    return _URI_REFERENCE.fullmatch(uri) is not None and _SCHEME.match(uri) is not None
