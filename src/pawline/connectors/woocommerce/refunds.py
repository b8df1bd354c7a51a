"""Refunds as WooCommerce has them, and ours among them: one of ours bears its name at the end of its reason.

`wc_create_refund` writes the refund with its reason, then asks the gateway, and takes the refund back if that says no;
fields of it (`meta_data`) are written after that. So the mark is in the reason: where there is a mark, somebody may
have been paid, and where there is none, nobody was. See docs/why/0049.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec

from pawline.connectors.woocommerce.reading import tender_id
from pawline.connectors.woocommerce.told import ToldLine, ToldOrder, ToldRefund, decimal, whole
from pawline.model import Credit, LineId, Money, Order, Payout, Refund, RefundId, levelled, total
from pawline.ports import Code, Rejected

ASKING: Final = timedelta(minutes=10)
"""So long after it was made the gateway may still be asked about a refund: no PHP runs longer for one request."""
_MARK: Final = re.compile(r"\s*\[pawline:([A-Za-z0-9_.:/@#=+~-]{1,200})\]\s*\Z")
_UNSAFE: Final = re.compile(r"[^\x20-\uffff]|[\\<>]")
"""What a database of WordPress may not take (emoji, in one of before 2015), which then keeps no reason at all; and what
it takes for markup."""
_REASON: Final = 200
"""Characters of a reason, before the mark."""


def marked(refund: Refund) -> str:
    """The reason of a refund of ours. Raises ValueError for an id that fits in none."""
    why = " ".join(_UNSAFE.sub(" ", refund.reason).split())[:_REASON]
    said = f"{why} [pawline:{refund.id}]".strip()
    if mark_of(said) != refund.id:
        raise ValueError("a refund's id that WooCommerce is told is of letters, digits and _.:/@#=+~-")
    return said


def mark_of(reason: str) -> RefundId | None:
    """What we call it, if it is ours."""
    found = _MARK.search(reason)
    return None if found is None else RefundId(found[1])


def is_paid(told: ToldRefund) -> bool:
    """One of ours is paid when the gateway said so; one that the shop's people made is as they say."""
    return told.refunded_payment is True or mark_of(told.reason) is None


def is_asked(told: ToldRefund, now: datetime) -> bool:
    """Whether the gateway may still be at it: it may be taken back, or paid, any moment."""
    return not is_paid(told) and now - told.at < ASKING


def refunds_of(order: ToldOrder, told: Sequence[ToldRefund]) -> tuple[Refund, ...]:
    """Oldest first; without those of nothing, which only put goods back on the shelf."""
    made = [refund_of(order, one) for one in sorted(told, key=lambda one: (one.at, one.id)) if decimal(one.amount)]
    return tuple(made)


def refund_of(order: ToldOrder, told: ToldRefund) -> Refund:
    """Lines as they are credited; what goes beyond them is shipping, fees or goodwill. Raises ValueError.

    What was kept back of lines comes off the last ones. Of ours, which the gateway did not pay, nothing went back.
    """
    amount = Money.rounded(decimal(told.amount), order.currency)
    credited = [
        Credit(amount=worth, line=LineId(one.line), quantity=max(0, -whole(one.quantity)))
        for one in told.line_items
        if one.line is not None
        and (worth := Money.rounded(-decimal(one.total) - decimal(one.total_tax), order.currency)).minor >= 0
    ]
    ours = mark_of(told.reason)
    return Refund(
        id=RefundId(str(told.id)) if ours is None else ours,
        at=told.at,
        reason=_MARK.sub("", told.reason).strip() or "refunded in the shop",
        payouts=(Payout(tender_id(order.id), amount),) if is_paid(told) else (),
        credits=levelled(credited, amount),
    )


def to_send(told: ToldOrder, order: Order, refund: Refund) -> dict[str, object]:
    """The body of `POST orders/ID/refunds`, lines by their ids, which every version takes.

    Raises Rejected(invalid) for more than was paid or more units than are left, Rejected(unsupported) for what
    WooCommerce cannot be told: money that is not what comes off the bill, and goods of which some go back to the shelf.
    """
    _check(order, refund)
    if refund.paid_out() != refund.credited():
        raise Rejected("WooCommerce pays back what comes off the bill, and nothing else", Code.UNSUPPORTED)
    units = [one for one in refund.credits if one.line is not None and one.quantity]
    shelved = [one for one in units if one.restock]
    if any(one.restock for one in refund.credits) and len(shelved) != len(units):
        raise Rejected("WooCommerce puts all units of a refund back into stock, or none", Code.UNSUPPORTED)
    lines: dict[str, dict[str, object]] = {}
    for line in told.line_items:
        found = [one for one in refund.credits if one.line == str(line.id)]
        if found:
            amount = total((one.amount for one in found), order.currency)
            lines[str(line.id)] = _item(line, amount, sum(one.quantity for one in found))
    return {
        "amount": refund.paid_out().format(), "reason": marked(refund), "api_refund": True,
        "api_restock": bool(shelved), "line_items": lines,
    }  # fmt: skip


def _item(line: ToldLine, amount: Money, quantity: int) -> dict[str, object]:
    """With its taxes in the proportion that they have in the line."""
    taxes = [(one.id, decimal(one.total)) for one in line.taxes]
    taxes = [(rate, part) for rate, part in taxes if part > 0]
    weights = [int(part.scaleb(6)) for part in (max(decimal(line.total), Decimal(0)), *(part for _, part in taxes))]
    parts = amount.allocate(weights) if sum(weights) else (amount, *(Money.zero(amount.currency) for _ in taxes))
    return {
        "qty": quantity, "refund_total": parts[0].format(),
        "refund_tax": {str(rate): part.format() for (rate, _), part in zip(taxes, parts[1:], strict=True)},
    }  # fmt: skip


def _check(order: Order, refund: Refund) -> None:
    try:
        msgspec.structs.replace(order, refunds=(*order.refunds, refund))
        marked(refund)
    except (ValueError, OverflowError) as problem:
        raise Rejected(str(problem), Code.INVALID) from None
    if any(one.id == refund.id for one in order.refunds):
        raise Rejected(f"order {order.id}: refund {refund.id} is there already", Code.CONFLICT)
    left = {line.id: line.quantity for line in order.lines}
    for one in (*order.refunds, refund):
        for credit in one.credits:
            if credit.line is not None:
                left[credit.line] = left.get(credit.line, 0) - credit.quantity
    for line, quantity in left.items():
        if quantity < 0:
            raise Rejected(f"order {order.id}: more of line {line} than is left", Code.INVALID)
