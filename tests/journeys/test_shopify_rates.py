"""A checkout at Shopify asks us for rates, from `pawline connect` on: over HTTP, both ways."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from pawline.cli.connecting import _connected
from pawline.connectors.shopify.enrolling import TOPICS
from pawline.hub import Check, Hub, Settings, connections_of, rates_check
from pawline.model import Money
from pawline.sandbox import Desk, Vendors, served
from pawline.testing.port import free_port
from pawline.web import serving
from tests.unit.sandbox.shopify_scene import HOME
from tests.unit.web.checkout import count, following, settings_in

TOKEN = "tok-canary-77"  # noqa: S105 - of this test's own sandbox
ACCOUNT = "shopify/eu"


class Town:
    """Shopify, its clock ahead of ours by `later` seconds, and the settings of a hub beside it."""

    def __init__(self, folder: Path) -> None:
        self.later = 0.0
        self.desk = Desk(Vendors(now=lambda: time.time() + self.later), TOKEN)
        self.folder, self.url = folder, ""
        self.settings: Settings

    def offer(self, sku: str, minor: int, grams: int) -> None:
        told = {"sku": sku, "price": Money(minor, "EUR"), "grams": grams}
        self.desk.shopify.acts["shopify/products"](msgspec.json.encode(told))

    async def asks(self, sku: str = "kibble", quantity: int = 1, country: str = "DE") -> Any:
        to = msgspec.structs.replace(HOME, country=country)
        body = msgspec.json.encode({"to": to, "items": [{"sku": sku, "quantity": quantity}]})
        headers = {"authorization": f"Bearer {TOKEN}"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/desk/shopify/rates", data=body, headers=headers) as said,
        ):
            assert said.status == 200
            (shown,) = await said.json()
            return shown

    async def checked(self) -> Check:
        connections = connections_of(self.settings)
        try:
            return await rates_check(self.settings, connections)
        finally:
            await connections.close()

    async def connected(self) -> list[str]:
        return [one for one in await _connected(self.settings, ACCOUNT) if "rates" in one]


@asynccontextmanager
async def town(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    one = Town(folder)
    async with served(one.desk) as one.url:
        monkeypatch.setenv("SHOPIFY_TOKEN", one.desk.shopify.door.token)
        monkeypatch.setenv("SHOPIFY_SECRET", one.desk.shopify.door.secret)
        one.settings = settings_in(folder, free_port(), one.url, one.desk.shopify.books.domain)
        one.offer("kibble", 1_999, 2_000)
        yield one


def code_and_price(shown: Any) -> list[tuple[str, int, bool]]:
    return [(one["service_code"], one["total_price"], one["max_delivery_date"] is not None) for one in shown["rates"]]


async def test_a_shopper_sees_our_rates_and_their_days_and_shopifys_own_while_we_are_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path, monkeypatch) as here:
        at = f"{here.settings.public}/rates/{ACCOUNT}"
        lacks = "shopify/eu: it has no carrier service Pawline: `pawline connect shopify/eu` sees to it"
        assert await here.checked() == Check(name="rates", state="bad", says=lacks)
        made = f"rates are asked for at {at}: add the carrier Pawline to the shop's shipping zones"
        assert await here.connected() == [made]
        assert await here.connected() == [f"rates are asked for at {at}"]
        assert await here.checked() == Check(name="rates", state="good", says="shopify/eu asks us for rates")
        async with await Hub.open(here.settings) as hub, serving(hub):
            await count(hub, "kibble", 3)
            await following(hub)
            assert code_and_price(await here.asks()) == [("standard", 490, True)]
            assert code_and_price(await here.asks(quantity=3)) == [("standard", 0, True)]  # 59.97: free
            assert code_and_price(await here.asks(quantity=4)) == [("standard", 0, False)]  # there are three
            assert code_and_price(await here.asks(country="NZ")) == [("standard", 690, False)]  # the backup
            shown = await here.asks()
            assert (shown["cached"], shown["backup"], code_and_price(shown)) == (True, False, [("standard", 490, True)])
            assert here.desk.shopify.quoter.asked == 4
            health = {one["name"]: one["says"] for one in await hub.desk.answer("health", {})}
            assert health["quotes"].startswith(
                "shopify/eu: 2 with a day, 1 without a day, 1 by the backup; the slowest"
            )
        here.later += 900
        shown = await here.asks()
        assert (shown["rates"], shown["backup"]) == ([], True)
        here.later += 30
        async with await Hub.open(here.settings) as hub, serving(hub):
            assert code_and_price(await here.asks())[0][:2] == ("standard", 490)


async def test_what_keeps_shopify_from_asking_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with town(tmp_path, monkeypatch) as here:
        door, books = here.desk.shopify.door, here.desk.shopify.books
        door.scopes -= {"write_shipping"}
        why = "the app lacks the scope write_shipping"
        said = f"its rates could not be seen to ({why}): `pawline connect {ACCOUNT}` does it again"
        assert await here.connected() == [said]
        assert await here.checked() == Check(name="rates", state="look", says=f"{ACCOUNT} does not say: {why}")
        door.scopes |= {"write_shipping"}
        await here.connected()
        (carrier,) = books.carriers.values()
        carrier.active = False  # as when the shop's plan changes
        off = f"{ACCOUNT}: its carrier service Pawline is switched off: `pawline connect {ACCOUNT}` sees to it"
        assert await here.checked() == Check(name="rates", state="bad", says=off)
        await here.connected()
        assert (await here.checked()).state == "good"
        for lacking in ("listen", "public"):
            kept, here.settings = here.settings, msgspec.structs.replace(here.settings, **{lacking: ""})
            says = "`listen` or `public` is empty, so nobody can ask for rates: name both addresses"
            assert await here.checked() == Check(name="rates", state="bad", says=says)
            here.settings = kept
        bare = {"shop": books.domain, "url": here.url, "token": {"env": "SHOPIFY_TOKEN"}}
        deaf = msgspec.structs.replace(here.settings.accounts[0], settings=bare)
        here.settings = msgspec.structs.replace(here.settings, accounts=[deaf])
        says = "nobody asks for the rates of pets: give an account whose checkout asks its webhook secret"
        assert await here.checked() == Check(name="rates", state="bad", says=says)
        assert await here.connected() == []


async def test_a_shop_without_rates_is_not_made_a_carrier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with town(tmp_path, monkeypatch) as here:
        here.desk.shopify.door.scopes -= {"read_shipping", "write_shipping"}
        here.settings = msgspec.structs.replace(here.settings, rates=[])
        told = await _connected(here.settings, ACCOUNT)
        assert told == ["it lets us in, and lacks nothing", *(
            f"{one} is sent to {here.settings.public}/hooks/{ACCOUNT}" for one in TOPICS
        )]  # fmt: skip
        assert here.desk.shopify.books.carriers == {}
        none = "no shop has rates in the settings"
        assert await here.checked() == Check(name="rates", state="good", says=none)
