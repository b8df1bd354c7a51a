"""What HubSpot says when it will not: a category, codes, and now and then which scope or property is meant.

https://developers.hubspot.com/docs/api-reference/error-handling
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

import msgspec

from pawline.kit import Answer, retry_after
from pawline.ports import Code, PortError, Rejected, Transient, Unauthorised

CONFLICTING: Final = "CONFLICTING_UNIQUE_VALUE"
UNKNOWN_PROPERTY: Final = "PROPERTY_DOESNT_EXIST"
BAD_EMAIL: Final = "INVALID_EMAIL"
NOBODY: Final = "OBJECT_NOT_FOUND"
"""What is said of those whom a batch does not find."""
_SCOPE: Final = re.compile(r"[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+){0,5}")
_WORD: Final = re.compile(r"[A-Z][A-Z_]{2,50}")
_QUOTED: Final = re.compile(r'"(?:error|code)"\s*:\s*"([A-Z][A-Z_]{2,50})"')
"""Some messages hold what is wrong as JSON, beside what we sent."""
_SOON: Final = frozenset({423, 477})
"""Locked for a moment; moved to another data centre, for as long as `Retry-After` says."""
_DAY: Final = timedelta(minutes=15)
"""Who used up a day's calls is not told when the day ends: it is asked again after this."""


class Detail(msgspec.Struct, frozen=True):
    """One thing that is wrong."""

    code: str | None = None
    context: dict[str, Any] | None = None


class Problem(msgspec.Struct, frozen=True, rename="camel"):
    """A body of an error. Its `message` may quote what we sent: only words of HubSpot's own are taken from it."""

    category: str | None = None
    message: str | None = None
    policy_name: str | None = None
    errors: tuple[Detail, ...] | None = None

    @property
    def codes(self) -> frozenset[str]:
        """HubSpot's own words for what is wrong, wherever they stand."""
        given = {one.code for one in self.errors or () if one.code}
        return frozenset(code for code in (*given, *_QUOTED.findall(self.message or "")) if _WORD.fullmatch(code))


def problem(body: bytes) -> Problem:
    """What is wrong; nothing where the body does not say."""
    try:
        return msgspec.json.decode(body, type=Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Problem()


def explain(answer: Answer) -> PortError | None:
    """What a status means more than usual."""
    said = problem(answer.body)
    if answer.status == 403:
        scopes = _scopes(said)
        return Unauthorised(f"the token {f'lacks {scopes}' if scopes else 'may not do that'}", Code.FORBIDDEN)
    if answer.status in _SOON:
        wait = retry_after(answer.headers.get("retry-after"))
        return Transient(f"HubSpot answered {answer.status}: not now", Code.UNAVAILABLE, retry_after=wait)
    if answer.status == 429:
        return _busy(answer, said)
    if answer.status == 404 and said.category == NOBODY:
        return Rejected(f"HubSpot says {NOBODY}", Code.NOT_FOUND)
    if answer.status in (400, 409):
        return refusal(said, answer.status)
    return None


def refusal(said: Problem, status: int = 400) -> Rejected | None:
    """A no to what was asked; None where it is not known which."""
    if status == 409 or said.category == "CONFLICT" or CONFLICTING in said.codes:
        return Rejected("HubSpot has another contact with this address or household", Code.CONFLICT)
    named = ", ".join(sorted(said.codes)) or (said.category if _WORD.fullmatch(said.category or "") else "")
    return Rejected(f"HubSpot refuses it: {named}", Code.INVALID) if named else None


def _busy(answer: Answer, said: Problem) -> Transient:
    """Too much was asked for. Not every such answer says for how long to wait; the window does."""
    wait = retry_after(answer.headers.get("retry-after"))
    if wait is None:
        window = answer.headers.get("x-hubspot-ratelimit-interval-milliseconds", "")
        seconds = int(window[:9]) / 1_000 if window.isascii() and window.isdecimal() else 10.0
        wait = _DAY if said.policy_name == "DAILY" else min(timedelta(seconds=seconds), _DAY)
    return Transient("HubSpot was asked too often", Code.RATE_LIMITED, retry_after=wait)


def _scopes(said: Problem) -> str:
    """The scopes that lack, by their names."""
    found: set[str] = set()
    for one in said.errors or ():
        for name, value in (one.context or {}).items():
            if "scope" in name.lower() and isinstance(value, list):
                found |= {scope for scope in value if isinstance(scope, str) and _SCOPE.fullmatch(scope)}
    return ", ".join(sorted(found))
