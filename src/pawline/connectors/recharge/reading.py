"""Subscriptions as Recharge has them, with what it keeps elsewhere: whose they are, of what, and their card's end."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

import msgspec

from pawline.connectors.recharge.goods import Goods
from pawline.connectors.recharge.settings import Settings
from pawline.connectors.recharge.standing import standing
from pawline.connectors.recharge.told import Customers, OneSubscription, Subscriptions, ToldCustomer, ToldSubscription
from pawline.kit import Http
from pawline.model import SkuId, Subscription, SubscriptionId
from pawline.ports import Code, Malformed, Rejected

MANY: Final = "250"
"""The most of a page. https://developer.rechargepayments.com/2021-11/cursor_pagination"""


class Details(msgspec.Struct, frozen=True):
    """Of a card; other means have none."""

    exp_month: int | None = None
    exp_year: int | None = None


class Method(msgspec.Struct, frozen=True):
    """How somebody pays."""

    payment_details: Details | None = None


class OneMethod(msgspec.Struct, frozen=True):
    """https://developer.rechargepayments.com/2021-11/payment_methods/payment_methods_retrieve ."""

    payment_method: Method


class Reading:
    """An account's subscriptions, read."""

    def __init__(self, http: Http, settings: Settings) -> None:
        self._http, self._cards = http, settings.cards
        self.goods: Final = Goods(http, settings)

    async def one(self, name: SubscriptionId) -> ToldSubscription:
        """As Recharge has it, with its customer and its address. Raises Rejected(not_found).

        https://developer.rechargepayments.com/2021-11/subscriptions/subscriptions_retrieve
        """
        if not (name.isascii() and name.isdigit()):
            raise Rejected(f"{name[:40]} is no subscription of Recharge's", Code.NOT_FOUND)
        query = {"include": "customer,address"}
        return (await self._http.get("subscriptions", name, query=query, into=OneSubscription)).subscription

    async def page(self, query: Mapping[str, str], cursor: str | None) -> Subscriptions:
        """A page of a list. Behind a cursor nothing is said of what is wanted: it knows.

        https://developer.rechargepayments.com/2021-11/subscriptions/subscriptions_list
        """
        asked = {"limit": MANY} | ({"cursor": cursor} if cursor else {"include": "customer", **query})
        return await self._http.get("subscriptions", query=asked, into=Subscriptions)

    async def customers(self, told: Iterable[ToldSubscription]) -> dict[int, ToldCustomer]:
        """Of each, by number: those that did not come along are asked for, all at once."""
        told = tuple(told)
        found = {
            one.customer_id: one.include.customer for one in told
            if one.include is not None and one.include.customer is not None
        }  # fmt: skip
        lacking = sorted({one.customer_id for one in told} - set(found))
        if lacking:
            query = {"ids": ",".join(map(str, lacking)), "limit": MANY}
            asked = await self._http.get("customers", query=query, into=Customers)
            found |= {one.id: one for one in asked.customers if one.id is not None}
        return found

    async def ours(self, told: ToldSubscription, like: ToldSubscription | None = None) -> Subscription:
        """In our words. `like` is the same as it was read before: what came along then need not be asked for again.

        One whose SKU nobody knows is called by its variant. Raises Malformed where it is not what Recharge's pages
        promise.
        """
        if told.include is None and like is not None:
            told = msgspec.structs.replace(told, include=like.include)
        customer = (await self.customers((told,))).get(told.customer_id)
        return self.made(told, customer, await self.goods.named(told))

    @staticmethod
    def made(
        told: ToldSubscription, customer: ToldCustomer | None, sku: SkuId, card_until: date | None = None
    ) -> Subscription:
        """See `standing`. Raises Malformed."""
        try:
            return standing(told, customer, sku, card_until)
        except ValueError as problem:
            raise Malformed(f"subscription {told.id}: {problem}") from None

    async def card_until(self, told: ToldSubscription) -> date | None:
        """The last day on which its card can be charged; None where that is not known, or not asked for."""
        address = None if told.include is None else told.include.address
        if not self._cards or address is None or address.payment_method_id is None:
            return None
        try:
            asked = await self._http.get("payment_methods", str(address.payment_method_id), into=OneMethod)
        except Rejected:  # it is gone: whether another is there the charge itself will tell
            return None
        card = asked.payment_method.payment_details
        if card is None or card.exp_year is None or card.exp_month is None or not 1 <= card.exp_month <= 12:
            return None
        year = card.exp_year if card.exp_year > 99 else 2000 + card.exp_year
        if not 2000 <= year <= 9000:
            return None
        return date(year, card.exp_month, calendar.monthrange(year, card.exp_month)[1])
