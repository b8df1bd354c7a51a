"""What Twilio says when it will not: `{"code", "message", "more_info", "status"}`.

https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions ; a code's page is
https://www.twilio.com/docs/api/errors/CODE , as far as it was at hand: see the README. Twilio makes finer codes of
coarse ones now and then, so what is not here is a plain no. Messages may quote a number: none is told.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec

from pawline.kit import Answer, retry_after
from pawline.ports import Code, PortError, Rejected, Transient, Unauthorised

LEAST: Final = timedelta(seconds=1)
"""Who is limited waits so long at least: Twilio promises no `Retry-After`."""
FULL: Final = timedelta(minutes=1)
"""The same where the sender's queue is full: it empties by a segment a second, on a US number."""
NOBODY: Final = {
    21211: "it is no number", 21265: "it is a short code", 21266: "it is the sender's own",
    21612: "Twilio has no way to it from this sender", 21614: "it is no mobile number", 21635: "it is a landline",
}  # fmt: skip
"""Whom no text reaches."""
TEST: Final = 20008
"""A test credential asks for what it may not see: it sends, and reads nothing."""
STOPPED: Final = 21610
"""They answered STOP to this sender."""
BY_US: Final = {
    21408: "the account may not write to this country: allow it under Messaging, Settings, Geo permissions",
    21608: "a trial account writes to verified numbers only: verify it, or upgrade the account",
}
MENDED: Final = {
    20005: "the account is not active", 30002: "the account is suspended",
    21212: "`sender` is no number", 21603: "`sender` is missing", 21606: "`sender` cannot send texts there",
    21609: "`public` is no address that Twilio calls: a name without underscores, reached from outside",
    21659: "`sender` is no number of Twilio's", 21660: "`sender` is another account's number",
    21661: "`sender` cannot send texts", 21701: "`sender` is no Messaging Service of this account",
    21703: "the Messaging Service of `sender` has no number",
}  # fmt: skip
"""What only people can mend, at Twilio or in the settings; texts wait for them."""
BY_COUNTRY: Final = frozenset({21606, 21659})
"""A short code's, where the recipient is in another country: one number must not keep everybody's texts back."""


class Problem(msgspec.Struct, frozen=True):
    """As much of an error as is read."""

    code: int = 0


def code_of(answer: Answer) -> int:
    """Twilio's number for what is wrong; 0 where it says none."""
    try:
        return msgspec.json.decode(answer.body, type=Problem).code
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return 0


def explain(answer: Answer, *, short: bool = False) -> PortError | None:
    """Statuses and codes that mean more than usual; `short` where the sender is a short code."""
    said = code_of(answer)
    if answer.status == 429 or said == 20429:
        wait = retry_after(answer.headers.get("retry-after")) or LEAST
        return Transient("too many calls at once", Code.RATE_LIMITED, retry_after=wait)
    if not 400 <= answer.status < 500:
        return None
    if said == TEST:
        return Rejected("a test credential sends, and reads nothing", Code.UNSUPPORTED)
    if short and said in BY_COUNTRY:
        text = f"the short code of `sender` cannot send there, or is none of the account's (Twilio {said})"
        return Rejected(text, Code.UNSUPPORTED)
    if said in MENDED:
        return Unauthorised(f"{MENDED[said]} (Twilio {said})", Code.FORBIDDEN)
    return None if answer.status in (401, 403, 408) else _refused(said)


def _refused(said: int) -> PortError | None:
    if said == 21611:
        return Transient("the sender's queue is full", Code.RATE_LIMITED, retry_after=FULL)
    if said in NOBODY:
        return Rejected(f"nobody is written to there: {NOBODY[said]} (Twilio {said})", Code.UNDELIVERABLE)
    if said == STOPPED:
        return Rejected(f"they answered STOP to this sender (Twilio {said})", Code.NOT_ALLOWED)
    if said in BY_US:
        return Rejected(f"{BY_US[said]} (Twilio {said})", Code.UNSUPPORTED)
    if said == 21617:
        return Rejected(f"the text is too long (Twilio {said})", Code.TOO_LARGE)
    return Rejected(f"Twilio does not take it (Twilio {said})", Code.INVALID) if said and said != 20404 else None
