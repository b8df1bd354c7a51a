"""Hypothesis strategies for what has amounts in it: lines, tenders, refunds and orders that add up, all in euro."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import strategies as st

from pawline.model import (
    Address,
    Channel,
    Checkout,
    Credit,
    Discount,
    Duty,
    Edit,
    EditId,
    HouseholdId,
    Item,
    Line,
    LineId,
    Money,
    Order,
    OrderId,
    Payout,
    Refund,
    RefundId,
    ShippingCharge,
    SkuId,
    Tax,
    Tender,
    TenderId,
    TenderKind,
    TenderState,
    total,
    total_owed,
)

EUR = "EUR"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SKUS = ("kibble-12", "litter-10", "bowl")
HOME = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", country="DE", postcode="10115")


def euro(minor: int) -> Money:
    return Money(minor, EUR)


def moneys(least: int = 0, most: int = 10_000_00) -> st.SearchStrategy[Money]:
    return st.integers(least, most).map(euro)


def discounts(most: int = 100_00) -> st.SearchStrategy[Discount]:
    return st.builds(Discount, title=st.just("Welcome"), amount=moneys(0, most), code=st.sampled_from([None, "HI"]))


def taxes() -> st.SearchStrategy[Tax]:
    return st.builds(
        Tax,
        title=st.sampled_from(["VAT 19 %", "VAT 7 %"]),
        amount=moneys(0, 500_00),
        included=st.booleans(),
        rate=st.none() | st.decimals(0, 1, places=2),
    )


def duties() -> st.SearchStrategy[Duty]:
    return st.builds(Duty, amount=moneys(0, 50_00), tariff_code=st.sampled_from([None, "2309.10"]))


def items() -> st.SearchStrategy[Item]:
    return st.builds(Item, st.sampled_from(SKUS).map(SkuId), st.integers(1, 4))


@st.composite
def lines(draw: st.DrawFn, key: str = "l1") -> Line:
    price, quantity = draw(moneys()), draw(st.integers(0, 5))
    share = price.minor * quantity // 2
    return Line(
        id=LineId(key),
        sku=SkuId(draw(st.sampled_from(SKUS))),
        title=draw(st.text(max_size=5)),
        quantity=quantity,
        price=price,
        discounts=tuple(draw(st.lists(discounts(share), max_size=2))),
        taxes=tuple(draw(st.lists(taxes(), max_size=2))),
        duties=tuple(draw(st.lists(duties(), max_size=1))),
        components=tuple(draw(st.lists(items(), max_size=2))),
        ships=draw(st.booleans()),
        weight=draw(st.none() | st.integers(0, 50_000)),
    )


@st.composite
def shipping(draw: st.DrawFn) -> ShippingCharge:
    price = draw(moneys(0, 50_00))
    off = draw(st.lists(discounts(price.minor), max_size=1))
    return ShippingCharge(
        title="Parcel", price=price, discounts=tuple(off), taxes=tuple(draw(st.lists(taxes(), max_size=1)))
    )


def tenders(key: str = "t1") -> st.SearchStrategy[Tender]:
    return st.builds(
        Tender,
        id=st.just(TenderId(key)),
        kind=st.sampled_from(TenderKind),
        amount=moneys(1),
        state=st.sampled_from(TenderState),
        source=st.none() | st.text(max_size=4),
    )


def credits_() -> st.SearchStrategy[Credit]:
    of_line = st.builds(
        Credit, amount=moneys(), line=st.just(LineId("l1")), quantity=st.integers(0, 3), restock=st.booleans()
    )
    return of_line | st.builds(Credit, amount=moneys())


@st.composite
def refunds(draw: st.DrawFn) -> Refund:
    paid = draw(st.lists(moneys(1).map(lambda amount: Payout(TenderId("t1"), amount)), max_size=2))
    return Refund(
        id=RefundId("r1"),
        at=NOON,
        reason=draw(st.text(max_size=5)),
        payouts=tuple(paid),
        credits=tuple(draw(st.lists(credits_(), min_size=0 if paid else 1, max_size=2))),
    )


@st.composite
def several_lines(draw: st.DrawFn, most: int = 4, first: int = 1) -> tuple[Line, ...]:
    return tuple(draw(lines(f"l{first + place}")) for place in range(draw(st.integers(1, most))))


def edits() -> st.SearchStrategy[Edit]:
    return st.builds(
        Edit,
        id=st.sampled_from(["e1", "e2"]).map(EditId),
        at=st.just(NOON),
        reason=st.text(max_size=5),
        lines=st.integers(1, 5).flatmap(lambda first: several_lines(2, first)),
    )


@st.composite
def paid_parts(draw: st.DrawFn, whole: Money) -> tuple[Tender, ...]:
    """Tenders that make up `whole`, in up to three parts."""
    weights = draw(st.lists(st.integers(1, 9), min_size=1, max_size=3))
    return tuple(
        Tender(
            id=TenderId(f"t{place}"),
            kind=draw(st.sampled_from(TenderKind)),
            amount=part,
            state=draw(st.sampled_from([TenderState.AUTHORISED, TenderState.CAPTURED])),
        )
        for place, part in enumerate(whole.allocate(weights))
        if part.minor
    )


@st.composite
def refunded(draw: st.DrawFn, paid: tuple[Tender, ...], place: int) -> Refund:
    """A refund that pays back, and credits, the same share of every tender: half, or a third of what is left."""
    parts = tuple(Payout(tender.id, euro(max(1, tender.amount.minor // draw(st.integers(2, 9))))) for tender in paid)
    back = total((part.amount for part in parts), EUR)
    return Refund(id=RefundId(f"r{place}"), at=NOON, reason="returned", payouts=parts, credits=(Credit(amount=back),))


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """An order that adds up and is settled: whatever was refunded came off the bill too."""
    bought, charges = draw(several_lines()), tuple(draw(st.lists(shipping(), max_size=2)))
    tip, rounding = draw(st.none() | moneys(0, 5_00)), draw(st.none() | moneys(0, 4))
    bill = total_owed(bought, charges, currency=EUR, tip=tip, rounding=rounding)
    paid = draw(paid_parts(bill))
    household = draw(st.sampled_from([None, HouseholdId("h1")]))
    address = HOME if household else None
    known: dict[str, Any] = {"ship_to": address, "bill_to": address, "household": household}
    order = Order(
        id=OrderId("o1"),
        number="#1001",
        checkout=draw(st.sampled_from(Checkout)),
        channel=draw(st.sampled_from(Channel)),
        placed_at=NOON,
        currency=EUR,
        lines=bought,
        total=bill,
        shipping=charges,
        tip=tip,
        rounding=rounding,
        tenders=paid,
        **known,
    )
    with_refund: bool = draw(st.booleans())
    if paid and with_refund:
        return msgspec.structs.replace(order, refunds=(draw(refunded(paid, 1)),))
    return order
