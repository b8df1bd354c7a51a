"""What an order that changed says happened to it, as the very facts that its webhooks tell."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from pawline.connectors.shopify.ids import number
from pawline.connectors.shopify.orders import Whole
from pawline.connectors.shopify.paid import COVERED
from pawline.connectors.shopify.placed import unsent
from pawline.connectors.shopify.replies import LineItem, Transaction, number_in
from pawline.connectors.shopify.tenders import with_due
from pawline.connectors.shopify.told_orders import Attempt, because_of, called_off_by, of_attempt, was_brought_in
from pawline.model import (
    Aware,
    Edit,
    EditId,
    Event,
    Item,
    LineId,
    Order,
    OrderCancelled,
    OrderEdited,
    OrderPaid,
    OrderPlaced,
    RefundIssued,
    SkuId,
    total,
)

BEGUN: Final = frozenset({"FULFILLED", "PARTIALLY_FULFILLED", "IN_PROGRESS", "PENDING_FULFILLMENT", "RESTOCKED"})
"""Somebody sends it already, or has: whoever hears of it only now asks no warehouse for it."""
SOME: Final = "PARTIALLY_FULFILLED"
"""Some lines left, a gift card at once for example: the others are still to be sent."""
Happened = list[tuple[datetime, Event]]


class Changed(msgspec.Struct, frozen=True, rename="camel"):
    """An order, and what is not in it as a whole. It was placed when it was `processed`, and is Shopify's since."""

    id: str
    created_at: Aware
    processed_at: Aware
    updated_at: Aware
    edited: bool
    display_fulfillment_status: str
    subtotal_line_items_quantity: int
    current_subtotal_line_items_quantity: int
    display_financial_status: str | None = None
    cancelled_at: Aware | None = None
    cancel_reason: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def financial(self) -> str:
        """As a webhook has it."""
        return (self.display_financial_status or "").lower()

    def is_of(self, since: datetime) -> bool:
        """Whether it was placed since then, and not brought in: what is older is not placed anew because it changes."""
        return self.processed_at >= since and not was_brought_in(self.created_at, self.processed_at)

    def may_tell(self, since: datetime) -> bool:
        """Whether reading it whole can find anything: an old order that is only tagged costs 80 points for nothing."""
        called_off = self.cancelled_at is not None and self.cancelled_at >= since
        gone = self.current_subtotal_line_items_quantity != self.subtotal_line_items_quantity
        return self.is_of(since) or called_off or gone or self.edited or self.financial != "paid"


def happened(one: Changed, whole: Whole, since: datetime) -> Happened:
    """What happened since then to the order, its money and its goods. Only what is remembered as told is told again."""
    found: Happened = []
    read, whose = whole.order, whole.order.household
    if one.is_of(since):
        order = read
        if one.display_fulfillment_status in BEGUN:
            order = unsent(read, _waiting(whole.items) if one.display_fulfillment_status == SOME else ())
        placed = msgspec.structs.replace(with_due(order, one.financial), refunds=())
        found.append((one.processed_at, OrderPlaced(order=placed)))
        if one.financial in COVERED:
            found.append((one.updated_at, _paid(one, order)))
        if one.edited:
            found.append((one.updated_at, _edited(one, order)))
    found += [
        (refund.at, RefundIssued(order=read.id, refund=refund, household=whose))
        for refund in read.refunds if refund.at >= since
    ]  # fmt: skip
    if one.cancelled_at is not None and one.cancelled_at >= since:
        by, why = called_off_by(one.cancel_reason, one.tags), because_of(one.cancel_reason)
        off = OrderCancelled(order=read.id, at=one.cancelled_at, by=by, because=why, household=whose)
        found.append((one.cancelled_at, off))
    return found + _refused(read, whole.transactions, since)


def _waiting(items: Sequence[LineItem]) -> list[LineId]:
    """Lines of which nothing left, and something is still bought."""
    return [LineId(number(one.id)) for one in items if 0 < one.unfulfilled_quantity == one.current_quantity]


def _refused(order: Order, transactions: Sequence[Transaction], since: datetime) -> Happened:
    """Payments and refunds that were refused since then, each attempt by its transaction's number."""
    found: Happened = []
    for one in transactions:
        if one.created_at is not None and (at := one.processed_at or one.created_at) >= since:
            told = Attempt(
                id=int(number_in(one.id)), order_id=int(order.id), kind=one.kind.lower(),
                status=one.status.lower(), created_at=one.created_at, processed_at=one.processed_at,
                error_code=None if one.error_code is None else one.error_code.lower(),
                amount=one.amount_set.presentment_money.amount, currency=order.currency,
            )  # fmt: skip
            found += [(at, event) for event in of_attempt(told)]
    return found


def _paid(one: Changed, order: Order) -> OrderPaid:
    """What an edit took out without money was neither owed nor bought; what money went back for was both."""
    called_off = one.cancelled_at
    out = [
        refund for refund in order.refunds
        if not refund.payouts and (called_off is None or refund.at < called_off)
    ]  # fmt: skip
    gone = Counter[LineId | None]()
    for credit in (credit for refund in out for credit in refund.credits):
        gone[credit.line] += credit.quantity
    bought = Counter[SkuId]()
    for line in order.lines:
        bought[line.sku] += line.quantity - gone[line.id]
    owed = order.total - total((refund.credited() for refund in out), order.currency)
    items = tuple(Item(sku, left) for sku, left in sorted(bought.items()) if left > 0)
    return OrderPaid(order=order.id, at=one.updated_at, paid=owed, household=order.household, items=items)


def _edited(one: Changed, order: Order) -> OrderEdited:
    """Shopify does not name its edits: one is named by the units and the prices that it left.

    So it is the same whatever was sent since, or whichever product was deleted. What it took out is a refund's.
    """
    left = [
        (line.id, line.quantity, line.price.minor, [off.amount.minor for off in line.discounts]) for line in order.lines
    ]
    said = hashlib.sha256(msgspec.json.encode(left)).hexdigest()[:16]
    edit = Edit(id=EditId(said), at=one.updated_at, reason="edited in the shop", lines=order.lines)
    return OrderEdited(order=order.id, edit=edit, household=order.household)
