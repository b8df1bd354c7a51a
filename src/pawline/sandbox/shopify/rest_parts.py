"""The parts of what webhooks carry: lines, shipping, discounts, taxes, addresses, moments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from pawline.sandbox.shopify.money import in_shop, rest_set
from pawline.sandbox.shopify.views import people

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pawline.model import Address, Money, Tax
    from pawline.sandbox.shopify.books import Books
    from pawline.sandbox.shopify.orders import Application, Line, Order, Shipping

Body: TypeAlias = dict[str, Any]
_ZONE: Final = ZoneInfo("Europe/Berlin")


def address(told: Address | None) -> Body | None:
    """An address."""
    if told is None:
        return None
    first, last = people.named(told.name)
    return {
        "first_name": first,
        "last_name": last,
        "name": told.name,
        "company": told.company,
        "address1": told.lines[0],
        "address2": ", ".join(told.lines[1:]) or None,
        "city": told.city,
        "zip": told.postcode,
        "province": told.region,
        "province_code": told.region,
        "country": told.country,
        "country_code": told.country,
        "phone": told.phone,
        "latitude": None,
        "longitude": None,
    }


def line(books: Books, of: Order, one: Line) -> Body:
    """A line item."""
    variant = books.variants.get(one.variant or 0)
    sent = {0: None, one.quantity: "fulfilled"}.get(one.sent, "partial")
    return {
        "id": one.id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{one.id}",
        "title": one.title,
        "name": one.title,
        "sku": one.sku,
        "variant_id": one.variant,
        "variant_title": None,
        "product_id": None if variant is None else variant.product,
        "product_exists": variant is not None,
        "vendor": None if variant is None else variant.vendor,
        "quantity": one.quantity,
        "current_quantity": one.current,
        "fulfillable_quantity": one.waiting if one.ships else 0,
        "fulfillment_status": sent,
        "fulfillment_service": "manual",
        "requires_shipping": one.ships,
        "gift_card": False,
        "grams": one.grams,
        "taxable": bool(one.taxes),
        "properties": [],
        "price": in_shop(of, one.price).format(),
        "price_set": rest_set(of, one.price),
        "total_discount": "0.00",
        "total_discount_set": rest_set(of, of.none()),
        "discount_allocations": _shares(of, one.shares),
        "tax_lines": taxes(of, one.taxes),
        "duties": [],
        "variant_inventory_management": "shopify" if variant is not None and variant.tracked else None,
    }


def shipping(of: Order, one: Shipping) -> Body:
    """A shipping line."""
    return {
        "id": one.id,
        "title": one.title,
        "code": one.code,
        "source": "shopify",
        "carrier_identifier": None,
        "phone": None,
        "is_removed": False,
        "price": in_shop(of, one.price).format(),
        "price_set": rest_set(of, one.price),
        "discounted_price": in_shop(of, one.net()).format(),
        "discounted_price_set": rest_set(of, one.net()),
        "current_discounted_price_set": rest_set(of, one.net() - one.back),
        "requested_fulfillment_service_id": None,
        "discount_allocations": _shares(of, one.shares),
        "tax_lines": taxes(of, one.taxes),
    }


def _shares(of: Order, shares: Iterable[tuple[int, Money]]) -> list[Body]:
    return [
        {
            "amount": in_shop(of, share).format(),
            "amount_set": rest_set(of, share),
            "discount_application_index": index,
        }
        for index, share in shares
    ]


def application(one: Application) -> Body:
    """A discount application."""
    return {
        "target_type": one.on.lower(),
        "type": "automatic" if one.code is None else "discount_code",
        "value": one.amount.format(),
        "value_type": "fixed_amount",
        "allocation_method": "across",
        "target_selection": "all",
        **({"title": one.title} if one.code is None else {"code": one.code}),
    }


def taxes(of: Order, found: Iterable[Tax]) -> list[Body]:
    """Tax lines."""
    return [
        {
            "title": one.title,
            "rate": None if one.rate is None else float(one.rate),
            "price": in_shop(of, one.amount).format(),
            "price_set": rest_set(of, one.amount),
            "channel_liable": False,
        }
        for one in found
    ]


def at(moment: float) -> str:
    """A moment as webhooks have it: in the shop's own zone."""
    return datetime.fromtimestamp(int(moment), UTC).astimezone(_ZONE).isoformat()
