"""What WooCommerce's refusals mean that mean more than their status: by the `code` that stands in them.

A 404 is "there is none" only where WooCommerce itself says so. WordPress says 404 too where WooCommerce is switched
off, where permalinks are plain, and where the address is another's: an order that cannot be found so was not deleted.
"""

from __future__ import annotations

from typing import Final

import msgspec

from pawline.kit import Answer
from pawline.ports import Code, PortError, Rejected, Unauthorised

REFUND: Final = "woocommerce_rest_cannot_create_order_refund"
"""The gateway said no, or something in the shop broke: a 500. See docs/why/0049."""
_NONE: Final = ("_invalid_id", "_invalid_order_id", "_invalid_product_id", "_invalid_order_refund_id")
_KEY: Final = frozenset({"woocommerce_rest_authentication_error", "woocommerce_rest_authentication_missing_parameter"})


class Refusal(msgspec.Struct, frozen=True):
    """`{"code": …, "message": …, "data": {"status": …}}`. The message is in the shop's language, and is not read."""

    code: str


def code_of(body: bytes) -> str:
    """The refusal's code, empty where it is none of WordPress's."""
    try:
        code = msgspec.json.decode(body, type=Refusal).code
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    tidy = code.isascii() and code.replace("_", "").replace("-", "").isalnum() and len(code) <= 80
    return code if tidy else ""


def explain(answer: Answer) -> PortError | None:
    """See above."""
    code = code_of(answer.body)
    if answer.status in (400, 404, 410) and code.endswith(_NONE):
        return Rejected("WooCommerce has none of this number", Code.NOT_FOUND)
    if answer.status == 404:
        what = (
            "WordPress has no such route: is WooCommerce active?"
            if code == "rest_no_route"
            else "no REST API is there: permalinks are to be other than plain, and `url` where WordPress is"
        )
        return Unauthorised(what, Code.FORBIDDEN)
    if answer.status in (401, 403) and code:
        known = code in _KEY
        text = "the key is not good for this" if known else f"the key's user may not do this ({code})"
        return Unauthorised(text, Code.CREDENTIALS if known else Code.FORBIDDEN)
    if answer.status == 500 and code == REFUND:
        text = "WooCommerce made no refund of it: look at the gateway whether it paid, before it is tried again"
        return Rejected(text, Code.DECLINED)
    if answer.status == 400 and code:
        return Rejected(f"WooCommerce does not take it ({code})", Code.INVALID)
    return None
