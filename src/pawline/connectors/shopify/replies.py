"""What Shopify answers, as far as it is asked: the shapes of the schema, in its own names."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from pawline.connectors.shopify.errors import UserError
from pawline.connectors.shopify.ids import number
from pawline.model import Aware, Money
from pawline.ports import Malformed

T = TypeVar("T")


class Amount(msgspec.Struct, frozen=True, rename="camel"):
    """A decimal as text; the currency where it was asked for."""

    amount: str
    currency_code: str = ""


class Price(msgspec.Struct, frozen=True, rename="camel"):
    """An amount as the shopper sees it, and in the shop's own currency where that was asked for."""

    presentment_money: Amount
    shop_money: Amount | None = None

    def money(self, currency: str) -> Money:
        """As money of the order's currency. Raises ValueError for what is no amount of it."""
        return Money.parse(self.presentment_money.amount, currency)


class Named(msgspec.Struct, frozen=True):
    """Something by its id."""

    id: str


class PageInfo(msgspec.Struct, frozen=True, rename="camel"):
    """Where a list goes on."""

    has_next_page: bool
    end_cursor: str | None = None


class Nodes(msgspec.Struct, Generic[T], frozen=True, rename="camel"):
    """A page of a list."""

    nodes: tuple[T, ...]
    page_info: PageInfo

    @property
    def after(self) -> str | None:
        """The cursor of the next page, None on the last. Raises Malformed where there is one that is not named."""
        if self.page_info.has_next_page and not self.page_info.end_cursor:
            raise Malformed("Shopify has another page, and does not say where")
        return self.page_info.end_cursor if self.page_info.has_next_page else None


def number_in(name: str) -> str:
    """The number of a global id. Raises Malformed for what is none: see `ids.number`."""
    try:
        return number(name)
    except ValueError:
        raise Malformed("Shopify names something by an id of another shape") from None


class TaxLine(msgspec.Struct, frozen=True, rename="camel"):
    """One tax."""

    title: str
    price_set: Price
    rate: float | None = None


class Application(msgspec.Struct, frozen=True):
    """Where a discount comes from."""

    code: str | None = None
    title: str | None = None


class Allocation(msgspec.Struct, frozen=True, rename="camel"):
    """A discount's share."""

    allocated_amount_set: Price
    discount_application: Application


class DutyLine(msgspec.Struct, frozen=True, rename="camel"):
    """A duty on a line."""

    price: Price
    tax_lines: tuple[TaxLine, ...] = ()
    harmonized_system_code: str | None = None
    country_code_of_origin: str | None = None


class Weight(msgspec.Struct, frozen=True):
    """Of one unit."""

    unit: str
    value: float


class LineItem(msgspec.Struct, frozen=True, rename="camel"):
    """A line. `quantity`, discounts and taxes are of all units, those that left the bill since included."""

    id: str
    name: str
    quantity: int
    current_quantity: int
    unfulfilled_quantity: int
    requires_shipping: bool
    original_unit_price_set: Price
    discount_allocations: tuple[Allocation, ...]
    tax_lines: tuple[TaxLine, ...]
    duties: tuple[DutyLine, ...] = ()
    sku: str | None = None
    variant: Named | None = None
    weight: Weight | None = None


class ShippingLine(msgspec.Struct, frozen=True, rename="camel"):
    """What a delivery costs."""

    title: str
    original_price_set: Price
    discount_allocations: tuple[Allocation, ...]
    tax_lines: tuple[TaxLine, ...]
    id: str | None = None
    code: str | None = None
    is_removed: bool = False


class Fee(msgspec.Struct, frozen=True, rename="camel"):
    """A fee on the order."""

    name: str
    price: Price
    tax_lines: tuple[TaxLine, ...] = ()


class Place(msgspec.Struct, frozen=True, rename="camel"):
    """An address."""

    name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    zip: str | None = None
    province_code: str | None = None
    country_code_v2: str | None = msgspec.field(default=None, name="countryCodeV2")
    phone: str | None = None


class Rounding(msgspec.Struct, frozen=True, rename="camel"):
    """What paying in cash added to the total."""

    payment_set: Price


class OrderNode(msgspec.Struct, frozen=True, rename="camel"):
    """An order without its money."""

    id: str
    name: str
    created_at: Aware
    edited: bool
    test: bool
    taxes_included: bool
    duties_included: bool
    presentment_currency_code: str
    total_price_set: Price
    current_total_price_set: Price
    total_tax_set: Price | None
    total_tip_received_set: Price
    total_cash_rounding_adjustment: Rounding
    line_items: Nodes[LineItem]
    shipping_lines: Nodes[ShippingLine]
    refunds: tuple[Named, ...]
    tax_lines: tuple[TaxLine, ...] = ()
    additional_fees: tuple[Fee, ...] = ()
    source_name: str | None = None
    email: str | None = None
    phone: str | None = None
    customer_locale: str | None = None
    customer: Named | None = None
    shipping_address: Place | None = None
    billing_address: Place | None = None


class PaymentDetails(msgspec.Struct, frozen=True):
    """By what means."""

    typename: str = msgspec.field(name="__typename")
    wallet: str | None = None


class Transaction(msgspec.Struct, frozen=True, rename="camel"):
    """Money that was to move. `kind` and `status` are the schema's enums, kept as text: new ones may come."""

    id: str
    kind: str
    status: str
    amount_set: Price
    gateway: str | None = None
    manual_payment_gateway: bool = False
    payment_id: str | None = None
    amount_rounding_set: Price | None = None
    parent_transaction: Named | None = None
    payment_details: PaymentDetails | None = None
    created_at: Aware | None = None
    processed_at: Aware | None = None
    error_code: str | None = None


class RefundLine(msgspec.Struct, frozen=True, rename="camel"):
    """Units that left the bill."""

    quantity: int
    line_item: Named
    subtotal_set: Price
    total_tax_set: Price
    restocked: bool = False


class NamedOrNot(msgspec.Struct, frozen=True):
    """Something that may have no id."""

    id: str | None = None


class RefundShipping(msgspec.Struct, frozen=True, rename="camel"):
    """Shipping that left the bill."""

    subtotal_amount_set: Price
    tax_amount_set: Price
    shipping_line: NamedOrNot = NamedOrNot()


class RefundDuty(msgspec.Struct, frozen=True, rename="camel"):
    """A duty that left the bill."""

    amount_set: Price


class Adjustment(msgspec.Struct, frozen=True, rename="camel"):
    """What a refund comes to beside what it is of: below zero is in the shopper's favour."""

    amount_set: Price
    tax_amount_set: Price
    reason: str | None = None


class RefundNode(msgspec.Struct, frozen=True, rename="camel"):
    """A refund, or what an edit took out."""

    id: str
    processed_at: Aware
    refund_line_items: Nodes[RefundLine]
    refund_shipping_lines: Nodes[RefundShipping]
    order_adjustments: Nodes[Adjustment]
    transactions: Nodes[Transaction]
    duties: tuple[RefundDuty, ...] | None = None
    note: str | None = None


class Refunded(msgspec.Struct, frozen=True, rename="camel"):
    """Of `refundCreate`."""

    user_errors: tuple[UserError, ...]
    refund: RefundNode | None = None


class RefundCreateReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of REFUND_CREATE."""

    refund_create: Refunded


class Payload(msgspec.Struct, frozen=True, rename="camel"):
    """What every mutation answers at least."""

    user_errors: tuple[UserError, ...]
