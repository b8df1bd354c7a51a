"""A shop at Shopify without any network: a clock that stands still, a ledger, and orders to try it with."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from decimal import Decimal
from typing import Any

import msgspec

from pawline.model import (
    Address,
    Channel,
    Checkout,
    Contact,
    Discount,
    HouseholdId,
    Line,
    LineId,
    Money,
    Order,
    OrderId,
    ShippingCharge,
    SkuId,
    Tax,
    Tender,
    TenderId,
    TenderKind,
    TenderState,
    total_owed,
)
from pawline.sandbox import Vendors
from pawline.sandbox.shopify.placing import place
from pawline.sandbox.shopify.shopify import Asked, Shopify
from pawline.testing.clock import NOON

HOME = Address(name="Ann Bee", lines=("Hauptstr. 1", "Hof"), city="Berlin", postcode="10115", country="DE", region="BE")
BESIDE = ("orders/updated", "orders/paid", "order_transactions/create")
"""Topics that repeat what others say."""
STOCK = {"kibble": 50, "chew": 9}


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def vat(minor: int) -> Tax:
    return Tax(title="VAT", amount=eur(minor), included=True, rate=Decimal("0.19"))


def order(number: int = 1, *, state: TenderState = TenderState.CAPTURED, plain: bool = False) -> Order:
    """Three bags and one chew, a code on the bags, shipping, VAT in the prices, paid by card and gift card: 65.00."""
    lines = (
        Line(
            id=LineId("a"), sku=SkuId("kibble"), title="Kibble", quantity=3, price=eur(2_000), taxes=(vat(878),),
            discounts=(Discount(title="Welcome", code="HELLO", amount=eur(500)),), weight=10_000,
        ),
        Line(id=LineId("b"), sku=SkuId("chew"), title="Chew", quantity=1, price=eur(500), taxes=(vat(80),)),
    )[: 1 if plain else 2]  # fmt: skip
    shipping = (ShippingCharge(title="Standard", price=eur(500), method="std"),)
    total = total_owed(lines, shipping, currency="EUR")
    gift = Tender(id=TenderId("g"), kind=TenderKind.GIFT_CARD, amount=eur(1_500), state=state)
    card = Tender(id=TenderId("c"), kind=TenderKind.CARD, amount=total if plain else total - gift.amount, state=state)
    return Order(
        id=OrderId(f"o{number}"), number=f"#{1000 + number}", checkout=Checkout.ADOPTED, channel=Channel.WEB,
        placed_at=NOON, currency="EUR", lines=lines, shipping=shipping, total=total, ship_to=HOME, bill_to=HOME,
        tenders=(card,) if plain else (card, gift), household=HouseholdId(f"h{number}"),
        contact=Contact(email=f"ann{number}@example.com", phone="+4930123456", language="de"),
    )  # fmt: skip


class Shop:
    """The vendor, asked in process; `at` is its clock, `told` what its webhooks say."""

    def __init__(self, **stock: int) -> None:
        self.at = NOON.timestamp()
        self.vendors = Vendors(now=lambda: self.at, stock=stock or STOCK)
        self.shopify = Shopify(self.vendors, "tok", lambda _: nullcontext())
        self.books = self.shopify.books
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.books.tell = self._tell

    def _tell(self, topic: str, make: Callable[[], dict[str, Any]]) -> None:
        if topic not in BESIDE:
            self.told.append((topic, make()))

    def place(self, told: Order | None = None) -> str:
        """The order's number."""
        return str(place(self.books, told or order()).id)

    def ask(self, query: str, **given: Any) -> Any:
        """The answer's data. Fails where there are errors."""
        answer = self.answer(query, **given)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def answer(self, query: str, **given: Any) -> Any:
        return self.shopify.answer(Asked(query=query, variables=given))

    def effects(self) -> list[tuple[str, str, bool]]:
        """Of the ledger, what is not the placing of orders: operation, thing, and whether it changed nothing."""
        found = [(one.operation.removeprefix("Shopify."), one.business, one.again) for one in self.vendors.effects()]
        return [one for one in found if one[0] != "placed"]


def gid(kind: str, number: object) -> str:
    return f"gid://shopify/{kind}/{number}"


def cents(bag: Any) -> int:
    """The minor units that the shopper sees, in euro."""
    return Money.parse(bag["presentmentMoney"]["amount"], "EUR").minor


def json(value: object) -> Any:
    """As it comes over the wire."""
    return msgspec.json.decode(msgspec.json.encode(value))
