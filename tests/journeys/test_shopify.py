"""A shop at Shopify, from `pawline connect` to the refund of an order that we call off: over HTTP, both ways."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.cli.connecting import _connected
from pawline.connectors.shopify.enrolling import topic_of
from pawline.connectors.shopify.hook import HOOK
from pawline.hub import Hub, load_settings
from pawline.model import Order, OrderId
from pawline.ports import Attempt, attempting
from pawline.sandbox import Desk, Vendors, served
from pawline.store import Keyring
from pawline.testing import counts
from pawline.web import serving
from tests.unit.sandbox.shopify_scene import STOCK, order
from tests.unit.web.bell import free_port

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
        self.shopify = desk.shopify
        binding = hub.engine.bindings.get("Shop", "shopify/eu")
        assert binding is not None
        self.shop: Any = binding.implementation

    def place(self, one: Order) -> OrderId:
        made = self.shopify.acts["shopify/checkout"](msgspec.json.encode(one))
        return OrderId(made.id)

    async def heard(self) -> list[tuple[str, str]]:
        """Type and subject of what the hub has recorded, the oldest first."""
        rows = await self.hub.desk.answer("events", {"shop": "paws", "kind": "", "limit": 100})
        return [(one["type"], one["subject"]) for one in reversed(rows)]

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
            "it lets us in, and lacks nothing", *(f"{one} is sent to {address}" for one in HOOK.hears),
        ]  # fmt: skip
        assert {one.topic for one in desk.shopify.books.listeners.values()} == set(map(topic_of, HOOK.hears))
        assert await _connected(settings, "shopify/eu") == [
            "it lets us in, and lacks nothing", f"its webhooks are sent to {address}",
        ]  # fmt: skip
        async with await Hub.open(settings) as hub, serving(hub):
            yield Town(hub, desk)


async def test_orders_are_heard_and_sent_and_one_that_we_call_off_is_paid_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path, monkeypatch) as here:
        placed = [here.place(order(number)) for number in (1, 2, 3)]
        await here.until(lambda: here.did("Fulfilment.request") == 3)
        until = time.time() + 30
        with attempting(_attempt(until)):
            await here.shop.cancel(placed[0], "ordered twice")
        await here.until(lambda: here.did("Shopify.refundCreate") == 1)
        await here.until(lambda: here.did("Fulfilment.cancel") == 1)
        await asyncio.sleep(0.5)
        print(counts(here.desk.vendors.effects()))
        print(await here.heard())
        print(await here.hub.desk.answer("cases", {"shop": "paws", "limit": 50}))
        print(await here.shop.order(placed[0]))


def _attempt(until: float) -> Attempt:
    from datetime import UTC, datetime

    return Attempt("key-1", 1, datetime.fromtimestamp(until, UTC), "paws", "shopify/eu")
