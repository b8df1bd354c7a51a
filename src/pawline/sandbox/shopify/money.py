"""Amounts as the vendor writes them: `10.0` in answers, `10.00` in webhooks, each in two currencies."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pawline.model import Money

if TYPE_CHECKING:
    from pawline.sandbox.shopify.orders import Order
    from pawline.sandbox.shopify.paging import View


def decimal(money: Money) -> str:
    """At least one decimal and no more than it takes: `10.0`, `19.99`, and `500.0` of a currency without any."""
    whole, _, rest = money.format().partition(".")
    return f"{whole}.{rest.rstrip('0') or '0'}"


def amount(money: Money) -> View:
    """A `MoneyV2`."""
    return {"__typename": "MoneyV2", "amount": decimal(money), "currencyCode": money.currency}


def in_shop(order: Order, money: Money) -> Money:
    """The same in the shop's own currency, at the order's rate."""
    if order.shop_currency == order.currency:
        return money
    return Money.rounded(Fraction(money.decimal()) * order.rate, order.shop_currency)


def bag(order: Order, money: Money) -> View:
    """A `MoneyBag`."""
    return {"presentmentMoney": amount(money), "shopMoney": amount(in_shop(order, money))}


def rest_set(order: Order, money: Money) -> dict[str, object]:
    """A money set, as webhooks have it."""
    return {
        "shop_money": _plain(in_shop(order, money)),
        "presentment_money": _plain(money),
    }


def _plain(money: Money) -> dict[str, str]:
    return {"amount": money.format(), "currency_code": money.currency}
