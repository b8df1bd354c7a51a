"""What Recharge's JSON says, as far as it is read: names and shapes as in API 2021-11.

https://developer.rechargepayments.com/2021-11/subscriptions/subscriptions_object , …/charges/charge_object ,
…/customers/customers_object . Whether a number is text, and whether a time has its zone, is not the same everywhere.
What is no day or no time is refused when it is read.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec


class External(msgspec.Struct, frozen=True):
    """What the shop calls it: at Shopify, the number of the customer, the product or the variant."""

    ecommerce: str | int | None = None


class ToldCustomer(msgspec.Struct, frozen=True):
    """Whose it is."""

    id: int | None = None
    email: str | None = None
    external_customer_id: External | None = None


class ToldAddress(msgspec.Struct, frozen=True):
    """Where it goes, and by which card it is paid."""

    first_name: str | None = None
    last_name: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    zip: str | None = None
    province: str | None = None
    country_code: str | None = None
    company: str | None = None
    phone: str | None = None
    payment_method_id: int | None = None


class Included(msgspec.Struct, frozen=True):
    """What was asked for beside it."""

    customer: ToldCustomer | None = None
    address: ToldAddress | None = None


class ToldProperty(msgspec.Struct, frozen=True):
    """A property of the line: what a shopper, or the shop's pages, said when it was bought."""

    name: str | None = None
    value: str | int | float | bool | None = None


class ToldSubscription(msgspec.Struct, frozen=True):
    """One subscription: one variant, so many of it. Its `updated_at` does not move when its next charge does."""

    id: int
    customer_id: int
    status: str
    quantity: int
    created_at: str
    updated_at: str
    order_interval_unit: str
    charge_interval_frequency: int | str
    next_charge_scheduled_at: str | None = None
    sku: str | None = None
    external_product_id: External | None = None
    external_variant_id: External | None = None
    cancelled_at: str | None = None
    cancellation_reason: str | None = None
    properties: tuple[ToldProperty, ...] | None = None
    include: Included | None = None
    customer: ToldCustomer | None = None

    def __post_init__(self) -> None:
        if self.next_charge_scheduled_at:
            day(self.next_charge_scheduled_at)
        for one in (self.created_at, self.updated_at, self.cancelled_at or self.updated_at):
            moment(one)


class ToldItem(msgspec.Struct, frozen=True):
    """One of a charge's lines; `purchase_item_id` is its subscription."""

    purchase_item_id: int | None = None
    purchase_item_type: str | None = None


class ToldCharge(msgspec.Struct, frozen=True):
    """A charge: planned (`queued`), made, refused (`error`) or skipped. One may be for several subscriptions."""

    id: int
    status: str
    updated_at: str
    scheduled_at: str
    customer: ToldCustomer | None = None
    line_items: tuple[ToldItem, ...] = ()
    charge_attempts: int | None = None
    retry_date: str | None = None
    error: str | None = None
    error_type: str | None = None

    def __post_init__(self) -> None:
        day(self.scheduled_at)
        moment(self.updated_at)
        if self.retry_date:
            day(self.retry_date)

    def subscriptions(self) -> tuple[int, ...]:
        """Those that it is for, each once; what is bought once beside them is none."""
        found = (
            one.purchase_item_id for one in self.line_items
            if one.purchase_item_id is not None and one.purchase_item_type != "onetime"
        )  # fmt: skip
        return tuple(dict.fromkeys(found))


class Subscriptions(msgspec.Struct, frozen=True):
    """A page of a list."""

    subscriptions: tuple[ToldSubscription, ...]
    next_cursor: str | None = None


class Charges(msgspec.Struct, frozen=True):
    """A page of a list."""

    charges: tuple[ToldCharge, ...]
    next_cursor: str | None = None


class Customers(msgspec.Struct, frozen=True):
    """A page of a list."""

    customers: tuple[ToldCustomer, ...]


class OneSubscription(msgspec.Struct, frozen=True):
    """One that was asked for, or changed."""

    subscription: ToldSubscription


class OneCharge(msgspec.Struct, frozen=True):
    """One that was changed."""

    charge: ToldCharge


def day(text: str) -> date:
    """`2026-12-04`, with a time of day behind it or not. Raises ValueError for what is no day."""
    return date.fromisoformat(text[:10])


def moment(text: str) -> datetime:
    """A time. One without a zone is taken to be UTC: Recharge says its zone in some objects and not in others."""
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def external(told: External | None) -> str | None:
    """The shop's number, as text."""
    return None if told is None or told.ecommerce is None else str(told.ecommerce) or None
