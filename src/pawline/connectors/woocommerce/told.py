"""What WooCommerce's JSON says of an order, as far as it is read: names and shapes as of REST API v3.

`plugins/woocommerce/includes/rest-api/Controllers/Version2/class-wc-rest-orders-v2-controller.php`. Amounts are decimal
text, with as many decimals as were asked for (`dp`); those inside of `taxes` are as they were computed. Times ending in
`_gmt` are UTC without saying so; the others are on the shop's own wall, and are not read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

DECIMALS: Final = "6"
"""Asked for with each order: with fewer, nets and taxes of prices with tax in them do not come to what was paid."""
MOST_DIGITS: Final = 30


class ToldMeta(msgspec.Struct, frozen=True):
    """One of `meta_data`: whatever a plugin keeps."""

    key: str
    value: Any = None


class ToldTax(msgspec.Struct, frozen=True):
    """What one rate comes to on one line; `id` is the rate's."""

    id: int
    total: str | float | int | None = None


class ToldLine(msgspec.Struct, frozen=True):
    """One of `line_items`: `subtotal` before and `total` after coupons, both without tax."""

    id: int
    quantity: int | float
    subtotal: str
    subtotal_tax: str
    total: str
    total_tax: str
    name: str | None = None
    sku: str | None = None
    product_id: int | None = None
    variation_id: int | None = None
    taxes: tuple[ToldTax, ...] = ()
    meta_data: tuple[ToldMeta, ...] = ()

    @property
    def units(self) -> int:
        """How many. Raises ValueError for parts of one: see `whole`."""
        return whole(self.quantity)


class ToldCharge(msgspec.Struct, frozen=True):
    """One of `shipping_lines` or `fee_lines`."""

    id: int
    total: str
    total_tax: str = "0"
    method_title: str | None = None
    method_id: str | None = None
    name: str | None = None
    taxes: tuple[ToldTax, ...] = ()


class ToldRate(msgspec.Struct, frozen=True):
    """One of `tax_lines`: what a rate is called."""

    rate_id: int
    label: str | None = None
    rate_percent: float | None = None


class ToldCoupon(msgspec.Struct, frozen=True):
    """One of `coupon_lines`."""

    code: str


class ToldAddress(msgspec.Struct, frozen=True):
    """`billing` or `shipping`; what is not there is an empty text."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    address_1: str = ""
    address_2: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    country: str = ""
    email: str | None = None
    phone: str | None = None


class ToldBack(msgspec.Struct, frozen=True):
    """One of an order's `refunds`: what it is about, says only the refund itself."""

    id: int


class ToldOrder(msgspec.Struct, frozen=True):
    """An order."""

    id: int
    number: str
    status: str
    currency: str
    date_created_gmt: str
    date_modified_gmt: str
    total: str
    prices_include_tax: bool
    line_items: tuple[ToldLine, ...]
    billing: ToldAddress = ToldAddress()
    shipping: ToldAddress = ToldAddress()
    customer_id: int = 0
    created_via: str = ""
    payment_method: str = ""
    date_paid_gmt: str | None = None
    date_completed_gmt: str | None = None
    tax_lines: tuple[ToldRate, ...] = ()
    shipping_lines: tuple[ToldCharge, ...] = ()
    fee_lines: tuple[ToldCharge, ...] = ()
    coupon_lines: tuple[ToldCoupon, ...] = ()
    refunds: tuple[ToldBack, ...] = ()
    meta_data: tuple[ToldMeta, ...] = ()
    needs_processing: bool | None = None

    def __post_init__(self) -> None:
        for one in (self.date_created_gmt, self.date_modified_gmt, self.date_paid_gmt, self.date_completed_gmt):
            if one is not None:
                moment(one)

    @property
    def created(self) -> datetime:
        """When it was made, which is when somebody came to pay."""
        return moment(self.date_created_gmt)

    @property
    def modified(self) -> datetime:
        """When it was saved last, for whatever reason."""
        return moment(self.date_modified_gmt)

    @property
    def paid(self) -> datetime | None:
        """When it was paid; None where it was not."""
        return None if not self.date_paid_gmt else moment(self.date_paid_gmt)

    def meta(self, key: str) -> object:
        """What stands there under this key; None where nothing does."""
        return meta_of(self.meta_data, key)


class ToldRefundLine(msgspec.Struct, frozen=True):
    """A line of a refund: its amounts and its quantity are below zero."""

    total: str
    total_tax: str = "0"
    quantity: int | float = 0
    meta_data: tuple[ToldMeta, ...] = ()

    @property
    def line(self) -> str | None:
        """The order's line that it is about."""
        found = meta_of(self.meta_data, "_refunded_item_id")
        return str(found) if isinstance(found, str | int) and str(found).isdigit() else None


class ToldRefund(msgspec.Struct, frozen=True):
    """`amount` is above zero. `refunded_payment`: whether the gateway paid it; else people do, or nobody yet."""

    id: int
    date_created_gmt: str
    amount: str
    reason: str = ""
    refunded_payment: bool | None = None
    line_items: tuple[ToldRefundLine, ...] = ()

    def __post_init__(self) -> None:
        moment(self.date_created_gmt)

    @property
    def at(self) -> datetime:
        """When it was made."""
        return moment(self.date_created_gmt)


def meta_of(metas: tuple[ToldMeta, ...], key: str) -> object:
    """The last one of this key; None where there is none."""
    found = [one.value for one in metas if one.key == key]
    return found[-1] if found else None


def whole(quantity: float) -> int:
    """Where a plugin sells parts of a unit, all quantities are fractions: `2.0`. Raises ValueError for a real one."""
    if quantity != quantity // 1:
        raise ValueError("a quantity of parts of a unit")
    return int(quantity)


def moment(text: str) -> datetime:
    """`2026-11-30T12:00:00`, in UTC. Raises ValueError for what is no time, and for the ends of time."""
    found = datetime.fromisoformat(text)
    if not 1990 <= found.year <= 2200:
        raise ValueError("a time that no shop has")
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def decimal(text: str | float | None) -> Decimal:
    """An amount; an empty one is nothing. Raises ValueError for what is none."""
    said = str(text if text is not None else "").strip()
    if len(said) > MOST_DIGITS:
        raise ValueError("an amount of more digits than money has")
    try:
        found = Decimal(said or "0")
    except InvalidOperation:
        raise ValueError("an amount that is no number") from None
    if not found.is_finite() or found.adjusted() > 15:
        raise ValueError("an amount that is no money")
    return found
