"""What Shopify would say: its JSON of an order that is priced already, with every amount in two currencies."""

from __future__ import annotations

from typing import Any

import msgspec

from pawline.model import Address, Discount, Line, Money, Order, ShippingCharge, Tax, total

Json = dict[str, Any]
SHOP = "CHF"
"""The shop's own currency: whoever reads it for the shopper's has another amount."""


def bag(amount: Money, shop: str = SHOP) -> Json:
    """In the shop's currency it is twice as much, unless the shopper's is the same."""
    other = amount if shop == amount.currency else Money(amount.minor * 2, shop)
    return {
        "shop_money": {"amount": other.format(), "currency_code": other.currency},
        "presentment_money": {"amount": amount.format(), "currency_code": amount.currency},
    }


def order_json(order: Order, shop: str = SHOP, **more: Any) -> Json:
    """`orders/create`, without the fields that nobody reads; `more` are said in place of what is said otherwise."""
    applications: list[Json] = []
    said = [_line(line, applications, shop) for line in order.lines]
    shipping = [_shipping(charge, applications, shop) for charge in order.shipping]
    taxed = total((tax.amount for tax in taxes_in(order)), order.currency)
    included = any(tax.included for tax in taxes_in(order))
    rounding = Money.zero(order.currency) if order.rounding is None else order.rounding
    if order.tip is not None:
        said.append(tip_line(order.tip, shop))
    return {
        "id": int(order.id), "admin_graphql_api_id": f"gid://shopify/Order/{order.id}", "name": order.number,
        "created_at": order.placed_at.isoformat(), "updated_at": order.placed_at.isoformat(),
        "processed_at": order.placed_at.isoformat(), "currency": shop, "presentment_currency": order.currency,
        "total_price_set": bag(order.total - rounding, shop), "total_tax_set": bag(taxed, shop),
        "current_total_price_set": bag(order.total - rounding, shop),
        "total_cash_rounding_payment_adjustment_set": bag(rounding, shop),
        "taxes_included": included, "duties_included": False,
        "financial_status": "paid", "payment_gateway_names": ["shopify_payments"], "source_name": "web",
        "total_outstanding": "0.00", "total_tip_received": "0.00", "test": order.test, "tags": "",
        "line_items": said, "shipping_lines": shipping, "discount_applications": applications,
        "tax_lines": [], "refunds": [], "fulfillments": [], "company": None, "cancelled_at": None,
        "cancel_reason": None, "checkout_id": None, "email": None, "contact_email": None, "phone": None,
        "customer_locale": None, "customer": None, "buyer_accepts_marketing": False,
        "shipping_address": None, "billing_address": None, "original_total_additional_fees_set": None,
    } | more  # fmt: skip


def tip_line(tip: Money, shop: str = SHOP) -> Json:
    """A tip as a line."""
    return _line_json("9001", "Tip", 1, bag(tip, shop)) | {
        "requires_shipping": False, "tip": {"payment_gateway": "shopify_payments", "payment_method": "visa"}
    }  # fmt: skip


def address_json(address: Address) -> Json:
    """An address."""
    first, second = (*address.lines, None)[:2]
    return {
        "name": address.name, "first_name": "", "last_name": "", "address1": first, "address2": second,
        "city": address.city, "zip": address.postcode, "province": None, "province_code": address.region,
        "country": None, "country_code": address.country, "company": address.company, "phone": address.phone,
    }  # fmt: skip


def encoded(json: Json) -> bytes:
    """A body."""
    return msgspec.json.encode(json)


def taxes_in(order: Order) -> list[Tax]:
    """Those of its lines and its charges."""
    return [tax for line in order.lines for tax in line.taxes] + [tax for one in order.shipping for tax in one.taxes]


def _line(line: Line, applications: list[Json], shop: str) -> Json:
    said = _line_json(line.id, line.title, line.quantity, bag(line.price, shop))
    return said | {
        "sku": line.sku, "variant_id": 4000, "requires_shipping": line.ships, "grams": line.weight,
        "tax_lines": _taxes(line.taxes, shop), "discount_allocations": _allocated(line.discounts, applications, shop),
        "duties": [
            {
                "id": "2", "harmonized_system_code": one.tariff_code, "country_code_of_origin": one.origin,
                "tax_lines": [], **bag(one.amount, shop),
            }
            for one in line.duties
        ],
    }  # fmt: skip


def _line_json(id: str, title: str, quantity: int, price: Json) -> Json:
    return {
        "id": int(id), "title": title, "name": title, "quantity": quantity, "current_quantity": quantity,
        "price": price["shop_money"]["amount"], "price_set": price, "total_discount": "0.00", "sku": None,
        "variant_id": None, "product_id": None, "requires_shipping": True, "grams": 0, "tax_lines": [], "duties": [],
        "discount_allocations": [], "gift_card": False,
    }  # fmt: skip


def _shipping(charge: ShippingCharge, applications: list[Json], shop: str) -> Json:
    return {
        "id": 7001, "title": charge.title, "code": charge.method, "price_set": bag(charge.price, shop),
        "is_removed": False, "tax_lines": _taxes(charge.taxes, shop),
        "discount_allocations": _allocated(charge.discounts, applications, shop),
    }  # fmt: skip


def _taxes(taxes: tuple[Tax, ...], shop: str) -> list[Json]:
    rates = [None if tax.rate is None else float(tax.rate) for tax in taxes]
    return [
        {"title": tax.title, "rate": rate, "price_set": bag(tax.amount, shop), "channel_liable": False}
        for tax, rate in zip(taxes, rates, strict=True)
    ]


def _allocated(discounts: tuple[Discount, ...], applications: list[Json], shop: str) -> list[Json]:
    made = []
    for one in discounts:
        kind = {"type": "automatic", "title": one.title}
        if one.code is not None:
            kind = {"type": "discount_code", "code": one.code}
        made.append({"amount_set": bag(one.amount, shop), "discount_application_index": len(applications)})
        applications.append({"target_type": "line_item", **kind})
    return made


def cents(amount: str, currency: str = "EUR") -> Json:
    """A bag of one currency only."""
    return bag(Money.parse(amount, currency), currency)
