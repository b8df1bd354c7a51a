"""What Klaviyo says when it will not: `errors` of JSON:API, each with a code and where it points.

https://developers.klaviyo.com/en/docs/rate_limits_and_error_handling
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from pawline.kit import Answer
from pawline.ports import Code, PortError, Rejected, Unauthorised

_STRANGERS: Final = frozenset({"not_authenticated", "authentication_failed"})
_SCOPE: Final = re.compile(r"\b[a-z-]{3,30}:(?:read|write)\b")


class Source(msgspec.Struct, frozen=True):
    """Which part of the request is meant."""

    pointer: str = ""
    parameter: str = ""


class Problem(msgspec.Struct, frozen=True):
    """One error. Its `detail` may quote what we sent: it goes into no text."""

    code: str = ""
    title: str = ""
    detail: str = ""
    source: Source = Source()


class Problems(msgspec.Struct, frozen=True):
    """The body of an answer of 400 or more."""

    errors: tuple[Problem, ...] = ()


def problems(answer: Answer) -> tuple[Problem, ...]:
    """What is wrong; nothing where the body does not say."""
    try:
        return msgspec.json.decode(answer.body, type=Problems).errors
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ()


def explain(answer: Answer) -> PortError | None:
    """What a status means more than usual: a scope by its name, a key that is none, and which field is wrong."""
    said = problems(answer)
    if answer.status == 403:
        scopes = sorted({scope for one in said for scope in _SCOPE.findall(one.detail)})
        lacking = f"lacks {', '.join(scopes)}" if scopes else "may not do that"
        return Unauthorised(f"the key {lacking}", Code.FORBIDDEN)
    if answer.status == 400 and any(one.code in _STRANGERS for one in said):
        return Unauthorised("Klaviyo does not know this key", Code.CREDENTIALS)
    if answer.status in (400, 422) and said:
        return Rejected(f"Klaviyo refuses {', '.join(_named(said))}", Code.INVALID)
    return None


def _named(said: tuple[Problem, ...]) -> list[str]:
    """Fields and codes, whose words are Klaviyo's own; nothing of what we sent."""
    found = [one.source.pointer or one.source.parameter or one.code for one in said]
    return sorted({re.sub(r"[^\w/.\[\]-]", "", one)[:80] or "a request" for one in found})


def points_at(answer: Answer, field: str) -> bool:
    """Whether this field is what is wrong."""
    return any(one.source.pointer.endswith(f"/{field}") for one in problems(answer))
