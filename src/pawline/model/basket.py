"""Baskets: what a checkout asks about before it is an order. Where to, of an address, is kept to what prices need."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from pawline.model.contact import Country
from pawline.model.ids import SkuId
from pawline.model.moment import Aware, check_aware
from pawline.model.money import Money

_COUNTRY: Final = re.compile(r"[A-Z]{2}")


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """Where a parcel would go, without whoever lives there. `region` is the subdivision alone (`CA`, not `US-CA`).

    Raises ValueError for a country that is not two upper-case letters.
    """

    country: Country
    region: str | None = None
    postcode: str | None = None

    def __post_init__(self) -> None:
        if _COUNTRY.fullmatch(self.country) is None:
            raise ValueError("a destination's country is two upper-case letters (ISO 3166-1)")


class BasketLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a SKU. `grams` are one unit's; None where nobody said. Raises ValueError for none, and below 0 grams."""

    sku: SkuId
    quantity: int
    grams: int | None = None

    def __post_init__(self) -> None:
        if self.quantity < 1 or (self.grams or 0) < 0:
            raise ValueError("a basket's line has at least one unit, and no negative weight")


class Basket(msgspec.Struct, frozen=True, kw_only=True):
    """What would be sent. `worth` is what the goods of the whole order cost, discounts taken off.

    That is more than these lines where others are sent apart, or not at all. Raises ValueError for a basket of nothing.
    """

    destination: Destination
    lines: tuple[BasketLine, ...]
    worth: Money

    def __post_init__(self) -> None:
        if not self.lines:
            raise ValueError("nothing is in the basket")


class DeliveryChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A way to have it delivered that a shopper may choose. `code` is the same for it each time.

    `earliest` and `latest` are noon, where the parcel leaves from, of the days between which it arrives; both None:
    nothing is promised. Raises ValueError for a price below zero, one date without the other, and days in the wrong
    order.
    """

    code: str
    title: str
    price: Money
    says: str = ""
    phone: bool = False
    earliest: Aware | None = None
    latest: Aware | None = None

    def __post_init__(self) -> None:
        if self.price.minor < 0:
            raise ValueError("a delivery's price is not negative")
        if (self.earliest is None) != (self.latest is None):
            raise ValueError("a delivery is promised between two days, or not at all")
        if self.earliest is not None and self.latest is not None:
            check_aware("a delivery's day", self.earliest)
            check_aware("a delivery's day", self.latest)
            if self.earliest > self.latest:
                raise ValueError("a delivery's earliest day is not after its latest")
