"""The pretended checkout asks for rates as the vendor does: signed, once, in time; else it shows rates of its own."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from pawline.model import Address, Money
from pawline.ports import Rejected
from pawline.sandbox.shopify import quoting
from pawline.sandbox.shopify.books import known
from pawline.sandbox.shopify.carrying import add
from pawline.sandbox.shopify.quoting import Asking, Quoter, Rate, Shown, Wanted
from pawline.testing.counter import Counter, counter, json
from tests.unit.sandbox.shopify_scene import HOME, Shop, eur

RATE = Rate(service_name="DHL", service_code="dhl", description="", currency="EUR", total_price=490)
CREATE = """mutation ($to: DeliveryCarrierServiceCreateInput!) {
  carrierServiceCreate(input: $to) { carrierService { id name active callbackUrl supportsServiceDiscovery }
    userErrors { field message code } } }"""
UPDATE = """mutation ($to: DeliveryCarrierServiceUpdateInput!) {
  carrierServiceUpdate(input: $to) { carrierService { name active callbackUrl } userErrors { field message code } } }"""
DELETE = "mutation ($id: ID!) { carrierServiceDelete(id: $id) { deletedId userErrors { field message code } } }"
LIST = "{ carrierServices(first: 9) { nodes { name } } }"


def told(**more: Any) -> dict[str, Any]:
    return {
        "name": "Ours",
        "callbackUrl": "https://hub.example/r",
        "active": True,
        "supportsServiceDiscovery": True,
    } | more


def said(*rates: Rate) -> bytes:
    return json(200, msgspec.json.encode({"rates": rates}))


class Checkout:
    def __init__(self, shop: Shop, there: Counter) -> None:
        self.shop, self.there, self.books = shop, there, shop.books
        self.quoter: Quoter = shop.shopify.quoter
        self.books.sold("kibble", "Kibble", eur(1_999), grams=2_000).grams = 2_000
        next(one for one in self.books.variants.values() if one.sku == "kibble").price = eur(1_999)
        add(self.books, told(callbackUrl=f"http://127.0.0.1:{there.port}/r"))

    async def ask(self, to: Address = HOME, quantity: int = 1, off: Money | None = None) -> Shown:
        items = (Wanted(sku="kibble", quantity=quantity),)
        (shown,) = await self.quoter.ask(Asking(to=to, items=items, off=off))
        return shown


@asynccontextmanager
async def checkout() -> AsyncIterator[Checkout]:
    async with counter() as there:
        one = Checkout(Shop(), there)
        there.says(said(RATE))
        yield one
        await one.quoter.close()


async def test_a_question_is_signed_and_has_what_the_vendor_says() -> None:
    async with checkout() as one:
        assert await one.ask(quantity=2, off=eur(500)) == Shown(carrier="Ours", rates=(RATE,))
        (heard,) = one.there.heard
        secret = one.shop.shopify.door.secret.encode()
        made = base64.b64encode(hmac.new(secret, heard.body, hashlib.sha256).digest()).decode()
        assert (heard.method, heard.target, heard.headers["x-shopify-hmac-sha256"]) == ("POST", "/r", made)
        assert heard.headers["x-shopify-shop-domain"] == one.books.domain
        rate = msgspec.json.decode(heard.body)["rate"]
        assert set(rate) == {"origin", "destination", "items", "currency", "locale", "order_totals", "customer"}
        assert rate["order_totals"] == {"subtotal_price": 3_998, "total_price": 3_498, "discount_amount": 500}
        (item,) = rate["items"]
        assert (item["sku"], item["quantity"], item["grams"], item["price"]) == ("kibble", 2, 2_000, 1_999)
        to = rate["destination"]
        assert (to["country"], to["postal_code"], to["province"], to["name"]) == ("DE", "10115", "BE", "Ann Bee")


async def test_an_answer_is_shown_again_for_a_quarter_of_an_hour_to_who_asks_the_same() -> None:
    async with checkout() as one:
        await one.ask()
        one.there.says(said())
        assert await one.ask() == Shown(carrier="Ours", rates=(RATE,), cached=True)
        assert await one.ask(off=eur(1)) == Shown(carrier="Ours", rates=(RATE,), cached=True)  # prices do not matter
        assert await one.ask(quantity=2) == Shown(carrier="Ours", rates=())  # it cannot handle it: none is shown
        one.shop.at += 900
        assert await one.ask() == Shown(carrier="Ours", rates=())
        assert one.quoter.asked == len(one.there.heard) == 3


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (json(404), "status 404"),
        (json(500), "status 500"),
        (json(302, b"", "location: /other"), "status 302"),
        (json(200, b"[]"), "Expected `object`, got `array`"),
        (json(200, b'{"rates": [{"service_name": "A"}]}'), "Object missing required field `service_code`"),
        (json(200, msgspec.json.encode({"rates": [RATE]}).replace(b"490", b'"4.90"')), "Expected `int`, got `str`"),
        (None, "Server disconnected"),
    ],
)
async def test_what_goes_wrong_is_the_vendors_own_rate_and_not_asked_again_for_a_moment(
    answer: bytes | None, why: str
) -> None:
    async with checkout() as one:
        one.there.says(answer)
        shown = await one.ask()
        assert (shown.backup, shown.rates, shown.cached) == (True, (), False)
        assert shown.why.startswith(why)
        one.there.says(said(RATE))
        one.shop.at += 29
        assert (await one.ask()).cached
        one.shop.at += 1
        assert await one.ask() == Shown(carrier="Ours", rates=(RATE,))


async def test_who_is_too_slow_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quoting, "TIMES", ((1_500, 0.05),))
    async with checkout() as one:

        async def late(_: object) -> bytes:
            await asyncio.sleep(20)
            return said(RATE)

        one.there.answer = late
        assert await one.ask() == Shown(carrier="Ours", rates=(), backup=True, why="no answer in time")


async def test_the_vendor_waits_for_less_the_more_it_asks() -> None:
    async with checkout() as one:
        waits = [one.quoter._patience() for _ in range(3_001)]
        assert [waits[n] for n in (0, 1_499, 1_500, 2_999, 3_000)] == [10.0, 10.0, 5.0, 5.0, 3.0]
        one.shop.at += 61
        assert one.quoter._patience() == 10.0


async def test_who_is_switched_off_is_not_asked_and_what_is_not_sold_is_refused() -> None:
    async with checkout() as one:
        with pytest.raises(Rejected, match=r"^bowl is not sold$"):
            await one.quoter.ask(Asking(to=HOME, items=(Wanted(sku="bowl"),)))
        for carrier in one.books.carriers.values():
            carrier.active = False
        assert await one.quoter.ask(Asking(to=HOME, items=(Wanted(sku="kibble"),))) == []
        assert one.there.heard == []


def test_carrier_services_are_made_changed_and_taken_away_by_their_app() -> None:
    shop = Shop()
    made = shop.ask(CREATE, to=told())["carrierServiceCreate"]
    gid = made["carrierService"].pop("id")
    assert made == {"carrierService": told(), "userErrors": []}
    failed = {"field": ["input", "name"], "message": "Ours is already configured"}
    assert shop.ask(CREATE, to=told())["carrierServiceCreate"] == {
        "carrierService": None, "userErrors": [failed | {"code": "CARRIER_SERVICE_CREATE_FAILED"}],
    }  # fmt: skip
    insecure = shop.ask(CREATE, to=told(name="B", callbackUrl="http://hub.example"))["carrierServiceCreate"]
    assert insecure["userErrors"][0]["field"] == ["input", "callbackUrl"]
    off = shop.ask(UPDATE, to={"id": gid, "active": False})["carrierServiceUpdate"]["carrierService"]
    assert off == {"name": "Ours", "active": False, "callbackUrl": "https://hub.example/r"}
    shop.books.carriers[known(gid, "DeliveryCarrierService")].ours = False
    for text, field, given in ((UPDATE, "Update", {"to": {"id": gid}}), (DELETE, "Delete", {"id": gid})):
        refused = shop.ask(text, **given)[f"carrierService{field}"]["userErrors"]
        assert [one["code"] for one in refused] == [f"CARRIER_SERVICE_{field.upper()}_FAILED"]
    shop.books.carriers[known(gid, "DeliveryCarrierService")].ours = True
    assert shop.ask(LIST)["carrierServices"]["nodes"] == [{"name": "Ours"}]
    assert shop.ask(DELETE, id=gid)["carrierServiceDelete"] == {"deletedId": gid, "userErrors": []}
    assert shop.ask(LIST)["carrierServices"]["nodes"] == []
    did = [one[0] for one in shop.effects()]
    assert did == ["carrierServiceCreate", "carrierServiceUpdate", "carrierServiceDelete"]


def test_without_the_scope_nobody_is_asked_for() -> None:
    shop = Shop()
    shop.shopify.door.scopes -= {"read_shipping", "write_shipping"}
    for text, given in ((LIST, {}), (CREATE, {"to": told()})):
        (error,) = shop.answer(text, **given)["errors"]
        assert error["extensions"]["code"] == "ACCESS_DENIED"
