"""The storefront of one hub: its shops, whoever may ask, and how much their shoppers wait for."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from pawline.hub.rates import rates_of
from pawline.hub.returning import rules_of
from pawline.hub.storefront.answers import Answers, Asked, Known
from pawline.hub.storefront.api_keys import ApiKeys
from pawline.hub.storefront.carts import ShopCarts
from pawline.hub.storefront.checkout import Parts, Patience, ShopCheckout
from pawline.hub.storefront.claims import Claims
from pawline.hub.storefront.consents import ShopConsents
from pawline.hub.storefront.goods import ShopGoods
from pawline.hub.storefront.orders import OVER, ShopOrders, Stage, Stand, said
from pawline.hub.storefront.passes import Passes
from pawline.hub.storefront.pets import ShopPets
from pawline.hub.storefront.quotes import ShopQuotes, Terms
from pawline.hub.storefront.refusals import Cause, Refusal
from pawline.hub.storefront.returns import ShopReturns
from pawline.hub.storefront.settings import Profile
from pawline.hub.storefront.taxes import TaxPlayer, shop_taxes
from pawline.hub.storefront.tokens import Tokens
from pawline.model import Envelope, OrderCancelled
from pawline.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.hub.settings import Settings
    from pawline.hub.storefront.forms import CancelForm, OrderSaid
    from pawline.hub.storefront.settings import StorefrontSettings
    from pawline.runtime import Engine
    from pawline.store import Keyring
    from pawline.views import Projector
    from pawline.views.shelf import Shelf

_log = logging.getLogger("pawline.hub")
EVERY: Final = 1.0
"""Seconds between two looks for keys that were made or revoked, and for another profile."""


class Front(NamedTuple):
    """One shop's, with its settings."""

    said: StorefrontSettings
    goods: ShopGoods
    carts: ShopCarts
    quotes: ShopQuotes
    checkout: ShopCheckout
    orders: ShopOrders
    returns: ShopReturns
    consents: ShopConsents
    pets: ShopPets


class Storefront:
    """Its fronts, by shop. Before `start` no key is known.

    `leaving`: whoever follows an order is to come back. `spare` says whether the disk has room for what anybody may
    make (`full` where not); it is asked once a second.
    """

    def __init__(
        self, settings: Settings, engine: Engine, projector: Projector, shelf: Shelf, keyring: Keyring,
        spare: Callable[[], bool] = lambda: True,
    ) -> None:  # fmt: skip
        self._spare, self.full = spare, False
        self.keys: Final = ApiKeys(engine.store)
        self.answers: Final = Answers(engine.store)
        self.tokens: Final = Tokens(keyring)
        self.passes: Final = Passes(self.tokens, self.keys, engine.now)
        self.leaving = False
        self._engine = engine
        self._profiles: dict[str, Profile] = {}
        self._players: dict[str, TaxPlayer] = {}
        self.fronts: Final = {
            shop: self._front(settings, one, shop, projector, shelf)
            for one in settings.storefronts
            for shop in one.shops or settings.shops
        }

    def _front(
        self, settings: Settings, one: StorefrontSettings, shop: str, projector: Projector, shelf: Shelf
    ) -> Front:  # fmt: skip
        engine, store = self._engine, self._engine.store
        rates = next(each for each in settings.rates if shop in (each.shops or settings.shops))
        pickups = next((each for each in settings.pickups if shop in (each.shops or settings.shops)), None)
        goods, orders = ShopGoods(shop, store, projector), ShopOrders(shop, engine)
        terms = Terms(rates_of(rates, pickups), timedelta(minutes=one.quote_minutes))
        taxes = shop_taxes(shop, one, engine, self._players, pickups)
        quotes = ShopQuotes(shop, terms, store, goods, shelf, taxes)
        claims = Claims(shop, store)
        parts = Parts(engine, quotes, goods, orders, self.answers, self.tokens, claims, settings.stock == "hub")
        carts = ShopCarts(shop, rates.currency, engine, goods, self.answers, self.tokens, claims)
        returns = ShopReturns(shop, engine, self.answers, rules_of(settings.returns, shop))
        consents, pets = ShopConsents(shop, engine, self.answers), ShopPets(shop, engine, projector, self.answers)
        return Front(one, goods, carts, quotes, ShopCheckout(shop, parts), orders, returns, consents, pets)

    async def start(self) -> None:
        """Begins to take note of what people change, having done so once."""
        await self.read()
        self._engine.spawn(self.follow())

    async def follow(self) -> None:
        """Takes note, for ever, of what people changed."""
        while True:
            try:
                await self.read()
            except StoreError as problem:
                _log.warning("the storefront's keys cannot be read: %s", type(problem).__name__)
            await asyncio.sleep(EVERY)

    async def read(self) -> None:
        """As it is on the disk now, and whether that has room for carts: anybody may make some, and orders need it."""
        self.full = not self._spare()
        await self.keys.read()
        rows = await self._engine.store.fetch("profiles")
        known = {str(one) for one in Profile}  # a newer version may know more
        self._profiles = {shop: Profile(profile) for shop, profile, *_ in rows if profile in known}

    def patience(self, shop: str) -> Patience:
        """What a checkout of the shop waits for, as of now: never by request."""
        front = self.fronts[shop]
        return Patience(self._profiles.get(shop, front.said.profile), front.said.deadline)

    async def cancel(self, one: Asked, order: str, form: CancelForm) -> Known:
        """Called off by its shopper, once for each order. Raises Refusal for one that has left, or is over."""
        if (known := await self.answers.known(one)) is not None:
            return known
        orders = self.fronts[one.shop].orders
        placed = await orders.placed(order)
        stand = await orders.stand(placed)
        if stand.stage is Stage.SENT or (stand.stage in OVER and stand.stage is not Stage.CANCELLED):
            raise Refusal(Cause.TOO_LATE)
        at = datetime.fromtimestamp(self._engine.now(), UTC)
        because = form.because or "the shopper called it off"
        event = OrderCancelled(
            order=placed.order.id, at=at, by="shopper", because=because, household=placed.order.household
        )  # fmt: skip
        body: OrderSaid = said(placed.order, Stand(Stage.CANCELLED))
        made = Known(202, msgspec.json.encode(body))
        envelope = Envelope(shop=one.shop, source=f"/v1/{one.caller}", id=one.event, at=at, event=event)
        kept = await self.answers.keep(one, made, placed.order.household)
        if (await self._engine.record(envelope, "shopper", once=kept)).new:
            return made
        return await self.answers.bind(one, made, placed.order.household)  # it was called off already
