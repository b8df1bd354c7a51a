"""What Stripe says when it will not: `{"error": {"type", "code", "decline_code", "param", "message"}}`.

https://docs.stripe.com/api/errors , https://docs.stripe.com/error-codes , https://docs.stripe.com/declines/codes -
messages may quote what was sent: none is told, but for the name of a permission that a key lacks.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

import msgspec

from pawline.kit import Answer, retry_after
from pawline.ports import Code, Malformed, PortError, Rejected, Transient, Unauthorised

SOON: Final = timedelta(seconds=1)
"""Stripe promises no `Retry-After`; what another call holds is free again in moments."""
STATE: Final = frozenset({"payment_intent_unexpected_state", "charge_already_captured"})
"""It stands otherwise than we thought: it is looked at then."""
EXPIRED: Final = frozenset({
    "charge_expired_for_capture", "capture_charge_authorization_expired", "expired_card",
})  # fmt: skip
FUNDS: Final = frozenset({"insufficient_funds", "balance_insufficient", "withdrawal_count_limit_exceeded"})
KEYS: Final = frozenset({
    "api_key_expired", "platform_api_key_expired", "secret_key_required", "testmode_charges_only", "livemode_mismatch",
    "account_invalid",
})  # fmt: skip
OURS: Final = frozenset({"parameter_missing", "parameter_unknown", "parameter_invalid_empty"})
"""A request of ours is wrong, and not what a shopper did."""
_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,79}")
_PERMISSION: Final = re.compile(rb"rak_[a-z0-9_]{1,60}")


class Problem(msgspec.Struct, frozen=True):
    """As much of an error as is read."""

    type: str = ""
    code: str | None = None
    decline_code: str | None = None
    param: str | None = None


class Problems(msgspec.Struct, frozen=True):
    """The body of an answer of 400 or more."""

    error: Problem


def problem_of(answer: Answer) -> Problem:
    """Stripe's own words for what is wrong; none where it says nothing that can be read."""
    try:
        return msgspec.json.decode(answer.body, type=Problems).error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Problem()


def explain(answer: Answer) -> PortError | None:
    """Statuses and codes that mean more than usual."""
    told, status = problem_of(answer), answer.status
    if status >= 500:
        return _kept(answer)
    if status == 403:
        return _forbidden(answer)
    if status == 401 or told.code in KEYS:
        return Unauthorised(f"Stripe does not take this key{_said(told)}", Code.CREDENTIALS)
    if status == 429:
        wait = retry_after(answer.headers.get("retry-after")) or SOON
        text = "another call holds it" if told.code == "lock_timeout" else "too many calls at once"
        return Transient(text, Code.RATE_LIMITED, retry_after=wait)
    if not told.type:  # of something between us and Stripe: what it did before, or would say, is not known
        return Transient(f"a page of {status} came, not of Stripe's", Code.UNAVAILABLE)
    if status == 409 and told.code == "idempotency_key_in_use":
        return Transient("Stripe is still at it", Code.IN_PROGRESS, retry_after=SOON)
    if told.type == "idempotency_error":
        return Transient("Stripe knows this key with other words", Code.KEY_REUSED)
    if told.type == "card_error" or status == 402:
        return declined(told.code, told.decline_code)
    return _refused(status, told)


def declined(code: str | None, decline_code: str | None) -> Rejected:
    """Who issued the card does not pay: the text has Stripe's words for why."""
    words = [one for one in (code, decline_code) if one and _WORD.fullmatch(one)]
    text = f"the payment was declined: {', '.join(dict.fromkeys(words))}" if words else "the payment was declined"
    if FUNDS & set(words):
        return Rejected(text, Code.INSUFFICIENT_FUNDS)
    return Rejected(text, Code.EXPIRED if EXPIRED & set(words) else Code.DECLINED)


def _kept(answer: Answer) -> PortError | None:
    """A failure that Stripe keeps for this key says nothing new, however often it is asked for."""
    if answer.headers.get("idempotent-replayed", "").lower() != "true":
        return None
    return Transient("Stripe failed, and keeps that for this key", Code.KEPT_FAILURE)


def _forbidden(answer: Answer) -> Unauthorised:
    named = sorted({one.decode() for one in _PERMISSION.findall(answer.body)})
    lacks = f": it lacks {', '.join(named)}" if named else ""
    return Unauthorised(f"the key may not do this{lacks}", Code.FORBIDDEN)


def _refused(status: int, told: Problem) -> PortError | None:
    code, text = told.code or "", f"Stripe does not take it{_said(told)}"
    if code in STATE:
        return Rejected(f"it stands otherwise at Stripe{_said(told)}", Code.CONFLICT)
    if code in EXPIRED:
        return Rejected(f"Stripe will not do it any more{_said(told)}", Code.EXPIRED)
    if code in FUNDS:
        return Rejected(text, Code.INSUFFICIENT_FUNDS)
    if code in OURS:
        return Malformed(text, Code.BAD_REQUEST)
    if status == 400:
        return Rejected(text, Code.INVALID)
    return None


def _said(told: Problem) -> str:
    words = [one for one in (told.code, told.param) if one and _WORD.fullmatch(one)]
    return f" ({': '.join(words)})" if words else ""
