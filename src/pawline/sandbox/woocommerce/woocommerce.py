"""WooCommerce at the sandbox: one shop in WordPress, its REST API, what shoppers and its people do, its webhooks."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from pawline.model import Aware
from pawline.ports import Code, Rejected
from pawline.sandbox.answers import JSON, Refused, decoded, encode
from pawline.sandbox.calling import Asked
from pawline.sandbox.woocommerce.api import Api
from pawline.sandbox.woocommerce.books import Books, Line, Order, Product, Refund, rounded
from pawline.sandbox.woocommerce.calls import Listed, No
from pawline.sandbox.woocommerce.letting_in import Door
from pawline.sandbox.woocommerce.telling import Teller

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.vendors import Vendors

TAX: Final = Decimal("0.19")
ANN: Final = {
    "first_name": "Ann", "last_name": "Lee", "company": "", "address_1": "Hauptstr. 1", "address_2": "",
    "city": "Berlin", "state": "DE-BE", "postcode": "10115", "country": "DE", "phone": "+4930123456",
}  # fmt: skip


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many of a SKU, at a price as the shop shows it, with tax in it or not."""

    sku: str
    quantity: int = 1
    price: str = "10.00"
    meta: dict[str, Any] = {}


class CheckedOut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody goes through the checkout. `off` is what a coupon takes off the lines, in hundredths of them.

    `within`: prices have their tax in them. An `email` that is empty is of nobody who said.
    """

    lines: tuple[Wanted, ...]
    email: str = "ann@example.com"
    status: str = "processing"
    method: str = "stripe"
    currency: str = "EUR"
    within: bool = True
    off: int = 0
    coupons: tuple[str, ...] = ()
    shipping: str = ""
    fee: str = ""
    customer: int = 0
    via: str = "checkout"
    meta: dict[str, Any] = {}
    at: Aware | None = None


class Moved(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The shop's people change an order: its status, its fields, or both; or throw it away."""

    order: int
    status: str | None = None
    meta: dict[str, Any] = {}
    trash: bool = False


class ByHand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """They write down that they paid something back."""

    order: int
    amount: str
    reason: str = ""


class Added(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product more, or a variation of one. `parent_counts`: its product counts for it."""

    sku: str
    price: str = "10.00"
    stock: int | None = None
    parent: int = 0
    parent_counts: bool = False


class Described(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The shop's people change what is said of a product: `kept` as the API has it, its price, its fields."""

    product: int
    price: str | None = None
    kept: dict[str, Any] = {}
    meta: dict[str, Any] = {}
    trash: bool = False


class WooCommerce:
    """The vendor. It shares the sandbox's clock and ledger; its key follows from the sandbox's token.

    `acts` are what changes it, by name, each from a body in JSON: a diary may write them down and do them again.
    """

    def __init__(self, vendors: Vendors, token: str) -> None:
        self.books = Books(vendors.now, vendors.did)
        made = hashlib.sha256(f"woocommerce of {token}".encode()).hexdigest()
        self.door = Door(f"ck_{made[:40]}", f"cs_{made[24:]}")
        self.teller = Teller(self.books, vendors.hooks)
        self.api = Api(self.books, self.teller.ping)
        self.books.tell, self.books.tell_product = self.teller.tell, self.teller.tell_product
        self.acts: dict[str, Callable[[bytes], Any]] = {
            "woocommerce/call": self._called,
            "woocommerce/checkout": self._checked_out,
            "woocommerce/change": self._moved,
            "woocommerce/refund": self._by_hand,
            "woocommerce/product": self._added,
            "woocommerce/describe": self._described,
        }

    def _called(self, raw: bytes) -> Any:  # noqa: ANN401 - JSON
        try:
            found = self.api.answer(decoded(raw, Asked))
        except No as no:
            raise Refused(web.Response(status=no.status, body=encode(no.body), headers=JSON)) from None
        return found.rows if isinstance(found, Listed) else found

    def _checked_out(self, raw: bytes) -> int:
        told, books = decoded(raw, CheckedOut), self.books
        at = float(int(books.now() if told.at is None else told.at.timestamp()))
        lines = [self._line(told, one) for one in told.lines]
        shipping = [self._charge(told, told.shipping, "Parcel", "flat_rate")] if told.shipping else []
        fees = [self._charge(told, told.fee, "Fee", "")] if told.fee else []
        billing = {**ANN, "email": told.email} if told.email else dict.fromkeys([*ANN, "email"], "")
        order = Order(
            books.id(), "new", at, at, told.currency, told.within, lines, shipping, fees, list(told.coupons), billing,
            told.via, told.method, told.customer, meta=dict(told.meta),
        )  # fmt: skip
        parts = [*lines, *shipping, *fees]
        order.total = rounded(sum((one.total + one.tax for one in parts), Decimal(0)), books.decimals)
        books.orders[order.id] = order
        books.stand(order, told.status)
        if order.paid is not None:
            order.paid = at
        books.save(order, new=True)
        if told.at is not None:
            order.modified = at
        return order.id

    def _line(self, told: CheckedOut, one: Wanted) -> Line:
        product = self.books.by_sku(one.sku)
        net, tax = _split(Decimal(one.price) * one.quantity, within=told.within)
        kept = Decimal(100 - told.off) / 100
        return Line(
            self.books.id(), product.name, one.quantity, net, _six(net * kept), _six(tax * kept), tax, product.id,
            dict(one.meta),
        )  # fmt: skip

    def _charge(self, told: CheckedOut, price: str, name: str, method: str) -> Line:
        net, tax = _split(Decimal(price), within=told.within)
        return Line(self.books.id(), name, 1, net, net, tax, tax, method=method)

    def _moved(self, raw: bytes) -> None:
        told = decoded(raw, Moved)
        order = self._order(told.order)
        order.meta.update(told.meta)
        if told.trash:
            self.api.trashed(order)
            return
        if told.status is not None:
            self.books.stand(order, told.status)
        self.books.save(order)

    def _by_hand(self, raw: bytes) -> int:
        told, books = decoded(raw, ByHand), self.books
        order = self._order(told.order)
        made = Refund(books.id(), Decimal(told.amount), told.reason, float(int(books.now())), False, {})
        order.refunds.append(made)
        books.save(order)
        return made.id

    def _added(self, raw: bytes) -> int:
        told = decoded(raw, Added)
        one: Product = self.books.add(
            told.sku, Decimal(told.price), told.stock, told.parent, parent_counts=told.parent_counts
        )
        self.books.tell_product("product.created", one)
        return one.id

    def _described(self, raw: bytes) -> None:
        told, books = decoded(raw, Described), self.books
        if told.product not in books.products:
            raise Rejected("there is no such product", Code.NOT_FOUND)
        one = books.products[told.product]
        one.kept |= told.kept | ({"status": "trash"} if told.trash else {})
        one.meta |= told.meta
        one.price = one.price if told.price is None else Decimal(told.price)
        one.modified = float(int(books.now()))
        books.tell_product("product.deleted" if told.trash else "product.updated", one)

    def _order(self, number: int) -> Order:
        if number not in self.books.orders:
            raise Rejected("there is no such order", Code.NOT_FOUND)
        return self.books.orders[number]


def _split(price: Decimal, *, within: bool) -> tuple[Decimal, Decimal]:
    """Net and tax, with the six decimals that WooCommerce computes with."""
    if within:
        net = _six(price / (1 + TAX))
        return net, price - net
    return price, _six(price * TAX)


def _six(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.000001"))
