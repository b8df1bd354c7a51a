"""Refunds as Shopify has them, and ours among them: a refund of ours bears its name in the note."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from pawline.connectors.shopify.ids import number
from pawline.connectors.shopify.replies import RefundNode, Transaction
from pawline.connectors.shopify.tenders import moved, taker_of
from pawline.model import Credit, LineId, Money, Payout, Refund, RefundId, Tender, TenderId, TenderState, total
from pawline.ports import Malformed

_FAILED: Final = frozenset({"FAILURE", "ERROR"})
_MARK: Final = re.compile(r"\[pawline:([^\]\s]{1,200})\]\s*\Z")
_REASON: Final = 200
"""Characters of a reason that stand in a note."""


def marked(refund: Refund) -> str:
    """The note of a refund of ours: why, and at its end its id. Raises ValueError for an id that fits in no note."""
    note = f"{refund.reason[:_REASON]} [pawline:{refund.id}]"
    if refund_id("0", note) != refund.id:
        raise ValueError("a refund's id that Shopify is told has no blanks and no ]")
    return note


def refund_id(number: str, note: str | None) -> RefundId:
    """What a refund is called: as we called it, if it was ours, else by Shopify's number."""
    found = _MARK.search(note or "")
    return RefundId(found[1] if found else number)


def refunds_of(
    nodes: Sequence[RefundNode], transactions: Sequence[Transaction], tenders: Sequence[Tender], bill: Money,
    *, taxes_included: bool,
) -> tuple[Refund, ...]:  # fmt: skip
    """Oldest first; without those that moved no money in the end and took nothing off the bill.

    Money that may be on its way counts. What goes back beyond the lines of a refund settles first what was off the
    bill already and not paid back (an edit, a cancellation); only the rest is goodwill, and comes off the bill too.
    """
    made: list[Refund] = []
    nothing, captured = Money.zero(bill.currency), (one for one in tenders if one.state is TenderState.CAPTURED)
    over = total((one.amount for one in captured), bill.currency) - bill
    for node in sorted(nodes, key=lambda one: (one.processed_at, int(number(one.id)))):
        payouts = _payouts(node, transactions, tenders, made, bill.currency)
        paid = total((one.amount for one in payouts), bill.currency)
        credited = _credits(node, paid, max(nothing, over), taxes_included)
        if not (payouts or credited):
            continue
        over += total((one.amount for one in credited), bill.currency)
        over -= paid
        note = _MARK.sub("", node.note or "").strip()
        made.append(
            Refund(
                id=refund_id(number(node.id), node.note), at=node.processed_at, reason=note or "refunded in Shopify",
                payouts=payouts, credits=credited,
            )
        )  # fmt: skip
    return tuple(made)


def _credits(node: RefundNode, paid: Money, over: Money, taxes_included: bool) -> tuple[Credit, ...]:
    """What left the bill: lines, shipping, duties, and what was given beside or kept back (a restocking fee)."""
    currency = over.currency

    def whole(amount: Money, tax: Money) -> Money:
        return amount if taxes_included else amount + tax

    lines = [
        Credit(
            amount=whole(one.subtotal_set.money(currency), one.total_tax_set.money(currency)),
            line=LineId(number(one.line_item.id)), quantity=one.quantity, restock=one.restocked,
        )
        for one in node.refund_line_items.nodes
    ]  # fmt: skip
    rest = [
        whole(one.subtotal_amount_set.money(currency), one.tax_amount_set.money(currency))
        for one in node.refund_shipping_lines.nodes
    ]
    rest += [duty.amount_set.money(currency) for duty in node.duties or ()]
    made = lines + [Credit(amount=amount) for amount in rest if amount.minor]
    beside = paid - total((one.amount for one in made), currency)
    if beside.minor > 0:
        beside -= min(beside, over)
        return (*made, Credit(amount=beside)) if beside.minor else tuple(made)
    return tuple(_less(made, _kept(node, currency)) if paid.minor else made)  # else the money is to follow


def _kept(node: RefundNode, currency: str) -> Money:
    """What was kept back of what the parts come to (a fee for restocking, the rounding of cash); not what follows."""
    kept = Money.zero(currency)
    for one in node.order_adjustments.nodes:
        if one.reason != "PENDING_REFUND_DISCREPANCY":
            kept += one.amount_set.money(currency) + one.tax_amount_set.money(currency)
    for transaction in _counting(node):
        if transaction.amount_rounding_set is not None:
            kept -= transaction.amount_rounding_set.money(currency)
    return max(Money.zero(currency), kept)


def _less(credited: Sequence[Credit], kept: Money) -> list[Credit]:
    """The credits without what was kept back, the last ones first."""
    made: list[Credit] = []
    for one in reversed(credited):
        part = min(kept, one.amount)
        kept -= part
        made.append(msgspec.structs.replace(one, amount=one.amount - part))
    return made[::-1]


def paid_out(node: RefundNode, currency: str) -> Money:
    """What goes back with it. Raises Malformed for amounts that are none."""
    try:
        return total((moved(one, currency) for one in _counting(node)), currency)
    except (ValueError, OverflowError):
        raise Malformed("a refund is shown with an amount that is none") from None


def _counting(node: RefundNode) -> list[Transaction]:
    return [one for one in node.transactions.nodes if one.kind == "REFUND" and one.status not in _FAILED]


def _payouts(
    node: RefundNode, transactions: Sequence[Transaction], tenders: Sequence[Tender], before: Sequence[Refund],
    currency: str,
) -> tuple[Payout, ...]:  # fmt: skip
    """By tender. Money that names none (store credit in place of a card) counts against those that have some left."""
    found: dict[TenderId, Money] = {}
    left = {tender.id: tender.amount for tender in tenders if tender.counts}
    for earlier in before:
        for payout in earlier.payouts:
            left[payout.tender] = left.get(payout.tender, Money.zero(currency)) - payout.amount
    for one in _counting(node):
        amount, taker = moved(one, currency), taker_of(one, (*transactions, one))
        names = [TenderId(number(taker.id))] if taker is not None else [name for name in left if left[name].minor > 0]
        for name in names:
            part = amount if taker is not None else min(amount, left[name])
            found[name] = found.get(name, Money.zero(currency)) + part
            left[name] = left.get(name, Money.zero(currency)) - part
            amount -= part
        if amount.minor > 0:
            raise ValueError(f"refund {number(node.id)} pays {amount} to nobody")
    return tuple(Payout(name, amount) for name, amount in found.items() if amount.minor > 0)


def paid_by(
    tender: TenderId, transactions: Sequence[Transaction], currency: str
) -> tuple[Transaction, Money] | None:  # fmt: skip
    """The capture or the sale that is this tender, with what is left of it: by which it can go back."""
    for one in transactions:
        if one.status != "SUCCESS" or one.kind not in {"SALE", "CAPTURE"} or number(one.id) != tender:
            continue
        gone = [
            moved(back, currency)
            for back in transactions
            if back.kind == "REFUND" and back.status not in _FAILED and taker_of(back, transactions) is one
        ]
        return one, moved(one, currency) - total(gone, currency)
    return None
