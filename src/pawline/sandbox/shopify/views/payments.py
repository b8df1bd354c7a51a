"""Transactions, as a query sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.sandbox.shopify.books import stamp
from pawline.sandbox.shopify.money import amount, bag
from pawline.sandbox.shopify.orders import AUTHORIZATION, FAILURE, PENDING
from pawline.sandbox.shopify.paging import later
from pawline.sandbox.shopify.views import order as orders

if TYPE_CHECKING:
    from pawline.sandbox.shopify.books import Books
    from pawline.sandbox.shopify.orders import Order, Transaction
    from pawline.sandbox.shopify.paging import View


def transaction(books: Books, order: Order, one: Transaction) -> View:
    """An `OrderTransaction`."""
    parent = order.transaction(one.parent) if one.parent is not None else None
    waits = order.capturable(one)
    return {
        "__typename": "OrderTransaction",
        "id": f"gid://shopify/OrderTransaction/{one.id}",
        "kind": one.kind,
        "status": one.status,
        "gateway": one.gateway,
        "formattedGateway": one.gateway.replace("_", " ").title(),
        "amountSet": bag(order, one.amount),
        "createdAt": stamp(one.at),
        "processedAt": stamp(one.at),
        "errorCode": "CARD_DECLINED" if one.status == FAILURE else None,
        "parentTransaction": None if parent is None else later(lambda: transaction(books, order, parent)),
        "order": later(lambda: orders.seen(books, order)),
        "test": order.test,
        "manualPaymentGateway": one.gateway in {"Bank Deposit", "cash"},
        "manuallyCapturable": bool(waits.minor),
        "multiCapturable": one.kind == AUTHORIZATION,
        "maximumRefundableV2": amount(order.refundable(one)),
        "totalUnsettledSet": bag(order, waits if one.status != PENDING else one.amount),
        "paymentId": f"{order.name}.1" if one.source is None else one.source,
        "paymentDetails": _details(one),
        "receiptJson": '{"gift_card_id": 1}' if one.gateway == "gift_card" else "{}",
    }


def _details(one: Transaction) -> View | None:
    if one.gateway == "shopify_payments":
        return {
            "__typename": "CardPaymentDetails",
            "company": "Visa",
            "number": "•••• •••• •••• 4242",
            "paymentMethodName": "card",
        }
    if one.gateway == "paypal":
        return {"__typename": "PaypalWalletPaymentDetails", "paymentMethodName": "paypal_wallet"}
    return None
