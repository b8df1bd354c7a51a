"""Edits of orders: begun, changed as often as one likes, and nothing of it happens before they are committed."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from pawline.sandbox.shopify.books import known
from pawline.sandbox.shopify.orders import Line, Order
from pawline.sandbox.shopify.placing import ask_for, commit
from pawline.sandbox.shopify.refunding import CANCEL, NOT, Wanted, refund
from pawline.sandbox.shopify.wrongs import Wrong

if TYPE_CHECKING:
    from pawline.model import Money
    from pawline.sandbox.shopify.books import Books, Variant


@dataclass(kw_only=True)
class Added:
    """A line that the edit adds."""

    id: int
    variant: Variant
    quantity: int


@dataclass(kw_only=True)
class Edit:
    """A calculated order. `units` are lines that change: how many, and whether what is taken out goes on the shelf."""

    id: int
    order: Order
    units: dict[int, tuple[int, bool]] = field(default_factory=dict)
    added: list[Added] = field(default_factory=list)

    def quantity(self, line: Line) -> int:
        """How many of a line there are to be."""
        return self.units.get(line.id, (line.current, False))[0]

    def difference(self) -> Money:
        """What it adds to the bill, or takes off it. New units bear no tax and no discount."""
        come_to = self.order.none()
        for line in self.order.lines:
            wanted = self.quantity(line)
            if wanted < line.current:
                come_to -= line.share(line.current - wanted)[0] + line.share_on_top(line.current - wanted)
            else:
                come_to += line.price * (wanted - line.current)
        for one in self.added:
            come_to += price(self.order, one.variant) * one.quantity
        return come_to


def price(order: Order, variant: Variant) -> Money:
    """A variant's price in the order's currency, at the order's rate."""
    amount = Fraction(variant.price.decimal())
    if variant.price.currency != order.currency:
        amount /= order.rate
    return type(variant.price).rounded(amount, order.currency)


def begin(books: Books, gid: object) -> Edit:
    """Raises Wrong for an order that is unknown or called off."""
    order = books.orders.get(known(gid, "Order"))
    if order is None:
        raise Wrong("The order does not exist.", "id")
    if order.cancelled is not None:
        raise Wrong("The order cannot be edited.", "id")
    made = Edit(id=books.number(), order=order)
    books.edits[made.id] = made
    return made


def found(books: Books, gid: object) -> Edit:
    """By the calculated order's id or its session's. Raises Wrong where there is none, or it was committed."""
    one = books.edits.get(known(gid, "CalculatedOrder") or known(gid, "OrderEditSession"))
    if one is None:
        raise Wrong("The calculated order does not exist.", "id")
    return one


def add(books: Books, edit: Edit, gid: object, quantity: int, *, twice: bool) -> Added:
    """A variant more. Raises Wrong for one that is unknown, or there already and not wanted twice."""
    variant = books.variants.get(known(gid, "ProductVariant"))
    if variant is None:
        raise Wrong("The variant does not exist.", "variantId")
    if quantity < 1:
        raise Wrong("The quantity must be greater than zero.", "quantity")
    there = [one.variant.id for one in edit.added] + [one.variant for one in edit.order.lines if one.current]
    if variant.id in there and not twice:
        raise Wrong("The variant is on the order already.", "variantId")
    made = Added(id=books.number(), variant=variant, quantity=quantity)
    edit.added.append(made)
    return made


def count(edit: Edit, gid: object, quantity: int, *, restock: bool) -> Line | Added:
    """So many of a line, old or added. Raises Wrong for what is no line, or less than was sent of it."""
    number = known(gid, "CalculatedLineItem")
    new = next((one for one in edit.added if one.id == number), None)
    if quantity < 0:
        raise Wrong("The quantity cannot be negative.", "quantity")
    if new is not None:
        new.quantity = quantity
        return new
    line = edit.order.line(number)
    if line is None or not line.current:
        raise Wrong("The line item does not exist.", "lineItemId")
    if quantity < line.current - line.waiting:
        raise Wrong("Fulfilled items cannot be removed.", "quantity")
    edit.units[line.id] = (quantity, restock)
    return line


def commit_all(books: Books, edit: Edit, note: str | None) -> Order:
    """It happens. What is taken out is a refund without money, as the vendor has it."""
    order = edit.order
    less = [
        (line, line.current - wanted, CANCEL if restock else NOT, books.main if restock else None)
        for line in order.lines
        for wanted, restock in [edit.units.get(line.id, (line.current, False))]
        if wanted < line.current
    ]
    more = [(line, by) for line in order.lines if (by := edit.quantity(line) - line.current) > 0]
    if not (less or more or any(one.quantity for one in edit.added)):
        raise Wrong("There are no changes to commit.", "id")
    for line, by in more:
        _grow(books, line, by)
    fresh = [_line(books, order, one) for one in edit.added if one.quantity]
    order.lines += fresh
    ask_for(books, order, fresh)
    for line, by in more:
        _ask_more(books, order, line, by)
    if less:
        refund(books, order, Wanted(lines=less, shipping=(), payouts=(), note=note, reason=None))
    order.edited = True
    del books.edits[edit.id]
    books.touched(order)
    return order


def _grow(books: Books, line: Line, by: int) -> None:
    line.quantity += by
    commit(books, line, by)


def _ask_more(books: Books, order: Order, line: Line, by: int) -> None:
    """More units of a line are a fulfilment order of their own."""
    if line.ships:
        work = ask_for(books, order, [line])
        if work is not None:
            work.parts[0].total = work.parts[0].left = by


def _line(books: Books, order: Order, one: Added) -> Line:
    variant = one.variant
    made = Line(
        id=books.number(), title=variant.title, price=price(order, variant), sku=variant.sku, variant=variant.id,
        quantity=one.quantity, ships=variant.ships, grams=variant.grams,
    )  # fmt: skip
    commit(books, made, one.quantity)
    return made
