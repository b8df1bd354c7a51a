"""Quotes: the total shown first is the total charged, to the minor unit; nobody makes one, or changes one."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawline.hub.storefront import Refusal
from pawline.hub.storefront.checkout import tenders
from pawline.hub.storefront.forms import AddressForm, Amount, CheckoutForm, ContactForm, Payment, ToldTax
from pawline.hub.storefront.quotes import Quote, taxed
from pawline.model import (
    Channel,
    Checkout,
    DeliveryChoice,
    Destination,
    Line,
    LineId,
    Money,
    Order,
    OrderId,
    SkuId,
    Tax,
    TenderKind,
    outstanding,
)
from tests.unit.web.storefront.shop import ANN, MAIL, TO, town
from tests.unit.web.storefront.test_again import problem

CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])
AT = datetime(2026, 1, 1, tzinfo=UTC)


@st.composite
def quotes(draw: st.DrawFn) -> Quote:
    currency = draw(CURRENCIES)
    lines = [
        Line(id=LineId(f"l{n}"), sku=SkuId(f"s{n}"), title="x", quantity=quantity, price=Money(price, currency))
        for n, (quantity, price) in enumerate(
            draw(st.lists(st.tuples(st.integers(1, 999), st.integers(0, 10**9)), min_size=1, max_size=20))
        )
    ]
    told = [
        ToldTax(sku=f"s{n}", title="VAT", minor=draw(st.integers(0, 10**6)), included=draw(st.booleans()))
        for n in draw(st.sets(st.integers(0, len(lines) - 1)))
    ]
    told = [one for one in told if not one.included or one.minor <= lines[int(one.sku[1:])].subtotal().minor]
    price = Money(draw(st.integers(0, 10**6)), currency)
    shipping = [
        Tax(title="VAT", amount=Money(part, currency), included=draw(st.booleans()))
        for part in draw(st.lists(st.integers(0, price.minor // 2), max_size=2))
    ]
    return Quote(
        name="ab" * 13, until=AT, currency=currency, cart="c", destination=Destination(country="DE"),
        lines=taxed(lines, told), choices=(DeliveryChoice(code="dhl", title="DHL", price=price),),
        shipping_taxes={"dhl": tuple(shipping)},
    )  # fmt: skip


@given(quotes(), st.lists(st.integers(1, 10**6), max_size=4))
def test_the_total_of_a_quote_is_the_order_s_and_what_is_paid(quote: Quote, parts: list[int]) -> None:
    choice = quote.choices[0]
    total = quote.total(choice)
    by_hand = sum(line.price.minor * line.quantity for line in quote.lines) + choice.price.minor
    by_hand += sum(tax.amount.minor for line in quote.lines for tax in line.taxes if not tax.included)
    by_hand += sum(tax.amount.minor for tax in quote.charge(choice).taxes if not tax.included)
    assert total == Money(by_hand, quote.currency)
    assert all(type(amount) is int for amount in (total.minor, by_hand))
    split = [part for part in parts if part < total.minor and sum(parts) < total.minor]
    split += [total.minor - sum(split)] if total.minor else []
    made = tenders(form(total, split), total)
    order = Order(
        id=OrderId("o"), number="1", checkout=Checkout.OWN, channel=Channel.WEB, placed_at=AT, currency=quote.currency,
        lines=quote.lines, total=total, shipping=(quote.charge(choice),), tenders=made,
    )  # fmt: skip
    assert outstanding(order) == Money.zero(quote.currency)


@given(st.integers(1, 10**9), st.integers(-3, 3).filter(bool))
def test_a_minor_unit_too_much_or_too_little_is_no_payment(minor: int, off: int) -> None:
    total = Money(minor, "EUR")
    if minor + off > 0:
        with pytest.raises(Refusal, match="together they come to"):
            tenders(form(total, [minor + off]), total)


def form(total: Money, parts: list[int]) -> CheckoutForm:
    shown = Amount(total.minor, total.currency)
    return CheckoutForm(
        quote="", delivery="dhl", total=shown, contact=ContactForm(email=MAIL),
        ship_to=AddressForm(name="Ann", lines=["a"], city="Berlin", country="DE"),
        payments=[Payment(kind=TenderKind.CARD, amount=Amount(part, total.currency)) for part in parts],
    )  # fmt: skip


async def test_a_quote_says_each_delivery_with_its_promise_and_its_total(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 50, 1_999)
        ann = await one.key()
        said = (await ann.quote(await ann.cart(("bowl", 2)))).body
        assert [(each["delivery"]["code"], each["delivery"]["price"]["minor"], each["total"]["minor"])
                for each in said["choices"]] == [("dhl", 490, 4_488), ("express", 1_200, 5_198)]  # fmt: skip
        assert (said["subtotal"]["minor"], said["taxes"]["minor"]) == (3_998, 0)
        assert (await ann.quote(await ann.cart(("bowl", 3)))).body["choices"][0]["total"]["minor"] == 5_997  # free
        heavy = (await ann.quote(await ann.cart(("bowl", 6)))).body["choices"][0]
        assert heavy["total"]["minor"] == 6 * 1_999
        abroad = (await ann.quote(await ann.cart(("bowl", 1)), {"country": "FR"})).body["choices"]
        assert [(each["delivery"]["code"], each["total"]["minor"]) for each in abroad] == [("standard", 2_689)]
        expires = datetime.fromisoformat(said["expires_at"])
        assert timedelta(minutes=14) < expires - datetime.now(UTC) < timedelta(minutes=15)


async def test_a_price_that_rises_meanwhile_is_not_charged_and_one_that_is_over_is_asked_anew(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 50, 1_000)
        ann = await one.key()
        first, second = await ann.form(("bowl", 1)), await ann.form(("bowl", 1))
        await one.sells("bowl", 50, 2_000)
        assert (await ann.ask("POST", "/v1/checkouts", first)).body["total"]["minor"] == 1_490
        clock = one.hub.store.clock
        now = clock()
        one.hub.store.clock = lambda: now + 15 * 60 + 1
        no = await ann.ask("POST", "/v1/checkouts", second)
        one.hub.store.clock = clock
        assert problem(no) == (409, "quote-expired")
        assert (await one.types()).count("order.placed@1") == 1


async def test_what_was_not_shown_is_not_charged(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 50, 1_000)
        ann = await one.key()
        good = await ann.form(("bowl", 1))
        sealed = bytearray(base64.urlsafe_b64decode(good["quote"]))
        sealed[30] ^= 1
        euro = good["total"]
        wrong: list[tuple[dict[str, Any], tuple[int, str]]] = [
            ({"quote": base64.urlsafe_b64encode(sealed).decode()}, (422, "invalid")),
            ({"quote": "x"}, (422, "invalid")),
            ({"quote": base64.urlsafe_b64encode(b"\xff" * 60).decode()}, (422, "invalid")),
            ({"quote": ""}, (422, "invalid")),
            ({"delivery": "none"}, (422, "invalid")),
            ({"total": {**euro, "minor": euro["minor"] - 1}}, (422, "total-differs")),
            ({"total": {**euro, "currency": "USD"}}, (422, "total-differs")),
            ({"payments": []}, (422, "total-differs")),
            ({"payments": [*good["payments"], *good["payments"]]}, (422, "total-differs")),
            ({"payments": [{"kind": "card", "amount": {**euro, "minor": 1490.5}}]}, (422, "invalid")),
            ({"payments": [{"kind": "card", "amount": {**euro, "minor": "1490"}}]}, (422, "invalid")),
            ({"ship_to": ANN | {"country": "FR"}}, (422, "invalid")),
            ({"ship_to": ANN | {"postcode": "10117"}}, (422, "invalid")),
            ({"contact": {}}, (422, "invalid")),
            ({"contact": {"email": "nobody"}}, (422, "invalid")),
        ]  # fmt: skip
        for change, expected in wrong:
            assert problem(await ann.ask("POST", "/v1/checkouts", good | change)) == expected, change
        assert "order.placed@1" not in await one.types()
        assert (await ann.ask("POST", "/v1/checkouts", good)).status == 202


async def test_taxes_are_the_shop_s_own_word(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 50, 1_000)
        ann, server = await one.key(), await one.key(secret=True)
        cart = await ann.cart(("bowl", 2))
        vat = [{"sku": "bowl", "title": "VAT", "minor": 380, "included": False}]
        assert problem(await ann.quote(cart, TO, taxes=vat)) == (403, "forbidden")
        said = (await server.quote(cart, TO, taxes=vat)).body
        assert (said["subtotal"]["minor"], said["taxes"]["minor"]) == (2_380, 380)
        assert said["choices"][0]["total"]["minor"] == 2_870
        none = await server.quote(cart, TO, taxes=[vat[0] | {"sku": "ball"}])
        assert problem(none) == (422, "invalid")
        most = await server.quote(cart, TO, taxes=[vat[0] | {"minor": 2_001, "included": True}])
        assert problem(most) == (422, "invalid")


def test_the_tax_of_a_sku_with_lines_for_several_pets_is_shared_by_what_they_cost() -> None:
    lines = [
        Line(id=LineId(f"l{n}"), sku=SkuId("tuna"), title="x", quantity=quantity, price=Money(1_000, "EUR"))
        for n, quantity in enumerate((1, 10))
    ]
    told = [ToldTax(sku="tuna", title="VAT", minor=1_757, included=True)]
    done = taxed(lines, told)
    assert [[tax.amount.minor for tax in line.taxes] for line in done] == [[160], [1_597]]
    with pytest.raises(Refusal, match="more is in the price"):
        taxed(lines, [ToldTax(sku="tuna", title="VAT", minor=11_001, included=True)])
    free = [Line(id=LineId("l1"), sku=SkuId("tuna"), title="x", quantity=1, price=Money(0, "EUR"))]
    [line] = taxed(free, [ToldTax(sku="tuna", title="Deposit", minor=25, included=False)])
    assert [tax.amount.minor for tax in line.taxes] == [25]
