"""Checkout: a quote becomes an order. Record and hold are one commit; what is waited for then, the profile says.

What is answered is always true: after the deadline it is "we have your order", and the rest goes on.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from pawline.hub.storefront.addresses import check_address
from pawline.hub.storefront.answers import OPEN, Known
from pawline.hub.storefront.orders import Stage, Stand, order_of, said
from pawline.hub.storefront.refusals import Cause, Refusal, problem
from pawline.hub.storefront.settings import Profile
from pawline.model import (
    CartId,
    Channel,
    Checkout,
    Destination,
    Envelope,
    Money,
    Order,
    OrderPlaced,
    Tender,
    TenderId,
    TenderState,
    household_by_email,
)
from pawline.ports import Code
from pawline.store import Conflict, OutOfStock
from pawline.views.holds import LIFE, holds_of

if TYPE_CHECKING:
    from pawline.hub.storefront.answers import Answers, Asked
    from pawline.hub.storefront.claims import Claims
    from pawline.hub.storefront.forms import CheckoutForm
    from pawline.hub.storefront.goods import ShopGoods
    from pawline.hub.storefront.orders import ShopOrders
    from pawline.hub.storefront.quotes import Quote, ShopQuotes
    from pawline.hub.storefront.tokens import Tokens
    from pawline.runtime import Engine

FIRST_WORD: Final = ("needs_shopper", "payment_pending", "authorised", "confirmed", "refused")
"""Of the payment. No flow's end is waited for: others begin with an order, too, and have nothing to do for this one."""
CERTAIN: Final = ("needs_shopper", "payment_pending", "confirmed", "refused")
"""Nothing is certain before a bank's shopper, or the bank itself, has said so: nobody is kept waiting for that."""
SURE: Final = frozenset({Stage.AUTHORISED, Stage.CONFIRMED, Stage.SENT, Stage.DELIVERED})
"""What is answered by 201; all else is 202: we have it, and go on."""

OF_MONEY: Final = frozenset({Code.DECLINED, Code.INSUFFICIENT_FUNDS, Code.EXPIRED})
"""What only a payment is refused for. Which of them it was is not told."""


class Patience(NamedTuple):
    """What a checkout waits for, and for how many seconds."""

    profile: Profile
    deadline: float

    @property
    def until(self) -> tuple[str, ...]:
        """Milestones of the order's flow, of which the first that comes is enough."""
        return {Profile.EVENT_DRIVEN: (), Profile.HYBRID: FIRST_WORD, Profile.SYNCHRONOUS: CERTAIN}[self.profile]


class Parts(NamedTuple):
    """What a shop's checkout is made of. `decides`: the hub itself says how much there is (`stock = "hub"`)."""

    engine: Engine
    quotes: ShopQuotes
    goods: ShopGoods
    orders: ShopOrders
    answers: Answers
    tokens: Tokens
    claims: Claims
    decides: bool


class ShopCheckout:
    """Of one shop."""

    def __init__(self, shop: str, parts: Parts) -> None:
        self._shop, self._parts = shop, parts

    async def place(self, form: CheckoutForm, one: Asked, patience: Patience) -> Known:
        """The order, once for each name of a request and once for each quote. Raises Refusal."""
        known = await self._parts.answers.known(one)
        if known is None:
            known = await self._placed(form, one, patience)
        if known.status != OPEN:
            return known
        placed = await self._parts.orders.placed(msgspec.json.decode(known.body)["id"])
        await self._parts.engine.milestones.first(placed.no, patience.until, patience.deadline)
        return await self._parts.answers.settle(one, self._told(placed.order, await self._parts.orders.stand(placed)))

    async def _placed(self, form: CheckoutForm, one: Asked, patience: Patience) -> Known:
        """Order, hold and answer, in one commit."""
        quote = await self._parts.quotes.open(form.quote)
        order, parts = self._order(quote, form), self._parts
        await parts.goods.check(line.sku for line in quote.lines)  # perhaps since it was quoted
        until, at = order.placed_at + LIFE, order.placed_at.timestamp()
        holds = holds_of(self._shop, order.id, order.demand(), at, until, at) if parts.decides else []
        made = self._told(order, Stand(Stage.PLACED))
        made = made._replace(status=OPEN) if patience.until else made
        envelope = Envelope(
            shop=self._shop, source=f"/v1/{one.caller}", id=one.event, at=order.placed_at,
            event=OrderPlaced(order=order, cart=CartId(quote.cart)),
        )  # fmt: skip
        kept = await parts.answers.keep(one, made, order.household)
        kept.append(await parts.claims.claim(quote.cart, order.id))
        try:
            recorded = await parts.engine.record(envelope, "shopper", holds, kept)
        except OutOfStock as short:
            left = {sku: await parts.goods.left(sku) for sku in short.skus}
            raise Refusal(Cause.OUT_OF_STOCK, f"there is too little of {', '.join(short.skus)}", left=left) from None
        except Conflict:
            await parts.claims.claim(quote.cart, order.id)  # raises: another quote of the cart was faster
            raise
        if recorded.new:
            return made
        if (known := await parts.answers.known(one)) is None:  # another request's order came of the quote
            raise Refusal(Cause.QUOTE_USED)
        return known

    def _order(self, quote: Quote, form: CheckoutForm) -> Order:
        """Raises Refusal for what the shopper was not shown, and what does not add up."""
        choice = next((one for one in quote.choices if one.code == form.delivery), None)
        if choice is None:
            raise Refusal(Cause.INVALID, "delivery: the quote has no such choice")
        if form.contact.email is None:
            raise Refusal(Cause.INVALID, "contact.email: it is missing")
        to = Destination(country=form.ship_to.country, region=form.ship_to.region, postcode=form.ship_to.postcode)
        if to != quote.destination:
            raise Refusal(Cause.INVALID, "ship_to: country, region and postcode are not those of the quote: ask anew")
        check_address("ship_to", form.ship_to.told())
        total = quote.total(choice)
        if (form.total.minor, form.total.currency) != (total.minor, total.currency):
            raise Refusal(Cause.TOTAL, f"the quote comes to {total}")
        return Order(
            id=order_of(quote.name), number=_number(quote.name), checkout=Checkout.OWN, channel=Channel.WEB,
            placed_at=datetime.fromtimestamp(self._parts.engine.now(), UTC), currency=quote.currency,
            lines=quote.lines, total=total, household=household_by_email(form.contact.email),
            shipping=(quote.charge(choice),), tenders=tenders(form, total), contact=form.contact.told(),
            ship_to=form.ship_to.told(), bill_to=None if form.bill_to is None else form.bill_to.told(),
        )  # fmt: skip

    def _cause(self, stand: Stand) -> Cause:
        """What the hub itself holds for an order is not what it lacks; of an account the flow says what it was."""
        if self._parts.decides or stand.code in OF_MONEY:
            return Cause.DECLINED
        return Cause.OUT_OF_STOCK if stand.code is Code.OUT_OF_STOCK else Cause.REFUSED

    def _told(self, order: Order, stand: Stand) -> Known:
        if stand.stage is Stage.REFUSED:
            cause = self._cause(stand)
            # Not why: a vendor's words are for the shop, and whoever tries stolen cards learns from a bank's.
            return Known(cause.status, msgspec.json.encode(problem(cause, cause.says, order=order.id)))
        token = self._parts.tokens.of(self._shop, "order", order.id)
        body = msgspec.json.encode(said(order, stand, token))
        return Known(201 if stand.stage in SURE else 202, body)


def _number(quote: str) -> str:
    """What people call it: fifty bits of the order's name, without letters that look like others."""
    return base64.b32encode(bytes.fromhex(quote)[:7])[:10].decode()


def tenders(form: CheckoutForm, total: Money) -> tuple[Tender, ...]:
    """What is paid, and how: together the total, to the minor unit. Raises Refusal."""
    parts = [(one.amount.minor, one.amount.currency) for one in form.payments]
    if any(minor == 0 or currency != total.currency for minor, currency in parts):
        raise Refusal(Cause.TOTAL, f"payments: each is more than nothing, and in {total.currency}")
    if sum(minor for minor, _ in parts) != total.minor:
        raise Refusal(Cause.TOTAL, f"payments: together they come to {total}")
    return tuple(
        Tender(id=TenderId(f"t{n}"), kind=one.kind, amount=Money(one.amount.minor, total.currency),
               state=TenderState.PENDING, source=one.source)
        for n, one in enumerate(form.payments, 1)
    )  # fmt: skip
