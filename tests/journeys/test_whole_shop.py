"""A shop as it is: Shopify has the checkout, an old ERP only files, Recharge the autoships, Klaviyo what is written.

Each is spoken to by its own contract, and each one's own book decides, after the hub was killed in between: every order
stands once in the books, is told once, and whoever was called off is out of them.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from pawline.cli.connecting import _connected
from pawline.connectors.recharge.hook import HOOK
from pawline.connectors.shopify.enrolling import TOPICS
from pawline.hub import HubRefused, load_settings
from pawline.model import Contact, OrderId
from pawline.sandbox import Desk, Fault, Faults, Manner, Vendors, served
from pawline.sandbox import erp as erps
from pawline.sandbox.shopify import telling
from pawline.sandbox.shopify.shopify import Asked
from pawline.store import Keyring
from pawline.testing.port import free_port
from tests.journeys.adopted import Hub
from tests.journeys.around import until
from tests.unit.sandbox.shopify_scene import gid, order

ORDERS, CALLED_OFF, KILLS, AUTOSHIPS = 12, 2, 2, 3
TODAY = datetime.now(UTC).date()
SOON = TODAY + timedelta(days=2)
CANCEL = "mutation ($id: ID!) { orderCancel(orderId: $id, reason: OTHER, restock: true, refund: true) { job { id } } }"
SECRETS = ("SHOPIFY", "RECHARGE", "RECHARGE_HOOK", "KLAVIYO")
FLOWS = ("adopt_order", "introduce_order", "follow_parcel", "look_ahead", "refund_cancelled", "settle_booking")
SETTINGS = """\
shops = ["paws"]
flows = [{flows}]
listen = "127.0.0.1:{port}"
public = "http://127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]

[[accounts]]
name = "shopify/eu"
plays = ["Shop", "Payments", "Fulfilment", "Catalog"]
[accounts.settings]
url = "{url}"
shop = "pawline-sandbox.myshopify.com"
client = "{client}"
client_secret = {{ env = "SHOPIFY" }}
webhook_secrets = [{{ env = "SHOPIFY" }}]
poll = 2

[[accounts]]
name = "recharge/main"
[accounts.settings]
url = "{url}/recharge"
token = {{ env = "RECHARGE" }}
webhook_secrets = [{{ env = "RECHARGE_HOOK" }}]
poll = 2
ahead = 0

[[accounts]]
name = "klaviyo/eu"
plays = ["Crm", "Marketing"]
[accounts.settings]
key = {{ env = "KLAVIYO" }}
url = "{url}"
poll = 0

{erp}
[runtime]
first_retry = 0.05
deaths = 1000
"""


class Shop:
    """The vendors, the hub, and what people do."""

    def __init__(self, desk: Desk, books: erps.Erp, hub: Hub) -> None:
        self.desk, self.books, self.hub = desk, books, hub
        self.orders: list[OrderId] = []
        self.killed = 0

    def did(self, operation: str) -> Counter[str]:
        """What the vendors' ledger says was changed, once for each."""
        effects = self.desk.vendors.effects()
        return Counter(one.business for one in effects if one.operation == operation and not one.again)

    def all(self) -> Counter[tuple[str, str, str]]:
        """Each thing that was changed, with its key where one is several times: an event's is the order's."""
        effects = [one for one in self.desk.vendors.effects() if not one.again]
        return Counter((one.operation, one.business, one.key) for one in effects)

    async def until(self, there: Any) -> Any:
        return await until(there, 60)

    async def runs_its_books(self) -> None:
        while True:
            self.books.run()
            await asyncio.sleep(0.5)

    async def place(self) -> None:
        for number in range(1, ORDERS + 1):
            told = replace(
                order(number, plain=True), placed_at=datetime.now(UTC).replace(microsecond=0),
                contact=Contact(email=f"ann{number}@example.com", phone="+4930123456"),  # one house, one telephone
            )  # fmt: skip
            made = self.desk.act("shopify/checkout", msgspec.json.encode(told))
            self.orders.append(OrderId(str(msgspec.to_builtins(made)["id"])))
            await asyncio.sleep(0.05)

    async def kills(self) -> None:
        for part in range(1, KILLS + 1):
            await self.until(lambda part=part: self.books.booked >= part * ORDERS // (KILLS + 1))
            await self.hub.kill()
            self.killed += 1
            await self.hub.start()

    async def cases(self) -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = await self.hub.caller.ask("cases", shop="paws", limit=50)
        except HubRefused:
            return []
        return found

    async def counted(self) -> None:
        """Until the hub knows what the books have left by now, and has seen to it."""
        begun = time.time()
        await self.until(lambda: self.was_counted(begun))
        await self.until(self.viewed)

    async def was_counted(self, since: float) -> bool:
        return any(one["at"] > since for one in await self.events("stock.counted@1"))

    async def viewed(self) -> bool:
        try:
            return not any(one["events"] for one in await self.hub.caller.ask("views"))
        except HubRefused:
            return False

    async def have_started(self) -> bool:
        return len(await self.events("subscription.started@1")) == AUTOSHIPS

    async def events(self, kind: str) -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = await self.hub.caller.ask("events", shop="paws", kind=kind, limit=100_000)
        except HubRefused:
            return []
        return found

    async def day(self) -> None:
        await asyncio.gather(self.place(), self.kills())
        await self.until(lambda: self.books.booked == ORDERS and self.heard("Placed Order") == ORDERS)
        for name in self.orders[:CALLED_OFF]:
            self.call_off(name)
        for name in self.orders[CALLED_OFF:]:
            self.dispatch(name)
        for what in ("Shipped Order", "Tracked Parcel", "Pawline Note"):
            await self.until(lambda what=what: self.heard(what) == ORDERS - CALLED_OFF)
        await self.until(lambda: self.books.booked == ORDERS - CALLED_OFF)
        await self.counted()
        await self.autoships()

    async def autoships(self) -> None:
        """They want one more than the books have: one question, and what is said to it is done at the vendor."""
        for number in range(AUTOSHIPS):
            given = {"sku": "kibble", "email": f"ann{number}@example.com", "next_on": SOON}
            self.desk.act("recharge/subscriptions", msgspec.json.encode(given))
        await self.until(self.have_started)
        await self.counted()  # what they will take is known by then, too
        self.desk.act("recharge/look-ahead", msgspec.json.encode({"today": TODAY}))
        (case,) = await self.until(self.cases)
        assert case["title"] == f"renewals at risk: kibble: autoships want {AUTOSHIPS}, {AUTOSHIPS - 1} are there"
        said = {"value": "move them by a week"}
        order = {"action": "answer", "target": f"case:{case['no']}", "by": "ann", "reason": "seen", "said": said}
        await self.hub.caller.ask("order", **order)
        await self.until(lambda: sum(self.did("Recharge.set_next_charge_date").values()) == AUTOSHIPS)

    def heard(self, what: str) -> int:
        return sum(name.endswith(f"/{what}") for name in self.did("Klaviyo.event"))

    def call_off(self, name: OrderId) -> None:
        answer = self.desk.shopify.answer(Asked(query=CANCEL, variables={"id": gid("Order", name)}))
        assert "errors" not in answer, answer

    def dispatch(self, name: OrderId) -> None:
        given = {"order": name, "carrier": "DHL", "tracking": f"T{name}"}
        self.desk.act("shopify/dispatch", msgspec.json.encode(given))


async def connected(folder: Path) -> None:
    settings = load_settings(folder / "pawline.toml", {})
    for account in ("shopify/eu", "recharge/main", "klaviyo/eu", "files/main"):
        told = await _connected(settings, account)
        assert not [one for one in told if "could not" in one or "add it" in one], told


async def test_a_whole_shop_on_its_vendors_own_contracts_survives_its_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(Vendors(now=time.time, stock={"kibble": 10_000}), "tok")
    stock = {"kibble": AUTOSHIPS - 1 + 3 * (ORDERS - CALLED_OFF)}  # each order takes three
    books = erps.Erp(tmp_path / "erp", stock, time.time, desk.vendors.did)
    Keyring.generate().save(tmp_path / "pawline.key")
    values = (desk.shopify.door.secret, desk.recharge.token, desk.recharge.secret, desk.klaviyo.key)
    for name, value in zip(SECRETS, values, strict=True):
        monkeypatch.setenv(name, value)
    desk.klaviyo.windows.on, port = False, free_port()
    async with asyncio.timeout(150), served(desk) as url:
        said = SETTINGS.format(
            port=port, url=url, client=desk.shopify.door.client, erp=erps.account(tmp_path / "erp", 0.1),
            flows=", ".join(f'"pawline.flows.{one}"' for one in FLOWS),
        )  # fmt: skip
        (tmp_path / "pawline.toml").write_text(said, "utf-8")
        hub = Hub(tmp_path, port)
        here = Shop(desk, books, hub)
        await connected(tmp_path)
        desk.vendors.faults = Faults(seed=7, rates={Fault.BROKEN: 0.03, Fault.UNHEARD: 0.02}, latency=0.005)
        desk.manners["klaviyo"] = Manner(latency=0.02)
        desk.shopify.teller.pauses = desk.recharge.teller.pauses = (0.3,) * 1_000  # no life here lasts ten seconds
        monkeypatch.setattr(telling, "FAILURES", 1_000)  # all of a day's webhooks come within a second here
        scheduler = asyncio.create_task(here.runs_its_books())
        try:
            await hub.start()
            await here.day()
            cases = await here.cases()
        finally:
            scheduler.cancel()
            code = await hub.end()
    assert (code, cases, here.killed) == (0, [], KILLS)
    left = ORDERS - CALLED_OFF
    assert Counter(one.operation for one in desk.vendors.effects() if not one.again) == {
        "Shopify.placed": ORDERS, "Shopify.dispatched": left, "Shopify.orderCancel": CALLED_OFF,  # by people
        "Shopify.webhookSubscriptionCreate": len(TOPICS), "Recharge.webhook": len(HOOK.hears),
        "Erp.book": ORDERS, "Erp.cancel": CALLED_OFF,
        "Klaviyo.profile": ORDERS, "Klaviyo.event": ORDERS + 3 * left,  # placed; shipped, tracked, and a note of that
        "Recharge.set_next_charge_date": AUTOSHIPS,
    }  # fmt: skip
    assert [what for what, times in here.all().items() if times > 1] == []
    assert {one for one in here.orders if books.has(one)} == set(here.orders[CALLED_OFF:])
    assert books.stock == {"kibble": AUTOSHIPS - 1}
