"""What is wrong with a body, as the validation server says it.

https://developers.google.com/analytics/devguides/collection/protocol/ga4/validating-events and its limitations
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from pawline.sandbox.answers import encode

BACK: Final = 72 * 3_600 * 1_000_000
"""Microseconds: older than that is refused where recommendations are enforced, and moved else."""
EVENTS, PARAMS, LONGEST, LARGEST = 25, 25, 100, 130_000
NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
RESERVED: Final = frozenset({"session_start", "first_visit", "user_engagement", "ad_click", "app_remove", "error"})
PREFIXES: Final = ("_", "firebase_", "ga_", "google_", "gtag.")
VISITOR: Final = re.compile(r"[1-9][0-9]*\.[1-9][0-9]*")


def wrong(body: Any, now: float, *, strict: bool | None = None) -> list[dict[str, str]]:  # noqa: ANN401 - JSON
    """`strict`: recommendations are enforced; unless said, as the body says it itself."""
    if not isinstance(body, dict):
        return [_said("", "the body is no object", "VALUE_INVALID")]
    enforced = body.get("validation_behavior") == "ENFORCE_RECOMMENDATIONS" if strict is None else strict
    return [*_whole(body, enforced), *_events(body.get("events"), now, enforced)]


def _whole(body: dict[str, Any], enforced: bool) -> Iterator[dict[str, str]]:
    if not isinstance(body.get("client_id"), str) or not body["client_id"]:
        yield _said("client_id", "Measurement requires a client_id.", "VALUE_REQUIRED")
    elif enforced and not VISITOR.fullmatch(body["client_id"]):
        yield _said("client_id", "client_id is not two positive numbers.", "VALUE_INVALID")
    if set(body.get("consent", {}).values()) - {"GRANTED", "DENIED"}:
        yield _said("consent", "consent is GRANTED or DENIED.", "VALUE_INVALID")
    if len(encode(body)) > LARGEST:
        yield _said("", "the body is too large.", "VALUE_OUT_OF_BOUNDS")


def _events(events: Any, now: float, enforced: bool) -> Iterator[dict[str, str]]:  # noqa: ANN401 - JSON
    if not isinstance(events, list) or not events:
        yield _said("events", "events are required.", "VALUE_REQUIRED")
        return
    if len(events) > EVENTS:
        yield _said("events", "more than 25 events.", "EXCEEDED_MAX_ENTITIES")
    for no, one in enumerate(events):
        yield from _name(f"Event at index: [{no}]", "events", str(one.get("name", "")))
        if one.get("name") in RESERVED:
            yield _said("events", f"Event at index: [{no}] has a reserved name.", "NAME_RESERVED")
        yield from _params(f"events[{no}].params", one.get("params", {}))
        if enforced and one.get("timestamp_micros", now * 1_000_000) < now * 1_000_000 - BACK:
            yield _said(f"events[{no}].timestamp_micros", "it is older than 72 hours.", "VALUE_OUT_OF_BOUNDS")
        if one.get("name") in ("purchase", "refund"):
            yield from _money(f"events[{no}].params", one.get("params", {}))


def _params(path: str, params: dict[str, Any]) -> Iterator[dict[str, str]]:
    if len(params) > PARAMS:
        yield _said(path, "more than 25 parameters.", "EXCEEDED_MAX_ENTITIES")
    for key, value in params.items():
        yield from _name(path, path, key)
        if isinstance(value, str) and len(value) > LONGEST:
            yield _said(path, f"{key} is longer than 100 characters.", "VALUE_OUT_OF_BOUNDS")


def _money(path: str, params: dict[str, Any]) -> Iterator[dict[str, str]]:
    if not params.get("transaction_id"):
        yield _said(path, "transaction_id is required.", "VALUE_REQUIRED")
    if "value" in params and not re.fullmatch(r"[A-Z]{3}", str(params.get("currency", ""))):
        yield _said(path, "currency is required with value.", "VALUE_REQUIRED")


def _name(what: str, path: str, name: str) -> Iterator[dict[str, str]]:
    if not NAME.fullmatch(name):
        yield _said(path, f"{what} has invalid name [{name}].", "NAME_INVALID")
    elif name.startswith(PREFIXES):
        yield _said(path, f"{what} has reserved name [{name}].", "NAME_RESERVED")


def _said(path: str, text: str, code: str) -> dict[str, str]:
    return {"fieldPath": path, "description": text, "validationCode": code}
