"""What webhooks carry: the vendor's older form of an order, a refund and a fulfilment, plain numbers for ids.

https://shopify.dev/docs/api/webhooks/2026-07 - amounts without `_set` are in the shop's own currency.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pawline.sandbox.shopify.money import in_shop, rest_set
from pawline.sandbox.shopify.orders import FAILURE, added
from pawline.sandbox.shopify.rest_parts import Body, address, application, at, line, shipping, taxes
from pawline.sandbox.shopify.views import fulfilment as works
from pawline.sandbox.shopify.views import people

if TYPE_CHECKING:
    from pawline.model import Money
    from pawline.sandbox.shopify.books import Books, Parcel
    from pawline.sandbox.shopify.orders import Order, Refund, RefundLine, Transaction

_SHIPPED: Final = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}


def order(books: Books, one: Order) -> Body:
    """The body of `orders/…`."""
    return (
        {
            "id": one.id,
            "admin_graphql_api_id": f"gid://shopify/Order/{one.id}",
            "app_id": 580111,
            "name": one.name,
            "number": one.number - 1000,
            "order_number": one.number,
            "confirmation_number": f"C{one.number}",
            "created_at": at(one.created),
            "processed_at": at(one.placed),
            "updated_at": at(one.changed),
            "cancelled_at": None if one.cancelled is None else at(one.cancelled),
            "cancel_reason": None if one.cancel_reason is None else one.cancel_reason.lower(),
            "closed_at": None if one.cancelled is None else at(one.cancelled),
            "confirmed": True,
            "test": one.test,
            "source_name": one.source,
            "tags": ", ".join(sorted(one.tags)),
            "note": one.note,
            "note_attributes": [],
            "currency": one.shop_currency,
            "presentment_currency": one.currency,
            "taxes_included": one.taxes_included,
            "financial_status": one.financial_status().lower(),
            "fulfillment_status": _SHIPPED.get(works.status(books, one)),
            "payment_gateway_names": list(dict.fromkeys(paid.gateway for paid in one.transactions)),
            "location_id": None,
            "merchant_business_entity_id": "MTYwMTEx",
            "duties_included": False,
            "estimated_taxes": False,
        }
        | _buyer(books, one)
        | _parts(books, one)
        | _sums(one)
    )


def _buyer(books: Books, one: Order) -> Body:
    person = None if one.customer is None else books.people[one.customer]
    first, last = people.named(None if person is None else person.name)
    return {
        "email": one.email or "",
        "contact_email": one.email,
        "phone": one.phone,
        "customer_locale": one.language,
        "buyer_accepts_marketing": False,
        "customer": None
        if person is None
        else {
            "id": person.id,
            "admin_graphql_api_id": f"gid://shopify/Customer/{person.id}",
            "email": person.email,
            "phone": person.phone,
            "first_name": first,
            "last_name": last,
            "state": "disabled",
            "currency": one.shop_currency,
            "created_at": at(person.at),
            "updated_at": at(person.at),
            "verified_email": True,
            "tax_exempt": False,
        },
        "shipping_address": address(one.ship_to),
        "billing_address": address(one.bill_to),
    }


def _parts(books: Books, one: Order) -> Body:
    return {
        "line_items": [line(books, one, item) for item in one.lines],
        "shipping_lines": [shipping(one, charge) for charge in one.shipping],
        "discount_applications": [application(use) for use in one.applications],
        "discount_codes": [
            {"code": use.code, "amount": in_shop(one, use.amount).format(), "type": "fixed_amount"}
            for use in one.applications
            if use.code
        ],
        "tax_lines": taxes(one, [tax for item in [*one.lines, *one.shipping] for tax in item.taxes]),
        "refunds": [refund(books, one, back) for back in one.refunds],
        "fulfillments": [fulfilment(books, one, books.parcels[parcel]) for parcel in one.fulfilments],
    }


def _sums(one: Order) -> Body:
    lines = added((item.price * item.quantity for item in one.lines), one.currency)
    off = added((item.off for item in [*one.lines, *one.shipping]), one.currency)
    tax = added((item.tax for item in [*one.lines, *one.shipping]), one.currency)
    net = added((item.net() for item in one.lines), one.currency)
    gone = added((item.net for back in one.refunds for item in back.lines), one.currency)
    gone_tax = added((item.tax for back in one.refunds for item in back.lines), one.currency)
    charged = added((item.price for item in one.shipping), one.currency)
    sums = {
        "total_line_items_price": lines, "total_discounts": off, "total_tax": tax, "subtotal_price": net,
        "total_price": one.total(), "current_total_price": one.current(), "current_subtotal_price": net - gone,
        "current_total_tax": tax - gone_tax, "current_total_discounts": off,
    }  # fmt: skip
    found: Body = {}
    for name, amount in sums.items():
        found |= {name: in_shop(one, amount).format(), f"{name}_set": rest_set(one, amount)}
    return found | {
        "total_shipping_price_set": rest_set(one, charged),
        "total_cash_rounding_payment_adjustment_set": rest_set(one, one.none()),
        "total_cash_rounding_refund_adjustment_set": rest_set(one, one.none()),
        "total_outstanding": in_shop(one, one.outstanding()).format(),
        "total_tip_received": in_shop(one, one.tip).format(),
        "total_weight": sum(item.grams * item.quantity for item in one.lines),
        "original_total_duties_set": None,
        "current_total_duties_set": None,
        "original_total_additional_fees_set": None,
        "current_total_additional_fees_set": None,
    }


def refund(books: Books, of: Order, one: Refund) -> Body:
    """The body of `refunds/create`."""
    moved = [paid for paid in of.transactions if paid.id in one.transactions]
    return {
        "id": one.id,
        "admin_graphql_api_id": f"gid://shopify/Refund/{one.id}",
        "order_id": of.id,
        "note": one.note,
        "created_at": at(one.at),
        "processed_at": at(one.at),
        "user_id": None,
        "restock": any(item.location for item in one.lines),
        "duties": [],
        "total_duties_set": rest_set(of, of.none()),
        "return": None,
        "refund_line_items": [_refund_line(books, of, item) for item in one.lines],
        "refund_shipping_lines": [
            {
                "id": number,
                "shipping_line_id": of_line,
                "shipping_line": shipping(of, next(found for found in of.shipping if found.id == of_line)),
                "subtotal_amount_set": rest_set(of, back),
            }
            for number, of_line, back in one.shipping
        ],
        "transactions": [transaction(of, paid) for paid in moved],
        "order_adjustments": [_adjustment(of, one, *adjustment) for adjustment in one.adjustments],
    }


def _refund_line(books: Books, of: Order, one: RefundLine) -> Body:
    return {
        "id": one.id,
        "line_item_id": one.line,
        "location_id": one.location,
        "quantity": one.quantity,
        "restock_type": one.restock.lower(),
        "subtotal": float(in_shop(of, one.net).format()),
        "subtotal_set": rest_set(of, one.net),
        "total_tax": float(in_shop(of, one.tax).format()),
        "total_tax_set": rest_set(of, one.tax),
        "line_item": line(books, of, next(found for found in of.lines if found.id == one.line)),
    }


def _adjustment(of: Order, back: Refund, id: int, amount: Money, reason: str) -> Body:
    return {
        "id": id,
        "order_id": of.id,
        "refund_id": back.id,
        "kind": "refund_discrepancy",
        "reason": reason.replace("_", " ").capitalize(),
        "amount": in_shop(of, amount).format(),
        "amount_set": rest_set(of, amount),
        "tax_amount": "0.00",
        "tax_amount_set": rest_set(of, of.none()),
    }


def transaction(of: Order, one: Transaction) -> Body:
    """The body of `order_transactions/create`."""
    return {
        "id": one.id,
        "admin_graphql_api_id": f"gid://shopify/OrderTransaction/{one.id}",
        "order_id": of.id,
        "parent_id": one.parent,
        "kind": one.kind.lower(),
        "status": one.status.lower(),
        "gateway": one.gateway,
        "amount": one.amount.format(),
        "currency": one.amount.currency,
        "created_at": at(one.at),
        "processed_at": at(one.at),
        "payment_id": f"{of.name}.{one.id}",
        "message": None,
        "error_code": "card_declined" if one.status == FAILURE else None,
        "location_id": None,
        "user_id": None,
        "device_id": None,
        "source_name": one.source or of.source,
        "receipt": {},
        "test": of.test,
    }


def fulfilment(books: Books, of: Order, one: Parcel) -> Body:
    """The body of `fulfillments/…`."""
    return {
        "id": one.id,
        "admin_graphql_api_id": f"gid://shopify/Fulfillment/{one.id}",
        "order_id": of.id,
        "name": f"{of.name}.{one.number}",
        "status": one.status.lower(),
        "shipment_status": one.words[-1].status.lower() if one.words else None,
        "service": "manual",
        "location_id": one.place,
        "created_at": at(one.at),
        "updated_at": at(one.changed),
        "email": of.email,
        "tracking_company": one.company,
        "tracking_number": one.numbers[0] if one.numbers else None,
        "tracking_numbers": one.numbers,
        "tracking_url": one.urls[0] if one.urls else None,
        "tracking_urls": one.urls,
        "receipt": {},
        "origin_address": {},
        "destination": address(of.ship_to),
        "line_items": [
            line(books, of, next(found for found in of.lines if found.id == item)) | {"quantity": units}
            for _, item, units in one.lines
        ],
    }
