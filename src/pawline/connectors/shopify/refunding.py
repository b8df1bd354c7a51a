"""What Shopify is told of a refund: units of lines, what shipping goes with them, and by which transactions."""

from __future__ import annotations

from collections import Counter
from typing import Final

import msgspec

from pawline.connectors.shopify.ids import gid
from pawline.connectors.shopify.orders import Whole
from pawline.connectors.shopify.refunded import marked, paid_by
from pawline.model import LineId, Order, Refund
from pawline.ports import Code, Rejected

Input = dict[str, object]
_KIND: Final = "REFUND"


def refund_input(whole: Whole, refund: Refund) -> Input:
    """The input of `refundCreate`: https://shopify.dev/docs/api/admin-graphql/2026-07/input-objects/RefundInput .

    What lines and shipping do not explain, Shopify books as a discrepancy. Raises Rejected(invalid) for more than was
    paid or more units than are left, Rejected(unsupported) for what Shopify cannot be told.
    """
    order = whole.order
    _check(order, refund)
    for credit in refund.credits:
        if credit.restock:
            raise Rejected("Shopify restocks at a place, which a refund does not name: adjust it", Code.UNSUPPORTED)
    made: Input = {
        "orderId": gid("Order", order.id),
        "note": marked(refund),
        "currency": order.currency,
        "notify": False,
        "discrepancyReason": "OTHER",
        "refundLineItems": _lines(refund),
        "transactions": _transactions(whole, refund),
    }
    if _ends(order, refund):
        made["shipping"] = {"fullRefund": True}
    return made


def _lines(refund: Refund) -> list[Input]:
    units: Counter[LineId] = Counter()
    for credit in refund.credits:
        if credit.line is not None and credit.quantity:
            units[credit.line] += credit.quantity
    return [
        {"lineItemId": gid("LineItem", line), "quantity": quantity, "restockType": "NO_RESTOCK"}
        for line, quantity in units.items()
    ]


def _check(order: Order, refund: Refund) -> None:
    try:
        msgspec.structs.replace(order, refunds=(*order.refunds, refund))
        marked(refund)
    except (ValueError, OverflowError) as problem:
        raise Rejected(str(problem), Code.INVALID) from None
    left: Counter[LineId] = Counter({line.id: line.quantity for line in order.lines})
    for one in (*order.refunds, refund):
        for credit in one.credits:
            if credit.line is not None:
                left[credit.line] -= credit.quantity
    for line, quantity in left.items():
        if quantity < 0:
            raise Rejected(f"order {order.id}: more of line {line} than is left", Code.INVALID)


def _ends(order: Order, refund: Refund) -> bool:
    """Nothing of the bill is left after it, and more comes off it than its lines: so the shipping goes with them."""
    rest = any(one.line is None and one.amount.minor for one in refund.credits)
    return rest and bool(order.shipping) and order.owed() == refund.credited()


def _transactions(whole: Whole, refund: Refund) -> list[Input]:
    order, made = whole.order, list[Input]()
    for payout in refund.payouts:
        taken = paid_by(payout.tender, whole.transactions, order.currency)
        if taken is None or taken[1] < payout.amount:
            more = payout.amount if taken is None else payout.amount - taken[1]
            text = f"order {order.id}: {more} more goes back to {payout.tender} than was taken of it"
            raise Rejected(text, Code.INVALID)
        made.append({
            "orderId": gid("Order", order.id), "parentId": taken[0].id, "kind": _KIND,
            "gateway": taken[0].gateway or "", "amount": payout.amount.format(),
        })  # fmt: skip
    return made
