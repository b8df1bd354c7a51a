"""What makes an amount smaller or larger: discounts, taxes, duties. Given by whoever prices, never computed here."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from pawline.model.money import Money, total


class Discount(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken off one line or one shipping charge, all its units together.

    `amount` is positive. A discount on the whole order stands on the lines in the shares that the shop gave them.
    Raises ValueError for a negative amount.
    """

    title: str
    amount: Money
    code: str | None = None

    def __post_init__(self) -> None:
        if self.amount.minor < 0:
            raise ValueError("a discount's amount is not negative")


class Tax(msgspec.Struct, frozen=True, kw_only=True):
    """One tax on one line or shipping charge. `included` means that the price already contains it.

    `rate` (0.19 for 19 %) is for documents; `amount` decides. Raises ValueError for a negative amount.
    """

    title: str
    amount: Money
    included: bool
    rate: Decimal | None = None

    def __post_init__(self) -> None:
        if self.amount.minor < 0:
            raise ValueError("a tax's amount is not negative")


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """What customs takes for one line and the shop collects. Raises ValueError for a negative amount."""

    amount: Money
    tariff_code: str | None = None
    origin: str | None = None

    def __post_init__(self) -> None:
        if self.amount.minor < 0:
            raise ValueError("a duty's amount is not negative")


def net(gross: Money, discounts: Sequence[Discount], taxes: Sequence[Tax]) -> Money:
    """`gross` less its discounts, plus the taxes that it does not include.

    Raises ValueError where the discounts exceed it, MixedCurrencies where an amount is in another currency.
    """
    if not discounts and not taxes and gross.minor >= 0:
        return gross
    reduced = gross - total((discount.amount for discount in discounts), gross.currency)
    if reduced.minor < 0:
        raise ValueError(f"discounts of more than {gross}")
    taxed = total((tax.amount for tax in taxes), gross.currency)
    return reduced + (taxed - total((tax.amount for tax in taxes if tax.included), gross.currency))
