"""An order of Shopify's as ours, to the minor unit: what its parts come to is what Shopify says it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from pawline.connectors.shopify.buyer import address_of, channel_of, contact_of, household_in
from pawline.connectors.shopify.ids import number
from pawline.connectors.shopify.placed import taxed
from pawline.connectors.shopify.refunded import refunds_of
from pawline.connectors.shopify.replies import (
    Allocation,
    LineItem,
    OrderNode,
    Place,
    RefundNode,
    ShippingLine,
    TaxLine,
    Transaction,
    Weight,
)
from pawline.connectors.shopify.tenders import tenders_of
from pawline.connectors.shopify.told import ToldAddress
from pawline.kit import sku_of
from pawline.model import (
    Address,
    Checkout,
    Discount,
    Duty,
    Line,
    LineId,
    Money,
    Order,
    OrderId,
    Refund,
    ShippingCharge,
    Tax,
    total,
    total_owed,
)

_GRAMS: Final = {
    "GRAMS": Decimal(1), "KILOGRAMS": Decimal(1000), "OUNCES": Decimal("28.349523125"),
    "POUNDS": Decimal("453.59237"),
}  # fmt: skip


def order_of(
    node: OrderNode, items: Sequence[LineItem], transactions: Sequence[Transaction], refunds: Sequence[RefundNode]
) -> Order:
    """The whole order; lines hold all units that were ever in it, and what left since is credited by refunds.

    An edit that takes units out is such a refund at Shopify, without money. Of nobody's order no address is kept, for
    there is no key to encrypt it by. Raises ValueError where it does not add up.
    """
    currency = node.presentment_currency_code
    tenders = tenders_of(transactions, currency)
    bill = node.total_price_set.money(currency) + node.total_cash_rounding_adjustment.payment_set.money(currency)
    back = refunds_of(refunds, transactions, tenders, bill, taxes_included=node.taxes_included)
    ship_to, customer = _address(node.shipping_address), None if node.customer is None else number(node.customer.id)
    household = household_in(number(node.id), node.email, customer, ship_to)
    shipping = _shipping(node, refunds, currency)
    lines = _without_tip(tuple(_line(one, node, currency) for one in items), items, node, shipping)
    lines = taxed(lines, shipping, _taxes(node.tax_lines, node, currency))
    whole, tip, rounding = _totals(node, lines, shipping, back)
    return Order(
        id=OrderId(number(node.id)), number=node.name, checkout=Checkout.ADOPTED,
        channel=channel_of(node.source_name), placed_at=node.created_at, currency=currency,
        lines=lines, shipping=shipping, total=whole, tip=tip, rounding=rounding, tenders=tenders, refunds=back,
        shop_total=_shop_total(node), household=household,
        test=node.test, contact=contact_of(node.email, node.phone, node.customer_locale) if household else None,
        ship_to=ship_to if household else None,
        bill_to=_address(node.billing_address) if household else None,
    )  # fmt: skip


def _without_tip(
    lines: tuple[Line, ...], items: Sequence[LineItem], node: OrderNode, shipping: Sequence[ShippingCharge]
) -> tuple[Line, ...]:
    """Shopify has a tip as a line too, of no variant, which comes to just the tip: it is none, as in its webhooks."""
    currency = node.presentment_currency_code
    tip = node.total_tip_received_set.money(currency)
    owed = total_owed(lines, shipping, currency=currency)
    if tip.minor == 0 or owed != node.total_price_set.money(currency):
        return lines
    tips = [
        line for line, item in zip(lines, items, strict=True)
        if item.variant is None and not item.requires_shipping and line.total() == tip
    ]  # fmt: skip
    return tuple(line for line in lines if line not in tips) if len(tips) == 1 else lines


def _totals(
    node: OrderNode, lines: Sequence[Line], shipping: Sequence[ShippingCharge], refunds: Sequence[Refund]
) -> tuple[Money, Money | None, Money | None]:
    """Total, tip and rounding. Shopify's figure is the total, before cash is rounded; a tip that is in it comes once.

    Two things that Shopify does are rounding here: taxes that it rounds for the order as a whole, and a minor unit a
    part where it converted each part by itself.
    """
    currency = node.presentment_currency_code
    said, tip = node.total_price_set.money(currency), node.total_tip_received_set.money(currency)
    cash = node.total_cash_rounding_adjustment.payment_set.money(currency)
    parts = total_owed(lines, shipping, currency=currency)
    if parts == said and tip.minor:
        tip = Money.zero(currency)
    off = said - parts - tip
    if off.minor and node.edited:
        credited = total((one.credited() for one in refunds), currency)
        if parts + tip - credited == node.current_total_price_set.money(currency):
            said, off = parts + tip, Money.zero(currency)
    if not _is_rounding(off, node, (*lines, *shipping)):
        raise ValueError(f"its parts come to {parts + tip}, Shopify says {said}")
    rounding = off + cash
    return said + cash, tip if tip.minor else None, rounding if rounding.minor else None


def _is_rounding(off: Money, node: OrderNode, parts: Sequence[Line | ShippingCharge]) -> bool:
    if off.minor == 0:
        return True
    taxes = [tax.amount for part in parts for tax in part.taxes]
    said = None if node.total_tax_set is None else node.total_tax_set.money(off.currency)
    if said is not None and not node.taxes_included and said - total(taxes, off.currency) == off:
        return abs(off.minor) <= len(taxes)
    shop = node.total_price_set.shop_money
    if shop is None or shop.currency_code == off.currency:
        return False
    return abs(off.minor) <= sum(2 + len(part.discounts) + len(part.taxes) for part in parts)


def _shop_total(node: OrderNode) -> Money | None:
    """In the shop's own currency, as Shopify converted it; rounded, where it was paid in cash."""
    shop, cash = node.total_price_set.shop_money, node.total_cash_rounding_adjustment.payment_set.shop_money
    if shop is None:
        return None
    whole = Money.parse(shop.amount, shop.currency_code)
    return whole if cash is None else whole + Money.parse(cash.amount, cash.currency_code)


def _line(item: LineItem, node: OrderNode, currency: str) -> Line:
    own, variant = number(item.id), None if item.variant is None else number(item.variant.id)
    duties = () if node.duties_included else item.duties
    taxes = [*item.tax_lines, *(tax for duty in duties for tax in duty.tax_lines)]
    return Line(
        id=LineId(own), sku=sku_of(item.sku, variant, own), title=item.name, quantity=item.quantity,
        price=item.original_unit_price_set.money(currency), ships=item.requires_shipping, weight=grams(item.weight),
        discounts=_discounts(item.discount_allocations, currency), taxes=_taxes(taxes, node, currency),
        duties=tuple(
            Duty(
                amount=one.price.money(currency), tariff_code=one.harmonized_system_code,
                origin=one.country_code_of_origin,
            )
            for one in duties
        ),
    )  # fmt: skip


def _shipping(node: OrderNode, refunds: Sequence[RefundNode], currency: str) -> tuple[ShippingCharge, ...]:
    """Deliveries and fees. One that an edit removed is there where a refund credits it, or it would be gone twice."""
    credited = {one.shipping_line.id for refund in refunds for one in refund.refund_shipping_lines.nodes}
    there = [one for one in node.shipping_lines.nodes if not one.is_removed or one.id in credited]
    charges = [_charge(one, node, currency) for one in there]
    charges += [
        ShippingCharge(
            title=fee.name, price=fee.price.money(currency), method="fee", taxes=_taxes(fee.tax_lines, node, currency)
        )
        for fee in node.additional_fees
    ]
    return tuple(charges)


def _charge(line: ShippingLine, node: OrderNode, currency: str) -> ShippingCharge:
    return ShippingCharge(
        title=line.title, price=line.original_price_set.money(currency), method=line.code,
        discounts=_discounts(line.discount_allocations, currency), taxes=_taxes(line.tax_lines, node, currency),
    )  # fmt: skip


def _discounts(allocations: Sequence[Allocation], currency: str) -> tuple[Discount, ...]:
    return tuple(
        Discount(
            title=one.discount_application.title or one.discount_application.code or "discount",
            amount=amount, code=one.discount_application.code,
        )
        for one in allocations if (amount := one.allocated_amount_set.money(currency)).minor
    )  # fmt: skip


def _taxes(lines: Sequence[TaxLine], node: OrderNode, currency: str) -> tuple[Tax, ...]:
    return tuple(
        Tax(
            title=one.title, amount=one.price_set.money(currency), included=node.taxes_included,
            rate=None if one.rate is None else Decimal(str(one.rate)),
        )
        for one in lines
    )  # fmt: skip


def grams(weight: Weight | None) -> int | None:
    """Whole grams; None where nobody weighed it."""
    if weight is None or weight.unit not in _GRAMS:
        return None
    return int((Decimal(str(weight.value)) * _GRAMS[weight.unit]).to_integral_value()) or None


def _address(place: Place | None) -> Address | None:
    if place is None:
        return None
    told = ToldAddress(
        name=place.name, address1=place.address1, address2=place.address2, city=place.city, zip=place.zip,
        province_code=place.province_code, country_code=place.country_code_v2, company=place.company,
        phone=place.phone,
    )  # fmt: skip
    return address_of(told)
