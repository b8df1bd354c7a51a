"""Refunds, as a query sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.sandbox.shopify.books import stamp
from pawline.sandbox.shopify.money import bag
from pawline.sandbox.shopify.orders import SUCCESS, added
from pawline.sandbox.shopify.paging import later, pages
from pawline.sandbox.shopify.views import lines, payments, stock
from pawline.sandbox.shopify.views import order as orders

if TYPE_CHECKING:
    from pawline.model import Money
    from pawline.sandbox.shopify.books import Books
    from pawline.sandbox.shopify.orders import Order, Refund, RefundLine
    from pawline.sandbox.shopify.paging import View


def refund(books: Books, order: Order, one: Refund) -> View:
    """A `Refund`."""
    moved = [paid for paid in order.transactions if paid.id in one.transactions]
    back = added((paid.amount for paid in moved if paid.status == SUCCESS), order.currency)
    return {
        "__typename": "Refund",
        "id": f"gid://shopify/Refund/{one.id}",
        "legacyResourceId": str(one.id),
        "createdAt": stamp(one.at),
        "processedAt": stamp(one.at),
        "updatedAt": stamp(one.at),
        "note": one.note,
        "order": later(lambda: orders.seen(books, order)),
        "duties": [],
        "return": None,
        "totalRefundedSet": bag(order, back),
        "transactions": pages(lambda: moved, lambda paid: payments.transaction(books, order, paid)),
        "refundLineItems": pages(lambda: one.lines, lambda line: _line(books, order, line)),
        "refundShippingLines": pages(lambda: one.shipping, lambda line: _shipping(order, line)),
        "orderAdjustments": pages(lambda: one.adjustments, lambda adjustment: _adjustment(order, adjustment)),
    }


def _line(books: Books, order: Order, one: RefundLine) -> View:
    line = order.line(one.line)
    assert line is not None  # noqa: S101 - refunds are of its own lines
    place = None if one.location is None else books.places[one.location]
    return {
        "id": f"gid://shopify/RefundLineItem/{one.id}",
        "lineItem": later(lambda: lines.line(books, order, line)),
        "location": None if place is None else later(lambda: stock.place(books, place)),
        "quantity": one.quantity,
        "restockType": one.restock,
        "restocked": one.location is not None,
        "priceSet": bag(order, line.price),
        "subtotalSet": bag(order, one.net),
        "totalTaxSet": bag(order, one.tax),
    }


def _shipping(order: Order, one: tuple[int, int, Money]) -> View:
    number, of, back = one
    charge = next(line for line in order.shipping if line.id == of)
    return {
        "__typename": "RefundShippingLine",
        "id": f"gid://shopify/RefundShippingLine/{number}",
        "shippingLine": lines.shipping(order, charge),
        "subtotalAmountSet": bag(order, back),
        "taxAmountSet": bag(order, order.none()),
    }


def _adjustment(order: Order, one: tuple[int, Money, str]) -> View:
    number, amount, reason = one
    return {
        "__typename": "OrderAdjustment",
        "id": f"gid://shopify/OrderAdjustment/{number}",
        "amountSet": bag(order, amount),
        "taxAmountSet": bag(order, order.none()),
        "reason": reason,
    }
