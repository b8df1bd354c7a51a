"""What Shopify's checkout is told, to its hundredth and in its form; and who is asked for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawline.connectors import shopify
from pawline.connectors.shopify.carriers import NAME, enrol, lacking
from pawline.connectors.shopify.hook import ShopSecret
from pawline.connectors.shopify.rates import QUOTES, read, write
from pawline.kit import Http, Unsigned
from pawline.model import EXPONENTS, Basket, BasketLine, DeliveryChoice, Destination, Money, SkuId
from pawline.ports import Unauthorised
from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.shopify.carrying import add
from pawline.testing.counter import LOOPBACK
from tests.unit.connectors.test_shopify import TestShopify

AT, OLD = "https://hooks.pets.example/rates/shopify/eu", "https://old.example/rates/shopify/eu"
NOON = datetime(2026, 6, 12, 12, tzinfo=ZoneInfo("Europe/Berlin"))
SAID = f"rates are asked for at {AT}: add the carrier Pawline to the shop's shipping zones"


def choice(price: Money, **more: Any) -> DeliveryChoice:
    return DeliveryChoice(code="standard", title="DHL", price=price, **more)


def asked(**more: Any) -> bytes:
    rate = {
        "destination": {"country": "DE", "postal_code": "20457", "province": None},
        "items": [{"quantity": 1, "price": 1_999, "grams": 500, "sku": "kibble"}], "currency": "EUR",
    }  # fmt: skip
    return msgspec.json.encode({"rate": rate | more})


def test_a_rate_has_every_field_in_the_documented_form() -> None:
    whole = choice(Money(490, "EUR"), says="to your door", phone=True, earliest=NOON, latest=NOON + timedelta(days=3))
    assert msgspec.json.decode(write([whole, choice(Money(0, "EUR"))])) == {
        "rates": [
            {
                "service_name": "DHL", "service_code": "standard", "description": "to your door", "currency": "EUR",
                "total_price": "490", "phone_required": True, "min_delivery_date": "2026-06-12 12:00:00 +0200",
                "max_delivery_date": "2026-06-15 12:00:00 +0200",
            },
            {"service_name": "DHL", "service_code": "standard", "description": "", "currency": "EUR",
             "total_price": "0"},
        ]
    }  # fmt: skip


@given(st.sampled_from([code for code, decimals in EXPONENTS.items() if decimals <= 2]), st.integers(0, 10**9))
def test_an_amount_is_in_hundredths_whatever_the_currency_has(currency: str, minor: int) -> None:
    (rate,) = msgspec.json.decode(write([choice(Money(minor, currency))]))["rates"]
    assert (int(rate["total_price"]), rate["currency"]) == (minor * (1 if EXPONENTS[currency] else 100), currency)
    worth = {"subtotal_price": rate["total_price"], "discount_amount": 0}
    assert read(asked(currency=currency, order_totals=worth)).worth == Money(minor, currency)


def test_what_is_smaller_than_a_hundredth_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^Shopify's rates are in hundredths, and KWD has smaller units$"):
        write([choice(Money(1, "KWD"))])


def test_discounts_are_off_and_without_totals_the_lines_are_all() -> None:
    assert read(asked()) == Basket(
        destination=Destination(country="DE", postcode="20457"), worth=Money(1_999, "EUR"),
        lines=(BasketLine(sku=SkuId("kibble"), quantity=1, grams=500),),
    )  # fmt: skip
    for totals, worth in (
        ({"subtotal_price": 5_000, "discount_amount": 101}, 4_899),
        ({"subtotal_price": 5_000}, 5_000),
        ({"subtotal_price": 5_000, "discount_amount": 6_000}, 0),
    ):
        assert read(asked(order_totals=totals)).worth == Money(worth, "EUR")


@pytest.mark.parametrize(
    "wrong",
    [
        {"destination": {"country": "Germany"}},
        {"destination": {"postal_code": "20457"}},
        {"items": []},
        {"items": [{"quantity": 1, "price": 1, "requires_shipping": False}]},
        {"items": [{"quantity": 0, "price": 1}]},
        {"currency": "EURO"},
        {"order_totals": {"subtotal_price": "19.99"}},
    ],
)
def test_what_is_no_question_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(asked(**wrong))


def test_another_shops_question_is_not_believed_and_one_that_names_none_is() -> None:
    secret, body = ShopSecret("s3cret", "pets-eu.myshopify.com"), asked()
    signed = list(TestShopify().signed(body, secret, 0.0))
    for more in ([], [("X-Shopify-Shop-Domain", "Pets-EU.myshopify.com")]):
        QUOTES.signature.verify((secret,), [*signed, *more], body, 0.0)
    for name in ("pets-us.myshopify.com", ""):
        with pytest.raises(Unsigned):
            QUOTES.signature.verify((secret,), [*signed, ("x-shopify-shop-domain", name)], body, 0.0)


# -- the carrier service -------------------------------------------------------------------------------------------


def tried(work: Callable[[Desk, Http, Any], Awaitable[None]]) -> None:
    async def run() -> None:
        desk = Desk(Vendors(now=lambda: 1_800_000_000.0), "tok")
        async with asyncio.timeout(30), served(desk) as url:
            told = {"url": url, "shop": "pawline-sandbox.myshopify.com", "token": desk.shopify.door.token}
            settings = shopify.connector.configure(told)
            http = shopify.connector.http(settings, LOOPBACK)
            assert isinstance(http, Http)
            await work(desk, http, settings)
            await http.close()

    asyncio.run(run())


def made(desk: Desk, name: str = NAME, uri: str = AT, *, active: bool = True) -> Any:
    told = {"name": name, "callbackUrl": uri, "active": active, "supportsServiceDiscovery": False}
    return add(desk.shopify.books, told)


def there(desk: Desk) -> list[tuple[str, str, bool, bool]]:
    return [(one.name, one.uri, one.active, one.discovery) for one in desk.shopify.books.carriers.values()]


def test_a_carrier_service_is_made_once() -> None:
    async def work(desk: Desk, http: Http, settings: Any) -> None:
        for n in range(60):  # of other apps, more than a page
            made(desk, f"Other {n}").ours = False
        assert await lacking(http, settings, AT) == ("it has no carrier service Pawline",)
        assert await enrol(http, settings, AT) == (SAID,)
        assert (await lacking(http, settings, AT), await enrol(http, settings, AT)) == ((), ())
        assert there(desk)[60:] == [("Pawline", AT, True, True)]

    tried(work)


def test_one_that_asks_elsewhere_or_is_switched_off_is_changed() -> None:
    async def work(desk: Desk, http: Http, settings: Any) -> None:
        made(desk, uri=OLD, active=False)
        wrong = ("its carrier service Pawline asks elsewhere", "its carrier service Pawline is switched off")
        assert await lacking(http, settings, AT) == wrong
        assert await enrol(http, settings, AT) == (SAID,)
        assert (await lacking(http, settings, AT), there(desk)) == ((), [("Pawline", AT, True, True)])

    tried(work)


def test_what_shopify_refuses_is_said() -> None:
    async def work(desk: Desk, http: Http, settings: Any) -> None:
        to = "http://hooks.pets.example/rates/shopify/eu"
        refused = "Callback URL is not a secure URI"
        assert await enrol(http, settings, to) == (
            f"rates are not asked for at {to}: no carrier service was made: {refused}",
        )
        made(desk, uri=OLD).ours = False
        (said,) = await enrol(http, settings, AT)
        not_ours = "its carrier service Pawline is not ours to change: The carrier or app could not be found."
        assert said == f"rates are not asked for at {AT}: {not_ours}"
        assert there(desk) == [("Pawline", OLD, True, False)]

    tried(work)


def test_the_scope_that_lacks_is_named() -> None:
    async def work(desk: Desk, http: Http, settings: Any) -> None:
        desk.shopify.door.scopes -= {"write_shipping"}
        for ask in (lacking, enrol):
            with pytest.raises(Unauthorised, match=r"^the app lacks the scope write_shipping$"):
                await ask(http, settings, AT)

    tried(work)
