"""A shop at Shopify, from `pawline connect` to the refund of an order that we call off: over HTTP, both ways."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from pawline.cli.connecting import _connected
from pawline.connectors.shopify.enrolling import TOPICS, topic_of
from pawline.hub import Hub, load_settings
from pawline.model import Order, OrderId, outstanding
from pawline.ports import Attempt, Receipt, attempting
from pawline.sandbox import Desk, Vendors, served
from pawline.store import Keyring
from pawline.testing import counts
from pawline.testing.port import free_port
from pawline.views.answers import OwnOrders
from pawline.web import serving
from tests.unit.connectors.test_shopify_looking_order import shapes
from tests.unit.sandbox.shopify_scene import STOCK, order

TOKEN = "tok-canary-77"  # noqa: S105 - of this test's own sandbox
SETTINGS = """
shops = ["paws"]
flows = ["pawline.flows.adopt_order", "pawline.flows.refund_cancelled"]
listen = "127.0.0.1:{port}"
public = "http://127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "shopify/eu"
plays = ["Shop", "Catalog"]

[accounts.settings]
url = "{url}"
shop = "pawline-sandbox.myshopify.com"
client = "{client}"
client_secret = {{ env = "SHOPIFY_SECRET" }}
webhook_secrets = [{{ env = "SHOPIFY_SECRET" }}]

[[accounts]]
name = "sandbox/eu"
plays = ["Fulfilment", "Crm", "Marketing"]

[accounts.settings]
url = "{url}"
token = {{ env = "SANDBOX_TOKEN" }}
"""


class Town:
    """A hub with its ear, and the vendors: Shopify, and the warehouse that packs."""

    def __init__(self, hub: Hub, desk: Desk) -> None:
        self.hub, self.desk = hub, desk
        binding = hub.engine.bindings.get("Shop", "shopify/eu")
        assert binding is not None
        self.shop: Any = binding.implementation

    def place(self, number: int, like: Order | None = None) -> OrderId:
        told = replace(like or order(number), placed_at=datetime.now(UTC).replace(microsecond=0))
        return OrderId(self.desk.shopify.acts["shopify/checkout"](msgspec.json.encode(told)).id)

    async def told(self) -> list[tuple[str, str]]:
        """Type and subject of what the hub has recorded."""
        rows = await self.hub.desk.answer("events", {"shop": "paws", "kind": "", "limit": 100})
        return [(one["type"], one["subject"]) for one in rows]

    def did(self, operation: str) -> int:
        return counts(self.desk.vendors.effects()).get(operation, 0)

    async def until(self, there: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not there():  # noqa: ASYNC110 - the vendors' book tells nobody
                await asyncio.sleep(0.02)


@asynccontextmanager
async def town(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    desk = Desk(Vendors(now=time.time, stock=STOCK), TOKEN)
    door = desk.shopify.door
    monkeypatch.setenv("SHOPIFY_SECRET", door.secret)
    monkeypatch.setenv("SANDBOX_TOKEN", TOKEN)
    Keyring.generate().save(folder / "pawline.key")
    async with served(desk) as url:
        said = SETTINGS.format(port=free_port(), url=url, client=door.client)
        (folder / "pawline.toml").write_text(said, "utf-8")
        settings = load_settings(folder / "pawline.toml", {})
        address = f"{settings.public}/hooks/shopify/eu"
        assert await _connected(settings, "shopify/eu") == [
            "it lets us in, and lacks nothing", *(f"{one} is sent to {address}" for one in TOPICS),
        ]  # fmt: skip
        assert {one.topic for one in desk.shopify.books.listeners.values()} == set(map(topic_of, TOPICS))
        assert await _connected(settings, "shopify/eu") == [
            "it lets us in, and lacks nothing", f"its webhooks are sent to {address}",
        ]  # fmt: skip
        async with await Hub.open(settings) as hub, serving(hub):
            yield Town(hub, desk)


async def test_orders_are_heard_and_sent_and_one_that_we_call_off_is_paid_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path, monkeypatch) as here:
        first, *others = [here.place(number) for number in (1, 2, 3)]
        await here.until(lambda: here.did("Fulfilment.request") == 3)
        with attempting(Attempt("key-1", 1, datetime.now(UTC) + timedelta(minutes=5), "paws", "shopify/eu")):
            assert await here.shop.cancel(first, "ordered twice") == Receipt()
        await here.until(lambda: here.did("Shopify.refundCreate") == 1 and here.did("Fulfilment.cancel") == 1)
        await here.until(lambda: here.did("Marketing.send") == 1)  # they are told of the money
        await here.desk.shopify.teller.rest()
        assert counts(here.desk.vendors.effects()) == {
            "Shopify.placed": 3, "Shopify.webhookSubscriptionCreate": len(TOPICS), "Shopify.tagsAdd": 1,
            "Shopify.orderCancel": 1, "Shopify.refundCreate": 1, "Fulfilment.request": 3, "Fulfilment.cancel": 1,
            "Marketing.send": 1,
        }  # fmt: skip
        async with asyncio.timeout(30):  # a webhook is let in first, and taken apart after
            while len(told := await here.told()) < 9:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.02)
        assert sorted(told) == sorted([
            *((kind, one) for kind in ("order.placed@1", "order.paid@1") for one in (first, *others)),
            ("order.cancelled@1", first), ("refund.issued@1", first), ("refund.issued@1", first),
        ])  # fmt: skip
        assert await here.hub.desk.answer("cases", {"shop": "paws", "limit": 50}) == []
        assert outstanding(await here.shop.order(first)).minor == 0


async def test_an_order_that_is_heard_is_the_one_that_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for its tenders: a webhook does not say by which transactions it was paid."""
    async with town(tmp_path, monkeypatch) as here:
        record = OwnOrders("paws", here.hub.store, here.hub.projector)
        bucket = here.desk.shopify.engine.bucket
        bucket.most = bucket._left = 10**9  # it is not about points
        told = {here.place(0, like): like for like in shapes().values()}
        assert len(told) == 12
        await here.until(lambda: here.did("Fulfilment.request") == len(told))
        for name, like in told.items():
            heard, read = await record.order(name), await here.shop.order(name)
            assert heard is not None
            assert replace(heard, tenders=()) == replace(read, tenders=())
            assert (read.total, read.tip, len(read.tenders)) == (like.total, like.tip, 2)
