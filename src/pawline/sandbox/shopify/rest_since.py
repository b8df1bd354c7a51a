"""What webhooks carry of carriers' words, returns, disputes and consents.

https://shopify.dev/docs/api/webhooks/2026-07
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.sandbox.shopify.rest_parts import Body, at

if TYPE_CHECKING:
    from pawline.sandbox.shopify.books import Books, Parcel, Person
    from pawline.sandbox.shopify.since import Dispute, Return, Word


def word(of: Parcel, one: Word) -> Body:
    """The body of `fulfillment_events/create`."""
    return {
        "id": one.id,
        "admin_graphql_api_id": f"gid://shopify/FulfillmentEvent/{one.id}",
        "fulfillment_id": of.id,
        "order_id": of.order,
        "shop_id": 1,
        "status": one.status.lower(),
        "message": None,
        "happened_at": at(one.at),
        "created_at": at(one.at),
        "updated_at": at(one.at),
        "estimated_delivery_at": None if one.expected is None else at(one.expected),
    }


def returned(books: Books, one: Return) -> Body:
    """The body of `returns/…`: what is called off or refused names no lines."""
    body: Body = {
        "id": one.id,
        "admin_graphql_api_id": f"gid://shopify/Return/{one.id}",
        "status": one.status.lower(),
    }
    if one.status in {"CANCELED", "DECLINED"}:
        return body | {"order_id": one.order}
    lines = {number: line for parcel in books.parcels.values() for number, line, _ in parcel.lines}
    return body | {
        "order": {"id": one.order, "admin_graphql_api_id": f"gid://shopify/Order/{one.order}"},
        "total_return_line_items": len(one.lines),
        "name": f"{books.orders[one.order].name}-R{one.number}",
        "return_line_items": [
            {
                "id": number,
                "admin_graphql_api_id": f"gid://shopify/ReturnLineItem/{number}",
                "fulfillment_line_item": {"id": of, "line_item": {"id": lines[of]}},
                "quantity": units,
                "return_reason": one.why,
                "return_reason_note": "",
                "customer_note": None,
            }
            for number, of, units in one.lines
        ],
    }


def dispute(one: Dispute) -> Body:
    """The body of `disputes/…`."""
    return {
        "id": one.id,
        "order_id": one.order,
        "type": one.type.lower(),
        "amount": one.amount.format(),
        "currency": one.amount.currency,
        "reason": "fraudulent",
        "network_reason_code": "4837",
        "status": one.status.lower(),
        "evidence_due_by": at(one.due),
        "evidence_sent_on": None,
        "finalized_on": None,
        "initiated_at": at(one.at),
    }


def consent(one: Person) -> Body:
    """The body of `customers_email_marketing_consent/update`."""
    return {
        "customer_id": one.id,
        "email_address": one.email,
        "email_marketing_consent": {
            "state": one.agreed.lower(),
            "opt_in_level": None,
            "consent_updated_at": None if one.decided is None else at(one.decided),
        },
    }
