"""Why a request to the storefront is not answered as it was asked: each cause by its name, which never changes."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

RETRY: Final = 1
"""Seconds after which a caller may come again who came too often."""
BUSY: Final = 5
"""The same, where the hub is overloaded."""


class Cause(Enum):
    """The name is what a problem's `type` ends in. Add, never rename."""

    UNREADABLE = ("unreadable", 400, "The body is no JSON.")
    UNNAMED = ("idempotency-key-missing", 400, "A request that changes something names itself by an Idempotency-Key.")
    UNKNOWN_KEY = ("unknown-key", 401, "No API key, or none that is live.")
    DECLINED = ("payment-declined", 402, "The payment did not succeed: the order is undone, the cart is still there.")
    FORBIDDEN = ("forbidden", 403, "This key may not do that, or not from this page.")
    NOT_FOUND = ("not-found", 404, "There is nothing of this name, or not for whoever asks.")
    METHOD = ("method-not-allowed", 405, "This address does not know that method.")
    SLOW = ("slow", 408, "The body did not arrive in time.")
    UNDER_WAY = ("under-way", 409, "A request of this Idempotency-Key is being answered: ask again in a moment.")
    OUT_OF_STOCK = (
        "out-of-stock",
        409,
        "Less is there than was asked for; `left` says how much, where the hub decides.",
    )
    RECALLED = ("recalled", 409, "It was recalled, and is not sold.")
    QUOTE_EXPIRED = ("quote-expired", 409, "The quote does not hold any more: ask for another one.")
    BOUGHT = ("cart-bought", 409, "An order came of the cart already; `order` is its id. Begin another cart.")
    QUOTE_USED = ("quote-used", 409, "An order was placed by this quote already.")
    TOO_LATE = ("too-late", 409, "The order has left, or is over: send it back instead.")
    NO_RETURNS = ("returns-elsewhere", 409, "The shop does not take returns here: ask it.")
    NOT_BOUGHT = ("order-over", 409, "The order was called off, or never came to be: nothing of it is to be sent back.")
    NOT_SENT = ("not-sent", 409, "It has not left: call it off instead.")
    RETURN_LATE = ("return-late", 409, "It is too late to send it back by this way: ask the shop.")
    NOT_TAKEN_BACK = ("not-taken-back", 409, "The shop does not take that back; `skus` says what.")
    NONE_LEFT = (
        "none-left",
        409,
        "More than left the house and is not on its way back; `left` says how many.",
    )
    RETURN_OVER = ("return-over", 409, "It is on its way, or over: there is nothing to withdraw.")
    RECALLED_HERE = ("recalled-keep", 409, "It was recalled: use it no more, and keep it; the shop writes what to do.")
    REFUSED = ("order-refused", 409, "The order could not be fulfilled, and is undone: nothing is charged.")
    PET_DIED = ("pet-died", 409, "The pet died: what is known of it stays as it is.")
    CHANGED = ("cart-changed", 412, "The cart is not any more as If-Match says: read it again.")
    PET_CHANGED = ("pet-changed", 412, "The pet is not any more as If-Match says: read it again.")
    TOO_LARGE = ("too-large", 413, "The body is too large.")
    KIND = ("not-json", 415, "A body is JSON: set its Content-Type.")
    INVALID = ("invalid", 422, "It can be read and makes no sense; the detail names the field.")
    ADDRESS = ("address", 422, "Post would not arrive there; `wrong` says what to put right, field by field.")
    REUSED = ("idempotency-key-reused", 422, "This Idempotency-Key named another request before.")
    TOTAL = ("total-differs", 422, "The total that was shown, or what is paid, is not what the quote comes to.")
    UNSEEN = ("if-match-missing", 428, "It is changed as of an ETag: give it in If-Match.")
    TOO_OFTEN = ("too-often", 429, "More requests than this key, or this client, may make: Retry-After says when.")
    TAXES = ("taxes-unknown", 503, "What taxes are owed there nobody can say just now: ask again.")
    DEFECT = ("defect", 500, "A defect of the hub, which its log names: send it again.")
    BUSY = ("busy", 503, "The hub cannot say just now that it has this: send it again as it is; Retry-After says when.")

    def __init__(self, label: str, status: int, says: str) -> None:
        self.label, self.status, self.says = label, status, says


class Refusal(Exception):
    """Ends a request by this cause. `more` are members of the problem besides RFC 9457's own."""

    def __init__(self, cause: Cause, detail: str = "", **more: Any) -> None:
        super().__init__(detail or cause.says)
        self.cause, self.detail, self.more = cause, detail or cause.says, more
        self.headers: dict[str, str] = {}
        if cause is Cause.TOO_OFTEN:
            self.headers["retry-after"] = str(RETRY)
        elif cause in {Cause.BUSY, Cause.DEFECT, Cause.TAXES}:
            self.headers["retry-after"] = str(BUSY)
        elif cause is Cause.UNDER_WAY:
            self.headers["retry-after"] = str(RETRY)


def problem(cause: Cause, detail: str, **more: Any) -> dict[str, Any]:
    """The problem's members (RFC 9457); its `type` is an address that says what it is."""
    said = {"type": f"/v1/problems/{cause.label}", "title": cause.says, "status": cause.status, "detail": detail}
    return said | more
