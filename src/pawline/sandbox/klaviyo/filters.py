"""Klaviyo's filters: `and(equals(metric_id,"a"),greater-than(datetime,2026-01-01T00:00:00Z))`.

https://developers.klaviyo.com/en/docs/filtering_
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from pawline.sandbox.klaviyo.wrongs import Refusal

_CALL: Final = re.compile(
    r'\s*([a-z-]+)\(\s*([\w.]+)\s*,\s*("(?:[^"\\])*"|\'(?:[^\'\\])*\'|\[[^\]]*\]|[^()"\']+)\s*\)\s*'
)
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "equals": lambda has, told: has == told,
    "any": lambda has, told: has in told,
    "greater-than": lambda has, told: has is not None and has > told,
    "greater-or-equal": lambda has, told: has is not None and has >= told,
    "less-than": lambda has, told: has is not None and has < told,
    "less-or-equal": lambda has, told: has is not None and has <= told,
}
Test = Callable[[Mapping[str, Any]], bool]


def test_of(text: str, allowed: Mapping[str, frozenset[str]]) -> Test:
    """What a filter asks of a thing. Refuses what is no filter, and a field or an operator that is not `allowed`."""
    text = text.strip()
    if text.startswith("and(") and text.endswith(")"):
        text = text[4:-1]
    tests, at = list[tuple[str, str, Any]](), 0
    while at < len(text):
        found = _CALL.match(text, at)
        if found is None or found[1] not in allowed.get(found[2], frozenset()):
            raise Refusal(400, "invalid", "Invalid filter provided.", "/filter")
        told = _value(found[2], found[3].strip())
        if isinstance(told, list) is not (found[1] == "any"):
            raise Refusal(400, "invalid", "Invalid filter provided.", "/filter")
        tests.append((found[1], found[2], told))
        at = found.end() + (text[found.end() : found.end() + 1] == ",")
    return lambda thing: all(_COMPARE[how](thing.get(field), told) for how, field, told in tests)


def _value(field: str, text: str) -> Any:  # noqa: ANN401 - of the field's type
    if text[0] == "[":
        return _values(text)
    if text[0] in "\"'":
        return text[1:-1]
    if field in {"datetime", "timestamp", "created", "updated"}:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise Refusal(400, "invalid", "Invalid datetime in a filter.", "/filter") from None
        return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()
    return {"true": True, "false": False}.get(text, text)


def _values(text: str) -> list[str]:
    try:
        return msgspec.json.decode(text, type=list[str])
    except msgspec.MsgspecError:
        raise Refusal(400, "invalid", "Invalid list in a filter.", "/filter") from None
