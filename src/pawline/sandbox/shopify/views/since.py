"""Carriers' words, returns and disputes, as a query sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.sandbox.shopify.books import stamp
from pawline.sandbox.shopify.money import amount
from pawline.sandbox.shopify.paging import later, pages
from pawline.sandbox.shopify.views import fulfilment
from pawline.sandbox.shopify.views import order as orders

if TYPE_CHECKING:
    from pawline.sandbox.shopify.books import Books
    from pawline.sandbox.shopify.paging import View
    from pawline.sandbox.shopify.since import Dispute, Return


def returned(books: Books, one: Return) -> View:
    """A `Return`."""
    order = books.orders[one.order]
    return {
        "__typename": "Return",
        "id": f"gid://shopify/Return/{one.id}",
        "name": f"{order.name}-R{one.number}",
        "status": one.status,
        "createdAt": stamp(one.at),
        "order": later(lambda: orders.seen(books, order)),
        "totalQuantity": sum(units for _, _, units in one.lines),
        "returnLineItems": pages(lambda: one.lines, lambda line: _line(books, one, line)),
    }


def _line(books: Books, of: Return, one: tuple[int, int, int]) -> View:
    number, packed, units = one
    parcel, line = next(
        (parcel, line) for parcel in books.parcels.values() for line in parcel.lines if line[0] == packed
    )
    return {
        "__typename": "ReturnLineItem",
        "id": f"gid://shopify/ReturnLineItem/{number}",
        "quantity": units,
        "returnReasonNote": "",
        "returnReasonDefinition": {
            "__typename": "ReturnReasonDefinition",
            "id": "gid://shopify/ReturnReasonDefinition/1",
            "handle": of.why,
            "name": of.why.capitalize(),
            "deleted": False,
        },
        "fulfillmentLineItem": later(lambda: fulfilment.sent(books, books.orders[parcel.order], line)),
    }


def dispute(books: Books, one: Dispute) -> View:
    """A `ShopifyPaymentsDispute`."""
    order = books.orders[one.order]
    return {
        "__typename": "ShopifyPaymentsDispute",
        "id": f"gid://shopify/ShopifyPaymentsDispute/{one.id}",
        "legacyResourceId": str(one.id),
        "amount": amount(one.amount),
        "initiatedAt": stamp(one.at),
        "evidenceDueBy": stamp(one.due),
        "status": one.status,
        "type": one.type,
        "reasonDetails": {"reason": "FRAUDULENT", "networkReasonCode": "4837"},
        "order": later(lambda: orders.seen(books, order)),
    }
