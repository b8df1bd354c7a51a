"""What an order is made of: its lines, and the items that stock sees in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from pawline.model.charge import Discount, Duty, Tax, net
from pawline.model.ids import LineId, PetId, SkuId, SubscriptionId
from pawline.model.money import Money, total


class Item(msgspec.Struct, frozen=True):
    """So many of one SKU: what stock, parcels and subscriptions count. Raises ValueError below 1."""

    sku: SkuId
    quantity: int

    def __post_init__(self) -> None:
        if self.quantity < 1:
            raise ValueError(f"{self.quantity} of {self.sku} is no item")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order, in the order's currency.

    `components` is what one unit of a bundle is made of; empty means the SKU itself. `quantity` 0 is a line that an
    edit took out. `pets` are those it is for. `weight` is grams of one unit. Raises ValueError for a negative quantity
    or price and for discounts above the line, MixedCurrencies for an amount in another currency.
    """

    id: LineId
    sku: SkuId
    title: str
    quantity: int
    price: Money
    discounts: tuple[Discount, ...] = ()
    taxes: tuple[Tax, ...] = ()
    duties: tuple[Duty, ...] = ()
    components: tuple[Item, ...] = ()
    pets: tuple[PetId, ...] = ()
    subscription: SubscriptionId | None = None
    ships: bool = True
    weight: int | None = None

    def __post_init__(self) -> None:
        if self.quantity < 0 or self.price.minor < 0:
            raise ValueError(f"line {self.id}: quantity and price are not negative")
        if self.weight is not None and self.weight < 0:
            raise ValueError(f"line {self.id}: a weight is not negative")
        self.total()

    def subtotal(self) -> Money:
        """Price times quantity, before discounts, taxes and duties."""
        return self.price * self.quantity

    def total(self) -> Money:
        """What the shopper owes for the line: less discounts, plus duties and the taxes that the price leaves out."""
        owed = net(self.subtotal(), self.discounts, self.taxes)
        return owed + total((duty.amount for duty in self.duties), self.price.currency) if self.duties else owed

    def worth(self) -> Money:
        """What was paid for the goods themselves: less discounts, without any tax or duty."""
        included = total((tax.amount for tax in self.taxes if tax.included), self.price.currency)
        return net(self.subtotal(), self.discounts, ()) - included

    def items(self) -> tuple[Item, ...]:
        """What leaves the stock for it: the components of a bundle, else the SKU. Nothing for quantity 0."""
        if self.quantity == 0:
            return ()
        if not self.components:
            return (Item(self.sku, self.quantity),)
        return tuple(Item(part.sku, part.quantity * self.quantity) for part in self.components)


class ShippingCharge(msgspec.Struct, frozen=True, kw_only=True):
    """What the shopper pays for a delivery, and which `method` (the shop's own code) it buys.

    Raises ValueError for a negative price and for discounts above it, MixedCurrencies for another currency.
    """

    title: str
    price: Money
    method: str | None = None
    discounts: tuple[Discount, ...] = ()
    taxes: tuple[Tax, ...] = ()

    def __post_init__(self) -> None:
        if self.price.minor < 0:
            raise ValueError("a shipping price is not negative")
        self.total()

    def total(self) -> Money:
        """The price less discounts, plus the taxes that it leaves out."""
        return net(self.price, self.discounts, self.taxes)


def demand(lines: Iterable[Line]) -> tuple[Item, ...]:
    """What the lines take from stock, bundles resolved, each SKU once and in order of SKU.

    Two lines, or two bundles, that share a SKU add up: a stock check of single lines would oversell it.
    """
    wanted: Counter[SkuId] = Counter()
    for line in lines:
        for item in line.items():
            wanted[item.sku] += item.quantity
    return tuple(Item(sku, wanted[sku]) for sku in sorted(wanted))


def spread(title: str, amount: Money, lines: Iterable[Line], *, code: str | None = None) -> tuple[Line, ...]:
    """The lines with a discount on all of them added, in proportion to what is left of each, to the last minor unit.

    Raises ValueError if `amount` is negative or more than the lines come to after the discounts they already have.
    """
    lines = tuple(lines)
    left = [net(line.subtotal(), line.discounts, ()).minor for line in lines]
    if not 0 <= amount.minor <= sum(left):
        raise ValueError(f"a discount of {amount} on lines that come to {Money(sum(left), amount.currency)}")
    if amount.minor == 0:
        return lines
    return tuple(
        msgspec.structs.replace(line, discounts=(*line.discounts, Discount(title=title, amount=part, code=code)))
        if part.minor
        else line
        for line, part in zip(lines, amount.allocate(left), strict=True)
    )
