"""What EasyPost says when it will not: `{"error": {"code", "message", "errors"}}`.

https://docs.easypost.com/docs/errors , https://docs.easypost.com/guides/errors-guide - its page of all codes was not at
hand: what is not here is a plain no. Messages are often the carrier's own and may quote an address: none is told.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

import msgspec

from pawline.kit import Answer, retry_after
from pawline.ports import Code, PortError, Rejected, Transient, Unauthorised

BUSY: Final = timedelta(seconds=5)
"""How long something that EasyPost is still at is left alone."""
LEAST: Final = timedelta(seconds=1)
"""What is limited waits so long at least: EasyPost promises no `Retry-After`."""
UNSURE: Final = frozenset({
    "SHIPMENT.POSTAGE.EXISTS", "SHIPMENT.PURCHASE.IN_PROGRESS", "SHIPMENT.POSTAGE.NO_RESPONSE",
    "SHIPMENT.POSTAGE.TIMED_OUT", "REFUND.NO_RESPONSE",
})  # fmt: skip
"""It happened already, is happening, or nobody knows: looked up, never taken for a no."""
EXPIRED: Final = frozenset({
    "SHIPMENT.RATE.EXPIRED", "SHIPMENT.MISSING_RATE", "SHIPMENT.RATE.CARRIER_ACCOUNT_INVALID", "RATE.NOT_FOUND",
    "ORDER.RATE.UNAVAILABLE",
})  # fmt: skip
UNAVAILABLE: Final = frozenset({"ADDRESS.VERIFY.UNAVAILABLE"})
TOO_LATE: Final = frozenset({"SHIPMENT.REFUND.UNAVAILABLE", "SHIPMENT.REFUND.FAILURE", "REFUND.FAILURE"})
CUSTOMS: Final = "SHIPMENT.CUSTOMS_INFO."
_WORDS: Final = re.compile(r"[A-Z][A-Z0-9_.]{1,79}")


class Problem(msgspec.Struct, frozen=True):
    """As much of an error as is read."""

    code: str = ""


class Problems(msgspec.Struct, frozen=True):
    """The body of an answer of 400 or more."""

    error: Problem


def code_of(answer: Answer) -> str:
    """EasyPost's own word for what is wrong; empty where it says none."""
    try:
        said = msgspec.json.decode(answer.body, type=Problems).error.code
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    return said if _WORDS.fullmatch(said) else ""


def explain(answer: Answer) -> PortError | None:
    """Statuses and codes that mean more than usual."""
    said = code_of(answer)
    if answer.status == 402:
        return Unauthorised("EasyPost wants money: its wallet is empty, or no billing is set up", Code.FORBIDDEN)
    if answer.status == 429:
        wait = retry_after(answer.headers.get("retry-after")) or LEAST
        return Transient("too many calls at once", Code.RATE_LIMITED, retry_after=wait)
    if not 400 <= answer.status < 500 or answer.status in (401, 403, 408):
        return None
    return _by_word(said) or _by_status(answer.status, said)


def _by_word(said: str) -> PortError | None:
    if said in UNSURE:
        return Transient(f"EasyPost is at it, or was ({said})", Code.IN_PROGRESS, retry_after=BUSY)
    if said in UNAVAILABLE:
        return Transient(f"EasyPost cannot say just now ({said})", Code.UNAVAILABLE)
    for codes, code in ((EXPIRED, Code.EXPIRED), (TOO_LATE, Code.TOO_LATE)):
        if said in codes:
            return Rejected(f"EasyPost will not do it any more ({said})", code)
    if said.startswith(CUSTOMS):
        return Rejected(f"it needs papers for the customs ({said})", Code.UNSUPPORTED)
    return Rejected(f"an address is none ({said})", Code.INVALID) if said.startswith("ADDRESS.") else None


def _by_status(status: int, said: str) -> PortError | None:
    if status not in (400, 422):
        return None
    return Rejected(f"EasyPost does not take it{f' ({said})' if said else ''}", Code.INVALID)
