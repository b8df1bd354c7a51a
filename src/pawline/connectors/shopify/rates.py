"""What Shopify's checkout asks a carrier service, and how it is answered: pure functions.

https://shopify.dev/docs/api/admin-graphql/2026-07/objects/DeliveryCarrierService . It does not say that questions are
signed as webhooks are; those who answer them do, and nobody is believed without.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from pawline.connectors.shopify.carriers import ENROLMENT
from pawline.connectors.shopify.hook import SIGNATURE, OfOneShop, ShopSecret
from pawline.connectors.shopify.settings import Settings
from pawline.kit import Quotes, of_body, sku_of
from pawline.model import Basket, BasketLine, DeliveryChoice, Destination, Money, exponent

CACHED: Final = timedelta(minutes=15)
"""For as long Shopify shows an answer to whoever asks the same."""
HUNDREDTHS: Final = 2
"""Decimals of every amount here, also of a currency that has none: 1,000 yen are 100000."""


class Place(msgspec.Struct, frozen=True):
    """Of an address, what prices go by: nothing else of it is read."""

    country: str
    postal_code: str | None = None
    province: str | None = None


class Goods(msgspec.Struct, frozen=True):
    """Units of a variant. `price` and `grams` are one unit's."""

    quantity: int
    price: int
    grams: int = 0
    sku: str | None = None
    variant_id: int | None = None
    requires_shipping: bool = True


class Totals(msgspec.Struct, frozen=True):
    """Of the whole order, also where a part of it is asked about. Given since November 2025."""

    subtotal_price: int
    discount_amount: int = 0


class Question(msgspec.Struct, frozen=True):
    """What is asked. Amounts are in the shop's own currency, whichever the shopper sees."""

    destination: Place
    items: tuple[Goods, ...]
    currency: str
    order_totals: Totals | None = None


class Asked(msgspec.Struct, frozen=True):
    """The body."""

    rate: Question


class Rate(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rate. `total_price` is text there."""

    service_name: str
    service_code: str
    description: str
    currency: str
    total_price: str
    phone_required: bool = False
    min_delivery_date: str | None = None
    max_delivery_date: str | None = None


class Answer(msgspec.Struct, frozen=True):
    """The body."""

    rates: tuple[Rate, ...]


def read(body: bytes) -> Basket:
    """A question as a basket. Raises ValueError for what is none, and where nothing of it is sent.

    Amounts come as numbers or as text. A unit of no weight is one that nobody weighed. Without the order's totals the
    lines are taken for all of it, before discounts.
    """
    asked = msgspec.json.decode(body, type=Asked, strict=False).rate
    to, currency = asked.destination, asked.currency
    worth = sum(one.price * one.quantity for one in asked.items)
    if asked.order_totals is not None:
        worth = max(0, asked.order_totals.subtotal_price - asked.order_totals.discount_amount)
    lines = tuple(
        BasketLine(
            sku=sku_of(one.sku, None if one.variant_id is None else str(one.variant_id), str(n)),
            quantity=one.quantity, grams=one.grams or None,
        )
        for n, one in enumerate(asked.items) if one.requires_shipping
    )  # fmt: skip
    region = None if to.province is None else to.province.upper().removeprefix(f"{to.country}-")
    return Basket(
        destination=Destination(country=to.country, region=region, postcode=to.postal_code), lines=lines,
        worth=Money(_minor(worth, currency), currency),
    )  # fmt: skip


def write(choices: Sequence[DeliveryChoice]) -> bytes:
    """An answer. Raises ValueError for an amount of a currency that has more than two decimals."""
    return msgspec.json.encode(Answer(tuple(map(_rate, choices))))


def _rate(one: DeliveryChoice) -> Rate:
    return Rate(
        service_name=one.title, service_code=one.code, description=one.says, currency=one.price.currency,
        total_price=str(_hundredths(one.price)), phone_required=one.phone, min_delivery_date=_stamp(one.earliest),
        max_delivery_date=_stamp(one.latest),
    )  # fmt: skip


def _stamp(at: datetime | None) -> str | None:
    """`2013-04-12 14:48:45 -0400`, as the documentation's example has it."""
    return None if at is None else at.strftime("%Y-%m-%d %H:%M:%S %z")


def _hundredths(amount: Money) -> int:
    if exponent(amount.currency) > HUNDREDTHS:
        raise ValueError(f"Shopify's rates are in hundredths, and {amount.currency} has smaller units")
    return int(amount.decimal() * 100)


def _minor(hundredths: int, currency: str) -> int:
    """Hundredths of a currency without any are those of its unit: what is left over is off."""
    return int(hundredths * 10 ** exponent(currency) // 100)


QUOTES: Final[Quotes[Settings]] = Quotes(
    signature=OfOneShop(of_body(SIGNATURE, "base64"), named=False),
    secrets=lambda settings: tuple(ShopSecret(one.reveal(), settings.shop) for one in settings.webhook_secrets),
    read=read,
    write=write,
    shown=CACHED,
    enrolment=ENROLMENT,
)
