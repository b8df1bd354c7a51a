"""What Shopify's JSON says of an order, as far as it is read: names and shapes as in Admin API 2026-07.

https://shopify.dev/docs/api/webhooks/2026-07 has a payload of every topic.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from pawline.model import Aware, Money


class Amount(msgspec.Struct, frozen=True):
    """So much of one currency."""

    amount: str
    currency_code: str

    def money(self) -> Money:
        """Exact. Raises ValueError where Shopify says more decimals than the currency has."""
        return Money.parse(self.amount, self.currency_code)


class Bag(msgspec.Struct, frozen=True):
    """One amount twice: in the shop's currency, and as the shopper saw it (presentment)."""

    shop_money: Amount
    presentment_money: Amount

    def money(self) -> Money:
        """What the shopper saw: our orders are in that."""
        return self.presentment_money.money()


class ToldTax(msgspec.Struct, frozen=True):
    """One of `tax_lines`."""

    price_set: Bag
    title: str | None = None
    rate: Decimal | None = None


class ToldAllocation(msgspec.Struct, frozen=True):
    """A discount's part of one line: these are exact, whatever percentage they were made from."""

    amount_set: Bag
    discount_application_index: int | None = None


class ToldDiscount(msgspec.Struct, frozen=True):
    """One of `discount_applications`: where the parts came from."""

    type: str | None = None
    title: str | None = None
    code: str | None = None
    description: str | None = None


class ToldDuty(msgspec.Struct, frozen=True):
    """A duty of a line: its amount stands in it, or in a `price_set`, as the version has it."""

    shop_money: Amount | None = None
    presentment_money: Amount | None = None
    price_set: Bag | None = None
    harmonized_system_code: str | None = None
    country_code_of_origin: str | None = None
    tax_lines: tuple[ToldTax, ...] = ()

    def money(self) -> Money:
        """As the shopper saw it. Raises ValueError for a duty without an amount."""
        if self.price_set is not None:
            return self.price_set.money()
        if self.presentment_money is None:
            raise ValueError("a duty without an amount")
        return self.presentment_money.money()


class ToldLine(msgspec.Struct, frozen=True):
    """One of `line_items`. A component of a bundle is a line like any other, with its share of the price.

    `fulfillable_quantity` is what is left of `quantity` without what was refunded, and what left or is being sent.
    """

    id: int
    quantity: int
    price_set: Bag
    title: str | None = None
    name: str | None = None
    sku: str | None = None
    variant_id: int | None = None
    current_quantity: int | None = None
    fulfillable_quantity: int | None = None
    requires_shipping: bool | None = None
    grams: int | None = None
    tax_lines: tuple[ToldTax, ...] = ()
    duties: tuple[ToldDuty, ...] = ()
    discount_allocations: tuple[ToldAllocation, ...] = ()
    tip: dict[str, Any] | None = None
    tip_payment_gateway: str | UnsetType | None = UNSET

    def waits(self) -> bool:
        """Whether all of it that is still bought is still to be sent."""
        bought = self.quantity if self.current_quantity is None else self.current_quantity
        return bool(self.fulfillable_quantity) and self.fulfillable_quantity == bought

    def is_tip(self) -> bool:
        """A tip is told as a line: one that has `tip`, or the key `tip_payment_gateway`, be it null."""
        if self.tip is not None or isinstance(self.tip_payment_gateway, str):
            return True
        return self.tip_payment_gateway is None and self.variant_id is None and not self.requires_shipping


class ToldShipping(msgspec.Struct, frozen=True):
    """One of `shipping_lines`."""

    price_set: Bag
    title: str | None = None
    code: str | None = None
    is_removed: bool = False
    tax_lines: tuple[ToldTax, ...] = ()
    discount_allocations: tuple[ToldAllocation, ...] = ()


class ToldAddress(msgspec.Struct, frozen=True):
    """An address, every part of which may be missing."""

    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    zip: str | None = None
    province_code: str | None = None
    country_code: str | None = None
    company: str | None = None
    phone: str | None = None


class ToldCustomer(msgspec.Struct, frozen=True):
    """Whose order, or checkout, it is."""

    id: int | None = None
    email: str | None = None
    phone: str | None = None


class ToldOrder(msgspec.Struct, frozen=True):
    """An order: `orders/create` and its like. Amounts without currency (`total_outstanding`) are in the shop's."""

    id: int
    name: str
    created_at: Aware
    updated_at: Aware
    currency: str
    presentment_currency: str
    total_price_set: Bag
    total_tax_set: Bag
    taxes_included: bool
    financial_status: str
    line_items: tuple[ToldLine, ...]
    shipping_lines: tuple[ToldShipping, ...] = ()
    tax_lines: tuple[ToldTax, ...] = ()
    discount_applications: tuple[ToldDiscount, ...] = ()
    current_total_price_set: Bag | None = None
    original_total_additional_fees_set: Bag | None = None
    total_cash_rounding_payment_adjustment_set: Bag | None = None
    total_tip_received: str | None = None
    total_outstanding: str | None = None
    duties_included: bool | None = None
    payment_gateway_names: tuple[str, ...] = ()
    source_name: str | None = None
    company: dict[str, Any] | None = None
    tags: str | None = None
    test: bool = False
    cancelled_at: Aware | None = None
    cancel_reason: str | None = None
    processed_at: Aware | None = None
    fulfillment_status: str | None = None
    checkout_id: int | None = None
    email: str | None = None
    phone: str | None = None
    customer_locale: str | None = None
    customer: ToldCustomer | None = None
    shipping_address: ToldAddress | None = None
    billing_address: ToldAddress | None = None


def text(number: int | None) -> str | None:
    """An id as our ids have it."""
    return None if number is None else str(number)
