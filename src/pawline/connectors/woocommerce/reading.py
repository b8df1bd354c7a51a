"""An order of WooCommerce's as ours, to the minor unit.

WooCommerce computes with fractions of a minor unit and rounds what is paid; it rounds taxes by line or for the order as
a whole, as the shop has it. Each part here is rounded by itself, and what they leave of the total is `rounding`: less
than a minor unit for each part, or the order is refused, and kept by the hub as it came.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal
from typing import Final

import msgspec

from pawline.connectors.woocommerce.buyer import address_of, contact_of, household_in, ship_to
from pawline.connectors.woocommerce.settings import Settings, Standing
from pawline.connectors.woocommerce.told import ToldCharge, ToldLine, ToldOrder, ToldTax, decimal, meta_of
from pawline.kit import sku_of
from pawline.model import (
    Checkout,
    Discount,
    Line,
    LineId,
    Money,
    Order,
    OrderId,
    PetId,
    Refund,
    ShippingCharge,
    Tax,
    Tender,
    TenderId,
    TenderState,
    total,
)
from pawline.model.charge import net
from pawline.model.line import spread
from pawline.model.order import total_owed

FEE: Final = "fee"
MOST_UNITS: Final = 1_000_000


def order_of(told: ToldOrder, settings: Settings, refunds: tuple[Refund, ...] = ()) -> Order:
    """The order, with those refunds. Raises ValueError where its parts do not come to its total."""
    lines = tuple(_line(told, one, settings) for one in told.line_items if one.quantity > 0)
    shipping = tuple(_charge(told, one, None) for one in told.shipping_lines)
    fees = [(fee, _money(told, decimal(fee.total) + decimal(fee.total_tax))) for fee in told.fee_lines]
    shipping += tuple(_charge(told, fee, FEE) for fee, gross in fees if gross.minor > 0)
    for fee, gross in fees:
        if gross.minor < 0:
            lines, shipping = _less(fee.name or FEE, -gross, lines, shipping)
    whole = Money.rounded(decimal(told.total), told.currency)
    parts = len(lines) + sum(len(line.taxes) for line in lines) + sum(1 + len(one.taxes) for one in shipping)
    off = whole - total_owed(lines, shipping, currency=told.currency)
    if abs(off.minor) > parts * settings.step(told.currency):
        raise ValueError(
            f"order {told.id}: its parts come to {whole - off}, WooCommerce says {whole}; where it "
            "sells in whole ones, see `decimals`"
        )
    household, to = household_in(told), ship_to(told)
    return Order(
        id=OrderId(str(told.id)),
        number=told.number,
        checkout=Checkout.ADOPTED,
        channel=settings.channel(told.created_via),
        placed_at=told.created,
        currency=told.currency,
        lines=lines,
        total=whole,
        household=household,
        shipping=shipping,
        rounding=off if off.minor else None,
        tenders=tenders_of(told, settings, whole, refunded=any(one.payouts for one in refunds)),
        refunds=refunds,
        contact=contact_of(told, settings) if household else None,
        ship_to=to if household else None,
        bill_to=address_of(told.billing) if household else None,
    )


def _less(
    title: str, off: Money, lines: tuple[Line, ...], charges: tuple[ShippingCharge, ...]
) -> tuple[tuple[Line, ...], tuple[ShippingCharge, ...]]:
    """Off the lines as far as they go, then off the charges, one after the other: store credit pays parcels too.

    Raises ValueError for more than there is.
    """
    part = min(off, total((net(line.subtotal(), line.discounts, ()) for line in lines), off.currency))
    lines, off = spread(title, part, lines), off - part
    made = list[ShippingCharge]()
    for one in charges:
        part = min(off, net(one.price, one.discounts, ()))
        off -= part
        less = (*one.discounts, Discount(title=title, amount=part)) if part.minor else one.discounts
        made.append(msgspec.structs.replace(one, discounts=less))
    if off.minor:
        raise ValueError(f"a fee takes off {off} more than there is")
    return lines, tuple(made)


def tender_id(order: int) -> TenderId:
    """What we call the one payment of an order: WooCommerce has no name for it."""
    return TenderId(f"order-{order}")


def tenders_of(told: ToldOrder, settings: Settings, owed: Money, *, refunded: bool) -> tuple[Tender, ...]:
    """One: WooCommerce knows a payment method and whether it paid. What is not paid yet is always told.

    What was paid back (`refunded`) of one that is off had come in, whoever forgot to write that down.
    """
    if owed.minor <= 0:
        return ()
    paid = told.paid is not None
    standing = settings.standing(told.status)
    if paid or standing is Standing.REFUNDED or (refunded and standing in {Standing.CANCELLED, Standing.FAILED}):
        state = TenderState.CAPTURED
    elif standing is Standing.CANCELLED:
        state = TenderState.VOIDED
    elif standing is Standing.FAILED:
        state = TenderState.FAILED
    elif standing in {Standing.READY, Standing.SENT}:
        state = TenderState.AUTHORISED  # cash on delivery: the shop says that it goes out, and it is paid at the door
    else:
        state = TenderState.PENDING
    kind = settings.kind(told.payment_method, paid=paid)
    return (Tender(id=tender_id(told.id), kind=kind, amount=owed, state=state),)


def _line(told: ToldOrder, line: ToldLine, settings: Settings) -> Line:
    if (units := line.units) > MOST_UNITS:
        raise ValueError(f"line {line.id}: more units than anybody buys")
    within = told.prices_include_tax
    before = decimal(line.subtotal) + (decimal(line.subtotal_tax) if within else 0)
    after = decimal(line.total) + (decimal(line.total_tax) if within else 0)
    owed = _money(told, after)
    price, off = _priced(_money(told, max(before, after)), owed, units)
    variant = line.variation_id or line.product_id
    sku = sku_of(line.sku, str(variant) if variant else None, str(line.id))
    return Line(
        id=LineId(str(line.id)), sku=sku, title=line.name or sku, quantity=units, price=price,
        discounts=_discounts(told, off), taxes=_taxes(told, line.taxes, owed),
        pets=_pets(line, settings.fields.pets), ships=told.needs_processing is not False,
    )  # fmt: skip


def _priced(before: Money, owed: Money, quantity: int) -> tuple[Money, Money]:
    """The price of one, and what is off all of them: a price that does not divide is rounded up, and that taken off."""
    units = (before.decimal() / quantity).quantize(Decimal(1).scaleb(-_places(before)), rounding=ROUND_CEILING)
    price = Money.rounded(units, before.currency)
    return price, price * quantity - owed


def _places(money: Money) -> int:
    return len(money.format().partition(".")[2])


def _discounts(told: ToldOrder, off: Money) -> tuple[Discount, ...]:
    """WooCommerce does not say which coupon took what off a line: one of several is not named."""
    if not off.minor:
        return ()
    codes = [one.code for one in told.coupon_lines]
    return (
        Discount(title=", ".join(codes)[:200] or "discount", amount=off, code=codes[0] if len(codes) == 1 else None),
    )


def _taxes(told: ToldOrder, taxes: Iterable[ToldTax], owed: Money) -> tuple[Tax, ...]:
    """Below a minor unit in all they are none; of prices with tax in them no more than there is."""
    names = {one.rate_id: one.label or "tax" for one in told.tax_lines}
    made = [(one.id, _money(told, decimal(one.total))) for one in taxes]
    made = [(rate, amount) for rate, amount in made if amount.minor > 0]
    within = told.prices_include_tax
    if within and total((amount for _, amount in made), told.currency) > owed:
        raise ValueError(f"order {told.id}: more tax in a price than the price")
    rates = {one.rate_id: one.rate_percent for one in told.tax_lines}
    return tuple(
        Tax(title=names.get(rate, "tax"), amount=amount, included=within, rate=_rate(rates.get(rate)))
        for rate, amount in made
    )


def _rate(percent: float | None) -> Decimal | None:
    if percent is None or not 0 <= percent <= 1_000:
        return None
    return Decimal(str(percent)) / 100


def _charge(told: ToldOrder, one: ToldCharge, method: str | None) -> ShippingCharge:
    within = told.prices_include_tax
    price = _money(told, decimal(one.total) + (decimal(one.total_tax) if within else 0))
    return ShippingCharge(
        title=one.method_title or one.name or one.method_id or method or "shipping", price=price,
        method=method or one.method_id or None, taxes=_taxes(told, one.taxes, price),
    )  # fmt: skip


def _pets(line: ToldLine, key: str) -> tuple[PetId, ...]:
    said = meta_of(line.meta_data, key) if key else None
    if not isinstance(said, str | int) or isinstance(said, bool):
        return ()
    return tuple(PetId(one) for part in str(said).split(",") if (one := part.strip()[:100]))


def _money(told: ToldOrder, amount: Decimal) -> Money:
    return Money.rounded(amount, told.currency)
