"""Carts: what somebody means to buy."""

from __future__ import annotations

import msgspec

from pawline.model.ids import CartId, HouseholdId, PetId, SkuId
from pawline.model.moment import Aware, check_aware
from pawline.model.money import Money, total


class CartLine(msgspec.Struct, frozen=True, kw_only=True):
    """So many of one SKU at the price last shown, for these `pets`; none named: nobody said for whom.

    Raises ValueError below one unit or for a negative price.
    """

    sku: SkuId
    quantity: int
    price: Money
    pets: tuple[PetId, ...] = ()

    def __post_init__(self) -> None:
        if self.quantity < 1 or self.price.minor < 0:
            raise ValueError("a cart's line has at least one unit, and no negative price")


class Cart(msgspec.Struct, frozen=True, kw_only=True):
    """A cart as of `changed_at`. `household` is None as long as nobody said who they are.

    Raises MixedCurrencies for a line in another currency, ValueError for a time without a zone.
    """

    id: CartId
    currency: str
    changed_at: Aware
    lines: tuple[CartLine, ...] = ()
    household: HouseholdId | None = None

    def __post_init__(self) -> None:
        check_aware("a cart's time", self.changed_at)
        self.worth()

    def worth(self) -> Money:
        """Prices times quantities: before discounts, shipping and taxes."""
        return total((line.price * line.quantity for line in self.lines), self.currency)
