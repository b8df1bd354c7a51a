"""What an order is made of, as a query sees it: lines, shipping, discounts, taxes."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pawline.model import Money
from pawline.sandbox.shopify.money import amount, bag
from pawline.sandbox.shopify.paging import later
from pawline.sandbox.shopify.views import stock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pawline.model import Tax
    from pawline.sandbox.shopify.books import Books
    from pawline.sandbox.shopify.orders import Application, Line, Order, Shipping
    from pawline.sandbox.shopify.paging import View


def line(books: Books, order: Order, one: Line) -> View:
    """A `LineItem`."""
    variant = books.variants.get(one.variant or 0)
    return {
        "__typename": "LineItem",
        "id": f"gid://shopify/LineItem/{one.id}",
        "name": one.title,
        "title": one.title,
        "sku": one.sku,
        "variant": None if variant is None else later(lambda: stock.variant(books, variant)),
        "variantTitle": None,
        "product": None if variant is None else later(lambda: stock.product(books, variant)),
        "vendor": None if variant is None else variant.vendor,
        "quantity": one.quantity,
        "currentQuantity": one.current,
        "refundableQuantity": one.current,
        "unfulfilledQuantity": one.waiting if one.ships else 0,
        "nonFulfillableQuantity": one.current - one.waiting if one.ships else one.current,
        "requiresShipping": one.ships,
        "restockable": variant is not None and variant.tracked,
        "isGiftCard": False,
        "taxable": bool(one.taxes),
        "merchantEditable": order.cancelled is None and bool(one.waiting),
        "customAttributes": [],
        "duties": [],
        "weight": {"unit": "GRAMS", "value": float(one.grams)},
        "taxLines": taxes(order, one.taxes),
        "sellingPlan": None if one.subscription is None else {"name": one.subscription, "sellingPlanId": None},
        "discountAllocations": _shares(order, one.shares),
    } | _prices(order, one)


def _prices(order: Order, one: Line) -> View:
    unit = one.net().scale(_per(one))
    coded = {use.index for use in order.applications if use.code}
    cart = sum((share for index, share in one.shares if index in coded), order.none())

    def total(_info: object, *, withCodeDiscounts: bool = False) -> View:  # noqa: N803 - the vendor's name
        return bag(order, one.net() if withCodeDiscounts else one.net() + cart)

    return {
        "originalUnitPriceSet": bag(order, one.price),
        "originalTotalSet": bag(order, one.price * one.quantity),
        "discountedUnitPriceSet": bag(order, (one.net() + cart).scale(_per(one))),
        "discountedUnitPriceAfterAllDiscountsSet": bag(order, unit),
        "discountedTotalSet": total,
        "totalDiscountSet": bag(order, one.off - cart),
        "priceAfterAllDiscountsBeforeTaxesSet": bag(order, one.net() - (one.tax - one.tax_on_top)),
        "unfulfilledOriginalTotalSet": bag(order, one.price * one.waiting),
        "unfulfilledDiscountedTotalSet": bag(order, one.net().scale(_per(one) * one.waiting)),
    }


def _per(one: Line) -> Fraction:
    return Fraction(1, one.quantity or 1)


def shipping(order: Order, one: Shipping) -> View:
    """A `ShippingLine`."""
    return {
        "id": f"gid://shopify/ShippingLine/{one.id}",
        "title": one.title,
        "code": one.code,
        "source": "shopify",
        "shippingRateHandle": one.code,
        "custom": False,
        "isRemoved": False,
        "originalPriceSet": bag(order, one.price),
        "discountedPriceSet": bag(order, one.net()),
        "currentDiscountedPriceSet": bag(order, one.net() - one.back),
        "discountAllocations": _shares(order, one.shares),
        "taxLines": taxes(order, one.taxes),
    }


def _shares(order: Order, shares: Iterable[tuple[int, Money]]) -> list[View]:
    return [
        {"allocatedAmountSet": bag(order, share), "discountApplication": application(order.applications[index])}
        for index, share in shares
    ]


def application(one: Application) -> View:
    """A `DiscountApplication`: of a code, or an automatic one."""
    kind = "AutomaticDiscountApplication" if one.code is None else "DiscountCodeApplication"
    return {
        "__typename": kind,
        "index": one.index,
        "title": one.title,
        "code": one.code,
        "allocationMethod": "ACROSS",
        "targetSelection": "ALL",
        "targetType": one.on,
        "value": amount(one.amount),
    }


def taxes(order: Order, found: Iterable[Tax]) -> list[View]:
    """`TaxLine`s."""
    return [
        {
            "title": one.title,
            "priceSet": bag(order, one.amount),
            "rate": None if one.rate is None else float(one.rate),
            "ratePercentage": None if one.rate is None else float(one.rate * 100),
            "source": "Shopify",
            "channelLiable": False,
        }
        for one in found
    ]
