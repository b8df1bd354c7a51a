"""Quotes: what a cart comes to with each delivery, promised for a while. Made from views and the shop's own table.

A quote is kept by whoever asked for it: its id is the quote itself, sealed by the shop's key. So a page that quotes
writes nothing, and nobody can make or change one.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from pawline.hub.storefront.addresses import check_destination
from pawline.hub.storefront.forms import Choice, QuoteSaid
from pawline.hub.storefront.orders import order_of
from pawline.hub.storefront.refusals import Cause, Refusal
from pawline.hub.storefront.sealing import shop_key
from pawline.insight.rates import NoPrice, choices
from pawline.model import (
    Aware,
    Basket,
    BasketLine,
    DeliveryChoice,
    Destination,
    Line,
    LineId,
    Money,
    ShippingCharge,
    Tax,
    total,
    total_owed,
)
from pawline.store import DataKey, Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pawline.hub.rates import Rates
    from pawline.hub.storefront.forms import ToldTax
    from pawline.hub.storefront.goods import ShopGoods
    from pawline.hub.storefront.taxes import ShopTaxes
    from pawline.model import Cart, Description
    from pawline.store import Store
    from pawline.views.shelf import Shelf

READ: Final = 0.05
"""Seconds for reading what is in stock, for the promise: the price does not wait for it."""
_NO: Final = 8


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What was promised, until `until`. `name` is the order's, if one comes of it: one order at most."""

    name: str
    until: Aware
    currency: str
    cart: str
    destination: Destination
    lines: tuple[Line, ...]
    choices: tuple[DeliveryChoice, ...]
    shipping_taxes: dict[str, tuple[Tax, ...]] = {}

    def charge(self, choice: DeliveryChoice) -> ShippingCharge:
        """The delivery as a part of the bill."""
        taxes = self.shipping_taxes.get(choice.code, ())
        return ShippingCharge(title=choice.title, price=choice.price, method=choice.code, taxes=taxes)

    def total(self, choice: DeliveryChoice) -> Money:
        """What is charged with this delivery: by the same sum as an order's own total."""
        return total_owed(self.lines, [self.charge(choice)], currency=self.currency)


class Terms(NamedTuple):
    """What a shop quotes by: its table, and for how long."""

    rates: Rates
    holds: timedelta


class ShopQuotes:
    """Of one shop."""

    def __init__(
        self, shop: str, terms: Terms, store: Store, goods: ShopGoods, shelf: Shelf, taxes: ShopTaxes | None = None
    ) -> None:  # fmt: skip
        self._shop, self._terms, self._store, self._goods, self._shelf = shop, terms, store, goods, shelf
        self._taxes = taxes

    async def quote(self, cart: Cart, destination: Destination, taxes: Sequence[ToldTax], now: float) -> QuoteSaid:
        """`now` is the loop's time, for what may not take long. Raises Refusal for what cannot be sold."""
        check_destination(destination)
        if not cart.lines:
            raise Refusal(Cause.INVALID, "cart: nothing is in it")
        async with self._goods.baskets.one(len(cart.lines)):
            lines, found = await self._lines(cart, taxes)
            await self._goods.check(line.sku for line in lines)
        goods = total((line.total() for line in lines), cart.currency)
        basket = Basket(
            destination=destination, worth=goods,
            lines=tuple(BasketLine(sku=line.sku, quantity=line.quantity, grams=each.weight)
                        for line, each in zip(lines, found, strict=True)),
        )  # fmt: skip
        at, name = datetime.fromtimestamp(self._store.now(), UTC), secrets.token_hex(13)
        choices = await self._choices(basket, at, now)
        shipping: dict[str, tuple[Tax, ...]] = {}
        if self._taxes is not None and not taxes:
            kinds = [one.kind for one in found]
            lines, shipping = await self._taxes.laid(order_of(name), lines, kinds, choices, destination)
            goods = total((line.total() for line in lines), cart.currency)
        made = Quote(
            name=name, until=at + self._terms.holds, currency=cart.currency, cart=cart.id, destination=destination,
            lines=lines, choices=choices, shipping_taxes=shipping,
        )  # fmt: skip
        told = [tax.amount for line in lines for tax in line.taxes]
        return QuoteSaid(
            id=await self._sealed(made), expires_at=made.until, lines=lines, subtotal=goods,
            taxes=total(told, cart.currency),
            choices=[
                Choice(delivery=one, total=made.total(one), taxes=shipping.get(one.code, ())) for one in made.choices
            ],
        )  # fmt: skip

    async def open(self, token: str) -> Quote:
        """The quote. Raises Refusal for one that is not ours, not this shop's, or over."""
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii"))
            no = int.from_bytes(raw[:_NO], "big", signed=True)
            key = (await self._store.keys.by_nos({no}))[no]
            if not isinstance(key, DataKey):  # nobody ever had it
                raise Unreadable("there is no such key")
            quote = msgspec.json.decode(key.open(raw[_NO:], self._aad), type=Quote)
        except (ValueError, binascii.Error, Unreadable):
            raise Refusal(Cause.INVALID, "quote: this is no quote of this shop") from None
        if quote.until.timestamp() < self._store.now():
            raise Refusal(Cause.QUOTE_EXPIRED)
        return quote

    @property
    def _aad(self) -> bytes:
        return f"quote\0{self._shop}".encode()

    async def _sealed(self, quote: Quote) -> str:
        key = await shop_key(self._store, self._shop)
        sealed = key.no.to_bytes(_NO, "big") + key.seal(msgspec.json.encode(quote), self._aad)
        return base64.urlsafe_b64encode(sealed).decode()

    async def _choices(self, basket: Basket, at: datetime, now: float) -> tuple[DeliveryChoice, ...]:
        """As a checkout of others is answered: the table, or what the shop says for where it does not help."""
        stock = await self._shelf.standings(self._shop, {line.sku for line in basket.lines}, now + READ)
        try:
            return choices(self._terms.rates.tariff, basket, at, stock, self._terms.holds)
        except NoPrice:
            return (self._terms.rates.backup,)

    async def _lines(self, cart: Cart, taxes: Sequence[ToldTax]) -> tuple[tuple[Line, ...], list[Description]]:
        lines: list[Line] = []
        said: list[Description] = []
        for n, one in enumerate(cart.lines, 1):
            await asyncio.sleep(0)  # webhooks are not to wait for a hundred lines
            found = await self._goods.description(one.sku)
            if found is None or found.title is None or found.price is None or found.price.currency != cart.currency:
                raise Refusal(Cause.INVALID, f"cart: {one.sku} is not sold any more")
            lines.append(Line(
                id=LineId(f"l{n}"), sku=one.sku, title=found.title, quantity=one.quantity, price=found.price,
                pets=one.pets, weight=found.weight,
            ))  # fmt: skip
            said.append(found)
        return taxed(lines, taxes), said


def taxed(lines: Sequence[Line], taxes: Sequence[ToldTax]) -> tuple[Line, ...]:
    """The lines with what the shop says is tax in them, or on them. Raises Refusal.

    Of a SKU with several lines, for several pets, each has its part, in proportion to what it costs.
    """
    found: list[list[Tax]] = [[] for _ in lines]
    for one in taxes:
        places = [at for at, line in enumerate(lines) if line.sku == one.sku]
        if not places:
            raise Refusal(Cause.INVALID, f"taxes: {one.sku} is not in the cart")
        worth = [lines[at].subtotal().minor for at in places]
        weights = worth if any(worth) else [1] * len(worth)
        parts = Money(one.minor, lines[places[0]].price.currency).allocate(weights)
        for at, part in zip(places, parts, strict=True):
            found[at].append(Tax(title=one.title, amount=part, included=one.included))
    for line, ours in zip(lines, found, strict=True):
        if sum(one.amount.minor for one in ours if one.included) > line.subtotal().minor:
            raise Refusal(Cause.INVALID, f"taxes: more is in the price of {line.sku} than it costs")
    return tuple(msgspec.structs.replace(line, taxes=tuple(ours)) for line, ours in zip(lines, found, strict=True))
