"""Every operation of the Storefront API: what it takes and answers, and who may. The document is made from this."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from pawline.hub.storefront import ApiKey, Asked, Cause, Front, Known, Refusal, Scope, Storefront
from pawline.hub.storefront.addresses import AddressSaid, DraftForm, looked_over
from pawline.hub.storefront.carts import said as cart_said
from pawline.hub.storefront.forms import (
    CancelForm,
    CartForm,
    CartSaid,
    CheckoutForm,
    MergeForm,
    OrderSaid,
    ProductSaid,
    ProductsSaid,
    QuoteForm,
    QuoteSaid,
)
from pawline.hub.storefront.goods import MOST
from pawline.hub.storefront.orders import said as order_said

PAGE: Final = 20


class Call(NamedTuple):
    """One request that was let in. `asked` is what it names itself by, where it does; `now` the loop's time."""

    front: Storefront
    key: ApiKey
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    form: Any
    asked: Asked | None
    now: float

    @property
    def shop(self) -> Front:
        """The key's shop's."""
        return self.front.fronts[self.key.shop]

    def own(self, kind: str, name: str) -> str:
        """The name, to who has its token or a secret key. Raises Refusal, which tells nobody that there is one."""
        token = self.headers.get("pawline-token", "")
        if not self.key.secret and not self.front.tokens.fits(token, self.key.shop, kind, name):
            raise Refusal(Cause.NOT_FOUND)
        return name

    def named(self) -> Asked:
        """What the request names itself by."""
        assert self.asked is not None  # noqa: S101 - the door asks for it
        return self.asked


class Said(NamedTuple):
    """An answer. A 304 has no body."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}


class Operation(NamedTuple):
    """One method of one path. `answers` are its statuses with what is said then; `refuses` causes of its own.

    `writes`: it names itself by an Idempotency-Key. `tagged`: it has an ETag. `streams`: see `web.storefront.events`.
    """

    name: str
    method: str
    path: str
    says: str
    scope: Scope
    does: Callable[[Call], Awaitable[Said]]
    answers: Mapping[int, type[msgspec.Struct] | None]
    form: type[msgspec.Struct] | None = None
    refuses: tuple[Cause, ...] = ()
    writes: bool = False
    tagged: bool = False
    query: tuple[str, ...] = ()
    streams: bool = False


async def products(call: Call) -> Said:
    """A page of them."""
    said = call.query.get("limit", str(PAGE))
    if not (said.isascii() and said.isdigit() and 1 <= int(said[:4]) <= MOST and len(said) < 4):
        raise Refusal(Cause.INVALID, f"limit: 1 to {MOST}")
    after = call.query.get("after", "")
    if len(after) > 64 or any(ord(one) < 32 for one in after):
        raise Refusal(Cause.INVALID, "after: it is the `next` of the page before")
    return _json(200, await call.shop.goods.page(after, int(said)))


async def product(call: Call) -> Said:
    """One of them."""
    return _json(200, await call.shop.goods.one(call.path["sku"]))


async def begin_cart(call: Call) -> Said:
    """A new cart."""
    _room(call)
    return _kept(await call.shop.carts.begin(call.form.lines, call.named()), "carts")


async def cart(call: Call) -> Said:
    """As it is now."""
    head = await call.shop.carts.head(call.own("cart", call.path["cart"]))
    return _json(200, cart_said(head.cart, order=head.order), etag=head.tag)


async def change_cart(call: Call) -> Said:
    """All lines anew."""
    _room(call)
    tag = call.headers.get("if-match", "")
    if not tag:
        raise Refusal(Cause.UNSEEN)
    head = await call.shop.carts.change(call.own("cart", call.path["cart"]), call.form.lines, tag)
    return _json(200, cart_said(head.cart), etag=head.tag)


async def merge_cart(call: Call) -> Said:
    """Somebody logged in."""
    if not call.key.secret:
        raise Refusal(Cause.FORBIDDEN, "whose a cart is says the shop's own server, with a secret key")
    form = call.form
    return _kept(await call.shop.carts.merge(call.path["cart"], form.source, form.household, call.named()))


async def address(call: Call) -> Said:
    """What is wrong with it so far."""
    return _json(200, looked_over(call.form))


async def quote(call: Call) -> Said:
    """What it would come to."""
    if call.form.taxes and not call.key.secret:
        raise Refusal(Cause.FORBIDDEN, "taxes: the shop's own server tells them, with a secret key")
    head = await call.shop.carts.open(call.own("cart", call.form.cart))
    to = call.form.destination.told()
    return _json(200, await call.shop.quotes.quote(head.cart, to, call.form.taxes, call.now))


async def checkout(call: Call) -> Said:
    """The order."""
    pays = call.shop.said.pays
    if not call.key.secret and (other := [one.kind for one in call.form.payments if one.kind not in pays]):
        raise Refusal(Cause.FORBIDDEN, f"payments: a page may not name {other[0]}; the shop's own server may")
    patience = call.front.patience(call.key.shop)
    return _kept(await call.shop.checkout.place(call.form, call.named(), patience), "orders")


async def order(call: Call) -> Said:
    """How far it is."""
    placed = await call.shop.orders.placed(call.own("order", call.path["order"]))
    return _json(200, order_said(placed.order, await call.shop.orders.stand(placed)))


async def cancel(call: Call) -> Said:
    """Called off."""
    return _kept(await call.front.cancel(call.named(), call.own("order", call.path["order"]), call.form))


def _room(call: Call) -> None:
    if call.front.full:
        raise Refusal(Cause.BUSY, "the disk has no room for more carts: orders are still taken")


def _json(status: int, said: msgspec.Struct, **headers: str) -> Said:
    return Said(status, msgspec.json.encode(said), headers)


def _kept(known: Known, where: str = "") -> Said:
    if not where or known.status >= 400:
        return Said(known.status, known.body)
    return Said(known.status, known.body, {"location": f"/v1/{where}/{msgspec.json.decode(known.body)['id']}"})


OPERATIONS: Final = (
    Operation(
        "list_products", "GET", "/v1/products", "A page of what is sold, by SKU, with what is in stock.",
        Scope.CATALOG, products, {200: ProductsSaid, 304: None}, tagged=True, query=("after", "limit"),
    ),
    Operation(
        "get_product", "GET", "/v1/products/{sku}", "One SKU, with what is in stock.", Scope.CATALOG, product,
        {200: ProductSaid, 304: None}, tagged=True,
    ),
    Operation(
        "begin_cart", "POST", "/v1/carts", "A new cart. Its token is told once; a publishable key needs it.",
        Scope.CARTS, begin_cart, {201: CartSaid}, CartForm, writes=True,
    ),
    Operation(
        "get_cart", "GET", "/v1/carts/{cart}", "A cart as it is now.", Scope.CARTS, cart, {200: CartSaid, 304: None},
        tagged=True,
    ),
    Operation(
        "change_cart", "PATCH", "/v1/carts/{cart}", "All lines of a cart anew, where it is as If-Match says.",
        Scope.CARTS, change_cart, {200: CartSaid}, CartForm, (Cause.BOUGHT, Cause.CHANGED, Cause.UNSEEN),
    ),
    Operation(
        "merge_cart", "POST", "/v1/carts/{cart}/merges",
        "Somebody logged in: what is in another cart comes into theirs. For secret keys.",
        Scope.CARTS, merge_cart, {200: CartSaid}, MergeForm, (Cause.BOUGHT,), writes=True,
    ),
    Operation(
        "look_over_address", "POST", "/v1/addresses",
        "What an address of its country consists of, and what is wrong with one so far. Writes nothing.",
        Scope.CHECKOUT, address, {200: AddressSaid}, DraftForm, (Cause.ADDRESS,),
    ),
    Operation(
        "quote", "POST", "/v1/quotes", "What a cart comes to with each delivery, for how long. Writes nothing.",
        Scope.CHECKOUT, quote, {200: QuoteSaid}, QuoteForm,
        (Cause.ADDRESS, Cause.BOUGHT, Cause.RECALLED, Cause.TAXES),
    ),
    Operation(
        "checkout", "POST", "/v1/checkouts", "An order by a quote. What it waits for is the shop's profile.",
        Scope.CHECKOUT, checkout, {201: OrderSaid, 202: OrderSaid}, CheckoutForm,
        (Cause.ADDRESS, Cause.BOUGHT, Cause.DECLINED, Cause.OUT_OF_STOCK, Cause.QUOTE_EXPIRED, Cause.QUOTE_USED,
         Cause.RECALLED, Cause.REFUSED, Cause.TOTAL),
        writes=True,
    ),
    Operation(
        "get_order", "GET", "/v1/orders/{order}", "How far an order is.", Scope.ORDERS, order,
        {200: OrderSaid, 304: None}, tagged=True,
    ),
    Operation(
        "follow_order", "GET", "/v1/orders/{order}/events", "The same, told as it changes (server-sent events).",
        Scope.ORDERS, order, {200: None}, streams=True,
    ),
    Operation(
        "cancel_order", "POST", "/v1/orders/{order}/cancellation", "An order is called off by its shopper.",
        Scope.CANCEL, cancel, {202: OrderSaid}, CancelForm, (Cause.TOO_LATE,), writes=True,
    ),
)  # fmt: skip
"""In the order in which a shop uses them."""
