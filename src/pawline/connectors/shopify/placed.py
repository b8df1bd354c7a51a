"""An order of Shopify's JSON as our Order: each amount as Shopify allotted it, none computed, exact to the minor unit.

Shopify's parts come to its total, but for two things that it says itself and that stand in `rounding` here: cash is
rounded when it is paid, and taxes are rounded for the order as a whole, where the shop has it so. An order whose parts
do not come to its total is refused, and kept by the hub as it came.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fractions import Fraction
from typing import Final

import msgspec

from pawline.connectors.shopify.buyer import address_of, channel_of, contact_of, household_in
from pawline.connectors.shopify.paid import tenders_of
from pawline.connectors.shopify.told import ToldAllocation, ToldLine, ToldOrder, ToldShipping, ToldTax, text
from pawline.kit import sku_of
from pawline.model import (
    Channel,
    Checkout,
    Discount,
    Duty,
    HouseholdId,
    Line,
    LineId,
    Money,
    Order,
    OrderId,
    ShippingCharge,
    Tax,
    total,
)
from pawline.model.order import total_owed

FEES: Final = "additional fees"
"""How the fees are called that Shopify tells one sum of; a fee on deliveries, where a law asks for it."""


def order_of(told: ToldOrder) -> Order:
    """The order as it was placed; what was refunded since is told by refunds of its own, and is not in it.

    A bundle's components are lines with prices of their own, as Shopify has them, and a tip is no line. Raises
    ValueError where the parts do not come to the total, or where something is of no kind that is known.
    """
    bought = tuple(_line(told, line) for line in told.line_items if not line.is_tip())
    shipping, currency = _shipping(told), told.presentment_currency
    lines = taxed(bought, shipping, _taxes(told, told.tax_lines))
    tip = _tip(told, total_owed(lines, shipping, currency=currency))
    whole, rounding, shop = _settled(told, total_owed(lines, shipping, currency=currency, tip=tip))
    household = household_of_order(told)
    return Order(
        id=OrderId(str(told.id)),
        number=told.name,
        checkout=Checkout.ADOPTED,
        channel=_channel(told),
        placed_at=told.created_at,
        currency=currency,
        lines=lines,
        total=whole,
        household=household,
        shipping=shipping,
        tip=tip,
        rounding=rounding if rounding.minor else None,
        shop_total=shop,
        tenders=tenders_of(told, whole),
        contact=contact_of(told.email, told.phone, told.customer_locale) if household else None,
        ship_to=address_of(told.shipping_address) if household else None,
        bill_to=address_of(told.billing_address) if household else None,
        test=told.test,
    )


def household_of_order(told: ToldOrder) -> HouseholdId | None:
    """Whose it is: see `household_in`."""
    customer = None if told.customer is None else text(told.customer.id)
    return household_in(str(told.id), told.email, customer, address_of(told.shipping_address))


def bill_of(told: ToldOrder, order: Order | None = None) -> Money:
    """What the order comes to after what edits took out of it, with the rounding that Shopify's figure leaves out.

    `order` is what `order_of` made of it, if that was done. One whose parts do not come to its total has a bill all the
    same: its figure as it stands.
    """
    bill = (told.current_total_price_set or told.total_price_set).money()
    try:
        return bill + ((order or order_of(told)).total - told.total_price_set.money())
    except ValueError:
        return bill


def unsent(order: Order, waiting: Collection[LineId] = ()) -> Order:
    """The order of which only the lines that are `waiting` are to be sent: the others left before anybody told of it.

    A line of which some units left is none of those: whoever sent them sends the rest.
    """
    lines = tuple(line if line.id in waiting else msgspec.structs.replace(line, ships=False) for line in order.lines)
    return msgspec.structs.replace(order, lines=lines)


def _channel(told: ToldOrder) -> Channel:
    """An order of a company is wholesale, wherever it was taken; what no name is known of came over the web."""
    if told.company is not None:
        return Channel.WHOLESALE
    return channel_of(told.source_name)


def _line(told: ToldOrder, line: ToldLine) -> Line:
    sku = sku_of(line.sku, text(line.variant_id), str(line.id))
    taxes = [*line.tax_lines, *(tax for duty in line.duties for tax in duty.tax_lines)]
    return Line(
        id=LineId(str(line.id)),
        sku=sku,
        title=line.name or line.title or sku,
        quantity=line.quantity,
        price=line.price_set.money(),
        discounts=_discounts(told, line.discount_allocations),
        taxes=_taxes(told, taxes),
        duties=() if told.duties_included else _duties(line),
        ships=line.requires_shipping is not False,
        weight=line.grams or None,
    )


def _duties(line: ToldLine) -> tuple[Duty, ...]:
    return tuple(
        Duty(amount=duty.money(), tariff_code=duty.harmonized_system_code, origin=duty.country_code_of_origin)
        for duty in line.duties
    )


def _discounts(told: ToldOrder, allocations: Iterable[ToldAllocation]) -> tuple[Discount, ...]:
    made = []
    for one in allocations:
        amount, at = one.amount_set.money(), one.discount_application_index
        if amount.minor:
            by = told.discount_applications[at] if at is not None and at < len(told.discount_applications) else None
            title = (by.title or by.code or by.description) if by is not None else None
            made.append(Discount(title=title or "discount", amount=amount, code=None if by is None else by.code))
    return tuple(made)


def _taxes(told: ToldOrder, taxes: Iterable[ToldTax]) -> tuple[Tax, ...]:
    return tuple(
        Tax(title=one.title or "tax", amount=one.price_set.money(), included=told.taxes_included, rate=one.rate)
        for one in taxes
    )


def taxed(lines: tuple[Line, ...], shipping: Iterable[ShippingCharge], taxes: Iterable[Tax]) -> tuple[Line, ...]:
    """Where an app made the order and gave `taxes` to it as a whole only, its lines have them in proportion."""
    weights = [line.total().minor for line in lines]
    if any(line.taxes for line in lines) or any(one.taxes for one in shipping) or not sum(weights):
        return lines
    for tax in taxes:
        parts = tax.amount.allocate(weights)
        lines = tuple(
            msgspec.structs.replace(line, taxes=(*line.taxes, msgspec.structs.replace(tax, amount=part)))
            for line, part in zip(lines, parts, strict=True)
        )
    return lines


def _shipping(told: ToldOrder) -> tuple[ShippingCharge, ...]:
    charges = [_charge(told, one) for one in told.shipping_lines if not one.is_removed]
    fees = told.original_total_additional_fees_set
    if fees is not None and fees.money().minor:
        charges.append(ShippingCharge(title=FEES, price=fees.money(), method="fee"))
    return tuple(charges)


def _charge(told: ToldOrder, one: ToldShipping) -> ShippingCharge:
    return ShippingCharge(
        title=one.title or one.code or "shipping",
        price=one.price_set.money(),
        method=one.code,
        discounts=_discounts(told, one.discount_allocations),
        taxes=_taxes(told, one.tax_lines),
    )


def _tip(told: ToldOrder, parts: Money) -> Money | None:
    """From its line, else from the order's own figure, which is in the shop's currency.

    Of a shopper who sees another one it is what `parts` leave of the total, if at the order's own rate that comes to
    the figure.
    """
    lines = [_line(told, line).total() for line in told.line_items if line.is_tip()]
    if lines:
        return total(lines, told.presentment_currency)
    tip = Money.parse(told.total_tip_received or "0", told.currency)
    if tip.minor == 0 or told.currency == told.presentment_currency:
        return tip if tip.minor else None
    whole, shop = told.total_price_set.money(), told.total_price_set.shop_money.money()
    left = whole - parts
    if left.minor <= 0:
        return None
    rate = Fraction(shop.minor, whole.minor)
    return left if abs(left.minor * rate - tip.minor) <= 1 + rate else None


def _settled(told: ToldOrder, parts: Money) -> tuple[Money, Money, Money]:
    """Total, rounding, and the total in the shop's currency.

    Shopify's total is before cash was rounded; were it after, it would still be read right. Taxes may differ from
    those of the lines by a minor unit for each at most: what differs by more is no rounding.
    """
    said, shop = told.total_price_set.money(), told.total_price_set.shop_money.money()
    nothing, bag = Money.zero(told.presentment_currency), told.total_cash_rounding_payment_adjustment_set
    cash = nothing if bag is None else bag.money()
    for off in (_tax_rounding(told), nothing):
        if parts + off == said:
            return said + cash, off + cash, shop if bag is None else shop + bag.shop_money.money()
        if parts + off + cash == said:
            return said, off + cash, shop
    return said, nothing, shop  # they do not fit: the Order says so, with both


def _tax_rounding(told: ToldOrder) -> Money:
    nothing = Money.zero(told.presentment_currency)
    of_lines = [tax for line in told.line_items for tax in line.tax_lines]
    of_lines += [tax for line in told.line_items for duty in line.duties for tax in duty.tax_lines]
    of_lines += [tax for one in told.shipping_lines if not one.is_removed for tax in one.tax_lines]
    off = told.total_tax_set.money() - total((tax.price_set.money() for tax in of_lines), told.presentment_currency)
    return nothing if told.taxes_included or abs(off.minor) > len(of_lines) else off
