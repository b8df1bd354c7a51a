"""A shop at WooCommerce, from `pawline connect` to a euro back: over HTTP, both ways.

A webhook is sent once and only rings; what is lost is found by the look. The vendor's own ledger decides.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from pawline.cli.connecting import _connected
from pawline.cli.starting import _doctor
from pawline.connectors.woocommerce.hook import GOODS as TOPICS_OF_GOODS
from pawline.connectors.woocommerce.hook import TOPICS
from pawline.connectors.woocommerce.shop import WooCommerceShop
from pawline.hub import Hub, load_settings
from pawline.hub.enrolling import access_check, enrolment_check
from pawline.hub.wiring import connections_of
from pawline.model import Food, Money, Product, ProductKind, SkuId
from pawline.ports import Rejected
from pawline.sandbox import Desk, Fault, Faults, Mishaps, Vendors, served
from pawline.sandbox.woocommerce.telling import Told, signed
from pawline.store import Keyring
from pawline.testing.port import free_port
from pawline.web import serving
from tests.journeys.adopted import Hub as Process
from tests.journeys.around import ended, keep, port_of, until
from tests.journeys.giving_back import HASTE, hurry

TOKEN = "tok-canary-77"  # noqa: S105 - of this test's own sandbox
NEW, OLD = "a-new-secret-of-the-shop-77", "an-old-secret-of-the-shop-77"
STRANGE = "a-secret-of-nobody-at-all-77"
FLOW = "tests.journeys.giving_back"
SETTINGS = """
shops = ["paws"]
flows = [{flows}]
listen = "127.0.0.1:{port}"
public = "http://127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "woocommerce/eu"

[accounts.settings]
url = "{url}/woocommerce"
key = {{ file = "woo.key" }}
secret = {{ file = "woo.secret" }}
webhook_secrets = [{{ file = "new.secret" }}, {{ file = "old.secret" }}]
poll = {poll}

[runtime]
first_retry = 0.05
deaths = 1000
"""
GOODS = """goods = 3600

[accounts.settings.labels]
kind = "attribute:Art"
kcal = "attribute:Energie"
kinds = { Trockenfutter = "food" }
"""
ENERGY = [{"name": "Art", "options": ["Trockenfutter"]}, {"name": "Energie", "options": ["3649"]}]
BAG = {"sku": "dented", "quantity": 2}


class Town:
    """A hub with its ear, and the shop."""

    def __init__(self, hub: Hub, desk: Desk) -> None:
        self.hub, self.desk, self.books = hub, desk, desk.woocommerce.books
        self.address = f"{hub.settings.public}/hooks/woocommerce/eu"

    def act(self, name: str, **given: Any) -> Any:
        return self.desk.act(f"woocommerce/{name}", msgspec.json.encode(given))

    def place(self, *lines: dict[str, Any], **given: Any) -> str:
        return str(self.act("checkout", lines=lines or (BAG,), **given))

    async def told(self) -> Counter[str]:
        """Events on record, by type and what they are about."""
        rows = await self.hub.desk.answer("events", {"shop": "paws", "kind": "", "limit": 500})
        return Counter(f"{one['type'].partition('@')[0]} {one['subject']}" for one in rows)

    async def has(self, *wanted: str) -> bool:
        return set(wanted) <= set(await self.told())

    async def cases(self) -> list[str]:
        return [one["title"] for one in await self.hub.desk.answer("cases", {"shop": "paws", "limit": 50})]

    async def post(self, body: bytes, headers: dict[str, str]) -> int:
        async with aiohttp.ClientSession() as session, session.post(self.address, data=body, headers=headers) as said:
            return said.status

    def did(self) -> list[str]:
        found = [f"{one.operation} {one.business}" for one in self.desk.vendors.effects() if not one.again]
        return [one for one in found if "webhook" not in one]


def write(folder: Path, desk: Desk, url: str, flows: tuple[str, ...], poll: float, more: str = "") -> None:
    Keyring.generate().save(folder / "pawline.key")
    named = ", ".join(f'"{one}"' for one in flows)
    text = SETTINGS.format(port=free_port(), url=url, flows=named, poll=poll).replace(
        "\n[runtime]", f"{more}\n[runtime]"
    )
    if more:
        text = f'catalog = "hub"\n{text}'
    (folder / "pawline.toml").write_text(text, "utf-8")
    door = desk.woocommerce.door
    keep(folder, {"woo.key": door.key, "woo.secret": door.secret, "new.secret": NEW, "old.secret": OLD})


@asynccontextmanager
async def town(folder: Path, *flows: str, poll: float = 0.0, more: str = "") -> AsyncIterator[Town]:
    desk = Desk(Vendors(now=time.time), TOKEN)
    async with served(desk) as url:
        write(folder, desk, url, flows, poll, more)
        settings = load_settings(folder / "pawline.toml", {})
        address = f"{settings.public}/hooks/woocommerce/eu"
        assert await _connected(settings, "woocommerce/eu") == [
            "it lets us in, and lacks nothing",
            *(f"{one} is sent to {address}" for one in (*TOPICS, *(TOPICS_OF_GOODS if more else ()))),
        ]  # fmt: skip
        assert await _connected(settings, "woocommerce/eu") == [
            "it lets us in, and lacks nothing", f"its webhooks are sent to {address}",
        ]  # fmt: skip
        async with asyncio.timeout(240), await Hub.open(settings) as hub, serving(hub):
            yield Town(hub, desk)


async def test_an_order_is_rung_asked_for_and_a_euro_goes_back_once_whatever_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, operation in WooCommerceShop.OPERATIONS.items():
        monkeypatch.setitem(WooCommerceShop.OPERATIONS, name, operation)  # as it was, once this is over
    hurry()
    async with town(tmp_path, FLOW, poll=2.0) as here:  # the look finds what was asked about four times in vain
        here.desk.hooks.mishaps = Mishaps(seed=3, twice=0.7, late=0.3, late_after=0.1)
        here.desk.vendors.faults = Faults(rates={Fault.UNAVAILABLE: 0.1, Fault.LIMITED: 0.1, Fault.BROKEN: 0.1})
        names = [here.place() for _ in range(5)]
        whole = here.place({"sku": "kibble"})
        wanted = [f"WooCommerce.refund {one}/1.00" for one in names]
        await until(
            lambda: set(wanted) <= set(here.did()) and len(here.did()) == 10, 180
        )  # what breaks waits, a circuit for half a minute
        here.desk.vendors.faults = Faults()
        await here.desk.woocommerce.teller.rest()
        assert await here.hub.tray.rest()
        kinds = ("order.placed", "order.paid")
        await until(lambda: here.has(*(f"{kind} {one}" for kind in kinds for one in (*names, whole))))
        await until(lambda: here.has(*(f"refund.issued {one}" for one in names)))
        assert sorted(here.did()) == sorted([*wanted, *(f"WooCommerce.meta {one}/pawline_tags" for one in names)])
        found = await here.told()
        assert {one: many for one, many in found.items() if many > 1} == {}
        assert await here.cases() == []


@pytest.mark.parametrize(
    ("every", "shops", "wrong"),
    [("paws, claws", ("paws", "paws"), True), ("paws, claws", ("paws", "claws"), False), ("paws", ("", "paws"), True)],
)
async def test_two_sites_of_one_shop_are_told_of_when_they_are_connected_and_by_the_doctor(
    tmp_path: Path, every: str, shops: tuple[str, str], *, wrong: bool
) -> None:
    desk = Desk(Vendors(now=time.time), TOKEN)
    async with served(desk) as url:
        write(tmp_path, desk, url, (FLOW,), 0.0)
        file, table = tmp_path / "pawline.toml", "[accounts.settings]"
        head, account = file.read_text("utf-8").split("[[accounts]]")
        head = head.replace('["paws"]', str(every.split(", ")))
        account, rest = account.split("[runtime]")
        both = ""
        for name, shop in zip(("eu", "us"), shops, strict=True):
            of = f'shops = ["{shop}"]\n' if shop else ""
            both += "[[accounts]]" + account.replace("/eu", f"/{name}").replace(table, of + table)
        file.write_text(f"{head}{both}[runtime]{rest}", "utf-8")
        told = (
            "woocommerce/eu and woocommerce/us both count the orders of paws from one: an order of one is taken for "
            "the other's of the same number. Give each a shop of its own (`shops`)"
        )
        assert ((await _connected(load_settings(file, {}), "woocommerce/us"))[0] == told) is wrong
        (check,) = [one for one in await _doctor(file) if one["name"] == "numbers"]
        good = "no two accounts of a shop number their orders alike"
        assert (check["state"], check["says"]) == (("look", told) if wrong else ("good", good))


@pytest.mark.parametrize(("goods", "silent"), [(3600, False), (1, True)])
async def test_what_is_said_of_a_product_is_rung_and_what_no_webhook_told_is_found_by_the_look(
    tmp_path: Path, goods: int, *, silent: bool
) -> None:
    async with town(tmp_path, FLOW, more=GOODS.replace("3600", str(goods))) as here:
        await until(lambda: "GET products" in here.desk.woocommerce.api.asked)  # the first look is over
        here.desk.hooks.silent = silent
        number = here.act("product", sku="kibble")
        catalog = here.hub.engine.bindings.get("Catalog", "pawline/catalog-paws")
        assert catalog is not None
        shop: Any = catalog.implementation
        for price in ("12.50", "11.00"):
            here.act("describe", product=number, kept={"name": "Kibble", "attributes": ENERGY}, price=price)
            wanted = Product(
                sku=SkuId("kibble"), title="Kibble", kind=ProductKind.FOOD, price=Money.parse(price, "EUR"),
                food=Food(kcal_per_kg=3649),
            )  # fmt: skip

            async def said(wanted: Product = wanted) -> bool:
                try:
                    return bool(await shop.product(SkuId("kibble")) == wanted)
                except Rejected:
                    return False

            await until(said)
        assert (await here.cases(), here.did()) == ([], [])


async def test_what_no_webhook_told_is_found_by_the_look(tmp_path: Path) -> None:
    async with town(tmp_path, poll=0.2) as here:
        here.desk.hooks.mishaps = Mishaps(lost=1.0)
        name = here.place(status="checkout-draft")
        here.act("change", order=int(name), status="processing")
        off = here.place(status="on-hold", method="bacs")
        here.act("change", order=int(off), status="cancelled")
        await until(lambda: here.has(f"order.placed {name}", f"order.paid {name}", f"order.cancelled {off}"))
        here.act("change", order=int(name), status="completed")
        here.act("refund", order=int(name), amount="2.00", reason="a dent")
        await until(lambda: here.has(f"refund.issued {name}", f"shipment.booked {name}"))
        assert await here.told() == Counter({
            f"order.placed {name}": 1, f"order.paid {name}": 1, f"refund.issued {name}": 1, f"order.cancelled {off}": 1,
            f"shipment.booked {name}": 1,
        })  # fmt: skip
        assert await here.cases() == []


async def test_the_first_word_is_answered_and_whoever_forges_makes_nothing_happen(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        (first, *_) = here.books.webhooks.values()
        form = {"content-type": "application/x-www-form-urlencoded"}
        assert await here.post(b"webhook_id=7", form) == 200
        assert await here.post(b"webhook_id=7&x=1", form) == 401
        here.desk.hooks.mishaps = Mishaps(lost=1.0)
        name = here.place()
        told = Told("order.updated", msgspec.json.encode({"id": int(name)}), time.time())
        good = signed(told, first)
        strange = signed(told, replace(first, secret=STRANGE))
        for headers in ({}, form, {"content-type": "application/json"}, strange):
            assert await here.post(told.body, headers) == (415 if not headers else 401)
        assert await here.post(told.body + b" ", good) == 401
        assert await here.hub.tray.rest()
        assert await here.told() == Counter()
        assert await here.post(told.body, signed(told, replace(first, secret=OLD))) == 202
        await until(lambda: here.has(f"order.placed {name}"))


async def test_the_doctor_tells_of_a_webhook_that_woocommerce_switched_off(tmp_path: Path) -> None:
    desk = Desk(Vendors(now=time.time), TOKEN)
    async with asyncio.timeout(60), served(desk) as url:
        write(tmp_path, desk, url, (), 0.0)
        settings = load_settings(tmp_path / "pawline.toml", {})
        await _connected(settings, "woocommerce/eu")
        order = desk.act("woocommerce/checkout", msgspec.json.encode({"lines": [BAG]}))
        for number in range(8):  # nobody hears: there is no hub
            change = {"order": order, "meta": {"x": str(number)}}
            desk.act("woocommerce/change", msgspec.json.encode(change))
            await desk.woocommerce.teller.rest()
        connections = connections_of(settings)
        try:
            check = await enrolment_check(connections.enrols, settings.public, frozenset({"woocommerce/eu"}))
            access = await access_check(connections.probes)
        finally:
            await connections.close()
        assert (check.state, access.state) == ("bad", "good")
        assert check.says == (
            "woocommerce/eu does not send order.updated: `pawline connect woocommerce/eu` has it sent"
        )
        await _connected(settings, "woocommerce/eu")
        assert {one.status for one in desk.woocommerce.books.webhooks.values()} == {"active"}


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.BROKEN])
async def test_killed_after_the_gateway_paid_it_is_one_refund(
    fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub is a process: it is killed once the money went back, and before WooCommerce has said so."""
    monkeypatch.setenv(HASTE, "1")
    desk = Desk(Vendors(now=time.time), TOKEN)
    async with asyncio.timeout(90), served(desk) as url:
        write(tmp_path, desk, url, (FLOW,), 0.0)
        hub = Process(tmp_path, port_of(tmp_path))
        await hub.start()
        name = desk.act("woocommerce/checkout", msgspec.json.encode({"lines": [BAG]}))
        desk.vendors.faults = Faults(at={3: fault})  # the order, the order with its bill, and then the refund
        paid = {"order": str(name), "at": "2026-11-30T12:00:00Z", "paid": {"minor": 2000, "currency": "EUR"}}
        event = {"type": "order.paid@1", "data": paid | {"items": [{"sku": "dented", "quantity": 2}]}}
        await hub.caller.ask("send", event=event, shop="paws")
        await until(lambda: [one for one in desk.vendors.effects() if one.operation == "WooCommerce.refund"])
        await hub.kill()
        desk.vendors.faults = Faults()
        await hub.start()
        await until(lambda: ended(hub))
        await hub.kill()
        did = [(one.operation, one.business) for one in desk.vendors.effects()]
        assert did == [("WooCommerce.refund", f"{name}/1.00"), ("WooCommerce.meta", f"{name}/pawline_tags")]


def test_a_refund_is_left_alone_until_wordpress_has_certainly_ended() -> None:
    refund = WooCommerceShop.OPERATIONS["refund"]
    assert refund.timeout + refund.margin >= timedelta(minutes=3)
