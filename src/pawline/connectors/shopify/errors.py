"""What Shopify says when it will not: statuses that mean something of their own, and the `userErrors` of a mutation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from pawline.kit import Answer
from pawline.ports import Code, PortError, Rejected, Transient, Unauthorised

_STATUSES: Final = {
    402: "the shop is frozen: its plan is to be paid",
    423: "the shop is locked by Shopify",
    430: "Shopify takes the request for an attack",
}
_AGAIN: Final = frozenset({"INTERNAL_ERROR", "SERVICE_UNAVAILABLE", "ADJUST_QUANTITIES_FAILED"})

_OF_KEYS: Final = {
    "IDEMPOTENCY_CONCURRENT_REQUEST": "in progress",
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH": "same idempotency key",
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED": "with this idempotency key failed",
}
"""What the schema says that these codes mean: their words, where there is no code."""


class UserError(msgspec.Struct, frozen=True):
    """Why a mutation did nothing. Not every mutation has codes."""

    message: str = ""
    field: tuple[str, ...] | None = None
    code: str | None = None


def explain(answer: Answer) -> PortError | None:
    """Statuses of https://shopify.dev/docs/api/admin-graphql#status_and_error_codes that mean more than usual.

    A 404 is an address without a shop or an API version, never an order that is not there.
    """
    if answer.status in _STATUSES:
        return Unauthorised(_STATUSES[answer.status], Code.FORBIDDEN)
    if answer.status == 404:
        return Rejected("there is no such shop, or no such version of its API", Code.UNSUPPORTED)
    return None


def refuse(what: str, errors: Sequence[UserError], codes: Mapping[str, Code]) -> None:
    """Raises what the first of them means, nothing where there are none; `codes` are the mutation's own."""
    if not errors:
        return
    first = errors[0]
    said, text = _code(first), f"{what}: {first.message[:200] or first.code or 'refused'}"
    if said in _AGAIN:
        raise Transient(text, Code.UNAVAILABLE)
    if said == "IDEMPOTENCY_CONCURRENT_REQUEST":
        raise Transient(text, Code.IN_PROGRESS)
    if said == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH":
        raise Rejected(text, Code.KEY_REUSED)
    if said == "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED":
        raise Rejected(text, Code.CONFLICT)
    raise Rejected(text, codes.get(said, Code.INVALID))


def _code(error: UserError) -> str:
    """Its code. A refund's errors have none, and what they say of its key must not be taken for a no."""
    if error.code is not None:
        return error.code
    message = error.message.lower()
    return next((code for code, words in _OF_KEYS.items() if words in message), "")
