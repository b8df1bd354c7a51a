"""Shopify at the sandbox: one shop, its app's credentials, its API and its webhooks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.model import Money, Order
from pawline.ports import Code, Rejected
from pawline.sandbox.answers import decoded
from pawline.sandbox.shopify import rest, since
from pawline.sandbox.shopify.admitting import Door
from pawline.sandbox.shopify.books import Books, Place, Work, known
from pawline.sandbox.shopify.engine import Answer, Engine, Noted
from pawline.sandbox.shopify.placing import place
from pawline.sandbox.shopify.quoting import Quoter
from pawline.sandbox.shopify.telling import Teller
from pawline.sandbox.shopify.working import send

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pawline.sandbox.vendors import Vendors


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a request to the API."""

    query: str
    variables: dict[str, Any] | None = None
    operationName: str | None = None  # noqa: N815 - the vendor's name


class Settled(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new location; a fulfilment `service` is asked, not told. `assigned` gets the orders from now on."""

    name: str
    service: bool = False
    assigned: bool = False


class Offered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is sold under a SKU from now on; what is left out stays. `fields` are metafields, by `namespace.key`."""

    sku: str
    title: str | None = None
    price: Money | None = None
    barcode: str | None = None
    vendor: str | None = None
    kind: str | None = None
    grams: int | None = None
    fields: dict[str, str] = {}


class Leaving(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The warehouse's people send what may leave of an order."""

    order: str
    carrier: str | None = None
    tracking: str | None = None


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """An order's number, and what people call it."""

    id: str
    name: str


_SINCE: Final[dict[str, tuple[type[Any], Callable[[Books, Any], Any]]]] = {
    "shopify/tracking": (since.Tracked, since.track), "shopify/word": (since.Said, since.say),
    "shopify/return": (since.Returning, since.give_back), "shopify/decline": (since.Declined, since.decline),
    "shopify/dispute": (since.Contested, since.contest), "shopify/consent": (since.Decided, since.decide),
}  # fmt: skip
"""What happens to orders that are there, by act: what is said of it, and what does it."""


class Shopify:
    """The vendor. It shares the sandbox's clock, ledger and first stock; its credentials follow from the token.

    `acts` are what changes it, by name, each from a body in JSON: a diary may write them down and do them again.
    """

    def __init__(self, vendors: Vendors, token: str, noting: Callable[[Noted], AbstractContextManager[None]]) -> None:
        self.books = Books(vendors.now, vendors.did, vendors.warehouse.free)
        self.books.fill(Money(1_000, self.books.currency))
        self.door = Door(
            vendors.now, token=f"shpat_{_from(token, 'token')}", client=_from(token, "client"),
            secret=f"shpss_{_from(token, 'secret')}",
        )  # fmt: skip
        self.engine = Engine(self.books, self.door, noting)
        self.teller = Teller(self.books, vendors.hooks, self.door.secret)
        self.quoter = Quoter(self.books, self.door.secret)
        self.books.tell = self.teller.tell
        self.books.body = partial(rest.order, self.books)
        self.acts: dict[str, Callable[[bytes], Any]] = {
            "shopify/mutation": lambda raw: self.engine.redo(decoded(raw, Noted)),
            "shopify/checkout": self._placed,
            "shopify/import": partial(self._placed, brought_in=True),
            "shopify/locations": self._settled,
            "shopify/products": self._offered,
            "shopify/pace": self._paced,
            "shopify/dispatch": self._left,
            **{name: partial(self._since, kind, act) for name, (kind, act) in _SINCE.items()},
        }

    def _since(self, kind: type[Any], act: Callable[[Books, Any], Any], raw: bytes) -> Any:  # noqa: ANN401 - JSON
        return act(self.books, decoded(raw, kind))

    def answer(self, asked: Asked) -> Answer:
        """What the API says to it."""
        return self.engine.answer(asked.query, asked.variables or {}, asked.operationName)

    async def close(self) -> None:
        """Nobody is told or asked any more."""
        await self.teller.close()
        await self.quoter.close()

    def _placed(self, raw: bytes, *, brought_in: bool = False) -> Placed:
        order = place(self.books, decoded(raw, Order), brought_in=brought_in)
        return Placed(id=str(order.id), name=order.name)

    def _left(self, raw: bytes) -> list[str]:
        told = decoded(raw, Leaving)
        order = self.books.orders.get(known(f"gid://shopify/Order/{told.order}", "Order"))
        works = [] if order is None else [self.books.works[one] for one in order.requests]
        ready = [one for one in works if one.status in {"OPEN", "IN_PROGRESS"}]
        if not ready:
            raise Rejected(f"nothing of order {told.order} may leave", Code.CONFLICT)
        return [str(self._send(one, told)) for one in ready]

    def _send(self, work: Work, told: Leaving) -> int:
        lines = [{"fulfillmentOrderId": f"gid://shopify/FulfillmentOrder/{work.id}"}]
        tracking = {"company": told.carrier, "number": told.tracking}
        made = send(self.books, {"lineItemsByFulfillmentOrder": lines, "trackingInfo": tracking})
        self.books.did("Shopify.dispatched", str(made.id), order=str(made.order))
        return made.id

    def _paced(self, raw: bytes) -> None:
        self.books.pace = decoded(raw, float)

    def _offered(self, raw: bytes) -> dict[str, str]:
        told = decoded(raw, Offered)
        price = Money(1_000, self.books.currency) if told.price is None else told.price
        one = self.books.sold(told.sku, told.title or told.sku, price)
        for name in ("title", "price", "barcode", "vendor", "kind", "grams"):
            if (value := getattr(told, name)) is not None:
                setattr(one, name, value)
        one.fields |= told.fields
        one.at = self.books.now()
        return {"product": str(one.product), "variant": str(one.id), "item": str(one.item)}

    def _settled(self, raw: bytes) -> dict[str, str]:
        told = decoded(raw, Settled)
        made = Place(id=self.books.number(), name=told.name, service=told.service)
        self.books.places[made.id] = made
        if told.assigned:
            self.books.main = made.id
        return {"id": str(made.id)}


def _from(token: str, what: str) -> str:
    return hashlib.sha256(f"{what} of {token}".encode()).hexdigest()[:32]
