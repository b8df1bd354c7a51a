"""An order that Shopify priced comes back exact, whatever is in it; what does not come to its total does not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pawline.connectors.shopify.placed import order_of
from pawline.connectors.shopify.told import ToldOrder
from pawline.model import (
    Channel,
    Checkout,
    Discount,
    Duty,
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
)
from pawline.model.order import outstanding, total_owed
from tests.unit.connectors.shopify_said import SHOP, Json, bag, cents, encoded, order_json, taxes_in, tip_line

AT = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
TOO_FINE = {kind: {"amount": "59.381", "currency_code": "EUR"} for kind in ("shop_money", "presentment_money")}
CURRENCIES = ("EUR", "USD", "JPY", "KWD", SHOP)


def read(json: Json) -> Order:
    return order_of(msgspec.json.decode(encoded(json), type=ToldOrder))


def eur(text: str) -> Money:
    return Money.parse(text, "EUR")


def amounts(currency: str, most: int) -> st.SearchStrategy[Money]:
    return st.integers(0, most).map(lambda minor: Money(minor, currency))


@st.composite
def discounts(draw: st.DrawFn, gross: Money) -> tuple[Discount, ...]:
    made, left = [], gross.minor
    for number in range(draw(st.integers(0, 3))):
        part = draw(st.integers(0, left))
        if part:
            code = draw(st.sampled_from([None, f"CODE{number}"]))
            made.append(Discount(title=code or f"offer {number}", amount=Money(part, gross.currency), code=code))
        left -= part
    return tuple(made)


@st.composite
def taxes(draw: st.DrawFn, currency: str, included: bool) -> tuple[Tax, ...]:
    rates = draw(st.lists(st.sampled_from(["0.19", "0.07", "0.0825"]), max_size=2))
    return tuple(
        Tax(title=f"tax {rate}", amount=draw(amounts(currency, 5_000)), included=included, rate=Decimal(rate))
        for rate in rates
    )


@st.composite
def lines(draw: st.DrawFn, number: int, currency: str, included: bool) -> Line:
    price, quantity = draw(amounts(currency, 100_000)), draw(st.integers(1, 5))
    duties = draw(st.lists(amounts(currency, 3_000), max_size=2))
    return Line(
        id=LineId(str(11 + number)),
        sku=SkuId(f"sku-{number}"),
        title=f"thing {number}",
        quantity=quantity,
        price=price,
        discounts=draw(discounts(price * quantity)),
        taxes=draw(taxes(currency, included)),
        duties=tuple(Duty(amount=one, tariff_code="230910", origin="US") for one in duties),
        ships=draw(st.booleans()),
        weight=draw(st.none() | st.integers(1, 9_999)),
    )


class Priced(NamedTuple):
    """An order that Shopify priced, and what it adds to what lines and charges come to."""

    order: Order
    cash: Money
    taxes: Money

    def said(self) -> Json:
        whole = sum((tax.amount for tax in taxes_in(self.order)), self.taxes)
        return order_json(
            self.order,
            total_price_set=bag(self.order.total - self.cash),
            total_tax_set=bag(whole),
            total_cash_rounding_payment_adjustment_set=bag(self.cash),
        )


@st.composite
def priced(draw: st.DrawFn) -> Priced:
    currency, included = draw(st.sampled_from(CURRENCIES)), draw(st.booleans())
    bought = tuple(draw(lines(number, currency, included)) for number in range(draw(st.integers(1, 4))))
    shipping = tuple(
        ShippingCharge(
            title="Standard",
            price=price,
            method="std",
            discounts=draw(discounts(price)),
            taxes=draw(taxes(currency, included)),
        )
        for price in draw(st.lists(amounts(currency, 5_000), max_size=2))
    )
    tip = draw(st.none() | st.integers(1, 2_000).map(lambda minor: Money(minor, currency)))
    owed = total_owed(bought, shipping, currency=currency, tip=tip)
    taxed = [tax for line in bought for tax in line.taxes] + [tax for one in shipping for tax in one.taxes]
    most = len(taxed) if owed.minor > 50 and not included else 0
    off = Money(draw(st.integers(-most, most)), currency)
    cash = Money(draw(st.integers(-4, 4)) if owed.minor > 50 else 0, currency)
    whole, rounding = owed + off + cash, off + cash
    paid = [tender_of(whole)] if whole.minor else []
    other = whole if currency == SHOP else Money(whole.minor * 2, SHOP)
    order = Order(
        id=OrderId("1001"), number="#1001", checkout=Checkout.ADOPTED, channel=Channel.WEB, placed_at=AT,
        currency=currency, lines=bought, shipping=shipping, tip=tip, rounding=rounding if rounding.minor else None,
        total=whole, shop_total=other, tenders=tuple(paid),
    )  # fmt: skip
    return Priced(order, cash, off)


def tender_of(whole: Money) -> Tender:
    return Tender(id=TenderId("order-1001"), kind=TenderKind.CARD, amount=whole, state=TenderState.CAPTURED)


@settings(deadline=None)  # how long it takes is the machine's
@given(priced())
def test_what_shopify_says_of_a_priced_order_is_that_order(made: Priced) -> None:
    found = read(made.said())
    assert found == made.order
    assert outstanding(found).minor == 0


@settings(deadline=None)  # how long it takes is the machine's
@given(priced(), st.integers(-300, 300).filter(bool))
def test_a_total_that_its_parts_do_not_come_to_is_refused(made: Priced, off: int) -> None:
    nothing = Money.zero(made.order.currency)
    parts, wrong = (
        made.order.total - made.cash - made.taxes,
        made.order.total - made.cash + Money(off, nothing.currency),
    )
    explained = {parts + taxes + cash for taxes in (made.taxes, nothing) for cash in (made.cash, nothing)}
    assume(wrong not in explained)
    with pytest.raises(ValueError, match="order 1001"):
        read(made.said() | {"total_price_set": bag(wrong)})


def an_order(**more: Any) -> Order:
    taxed = Tax(title="VAT", amount=eur("9.48"), included=False, rate=Decimal("0.19"))
    line = Line(id=LineId("11"), sku=SkuId("kibble"), title="Kibble", quantity=1, price=eur("49.90"), taxes=(taxed,))
    given: dict[str, Any] = {
        "id": OrderId("1001"), "number": "#1001", "checkout": Checkout.ADOPTED, "channel": Channel.WEB,
        "placed_at": AT, "currency": "EUR", "lines": (line,), "total": eur("59.38"),
    }  # fmt: skip
    return Order(**(given | more))


def test_cash_is_rounded_before_or_after_the_total_and_both_are_told_apart() -> None:
    said = order_json(an_order(), "EUR", total_cash_rounding_payment_adjustment_set=cents("0.02"))
    for total in ("59.38", "59.40"):
        found = read(said | {"total_price_set": cents(total)})
        assert (found.total, found.rounding, found.shop_total) == (eur("59.40"), eur("0.02"), eur("59.40"))
    with pytest.raises(ValueError, match=re.escape("parts come to 59.38 EUR, its total says 59.39 EUR")):
        read(said | {"total_price_set": cents("59.39")})


def test_taxes_rounded_for_the_whole_order_are_rounding_by_a_unit_for_each() -> None:
    said = order_json(an_order(), "EUR")
    for tax, total, off in (("9.47", "59.37", "-0.01"), ("9.49", "59.39", "0.01")):
        found = read(said | {"total_tax_set": cents(tax), "total_price_set": cents(total)})
        assert (found.total, found.rounding) == (eur(total), eur(off))
    with pytest.raises(ValueError, match=re.escape("its total says 59.40 EUR")):
        read(said | {"total_tax_set": cents("9.50"), "total_price_set": cents("59.40")})
    with pytest.raises(ValueError, match=re.escape("its total says 59.39 EUR")):  # no tax says so
        read(said | {"total_price_set": cents("59.39")})
    with pytest.raises(ValueError, match=re.escape("its total says 49.91 EUR")):  # tax in the price adds nothing
        read(said | {"taxes_included": True, "total_tax_set": cents("9.49"), "total_price_set": cents("49.91")})


def test_taxes_of_the_whole_order_only_are_its_lines() -> None:
    free = [
        Line(id=LineId(str(at)), sku=SkuId(f"s{at}"), title="s", quantity=1, price=eur(price))
        for at, price in ((11, "10.00"), (12, "20.00"), (13, "0.00"))
    ]
    taxed = [
        msgspec.structs.replace(
            line, taxes=(vat("0.67" if line.id == "11" else "1.33" if line.id == "12" else "0.00"),)
        )
        for line in free
    ]
    said = order_json(an_order(lines=tuple(free), total=eur("30.00")), "EUR")
    tax = {"title": "VAT", "rate": 0.07, "price_set": cents("2.00")}
    said |= {"tax_lines": [tax], "total_tax_set": cents("2.00"), "total_price_set": cents("32.00")}
    assert read(said).lines == tuple(taxed)
    assert read(said).rounding is None


def vat(text: str) -> Tax:
    return Tax(title="VAT", amount=eur(text), included=False, rate=Decimal("0.07"))


@pytest.mark.parametrize(
    ("mark", "tip"),
    [
        ({"tip": {"payment_gateway": "bogus"}}, True),
        ({"tip": None, "tip_payment_gateway": "bogus"}, True),
        ({"tip": None, "tip_payment_gateway": None}, True),
        ({"tip": None}, False),
        ({"tip": None, "tip_payment_gateway": None, "variant_id": 4000, "requires_shipping": True}, False),
    ],
)
def test_a_tip_is_told_as_a_line_and_is_none(mark: Json, tip: bool) -> None:
    said = order_json(an_order(), "EUR", total_price_set=cents("61.38"), total_tip_received="2.00")
    said["line_items"].append(tip_line(eur("2.00"), "EUR") | mark)
    if tip:
        assert (read(said).tip, [line.id for line in read(said).lines]) == (eur("2.00"), ["11"])
    else:
        with pytest.raises(
            ValueError, match=re.escape("its parts come to 63.38 EUR")
        ):  # the tip, and a line that is none
            read(said)


def test_a_tip_without_a_line_is_the_orders_own_figure() -> None:
    said = order_json(an_order(), "EUR", total_price_set=cents("61.38"), total_tip_received="2.00")
    assert read(said).tip == eur("2.00")
    abroad = order_json(an_order(), total_price_set=bag(eur("61.38")))
    for figure in ("3.98", "4.00", "4.02"):  # francs are half a euro here, and may be rounded
        assert read(abroad | {"total_tip_received": figure}).tip == eur("2.00")
    for wrong in ("3.96", "4.04", "0.00", None):
        with pytest.raises(ValueError, match=re.escape("its parts come to 59.38 EUR, its total says 61.38 EUR")):
            read(abroad | {"total_tip_received": wrong})
    with pytest.raises(ValueError, match=re.escape("its parts come to 59.38 EUR, its total says 59.00 EUR")):
        read(abroad | {"total_price_set": bag(eur("59.00")), "total_tip_received": "4.00"})


def test_fees_are_a_charge_and_duties_in_the_price_are_not_added() -> None:
    said = order_json(
        an_order(), "EUR", total_price_set=cents("59.66"), original_total_additional_fees_set=cents("0.28")
    )
    assert read(said).shipping == (ShippingCharge(title="additional fees", price=eur("0.28"), method="fee"),)
    line = msgspec.structs.replace(an_order().lines[0], duties=(Duty(amount=eur("3.00")),))
    dutied = order_json(an_order(lines=(line,), total=eur("62.38")), "EUR")
    assert read(dutied).lines == (line,)
    within = read(dutied | {"duties_included": True, "total_price_set": cents("59.38")})
    assert (within.total, within.lines[0].duties) == (eur("59.38"), ())
    dutied["line_items"][0]["duties"] = [{"price_set": cents("3.00"), "tax_lines": []}]
    assert read(dutied).lines == (line,)
    dutied["line_items"][0]["duties"] = [{"tax_lines": []}]
    with pytest.raises(ValueError, match="a duty without an amount"):
        read(dutied)


def test_a_delivery_that_an_edit_took_out_is_not_charged() -> None:
    charge = ShippingCharge(title="Standard", price=eur("4.90"), method="std")
    said = order_json(an_order(shipping=(charge,), total=eur("64.28")), "EUR")
    assert read(said).shipping == (charge,)
    said["shipping_lines"][0]["is_removed"] = True
    assert read(said | {"total_price_set": cents("59.38")}).shipping == ()


def tender(kind: TenderKind, amount: str, state: TenderState, id: str = "order-1001") -> Tender:
    return Tender(id=TenderId(id), kind=kind, amount=eur(amount), state=state)


DUE = tender(TenderKind.TRANSFER, "9.38", TenderState.PENDING, "order-1001-due")


@pytest.mark.parametrize(
    ("status", "gateways", "tenders"),
    [
        ("paid", ["shopify_payments"], [tender(TenderKind.CARD, "59.38", TenderState.CAPTURED)]),
        ("paid", ["visa", "bogus"], [tender(TenderKind.CARD, "59.38", TenderState.CAPTURED)]),
        ("paid", ["gift_card"], [tender(TenderKind.GIFT_CARD, "59.38", TenderState.CAPTURED)]),
        ("paid", ["shopify_store_credit"], [tender(TenderKind.STORE_CREDIT, "59.38", TenderState.CAPTURED)]),
        ("paid", ["paypal"], [tender(TenderKind.WALLET, "59.38", TenderState.CAPTURED)]),
        ("paid", ["manual"], [tender(TenderKind.TRANSFER, "59.38", TenderState.CAPTURED)]),
        ("paid", ["gift_card", "shopify_payments"], []),
        ("paid", [], []),
        ("refunded", ["cash"], [tender(TenderKind.CASH, "59.38", TenderState.CAPTURED)]),
        ("partially_refunded", ["cash"], [tender(TenderKind.CASH, "59.38", TenderState.CAPTURED)]),
        ("authorized", ["shopify_payments"], [tender(TenderKind.CARD, "59.38", TenderState.AUTHORISED)]),
        ("voided", ["shopify_payments"], [tender(TenderKind.CARD, "59.38", TenderState.VOIDED)]),
        ("expired", ["shopify_payments"], [tender(TenderKind.CARD, "59.38", TenderState.FAILED)]),
        ("pending", ["Bank Deposit"], [tender(TenderKind.TRANSFER, "59.38", TenderState.PENDING)]),
        ("pending", ["Vorkasse"], [tender(TenderKind.TRANSFER, "59.38", TenderState.PENDING)]),
        ("pending", ["Cash on Delivery (COD)"], [tender(TenderKind.CASH, "59.38", TenderState.PENDING)]),
        ("pending", [], [tender(TenderKind.TRANSFER, "59.38", TenderState.PENDING)]),
        ("pending", ["gift_card", "manual"], [tender(TenderKind.TRANSFER, "59.38", TenderState.PENDING)]),
        ("partially_paid", ["gift_card"], [tender(TenderKind.GIFT_CARD, "50.00", TenderState.CAPTURED), DUE]),
        ("partially_paid", ["gift_card", "manual"], [DUE]),
    ],
)
def test_who_pays_what_as_far_as_it_is_told(status: str, gateways: list[str], tenders: list[Tender]) -> None:
    said = order_json(an_order(), "EUR", financial_status=status, payment_gateway_names=gateways)
    assert read(said | {"total_outstanding": "9.38"}).tenders == tuple(tenders)


def test_a_free_order_is_paid_by_nobody() -> None:
    free = an_order(
        lines=(msgspec.structs.replace(an_order().lines[0], price=eur("0.00"), taxes=()),), total=eur("0.00")
    )
    assert read(order_json(free, "EUR", payment_gateway_names=[])).tenders == ()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"financial_status": "on_the_moon"}, "a financial status that is not known: on_the_moon"),
        ({"financial_status": "partially_paid", "currency": SHOP}, "how much is due is not told in EUR"),
        ({"financial_status": "partially_paid", "total_outstanding": None}, "how much is due is not told in EUR"),
        ({"financial_status": "partially_paid", "total_outstanding": "59.38"}, "59.38 EUR of 59.38 EUR is due"),
        ({"financial_status": "partially_paid", "total_outstanding": "0.00"}, "0.00 EUR of 59.38 EUR is due"),
        (
            {
                "total_price_set": {
                    kind: {"amount": "59.381", "currency_code": "EUR"} for kind in ("shop_money", "presentment_money")
                }
            },
            "more than EUR's 2 decimals",
        ),
        ({"total_price_set": cents("59.38", "USD")}, "do not add up"),
        ({"line_items": []}, "order 1001"),
    ],
)
def test_what_cannot_be_said_for_certain_is_refused(more: Json, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        read(order_json(an_order(), "EUR", **more))
