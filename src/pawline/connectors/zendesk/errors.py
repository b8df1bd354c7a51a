"""What Zendesk's statuses mean that mean more than usual.

https://developer.zendesk.com/api-reference/introduction/requests/#response-format
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import msgspec

from pawline.kit import Answer, retry_after
from pawline.ports import Code, PortError, Rejected, Transient, Unauthorised

SOON: Final = timedelta(seconds=2)
"""Who changes what somebody else changes just now waits so long."""
KEYED: Final = "IdempotentRequestError"
"""A key that came with another body before.

https://developer.zendesk.com/api-reference/ticketing/introduction/#idempotency
"""


class Problem(msgspec.Struct, frozen=True):
    """An answer of 400 or more. `error` is a word, or an object with a title; `details` are by field."""

    error: Any = None
    description: Any = None
    details: Any = None


def explain(answer: Answer) -> PortError | None:
    """Statuses that mean more than usual. Of what is wrong only fields are told: the rest may quote what we sent."""
    status, said = answer.status, _problem(answer)
    if status == 400 and (said.error == KEYED or "idempotency key" in str(said.description).lower()):
        return Rejected("Zendesk knows this key with another ticket", Code.KEY_REUSED)
    if status == 403:
        return Unauthorised("this agent may not do that at Zendesk", Code.FORBIDDEN)
    if status == 409:
        return Transient("somebody else changes that just now", Code.IN_PROGRESS, retry_after=SOON)
    if status == 422:
        return Rejected(f"Zendesk does not take it{_fields(said.details)}", Code.INVALID)
    if status == 429:
        wait = retry_after(answer.headers.get("retry-after")) or SOON
        return Transient("too many calls at once", Code.RATE_LIMITED, retry_after=wait)
    return None


def _problem(answer: Answer) -> Problem:
    try:
        return msgspec.json.decode(answer.body, type=Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Problem()


def _fields(details: object) -> str:
    names = sorted(details) if isinstance(details, dict) else []
    tidy = [one for one in names if one.isascii() and one.replace("_", "").isalnum() and len(one) <= 40]
    return f": {', '.join(tidy[:5])}" if tidy else ""
