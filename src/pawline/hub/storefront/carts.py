"""Carts: each change is an event, and follows one change only, so that two browsers never undo each other unseen.

What a cart is, its newest event says; a cart is kept for as long as payloads are (`[retention]`), and goes with its
household's key where it is somebody's.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from pawline.hub.storefront.answers import Known
from pawline.hub.storefront.forms import LINES, UNITS, CartLineSaid, CartSaid, WantedLine
from pawline.hub.storefront.refusals import Cause, Refusal
from pawline.model import Cart, CartChanged, CartId, CartLine, Envelope, HouseholdId, PetId, SkuId, public_name
from pawline.runtime import digest63
from pawline.store import EventRow, HouseholdErased

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pawline.hub.storefront.answers import Answers, Asked
    from pawline.hub.storefront.claims import Claims
    from pawline.hub.storefront.goods import ShopGoods
    from pawline.hub.storefront.tokens import Tokens
    from pawline.runtime import Engine

SOURCE: Final = "/v1/carts"
TICK: Final = timedelta(milliseconds=1)
"""A change comes after the one that it follows, whatever the clocks of two processes say."""
TRIES: Final = 5
OURS: Final = "c-"
"""What the names of our carts begin with."""


class Head(NamedTuple):
    """A cart, with the number of the event that says so, and the order that came of it."""

    no: int
    cart: Cart
    order: str | None = None

    @property
    def tag(self) -> str:
        """Its ETag."""
        return f'"{self.no}"' if self.order is None else f'"{self.no}-{self.order}"'


class ShopCarts:
    """Of one shop, in its currency."""

    def __init__(
        self, shop: str, currency: str, engine: Engine, goods: ShopGoods, answers: Answers, tokens: Tokens,
        claims: Claims,
    ) -> None:  # fmt: skip
        self._shop, self._currency, self._engine, self._goods = shop, currency, engine, goods
        self._answers, self._tokens, self._claims = answers, tokens, claims

    async def head(self, cart: str) -> Head:
        """As it is now. Raises Refusal, also for one of another checkout."""
        if not cart.startswith(OURS):
            raise Refusal(Cause.NOT_FOUND, "there is no such cart")
        name = public_name(CartChanged)
        about = (digest63(self._shop, name, cart), self._shop, name, cart)
        for row in map(EventRow._make, await self._engine.store.fetch("cart_head", about)):
            event = await self._engine.open_event(row)
            if isinstance(event, CartChanged):
                return Head(row.no, event.cart, await self._claims.order(cart))
        raise Refusal(Cause.NOT_FOUND, "there is no such cart, or not any more")

    async def open(self, cart: str) -> Head:
        """The same. Raises Refusal also where an order came of it: nothing of it changes then, or is quoted."""
        head = await self.head(cart)
        if head.order is not None:
            raise Refusal(Cause.BOUGHT, order=head.order)
        return head

    async def begin(self, wanted: Sequence[WantedLine], one: Asked) -> Known:
        """A new one, once for each name of a request."""
        if (known := await self._answers.known(one)) is not None:
            return known
        cart = Cart(
            id=CartId(f"{OURS}{secrets.token_hex(12)}"), currency=self._currency, changed_at=self._now(),
            lines=await self._priced(wanted),
        )  # fmt: skip
        made = await self._record(cart, f"/v1/{one.caller}", one.event, one, status=201)
        if (known := await self._answers.known(one)) is None:
            raise Refusal(Cause.REUSED if made is None else Cause.UNDER_WAY)  # longer ago than answers are kept
        return known

    async def change(self, cart: str, wanted: Sequence[WantedLine], tag: str) -> Head:
        """These lines in place of those it had, where it is as `tag` says. Raises Refusal."""
        head = await self.open(cart)
        said = {each.strip().removeprefix("W/") for each in tag.split(",")}  # a proxy that compresses makes it weak
        if said.isdisjoint((head.tag, "*")):
            raise Refusal(Cause.CHANGED)
        changed = self._follows(head, await self._priced(wanted), head.cart.household)
        no = await self._record(changed, SOURCE, f"{cart}/{head.no}")
        if no is None:
            raise Refusal(Cause.CHANGED)
        return Head(no, changed)

    async def merge(self, cart: str, source: str, household: str, one: Asked) -> Known:
        """What was put into `source` comes into the cart, which is the household's; the greater quantity counts.

        So the same once more changes nothing, and nothing is doubled where both devices had the same. What was bought
        out of `source` meanwhile does not come in.
        """
        if (known := await self._answers.known(one)) is not None:
            return known
        if cart == source:
            raise Refusal(Cause.INVALID, "source: a cart is not merged with itself")
        _, other, bought = await self.head(source)
        if other.household not in (None, household):
            raise Refusal(Cause.FORBIDDEN, "that cart is another household's")
        theirs = other.lines if bought is None else ()
        for _ in range(TRIES):
            head = await self.open(cart)
            if head.cart.household not in (None, household):
                raise Refusal(Cause.FORBIDDEN, "that cart is another household's")
            merged = self._follows(head, merged_lines(head.cart.lines, theirs), HouseholdId(household))
            if await self._record(merged, SOURCE, f"{cart}/{head.no}", one, status=200) is not None:
                break
        return await self._kept(one)

    async def _kept(self, one: Asked) -> Known:
        known = await self._answers.known(one)
        if known is None:  # others changed the cart each time
            raise Refusal(Cause.UNDER_WAY)
        return known

    async def _record(
        self, cart: Cart, source: str, name: str, one: Asked | None = None, status: int = 0
    ) -> int | None:
        """Its event's number; None where something else followed already, or this was recorded before."""
        envelope = Envelope(shop=self._shop, source=source, id=name, at=cart.changed_at, event=CartChanged(cart=cart))
        once = [] if one is None else await self._answers.keep(one, self._answer(cart, status), cart.household)
        try:
            recorded = await self._engine.record(envelope, "shopper", once=once)
        except HouseholdErased:  # a cart alone makes nobody known again
            raise Refusal(Cause.INVALID, "household: it was erased, and is known again by its next order") from None
        return recorded.no if recorded.new else None

    def _answer(self, cart: Cart, status: int) -> Known:
        token = self._tokens.of(self._shop, "cart", cart.id) if status == 201 else None
        return Known(status, msgspec.json.encode(said(cart, token)))

    def _follows(self, head: Head, lines: tuple[CartLine, ...], household: HouseholdId | None) -> Cart:
        at = max(self._now(), head.cart.changed_at + TICK)
        return Cart(
            id=head.cart.id, currency=self._currency, changed_at=at, lines=lines, household=household
        )  # fmt: skip

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._engine.now(), UTC)

    async def _priced(self, wanted: Sequence[WantedLine]) -> tuple[CartLine, ...]:
        """At today's prices. Raises Refusal for what is not sold, and for a line twice."""
        lines: list[CartLine] = []
        for n, (one, found) in enumerate(zip(wanted, await self._goods.descriptions(wanted), strict=True)):
            if found is None or found.price is None or found.title is None:
                raise Refusal(Cause.INVALID, f"lines[{n}].sku: nobody sells it")
            if found.price.currency != self._currency:
                raise Refusal(Cause.INVALID, f"lines[{n}].sku: it has no price in {self._currency}")
            pets = tuple(map(PetId, one.pets))
            lines.append(CartLine(sku=SkuId(one.sku), quantity=one.quantity, price=found.price, pets=pets))
        if len({(line.sku, line.pets) for line in lines}) < len(lines):
            raise Refusal(Cause.INVALID, "lines: one SKU for the same pets is one line")
        return tuple(lines)


def merged_lines(ours: Iterable[CartLine], theirs: Iterable[CartLine]) -> tuple[CartLine, ...]:
    """Lines of both, of each SKU and its pets the one with more units; ours first. Raises Refusal for too many."""
    found = {(line.sku, line.pets): line for line in ours}
    for line in theirs:
        held = found.setdefault((line.sku, line.pets), line)
        if line.quantity > held.quantity:
            found[line.sku, line.pets] = line
    if len(found) > LINES or any(line.quantity > UNITS for line in found.values()):
        raise Refusal(Cause.INVALID, f"a cart has {LINES} lines at most")
    return tuple(found.values())


def said(cart: Cart, token: str | None = None, order: str | None = None) -> CartSaid:
    """As it is told; with its token to whoever made it, and the order that came of it."""
    lines = [
        CartLineSaid(sku=line.sku, quantity=line.quantity, price=line.price, total=line.price * line.quantity,
                     pets=line.pets)
        for line in cart.lines
    ]  # fmt: skip
    return CartSaid(
        id=cart.id, currency=cart.currency, lines=lines, subtotal=cart.worth(), changed_at=cart.changed_at,
        household=cart.household, order=order, token=token,
    )  # fmt: skip
