"""What Shopify tells, and what it is for us: exactly, in whatever order it comes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.connectors.shopify.hook import HOOK
from pawline.connectors.shopify.settings import Settings
from pawline.connectors.shopify.told_orders import CALLED_OFF
from pawline.kit import Headers, Secret, Unsigned
from pawline.model import (
    Address,
    CartBought,
    CartId,
    Channel,
    Checkout,
    Contact,
    Discount,
    Duty,
    Event,
    Item,
    Line,
    LineId,
    Money,
    Order,
    OrderCancelled,
    OrderId,
    OrderPaid,
    OrderPlaced,
    ShippingCharge,
    SkuId,
    Tax,
    Tender,
    TenderId,
    TenderKind,
    TenderState,
)
from pawline.testing.conformance import TOKEN
from tests.unit.connectors.shopify_said import Json, address_json, bag, encoded, order_json

AT = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
SHOP = "pets-eu.myshopify.com"
VECTOR = (b'{"foo": "bar"}', "test_secret_key", "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g=")
"""Of Shopify's own tests: shopify-api-js 9dd9284, packages/shopify-api/lib/webhooks/__tests__/validate.test.ts, MIT."""
HOME = Address(name="Ann Ott", lines=("Hauptstr. 1", "Hof"), city="Berlin", country="DE", postcode="10115")


def eur(text: str) -> Money:
    return Money.parse(text, "EUR")


def settings(*secrets: str) -> Settings:
    return Settings(shop=SHOP, token=Secret(TOKEN), webhook_secrets=tuple(map(Secret, secrets)))


def headers(topic: str = "orders/create", **more: str) -> list[tuple[str, str]]:
    said = {
        "X-Shopify-Topic": topic, "X-Shopify-Shop-Domain": SHOP, "X-Shopify-API-Version": "2026-07",
        "X-Shopify-Webhook-Id": "w-1", "X-Shopify-Event-Id": "e-1",
        "X-Shopify-Triggered-At": "2026-11-27T09:30:01.123456789Z",
    }  # fmt: skip
    named = {f"X-Shopify-{name.replace('_', '-')}": value for name, value in more.items()}
    return [(name, value) for name, value in (said | named).items() if value]


def heard(topic: str, json: Json) -> tuple[Event, ...]:
    delivery = HOOK.read(headers(topic), encoded(json))
    assert delivery.type == topic
    return HOOK.hears[topic](delivery.payload)


def an_order(**more: Any) -> Order:
    line = Line(
        id=LineId("11"), sku=SkuId("kibble-12"), title="Kibble 12 kg", quantity=2, price=eur("49.90"), weight=12_000
    )
    given: dict[str, Any] = {
        "id": OrderId("1001"), "number": "#1001", "checkout": Checkout.ADOPTED, "channel": Channel.WEB,
        "placed_at": AT, "currency": "EUR", "lines": (line,), "total": eur("99.80"),
    }  # fmt: skip
    return Order(**(given | more))


def order_read(json: Json) -> Order:
    first = heard("orders/create", json)[0]
    assert isinstance(first, OrderPlaced)
    return first.order


# -- who is believed -------------------------------------------------------------------------------------------------


def believed(secrets: Sequence[str], given: Headers, body: bytes) -> str:
    try:
        HOOK.signature.verify(HOOK.secrets(settings(*secrets)), given, body, 0.0)
    except Unsigned as no:
        return no.why
    return ""


def test_shopifys_own_vector_is_believed_and_no_other() -> None:
    body, secret, signature = VECTOR
    given = headers(Hmac_SHA256=signature)
    assert believed([secret], given, body) == ""
    assert believed(["an-old-one", secret], given, body) == ""
    assert believed([secret + "x"], given, body) == "no live secret made this signature"
    assert believed([secret], given, body + b" ") == "no live secret made this signature"
    assert believed([], given, body) == "no secret is set: nothing is believed"
    assert believed([secret], headers(), body) == "X-Shopify-Hmac-SHA256 is missing, empty, or came twice"


def test_the_vector_is_the_one_that_was_collected() -> None:
    collected = Path(__file__).parents[4] / "shared/specs/_signatures/vectors.json"
    if not collected.is_file():
        pytest.skip("the vendors' vectors are not beside this checkout")
    vectors = [one for one in msgspec.json.decode(collected.read_bytes())["vectors"] if one["vendor"] == "shopify"]
    found = [(one["input"]["body"].encode(), one["input"]["secret"], one["expected"]) for one in vectors]
    assert found == [VECTOR]


def test_another_shop_is_not_ours_though_its_app_has_the_same_secret() -> None:
    body, secret, signature = VECTOR
    other = headers(Hmac_SHA256=signature, Shop_Domain="pets-us.myshopify.com")
    assert believed([secret], other, body) == "it is of another shop than this account's"
    assert believed([secret], headers(Hmac_SHA256=signature, Shop_Domain=SHOP.upper()), body) == ""
    nobody = headers(Hmac_SHA256=signature, Shop_Domain="")
    assert believed([secret], nobody, body) == "X-Shopify-Shop-Domain is missing, empty, or came twice"
    assert believed([secret], [*other, ("x-shopify-shop-domain", SHOP)], body) == believed([secret], nobody, body)


# -- what a delivery is ----------------------------------------------------------------------------------------------


def test_a_delivery_is_an_event_of_a_topic_about_a_thing() -> None:
    read = HOOK.read(headers(), b'{"id": 1001}')
    assert read == (
        "orders/create",
        "e-1/orders/create/1001",
        AT + timedelta(seconds=1, microseconds=123_457),
        b'{"id": 1001}',
    )
    assert HOOK.read(headers(Webhook_Id="w-2"), b'{"id": 1001}').id == read.id  # of another subscription
    assert HOOK.read(headers("orders/paid"), b'{"id": 1001}').id == "e-1/orders/paid/1001"  # one act, two topics
    assert HOOK.read(headers(), b'{"id": 1002}').id == "e-1/orders/create/1002"
    assert HOOK.read(headers(Event_Id=""), b'{"id": 1001}').id == "w-1/orders/create/1001"
    nameless = [HOOK.read(headers(), body).id for body in (b'{"a": 1}', b'{"a": 2}', b"<html>")]
    assert len(set(nameless)) == 3


def test_a_delivery_without_its_time_has_that_of_its_payload() -> None:
    body = b'{"id": 1, "created_at": "2026-11-27T10:30:00+01:00", "updated_at": "2026-11-27T10:31:00+01:00"}'
    assert HOOK.read(headers(Triggered_At=""), body).at == AT + timedelta(minutes=1)
    with pytest.raises(ValueError, match="a delivery of orders/create that says no time"):
        HOOK.read(headers(Triggered_At=""), b'{"id": 1}')


@pytest.mark.parametrize("name", ["Topic", "Event-Id", "Triggered-At"])
def test_a_header_that_came_twice_is_not_guessed_at(name: str) -> None:
    twice = [*headers(), (f"x-shopify-{name.lower()}", "2026-11-27T09:30:00Z")]
    with pytest.raises(Unsigned, match="came twice"):
        HOOK.read(twice, b'{"id": 1}')


# -- orders ----------------------------------------------------------------------------------------------------------


def test_an_order_is_what_the_shopper_saw_to_the_minor_unit() -> None:
    lines = (
        Line(
            id=LineId("11"), sku=SkuId("kibble-12"), title="Kibble 12 kg", quantity=2, price=eur("49.90"),
            discounts=(
                Discount(title="Autumn", amount=eur("3.33")), Discount(title="ANN10", amount=eur("9.65"), code="ANN10")
            ),
            taxes=(Tax(title="VAT", amount=eur("16.50"), included=False, rate=Decimal("0.19")),),
            duties=(Duty(amount=eur("1.20"), tariff_code="230910", origin="US"),), weight=12_000,
        ),
        Line(id=LineId("12"), sku=SkuId("card-25"), title="Gift card", quantity=1, price=eur("25.00"), ships=False,
             weight=None),
    )  # fmt: skip
    shipping = ShippingCharge(
        title="Express", price=eur("9.00"), method="express", discounts=(Discount(title="Autumn", amount=eur("4.50")),),
        taxes=(Tax(title="VAT", amount=eur("0.86"), included=False, rate=Decimal("0.19")),),
    )  # fmt: skip
    order = an_order(lines=lines, shipping=(shipping,), tip=eur("2.00"), total=eur("136.88"), test=True)
    said = order_json(
        order, email="Ann.Ott@Example.org ", customer_locale="de-DE", phone="+4930123456", customer={"id": 77},
        shipping_address=address_json(HOME), billing_address=address_json(HOME), checkout_id=555,
    )  # fmt: skip
    placed, bought, paid = heard("orders/create", said)
    assert isinstance(placed, OrderPlaced)
    household = placed.order.household
    assert placed.order == msgspec.structs.replace(
        order,
        household=household,
        shop_total=Money.parse("273.76", "CHF"),
        tenders=(
            Tender(id=TenderId("order-1001"), kind=TenderKind.CARD, amount=eur("136.88"), state=TenderState.CAPTURED),
        ),
        contact=Contact(email="Ann.Ott@Example.org", phone="+4930123456", language="de-DE"),
        ship_to=HOME,
        bill_to=HOME,
    )
    assert bought == CartBought(cart=CartId("555"), order=OrderId("1001"), household=household)
    items = (Item(SkuId("card-25"), 1), Item(SkuId("kibble-12"), 2))
    assert paid == OrderPaid(order=OrderId("1001"), at=AT, paid=eur("136.88"), household=household, items=items)
    assert order_read(said | {"email": "ann.ott@example.org"}).household == household
    assert (placed.fact, paid.fact) == ("order.placed/1001", "order.paid/1001")


def test_whose_it_is_is_told_by_the_address_else_by_the_customer() -> None:
    email = "h-" + hashlib.sha256(b"ann@example.org").hexdigest()[:16]
    for said, household in (
        ({"email": " Ann@example.org", "customer": {"id": 77}}, email),
        ({"email": "", "customer": {"id": 77}}, "h-shopify-77"),
        ({"email": None, "customer": {"id": 77}}, "h-shopify-77"),
        ({}, None),
    ):
        assert order_read(order_json(an_order(), **said)).household == household


def test_an_order_of_nobody_holds_no_personal_data_unless_something_is_sent() -> None:
    bare = order_read(order_json(an_order(), phone="+4930123456", billing_address=address_json(HOME)))
    assert (bare.household, bare.contact, bare.ship_to, bare.bill_to) == (None, None, None, None)
    market = order_read(order_json(an_order(), shipping_address=address_json(HOME)))
    assert (market.household, market.ship_to) == ("h-shopify-order-1001", HOME)


def test_what_is_no_number_or_address_is_left_out() -> None:
    said = order_json(
        an_order(), email="ann", phone="030 123", customer={"id": 77},
        shipping_address=address_json(HOME) | {"country_code": None},
        billing_address={"first_name": "Ann", "last_name": "Ott", "address2": "Hof", "country_code": "DE"},
    )  # fmt: skip
    order = order_read(said)
    assert order.contact is None
    assert order.ship_to is None
    assert order.bill_to == Address(name="Ann Ott", lines=("Hof",), city="", country="DE")


@pytest.mark.parametrize(
    ("said", "channel", "renewal"),
    [
        ({"source_name": "web"}, Channel.WEB, False),
        ({"source_name": None}, Channel.WEB, False),
        ({"source_name": "580111"}, Channel.WEB, False),
        ({"source_name": "pos"}, Channel.STORE, False),
        ({"source_name": "shopify_draft_order"}, Channel.PHONE, False),
        ({"source_name": "shopify_draft_order", "company": {"id": 5}}, Channel.WHOLESALE, False),
        ({"source_name": "tiktok"}, Channel.SOCIAL, False),
        ({"source_name": "subscription_contract"}, Channel.SUBSCRIPTION, True),
        ({"source_name": "subscription_contract_checkout_one"}, Channel.SUBSCRIPTION, True),
    ],
)
def test_where_it_was_taken_and_whether_an_autoship_came_due(said: Json, channel: Channel, renewal: bool) -> None:
    placed = heard("orders/create", order_json(an_order(), **said))[0]
    assert isinstance(placed, OrderPlaced)
    assert (placed.order.channel, placed.renewal) == (channel, renewal)


def test_an_order_that_is_brought_in_with_the_day_of_its_time_is_history() -> None:
    one = an_order()
    for days, there in ((0, True), (1, True), (1.1, False), (2_000, False)):
        at = (one.placed_at - timedelta(days=days)).isoformat()
        assert (heard("orders/create", order_json(one, processed_at=at)) != ()) is there


@pytest.mark.parametrize("status", ["fulfilled", "partial", None])
def test_what_has_left_before_it_was_told_is_not_sent(status: str | None) -> None:
    (placed,) = [
        event.order for event in heard("orders/create", order_json(an_order(), fulfillment_status=status))
        if isinstance(event, OrderPlaced)
    ]  # fmt: skip
    assert {line.ships for line in placed.lines} == {status is None}


def test_a_sku_is_the_shops_else_the_variant_else_the_line() -> None:
    said = order_json(an_order())
    for sku, variant, found in ((" k-1 ", 4000, "k-1"), ("", 4000, "variant-4000"), (None, None, "line-11")):
        said["line_items"][0] |= {"sku": sku, "variant_id": variant}
        assert order_read(said).lines[0].sku == found


def test_a_bundles_components_are_lines_of_their_own() -> None:
    first = an_order().lines[0]
    second = msgspec.structs.replace(first, id=LineId("12"), sku=SkuId("bowl"), quantity=1, price=eur("0.00"))
    said = order_json(an_order(lines=(first, second)))
    said["line_items"][0]["sales_line_item_group_id"] = said["line_items"][1]["sales_line_item_group_id"] = 31
    said["line_item_groups"] = [{"id": 31, "title": "Starter set", "quantity": 1}]
    assert order_read(said).demand() == (Item(SkuId("bowl"), 1), Item(SkuId("kibble-12"), 2))


# -- in whatever order it comes --------------------------------------------------------------------------------------


def test_every_payload_of_one_order_tells_the_same_facts() -> None:
    said = order_json(an_order(), email="ann@example.org", checkout_id=555)
    ended = said | {"cancelled_at": "2026-11-27T11:00:00Z", "cancel_reason": "customer", "financial_status": "refunded"}
    early, late = heard("orders/create", said), heard("orders/create", ended)
    assert [one.fact for one in early] == ["order.placed/1001", "cart.bought/555", "order.paid/1001"]
    assert [one.fact for one in late] == [*(one.fact for one in early), "order.cancelled/1001"]
    assert late[:3] == early
    assert heard("orders/paid", said) == heard("orders/paid", ended) == early[2:]
    assert heard("orders/cancelled", ended) == late[3:]


def test_what_the_order_itself_denies_is_not_said() -> None:
    waiting = order_json(an_order(), financial_status="pending")
    with pytest.raises(ValueError, match="order 1001 is said to be paid, and is pending"):
        heard("orders/paid", waiting)
    with pytest.raises(ValueError, match="order 1001 is said to be cancelled, and does not say when"):
        heard("orders/cancelled", waiting)
    assert [one.fact for one in heard("orders/create", waiting)] == ["order.placed/1001"]


def test_what_an_edit_took_out_before_it_was_paid_is_neither_paid_nor_bought() -> None:
    said = order_json(an_order(), current_total_price_set=bag(eur("49.90")))
    said["line_items"][0]["current_quantity"] = 1
    paid = OrderPaid(order=OrderId("1001"), at=AT, paid=eur("49.90"), items=(Item(SkuId("kibble-12"), 1),))
    assert heard("orders/paid", said) == (paid,)
    whole = OrderPaid(order=OrderId("1001"), at=AT, paid=eur("99.80"), items=(Item(SkuId("kibble-12"), 2),))
    assert heard("orders/paid", said | {"financial_status": "partially_refunded"}) == (whole,)


def test_a_bill_is_paid_with_its_rounding_though_the_order_cannot_be_read() -> None:
    cash = bag(eur("0.05"))
    said = order_json(an_order(), total_cash_rounding_payment_adjustment_set=cash)
    items = (Item(SkuId("kibble-12"), 2),)
    rounded = OrderPaid(order=OrderId("1001"), at=AT, paid=eur("99.85"), items=items)
    assert heard("orders/paid", said) == (rounded,)
    strange = said | {"total_price_set": bag(eur("99.00")), "current_total_price_set": bag(eur("99.00"))}
    assert heard("orders/paid", strange) == (msgspec.structs.replace(rounded, paid=eur("99.00")),)


@pytest.mark.parametrize(
    ("reason", "tags", "by", "because"),
    [
        ("customer", "", "shopper", "the shopper asked for it"),
        ("fraud", "vip, new", "shop", "it looked like fraud"),
        ("inventory", "", "shop", "it was not in stock"),
        ("declined", "", "shop", "the payment was declined"),
        ("staff", "", "shop", "the shop's people made a mistake"),
        ("other", "", "shop", "no reason was given"),
        (None, "", "shop", "no reason was given"),
        ("other", f"vip, {CALLED_OFF}", "pawline", "no reason was given"),
    ],
)
def test_who_called_it_off_and_why(reason: str | None, tags: str, by: str, because: str) -> None:
    said = order_json(an_order(), cancelled_at="2026-11-27T11:00:00Z", cancel_reason=reason, tags=tags)
    at = AT + timedelta(minutes=90)
    assert heard("orders/cancelled", said) == (OrderCancelled(order=OrderId("1001"), at=at, by=by, because=because),)
