"""An order adds up, to the minor unit, whatever is bought, taken off, paid, edited and refunded."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pawline.model import (
    Channel,
    Checkout,
    Contact,
    Credit,
    Discount,
    Duty,
    Edit,
    EditId,
    HouseholdId,
    Item,
    Line,
    LineId,
    MixedCurrencies,
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
    demand,
    edited,
    outstanding,
    spread,
    total,
    total_owed,
)
from tests.unit.model import money_shapes as shapes
from tests.unit.model.money_shapes import EUR, HOME, NOON, euro

quick = settings(max_examples=30)


def line(key: str = "l1", price: int = 1000, quantity: int = 1, **rest: Any) -> Line:
    return Line(id=LineId(key), sku=SkuId(f"sku-{key}"), title="Kibble", quantity=quantity, price=euro(price), **rest)


def tender(amount: int, key: str = "t1", state: TenderState = TenderState.CAPTURED) -> Tender:
    return Tender(id=TenderId(key), kind=TenderKind.CARD, amount=euro(amount), state=state)


def refund(back: int, off: int, key: str = "r1", to: str = "t1") -> Refund:
    return Refund(
        id=RefundId(key),
        at=NOON,
        reason="returned",
        payouts=(Payout(TenderId(to), euro(back)),) if back else (),
        credits=(Credit(amount=euro(off)),) if off else (),
    )


def edit(*lines: Line, key: str = "e1") -> Edit:
    return Edit(id=EditId(key), at=NOON, reason="one bag more", lines=lines)


def order(total: int = 1000, **given: Any) -> Order:
    known: dict[str, Any] = {"lines": (line(),), "tenders": (tender(total),), **given}
    return Order(
        id=OrderId("o1"),
        number="#1001",
        checkout=Checkout.OWN,
        channel=Channel.WEB,
        placed_at=NOON,
        currency=EUR,
        total=euro(total),
        **known,
    )


def test_a_line_is_price_times_quantity_less_discounts_plus_duties_and_the_taxes_left_out() -> None:
    bought = line(
        price=1999,
        quantity=3,
        discounts=(Discount(title="Welcome", amount=euro(500), code="HI"),),
        taxes=(
            Tax(title="VAT", amount=euro(300), included=True, rate=Decimal("0.07")),
            Tax(title="City", amount=euro(41), included=False),
        ),
        duties=(Duty(amount=euro(100)),),
    )
    assert bought.subtotal() == euro(5997)
    assert bought.total() == euro(5997 - 500 + 41 + 100)


@quick
@given(shapes.orders())
def test_the_total_is_the_sum_of_the_parts(order: Order) -> None:
    parts = [line.total() for line in order.lines] + [charge.total() for charge in order.shipping]
    parts += [part for part in (order.tip, order.rounding) if part is not None]
    assert order.total == total(parts, EUR)
    for minor in (1, -1):
        with pytest.raises(ValueError, match=r"order o1: its parts come to .* EUR, its total says .* EUR"):
            msgspec.structs.replace(order, total=order.total + euro(minor))


@quick
@given(shapes.orders())
def test_tenders_less_refunds_are_what_is_owed(order: Order) -> None:
    came = sum(tender.amount.minor for tender in order.tenders)
    went = sum(payout.amount.minor for refund in order.refunds for payout in refund.payouts)
    off = sum(credit.amount.minor for refund in order.refunds for credit in refund.credits)
    assert order.received() == euro(came - went)
    assert order.owed() == euro(order.total.minor - off)
    assert outstanding(order) == euro(0)


def test_what_is_outstanding() -> None:
    assert outstanding(order()) == euro(0)
    assert outstanding(order(tenders=())) == euro(1000)
    assert outstanding(order(tenders=(tender(400), tender(600, "t2")))) == euro(0)
    assert outstanding(order(tenders=(tender(400), tender(600, "t2", TenderState.VOIDED)))) == euro(600)
    assert outstanding(order(tenders=(tender(400), tender(600, "t2", TenderState.FAILED)))) == euro(600)
    assert outstanding(order(tenders=(tender(1200),))) == euro(-200)
    assert outstanding(order(refunds=(refund(300, 300),))) == euro(0)
    assert outstanding(order(refunds=(refund(300, 0),))) == euro(300)
    assert outstanding(order(refunds=(refund(0, 300),))) == euro(-300)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"lines": ()}, "order o1 has no lines"),
        ({"lines": (line(), line())}, "order o1: line l1 is there 2 times"),
        ({"tenders": (tender(1), tender(2))}, "order o1: tender t1 is there 2 times"),
        ({"refunds": (refund(1, 1), refund(1, 1))}, "order o1: refund r1 is there 2 times"),
        ({"tip": euro(-1)}, "order o1: a tip is not negative"),
        ({"rounding": euro(-1001), "total": euro(-1)}, "order o1: its total is negative"),
        ({"total": euro(999)}, "order o1: its parts come to 10.00 EUR, its total says 9.99 EUR"),
        ({"refunds": (refund(0, 1001),)}, "order o1: its refunds credit more than its total"),
        ({"refunds": (refund(1, 0, to="t9"),)}, "order o1: refund r1 pays to t9, which paid nothing"),
        (
            {"tenders": (tender(1, state=TenderState.VOIDED),), "refunds": (refund(1, 0),)},
            "order o1: refund r1 pays to t1, which paid nothing",
        ),
        (
            {"refunds": (refund(600, 0), refund(401, 0, "r2"))},
            "order o1: t1 is refunded more than it paid",
        ),
        ({"placed_at": datetime(2026, 1, 1)}, "order o1: its time needs a time zone"),  # noqa: DTZ001
        ({"contact": Contact(email="ann@example.com")}, "order o1 holds personal data of no household"),
        ({"ship_to": HOME}, "order o1 holds personal data of no household"),
        ({"bill_to": HOME}, "order o1 holds personal data of no household"),
        ({"currency": "EURO"}, "'EURO' is not a currency of ISO 4217"),
    ],
)
def test_an_order_that_does_not_add_up_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=f"^{told}$"):
        msgspec.structs.replace(order(), **change)


def test_personal_data_belongs_to_a_household() -> None:
    whole = order(household=HouseholdId("h1"), ship_to=HOME, bill_to=HOME, contact=Contact(email="ann@example.com"))
    assert whole.ship_to == HOME


def test_one_order_has_one_currency() -> None:
    yen = Money(1000, "JPY")
    for change in (
        {"total": yen},
        {"currency": "JPY"},
        {"tip": yen},
        {"shipping": (ShippingCharge(title="Parcel", price=yen),)},
        {"tenders": (Tender(id=TenderId("t"), kind=TenderKind.CARD, amount=yen, state=TenderState.CAPTURED),)},
        {"refunds": (Refund(id=RefundId("r"), at=NOON, reason="", credits=(Credit(amount=yen),)),)},
    ):
        with pytest.raises(MixedCurrencies, match="do not add up"):
            msgspec.structs.replace(order(), **change)
    with pytest.raises(MixedCurrencies):
        line(discounts=(Discount(title="", amount=yen),))
    with pytest.raises(MixedCurrencies):
        Refund(
            id=RefundId("r"), at=NOON, reason="", payouts=(Payout(TenderId("t"), yen), Payout(TenderId("u"), euro(1)))
        )
    assert order(shop_total=yen).shop_total == yen


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: line(quantity=-1), "line l1: quantity and price are not negative"),
        (lambda: line(price=-1), "line l1: quantity and price are not negative"),
        (lambda: line(weight=-1), "line l1: a weight is not negative"),
        (lambda: line(discounts=(Discount(title="", amount=euro(1001)),)), "discounts of more than 10.00 EUR"),
        (lambda: Discount(title="", amount=euro(-1)), "a discount's amount is not negative"),
        (lambda: Tax(title="", amount=euro(-1), included=True), "a tax's amount is not negative"),
        (lambda: Duty(amount=euro(-1)), "a duty's amount is not negative"),
        (lambda: Item(SkuId("bowl"), 0), "0 of bowl is no item"),
        (lambda: ShippingCharge(title="", price=euro(-1)), "a shipping price is not negative"),
        (lambda: tender(0), "a tender's amount is positive"),
        (lambda: Payout(TenderId("t"), euro(0)), "a payout is positive"),
        (lambda: Credit(amount=euro(-1)), "a credit's amount and quantity are not negative"),
        (lambda: Credit(amount=euro(1), quantity=1), "only a line has a quantity to credit or to restock"),
        (lambda: Credit(amount=euro(1), restock=True), "only a line has a quantity to credit or to restock"),
        (lambda: refund(0, 0), "a refund pays something out or takes something off the bill"),
        (edit, "an edit changes at least one line"),
        (lambda: edit(line(), line()), "line l1 is there 2 times"),
    ],
    ids=count(),
)
def test_a_part_that_makes_no_sense_is_refused(make: Callable[[], object], told: str) -> None:
    with pytest.raises(ValueError, match=f"^{told}$"):
        make()


def test_an_edit_changes_adds_and_removes_lines() -> None:
    before = order(3000, lines=(line(), line("l2", 2000)), shop_total=Money(3300, "USD"))
    change = edit(line("l2", 2000, 0), line("l3", 500, 2))

    after = edited(before, change)

    assert [(line.id, line.quantity) for line in after.lines] == [("l1", 1), ("l2", 0), ("l3", 2)]
    assert after.total == euro(2000)
    assert after.edits == (change,)
    assert after.shop_total is None
    assert outstanding(after) == euro(-1000)
    assert edited(after, change) is after
    assert after.demand() == (Item(SkuId("sku-l1"), 1), Item(SkuId("sku-l3"), 2))


@quick
@given(shapes.orders(), shapes.edits())
def test_an_edited_order_still_adds_up(order: Order, edit: Edit) -> None:
    if order.refunds:  # an edit may not take the bill below what was credited
        order = msgspec.structs.replace(order, refunds=())
    after = edited(order, edit)
    assert after.total == total_owed(after.lines, after.shipping, currency=EUR, tip=after.tip, rounding=after.rounding)
    assert outstanding(after) == after.total - order.total
    assert {line.id for line in after.lines} == {line.id for line in (*order.lines, *edit.lines)}


def test_bundles_that_share_a_sku_add_up() -> None:
    box = line("box", quantity=2, components=(Item(SkuId("kibble"), 3), Item(SkuId("bowl"), 1)))
    bag = Line(id=LineId("bag"), sku=SkuId("kibble"), title="", quantity=4, price=euro(1))
    out = line("out", quantity=0, components=(Item(SkuId("bowl"), 9),))
    assert demand([box, bag, out]) == (Item(SkuId("bowl"), 2), Item(SkuId("kibble"), 10))
    assert demand([]) == ()


@quick
@given(shapes.several_lines())
def test_demand_counts_every_unit_once(lines: tuple[Line, ...]) -> None:
    units = sum(
        line.quantity * (sum(part.quantity for part in line.components) if line.components else 1) for line in lines
    )
    wanted = demand(lines)
    assert sum(item.quantity for item in wanted) == units
    assert [item.sku for item in wanted] == sorted({item.sku for item in wanted})


@quick
@given(shapes.several_lines(), st.integers(0, 100))
def test_a_discount_on_the_order_is_spread_to_the_last_cent(lines: tuple[Line, ...], percent: int) -> None:
    before = total((line.total() for line in lines), EUR)
    left = total((line.subtotal() for line in lines), EUR) - total(
        (discount.amount for line in lines for discount in line.discounts), EUR
    )
    off = euro(left.minor * percent // 100)

    after = spread("Summer", off, lines, code="SUN")

    assert total((line.total() for line in after), EUR) == before - off
    assert [line.id for line in after] == [line.id for line in lines]


def test_a_discount_is_not_more_than_there_is() -> None:
    halves = spread("Half", euro(501), [line(), line("l2", 1)])
    assert [made.discounts for made in halves] == [
        (Discount(title="Half", amount=euro(500)),),
        (Discount(title="Half", amount=euro(1)),),
    ]
    assert [made.discounts for made in spread("A cent", euro(1), [line(), line("l2", 1)])] == [
        (Discount(title="A cent", amount=euro(1)),),
        (),
    ]
    for minor in (1002, -1):
        with pytest.raises(ValueError, match=r"a discount of -?\d+.\d\d EUR on lines that come to 10.01 EUR"):
            spread("Too much", euro(minor), [line(), line("l2", 1)])


def test_times_have_zones() -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="a refund's time needs a time zone"):
        msgspec.structs.replace(refund(1, 1), at=naive)
    with pytest.raises(ValueError, match="an edit's time needs a time zone"):
        msgspec.structs.replace(edit(line()), at=naive)
    assert refund(1, 1).at == datetime(2026, 3, 1, 12, tzinfo=UTC)
