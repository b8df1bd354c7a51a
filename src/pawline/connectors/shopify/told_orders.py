"""What happens to orders and their money, told by webhooks, as our events.

Any order's webhook may come late, twice or first: each event is made of what its payload says, never of the topic's
name alone, and names a fact that whoever tells it again shares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from pawline.connectors.shopify.paid import COVERED
from pawline.connectors.shopify.placed import bill_of, household_of_order, order_of, unsent
from pawline.connectors.shopify.told import ToldOrder, text
from pawline.connectors.shopify.told_refunds import ToldRefund, refund_of
from pawline.kit import sku_of
from pawline.model import (
    Aware,
    CartBought,
    CartId,
    Event,
    Item,
    LineId,
    Money,
    Order,
    OrderCancelled,
    OrderId,
    OrderPaid,
    OrderPlaced,
    PaymentDeclined,
    PaymentDisputed,
    PaymentQuestioned,
    RefundFailed,
    RefundIssued,
    SkuId,
    TenderId,
)

BROUGHT_IN: Final = timedelta(days=1)
"""An order that was placed so long before Shopify had it was imported. A shop that is cut off sells on for hours."""
CALLED_OFF: Final = "called-off-by-pawline"
"""The tag of an order that we call off, set before that: no webhook says who did it, and we refund only our own."""
_BECAUSE: Final = {
    "customer": "the shopper asked for it",
    "declined": "the payment was declined",
    "fraud": "it looked like fraud",
    "inventory": "it was not in stock",
    "staff": "the shop's people made a mistake",
}
_FAILED: Final = frozenset({"failure", "error"})
_TAKES: Final = frozenset({"authorization", "emv_authorization", "sale", "capture"})


def placed(payload: bytes) -> tuple[Event, ...]:
    """`orders/create`: with what else the order says of itself by then.

    Nothing of an order that is brought in from elsewhere, with the day of its time: that is history. What of it has
    left by then, over a counter or as a gift card, is not to be sent.
    """
    told = msgspec.json.decode(payload, type=ToldOrder)
    if told.processed_at is not None and was_brought_in(told.created_at, told.processed_at):
        return ()
    order = order_of(told)
    if told.fulfillment_status in {"fulfilled", "partial"}:
        order = unsent(order, [LineId(str(line.id)) for line in told.line_items if line.waits()])
    events: list[Event] = [OrderPlaced(order=order)]
    if told.checkout_id is not None:
        events.append(CartBought(cart=CartId(str(told.checkout_id)), order=order.id, household=order.household))
    if told.financial_status in COVERED:
        events.append(_paid(told, order))
    if told.cancelled_at is not None:
        events.append(_cancelled(told, told.cancelled_at))
    return tuple(events)


def paid(payload: bytes) -> tuple[Event, ...]:
    """`orders/paid`. Raises ValueError where the order itself says something else."""
    told = msgspec.json.decode(payload, type=ToldOrder)
    if told.financial_status not in COVERED:
        raise ValueError(f"order {told.id} is said to be paid, and is {told.financial_status[:40]}")
    return (_paid(told),)


def cancelled(payload: bytes) -> tuple[Event, ...]:
    """`orders/cancelled`. Raises ValueError where the order itself does not say so."""
    told = msgspec.json.decode(payload, type=ToldOrder)
    if told.cancelled_at is None:
        raise ValueError(f"order {told.id} is said to be cancelled, and does not say when")
    return (_cancelled(told, told.cancelled_at),)


def was_brought_in(had: datetime, processed: datetime) -> bool:
    """Whether an order that Shopify has had since `had` is history from elsewhere, with the day of its time."""
    return had - processed > BROUGHT_IN


def _paid(told: ToldOrder, order: Order | None = None) -> OrderPaid:
    """What an edit took out before it was paid is neither owed nor bought; what was refunded since was both."""
    stands = told.financial_status == "paid"
    whole = told if stands else msgspec.structs.replace(told, current_total_price_set=None)
    bought: Counter[SkuId] = Counter()
    for line in told.line_items:
        left = line.current_quantity if stands else None
        if not line.is_tip():
            bought[sku_of(line.sku, text(line.variant_id), str(line.id))] += line.quantity if left is None else left
    return OrderPaid(
        order=OrderId(str(told.id)),
        at=told.updated_at,
        paid=bill_of(whole, order),
        household=household_of_order(told),
        items=tuple(Item(sku, units) for sku, units in sorted(bought.items()) if units > 0),
    )


def _cancelled(told: ToldOrder, at: Aware) -> OrderCancelled:
    by = called_off_by(told.cancel_reason, (tag.strip() for tag in (told.tags or "").split(",")))
    because = because_of(told.cancel_reason)
    return OrderCancelled(
        order=OrderId(str(told.id)), at=at, by=by, because=because, household=household_of_order(told)
    )


def called_off_by(reason: str | None, tags: Iterable[str]) -> str:
    """Who called an order off: it was us where it bears our tag."""
    if CALLED_OFF in tags:
        return "pawline"
    return "shopper" if (reason or "").lower() == "customer" else "shop"


def because_of(reason: str | None) -> str:
    """Shopify's reason as a sentence."""
    return _BECAUSE.get((reason or "").lower(), "no reason was given")


def refunded(payload: bytes) -> tuple[Event, ...]:
    """`refunds/create`: also of goods that an edit takes out before anything is paid back."""
    told = msgspec.json.decode(payload, type=ToldRefund)
    return (RefundIssued(order=OrderId(str(told.order_id)), refund=refund_of(told)),)


class Attempt(msgspec.Struct, frozen=True):
    """`order_transactions/create`."""

    id: int
    order_id: int
    kind: str
    status: str
    created_at: Aware
    processed_at: Aware | None = None
    error_code: str | None = None
    amount: str | None = None
    currency: str | None = None


def attempted(payload: bytes) -> tuple[Event, ...]:
    """`order_transactions/create`: money that did not move. What did, the order itself tells."""
    return of_attempt(msgspec.json.decode(payload, type=Attempt))


def of_attempt(told: Attempt) -> tuple[Event, ...]:
    """A payment that was declined, or a refund: also one that was pending, and was told as paid back by then."""
    if told.status not in _FAILED:
        return ()
    order, at = OrderId(str(told.order_id)), told.processed_at or told.created_at
    because = told.error_code or "no reason was given"
    if told.kind == "refund":
        amount = Money.parse(told.amount, told.currency) if told.amount and told.currency else None
        return (RefundFailed(order=order, transaction=str(told.id), at=at, because=because, amount=amount),)
    if told.kind not in _TAKES:
        return ()
    return (PaymentDeclined(order=order, tender=TenderId(str(told.id)), at=at, because=because),)


class Dispute(msgspec.Struct, frozen=True):
    """`disputes/create` and `disputes/update`, of Shopify Payments."""

    id: int
    order_id: int
    type: str
    amount: str
    currency: str
    reason: str | None = None
    status: str | None = None
    evidence_due_by: Aware | None = None


def disputed(payload: bytes) -> tuple[Event, ...]:
    """`disputes/create` and `disputes/update`: see `of_dispute`."""
    return of_dispute(msgspec.json.decode(payload, type=Dispute))


def of_dispute(told: Dispute) -> tuple[Event, ...]:
    """A chargeback, or an inquiry, which takes no money back. Nothing of one that is over: nobody has to answer it.

    Raises ValueError for a type that is not known.
    """
    kinds: dict[str, type[PaymentDisputed | PaymentQuestioned]] = {
        "chargeback": PaymentDisputed, "inquiry": PaymentQuestioned,
    }  # fmt: skip
    if told.type not in kinds:
        raise ValueError(f"dispute {told.id} is of a type that is not known: {told.type[:40]}")
    if told.type == "inquiry" and told.status not in {None, "needs_response"}:
        return ()
    return (
        kinds[told.type](
            order=OrderId(str(told.order_id)),
            dispute=str(told.id),
            amount=Money.parse(told.amount, told.currency),
            because=told.reason or "no reason was given",
            answer_by=told.evidence_due_by,
        ),
    )
