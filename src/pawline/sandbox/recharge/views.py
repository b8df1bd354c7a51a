"""How the API shows things: every field that the connector reads, and some that it must not mind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pawline.sandbox.recharge.books import stamp

if TYPE_CHECKING:
    from pawline.sandbox.recharge.books import Books, Customer, Listener


def customer(one: Customer) -> dict[str, Any]:
    """https://developer.rechargepayments.com/2021-11/customers/customers_object ."""
    return {
        "id": one.id, "email": one.email, "external_customer_id": {"ecommerce": one.shop}, "first_name": "Ann",
        "last_name": "Bee", "hash": f"{one.id:030x}", "has_payment_method_in_dunning": one.declines,
    }  # fmt: skip


def address(books: Books, number: int) -> dict[str, Any]:
    """Of the first subscription that goes there: its customer's card pays."""
    one = next(each for each in books.subscriptions.values() if each.address == number)
    return {
        "id": number, "customer_id": one.customer, "payment_method_id": one.customer, "first_name": "Ann",
        "last_name": "Bee", "address1": "Hauptstr. 1", "address2": None, "city": "Berlin", "zip": "10115",
        "province": "Berlin", "country_code": "DE", "company": None, "phone": None,
    }  # fmt: skip


def subscription(books: Books, number: int, include: Iterable[str] = ()) -> dict[str, Any]:
    """https://developer.rechargepayments.com/2021-11/subscriptions/subscriptions_object ."""
    one = books.subscriptions[number]
    shown: dict[str, Any] = {
        "id": one.id, "address_id": one.address, "customer_id": one.customer, "analytics_data": {"utm_params": []},
        "cancellation_reason": one.reason, "cancellation_reason_comments": None,
        "cancelled_at": None if one.cancelled is None else stamp(one.cancelled),
        "charge_interval_frequency": one.days, "created_at": stamp(one.made),
        "external_product_id": {"ecommerce": str(one.variant + 500_000)},
        "external_variant_id": {"ecommerce": str(one.variant)}, "has_queued_charges": one.next_on is not None,
        "is_prepaid": False, "is_skippable": True, "is_swappable": False, "max_retries_reached": False,
        "next_charge_scheduled_at": None if one.next_on is None else one.next_on.isoformat(),
        "order_interval_frequency": one.days, "order_interval_unit": "day", "price": "10.00",
        "product_title": one.sku, "properties": one.properties, "quantity": one.quantity,
        "sku": None if one.blank else one.sku, "sku_override": False, "status": one.status,
        "updated_at": stamp(one.changed), "variant_title": None,
    }  # fmt: skip
    beside: dict[str, Any] = {}
    if "customer" in include:
        beside["customer"] = customer(books.customers[one.customer])
    if "address" in include:
        beside["address"] = address(books, one.address)
    return shown | ({"include": beside} if beside else {})


def charge(books: Books, number: int) -> dict[str, Any]:
    """https://developer.rechargepayments.com/2021-11/charges/charge_object ."""
    one = books.charges[number]
    ones = [books.subscriptions[name] for name in one.items]
    refused = one.status == "error"
    return {
        "id": one.id, "address_id": one.address, "charge_attempts": one.attempts or None, "created_at": stamp(one.made),
        "currency": "EUR", "customer": None if not ones else customer(books.customers[ones[0].customer]),
        "error": "Your card was declined." if refused else None, "error_type": "CARD_DECLINED" if refused else None,
        "external_order_id": {"ecommerce": None}, "has_uncommitted_changes": False,
        "line_items": [
            {
                "purchase_item_id": each.id, "purchase_item_type": "subscription", "quantity": each.quantity,
                "external_variant_id": {"ecommerce": str(each.variant)}, "sku": each.sku, "unit_price": "10.00",
            }
            for each in ones
        ],
        "processed_at": None, "retry_date": None if one.retry_on is None else one.retry_on.isoformat(),
        "scheduled_at": one.on.isoformat(), "status": one.status, "type": "recurring", "updated_at": stamp(one.changed),
    }  # fmt: skip


def listener(one: Listener) -> dict[str, Any]:
    """https://developer.rechargepayments.com/2021-11/webhooks_endpoints/webhooks_object ."""
    return {"id": one.id, "address": one.address, "topic": one.topic, "included_objects": one.included}


def card(one: Customer) -> dict[str, Any]:
    """https://developer.rechargepayments.com/2021-11/payment_methods/payment_methods_object ."""
    year, month = one.card_ends
    details = {"brand": "visa", "exp_month": month, "exp_year": year, "last4": "2222"}
    return {
        "id": one.id, "customer_id": one.id, "default": True, "payment_details": details,
        "payment_type": "CREDIT_CARD", "processor_name": "stripe", "status": "valid",
    }  # fmt: skip
