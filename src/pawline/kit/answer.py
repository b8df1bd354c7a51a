"""What a vendor's answer means: the only place where a status code becomes one of the four errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

from pawline.ports import Code, Malformed, PortError, Rejected, Transient, Unauthorised

LONGEST: Final = timedelta(days=1)
"""A vendor that asks for more than this is asked again after this."""
_SECONDS: Final = re.compile(r"([0-9]+)(\.[0-9]{1,9})?")
_REJECTED: Final = {
    404: Code.NOT_FOUND, 409: Code.CONFLICT, 410: Code.GONE, 413: Code.TOO_LARGE, 501: Code.UNSUPPORTED,
    505: Code.UNSUPPORTED,
}  # fmt: skip


class Answer(NamedTuple):
    """A whole answer. `headers` are asked by lower-case name; `body` may hold personal data: it goes into no text."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Excerpt(Exception):
    """What the other side said, as the cause of an error: a case keeps causes sealed."""


def error_of(answer: Answer, what: str) -> PortError | None:
    """The error that this answer means, None where it is none; `what` was asked, for people (`POST orders`).

    401 and 403 are Unauthorised; 408, 429 and every 5xx but 501 and 505 are Transient, with the vendor's Retry-After;
    3xx is Malformed, for nobody is followed elsewhere; any other 4xx is Rejected. Only 429 says for certain that
    nothing happened: after any other Transient the step is settled first.
    """
    status = answer.status
    text = f"{what} was answered {status}"
    if 200 <= status < 300:
        return None
    if status in (401, 403):
        return Unauthorised(text, Code.CREDENTIALS if status == 401 else Code.FORBIDDEN)
    if status in _REJECTED:
        return Rejected(text, _REJECTED[status])
    if status in (408, 429) or status >= 500:
        code = {408: Code.TIMED_OUT, 429: Code.RATE_LIMITED}.get(status, Code.UNAVAILABLE)
        return Transient(text, code, retry_after=retry_after(answer.headers.get("retry-after")))
    if status >= 400:
        return Rejected(text, Code.INVALID)
    return malformed(f"{text}, which leads elsewhere: correct the account's address", answer)


def malformed(text: str, answer: Answer) -> Malformed:
    """The error for an answer that is not what the vendor's page promises; its first bytes are the sealed cause."""
    error = Malformed(text)
    error.__cause__ = Excerpt(repr(answer.body[:500]))
    return error


def retry_after(said: str | None, *, now: datetime | None = None) -> timedelta | None:
    """The header's seconds or date as a time from now; None where it is absent, unreadable or over.

    Shopify's seconds are `2.0` (https://gitlab.com/perobertson/shopify-requests/-/merge_requests/14), which RFC 9110
    does not know.
    """
    if said is None:
        return None
    said = said.strip()
    if seconds := _SECONDS.fullmatch(said):
        return min(timedelta(seconds=float(f"{seconds[1][:9]}{seconds[2] or ''}")), LONGEST)
    try:
        moment = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    wait = moment - (datetime.now(UTC) if now is None else now)
    return min(wait, LONGEST) if wait > timedelta(0) else None
