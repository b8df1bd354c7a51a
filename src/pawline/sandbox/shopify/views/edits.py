"""Edits that are under way, as a query sees them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pawline.sandbox.shopify.edits import Added, price
from pawline.sandbox.shopify.money import bag
from pawline.sandbox.shopify.orders import added as summed
from pawline.sandbox.shopify.paging import later, pages
from pawline.sandbox.shopify.views import lines, stock
from pawline.sandbox.shopify.views import order as orders

if TYPE_CHECKING:
    from pawline.sandbox.shopify.books import Books
    from pawline.sandbox.shopify.edits import Edit
    from pawline.sandbox.shopify.orders import Line
    from pawline.sandbox.shopify.paging import View


def calculated(books: Books, one: Edit) -> View:
    """A `CalculatedOrder`."""
    order, by = one.order, one.difference()
    kept = summed((line.net() for line in order.lines), order.currency)
    return {
        "__typename": "CalculatedOrder",
        "id": f"gid://shopify/CalculatedOrder/{one.id}",
        "originalOrder": later(lambda: orders.seen(books, order)),
        "lineItems": pages(lambda: _listed(one), lambda found: item(books, one, found)),
        "addedLineItems": pages(lambda: one.added, lambda found: item(books, one, found)),
        "subtotalLineItemsQuantity": sum(map(one.quantity, order.lines)) + sum(new.quantity for new in one.added),
        "subtotalPriceSet": bag(order, kept + by),
        "totalPriceSet": bag(order, order.current() + by),
        "totalOutstandingSet": bag(order, order.outstanding() + by),
        "taxLines": lines.taxes(order, [tax for line in order.lines for tax in line.taxes]),
        "stagedChanges": pages(lambda: _staged(books, one), lambda found: found),
    }


def session(one: Edit) -> View:
    """An `OrderEditSession`."""
    return {"__typename": "OrderEditSession", "id": f"gid://shopify/OrderEditSession/{one.id}"}


def item(books: Books, edit: Edit, one: Line | Added) -> View:
    """A `CalculatedLineItem`, of a line that was there or of one that is added."""
    order, new = edit.order, isinstance(one, Added)
    variant = one.variant if isinstance(one, Added) else books.variants.get(one.variant or 0)
    quantity = one.quantity if isinstance(one, Added) else edit.quantity(one)
    unit = price(order, one.variant) if isinstance(one, Added) else one.price
    paid = unit if isinstance(one, Added) else one.net().scale(Fraction(1, one.quantity or 1))
    fixed = 0 if isinstance(one, Added) else one.current - one.waiting
    before = 0 if isinstance(one, Added) else one.waiting
    return {
        "id": f"gid://shopify/CalculatedLineItem/{one.id}",
        "title": one.variant.title if isinstance(one, Added) else one.title,
        "sku": one.variant.sku if isinstance(one, Added) else one.sku,
        "quantity": quantity,
        "editableQuantity": quantity - fixed,
        "editableQuantityBeforeChanges": before,
        "variant": None if variant is None else later(lambda: stock.variant(books, variant)),
        "originalUnitPriceSet": bag(order, unit),
        "discountedUnitPriceSet": bag(order, paid),
        "editableSubtotalSet": bag(order, paid * (quantity - fixed)),
        "uneditableSubtotalSet": bag(order, paid * fixed),
        "restockable": variant is not None and variant.tracked,
        "restocking": not new and edit.units.get(one.id, (0, False))[1],
        "hasStagedLineItemDiscount": False,
        "customAttributes": [],
    }


def _listed(edit: Edit) -> list[Line | Added]:
    return [*edit.order.lines, *edit.added]


def _staged(books: Books, edit: Edit) -> list[View]:
    found: list[View] = []
    for line in edit.order.lines:
        by = edit.quantity(line) - line.current
        if by:
            kind = "OrderStagedChangeIncrementItem" if by > 0 else "OrderStagedChangeDecrementItem"
            restock = edit.units[line.id][1]
            seen = lines.line(books, edit.order, line)
            found.append({"__typename": kind, "delta": abs(by), "lineItem": seen, "restock": restock})
    for one in edit.added:
        seen = stock.variant(books, one.variant)
        found.append({"__typename": "OrderStagedChangeAddVariant", "quantity": one.quantity, "variant": seen})
    return found
