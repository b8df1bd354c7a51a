"""CloudEvents on the wire: structured mode (one JSON object, or a batch) and binary mode (attributes as headers).

After the JSON event format and the HTTP protocol binding of the specification, v1.0.2.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import msgspec

from pawline.model.cloudevents import BadCloudEvent, CloudEvent, Extension, is_json

STRUCTURED: Final = "application/cloudevents+json"
"""The media type of one event in structured mode."""
BATCH: Final = "application/cloudevents-batch+json"
"""The media type of several."""

_TEXTS: Final = ("id", "source", "type", "subject", "datacontenttype", "dataschema")
# RFC 3339, whose date-time is stricter than what Python's ISO parser takes.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_UNSAFE_IN_HEADER = re.compile(r"[^\x21\x23\x24\x26-\x7e]")


def to_structured(event: CloudEvent) -> bytes:
    """One JSON object. JSON payloads stand in `data` as they are, texts as strings, all else in `data_base64`."""
    return msgspec.json.encode(_members(event))


def from_structured(body: bytes) -> CloudEvent:
    """The event back. Raises BadCloudEvent for what is no JSON object or breaks the specification."""
    try:
        members = msgspec.json.decode(body, type=dict[str, Any])
        payload = msgspec.json.decode(body, type=dict[str, msgspec.Raw]).get("data")
    except msgspec.MsgspecError as error:
        raise BadCloudEvent(f"structured mode is a JSON object: {error}") from error
    return _from_members(members, payload)


def to_batch(events: Iterable[CloudEvent]) -> bytes:
    """A JSON array of structured events, which may be empty."""
    return msgspec.json.encode([_members(event) for event in events])


def from_batch(body: bytes) -> tuple[CloudEvent, ...]:
    """The events of a batch. Raises BadCloudEvent if one of them, or the array, is not well-formed: all or nothing."""
    try:
        parts = msgspec.json.decode(body, type=list[msgspec.Raw])
    except msgspec.MsgspecError as error:
        raise BadCloudEvent(f"a batch is a JSON array: {error}") from error
    return tuple(from_structured(bytes(part)) for part in parts)


def to_binary(event: CloudEvent) -> tuple[dict[str, str], bytes]:
    """Headers and body. Values are percent-encoded as the HTTP binding asks (3.1.3.2); names are lower case."""
    headers = {"ce-specversion": "1.0"}
    for name in _TEXTS:
        value = getattr(event, name)
        if value is not None and name != "datacontenttype":
            headers[f"ce-{name}"] = _quoted(value)
    if event.time is not None:
        headers["ce-time"] = _time_text(event.time)
    for name, extension in event.extensions.items():
        headers[f"ce-{name}"] = _quoted(_text_of(extension))
    if event.datacontenttype is not None:
        headers["content-type"] = event.datacontenttype
    return headers, event.data or b""


def from_binary(headers: Mapping[str, str], body: bytes) -> CloudEvent:
    """The event back from headers of any case. All extensions are texts, since headers carry no types.

    Raises BadCloudEvent for a missing `ce-specversion` and for what breaks the specification.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    found = {name[3:]: _unquoted(value) for name, value in lowered.items() if name.startswith("ce-")}
    _check_version(found.pop("specversion", None))
    if "datacontenttype" in found or "data" in found:
        raise BadCloudEvent("in binary mode the payload is the body and its type the Content-Type header")
    if "content-type" in lowered:
        found["datacontenttype"] = lowered["content-type"]
    return _event(found, body or None)


def from_http(headers: Mapping[str, str], body: bytes) -> tuple[CloudEvent, ...]:
    """The events of one message, whichever mode it is in. Raises BadCloudEvent."""
    content_type = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    match content_type.partition(";")[0].strip().lower():
        case "application/cloudevents+json":
            return (from_structured(body),)
        case "application/cloudevents-batch+json":
            return from_batch(body)
        case other if other.startswith("application/cloudevents"):
            raise BadCloudEvent(f"{other} is an event format that is not read here")
        case _:
            return (from_binary(headers, body),)


def _members(event: CloudEvent) -> dict[str, Any]:
    members: dict[str, Any] = {"specversion": "1.0"}
    members |= {name: value for name in _TEXTS if (value := getattr(event, name)) is not None}
    if event.time is not None:
        members["time"] = _time_text(event.time)
    members |= event.extensions
    if event.data is not None:
        name, value = _payload(event.data, event.datacontenttype)
        members[name] = value
    return members


def _payload(data: bytes, media_type: str | None) -> tuple[str, object]:
    try:
        if is_json(media_type):
            msgspec.json.decode(data)  # a payload that only says it is JSON would break the object around it
            return "data", msgspec.Raw(data)
        return "data", data.decode("utf-8")
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return "data_base64", base64.b64encode(data).decode("ascii")


def _from_members(members: dict[str, Any], payload: msgspec.Raw | None) -> CloudEvent:
    present = {name: value for name, value in members.items() if value is not None}
    _check_version(present.pop("specversion", None))
    data, encoded = present.pop("data", None), present.pop("data_base64", None)
    media_type = present.get("datacontenttype")
    if not isinstance(media_type, str | None):
        raise BadCloudEvent("datacontenttype is a text")
    if "data" in members and encoded is not None:
        raise BadCloudEvent("data and data_base64 exclude each other")
    if encoded is not None:
        return _event(present, _unbase64(encoded))
    if payload is None or (data is None and not is_json(media_type)):
        return _event(present, None)
    if isinstance(data, str) and not is_json(media_type):
        return _event(present, data.encode("utf-8"))
    return _event(present, bytes(payload))


def _event(found: dict[str, Any], data: bytes | None) -> CloudEvent:
    texts = {name: found.pop(name) for name in _TEXTS if name in found}
    if wrong := [name for name, value in texts.items() if not isinstance(value, str)]:
        raise BadCloudEvent(f"{wrong[0]} is a text")
    if missing := [name for name in ("id", "source", "type") if name not in texts]:
        raise BadCloudEvent(f"{missing[0]} is required")
    time = found.pop("time", None)
    for name, value in found.items():
        if not isinstance(value, str | int):
            raise BadCloudEvent(f"{name} is a text, a whole number or a truth value")
    return CloudEvent(**texts, time=_time(time), data=data, extensions=found)


def _check_version(version: object) -> None:
    if version != "1.0":
        raise BadCloudEvent(f"specversion is 1.0, not {version!r}")


def _time(text: object) -> datetime | None:
    if text is None:
        return None
    if not isinstance(text, str) or _TIME.fullmatch(text) is None:
        raise BadCloudEvent(f"time is of RFC 3339, not {text!r}")
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise BadCloudEvent(f"time is of RFC 3339: {error}") from error


def _time_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _text_of(extension: Extension) -> str:
    return str(extension).lower() if isinstance(extension, bool) else str(extension)


def _quoted(value: str) -> str:
    return _UNSAFE_IN_HEADER.sub(lambda hit: "".join(f"%{byte:02X}" for byte in hit[0].encode("utf-8")), value)


def _unquoted(value: str) -> str:
    # The binding also allows a quoted string (RFC 7230), from senders of older versions.
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    try:
        return unquote_to_bytes(value).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadCloudEvent(f"a header is no UTF-8: {error.reason}") from error


def _unbase64(text: object) -> bytes:
    try:
        return base64.b64decode(text, validate=True)  # type: ignore[arg-type]  # what is no text fails as such
    except (binascii.Error, TypeError, ValueError) as error:
        raise BadCloudEvent(f"data_base64 is not base64: {error}") from error
