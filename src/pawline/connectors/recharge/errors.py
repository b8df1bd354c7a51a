"""What Recharge's statuses mean that mean more than usual.

https://developer.rechargepayments.com/2021-11/responses - 409 is of two changes at one address at the same time, 402 of
a request that was right and failed, 426 of a version that is none.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec

from pawline.kit import Answer, retry_after
from pawline.ports import Code, Malformed, PortError, Rejected, Transient

LEAST: Final = timedelta(seconds=2)
"""What is limited waits so long at least: the bucket lets four calls through by then."""
LOCKED: Final = timedelta(seconds=5)
"""So long a charge that is being made keeps its address to itself, as a rule."""


class Fields(msgspec.Struct, frozen=True):
    """A 422: `{"errors": {"date": ["…"]}}`, or a sentence in place of the fields."""

    errors: dict[str, msgspec.Raw]


def explain(answer: Answer) -> PortError | None:
    """Statuses that mean more than usual. What a 422 says of a field stays out of the text: only its name is told."""
    if answer.status == 402:
        return Rejected("Recharge took the request, and it failed", Code.CONFLICT)
    if answer.status == 409:
        return Transient("something else is changed at that address just now", Code.IN_PROGRESS, retry_after=LOCKED)
    if answer.status == 422:
        return Rejected(f"Recharge does not take it{_fields(answer)}", Code.INVALID)
    if answer.status == 426:
        return Malformed("Recharge has no such version of its API any more", Code.BAD_REQUEST)
    if answer.status == 429:
        wait = retry_after(answer.headers.get("retry-after")) or LEAST
        return Transient("too many calls at once", Code.RATE_LIMITED, retry_after=wait)
    return None


def _fields(answer: Answer) -> str:
    try:
        names = sorted(msgspec.json.decode(answer.body, type=Fields).errors)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""
    tidy = [name for name in names if name.isascii() and name.replace("_", "").isalnum() and len(name) <= 40]
    return f": {', '.join(tidy[:5])}" if tidy else ""
