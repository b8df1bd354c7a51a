"""Forty shoppers for thirty bowls, and a hub that is killed while they pay: who asks again hears the same, once.

The hub is a process of its own; the bank, the CRM and whoever writes letters are the sandbox over HTTP, whose ledger
decides.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest

from pawline.hub import HubRefused
from pawline.sandbox import Desk, Vendors, served
from pawline.store import Keyring
from pawline.testing.port import free_port
from tests.journeys.adopted import TOKEN, Hub
from tests.journeys.around import until
from tests.unit.web.storefront.shop import SETTINGS, Answer, Shopper

SHOPPERS, BOWLS, KILLS = 40, 30, 5
EVERY = 0.15
"""Seconds between two who come to the shop."""
AGAIN = {409, 429, 503}
ACCOUNT = """
allow_networks = ["127.0.0.0/8"]
[[accounts]]
name = "sandbox/eu"
plays = ["Payments", "Crm", "Marketing"]
[accounts.settings]
url = "%s"
token = { env = "T" }
webhook_secrets = [{ env = "S" }]
[runtime]
first_retry = 0.05
deaths = 1000
"""


class Scene(NamedTuple):
    """The hub, who shops there, and what the vendors did."""

    hub: Hub
    shopper: Shopper
    desk: Desk

    async def asks(self, method: str, path: str, body: Any, name: str = "", **headers: str) -> Answer:
        """As a page does: the same again, until there is an answer."""
        while True:
            try:
                said = await self.shopper.ask(method, path, body, idempotency_key=name, **headers)
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(0.05)
                continue
            over = said.status == 409 and said.body["type"] != "/v1/problems/under-way"
            if said.status not in AGAIN or over:
                return said
            await asyncio.sleep(0.05)

    async def buys(self, n: int) -> tuple[dict[str, Any], Answer]:
        """What was sent, and the answer. They come one after another, and the hub dies among them."""
        await asyncio.sleep(n * EVERY)
        lines = {"lines": [{"sku": "bowl", "quantity": 1}]}
        cart = (await self.asks("POST", "/v1/carts", lines, f"cart-{n}")).body
        body = {"cart": cart["id"], "destination": {"country": "DE", "postcode": "10115"}}
        quote = (await self.asks("POST", "/v1/quotes", body, "", pawline_token=cart["token"])).body
        total = quote["choices"][0]["total"]
        home = {"name": "Ann", "lines": ["Hauptstr. 1"], "city": "Berlin", "country": "DE", "postcode": "10115"}
        form = {
            "quote": quote["id"], "delivery": "dhl", "total": total, "contact": {"email": f"ann{n}@example.com"},
            "ship_to": home, "payments": [{"kind": "card", "amount": total, "source": f"card-{n}"}],
        }  # fmt: skip
        return form, await self.asks("POST", "/v1/checkouts", form, f"order-{n}")

    async def kills(self) -> None:
        for _ in range(KILLS):
            await asyncio.sleep(0.3)
            await self.hub.kill()
            await self.hub.start()


async def opened(folder: Path, url: str, profile: str) -> tuple[Hub, str]:
    """A hub that sells bowls, and a key."""
    port = free_port()
    Keyring.generate().save(folder / "pawline.key")
    text = SETTINGS.format(store="sqlite:///pawline.db", port=port, profile=profile, deadline=5)
    head, _, rest = text.partition('accounts = [{ use = "tests.unit.web.storefront.shop:connect" }]\n')
    (folder / "pawline.toml").write_text(head + ACCOUNT % url + rest, "utf-8")
    hub = Hub(folder, port)
    await hub.start()
    now = datetime.now(UTC).isoformat()
    bowl = {"sku": "bowl", "as_of": now, "title": "Bowl", "kind": "supply", "price": {"minor": 999, "currency": "EUR"}}
    level = {"sku": "bowl", "location": "main", "on_hand": BOWLS, "as_of": now}
    for kind, data in (("product.described@1", {"description": bowl}), ("stock.counted@1", {"level": level})):
        await hub.caller.ask("send", event={"type": kind, "data": data}, shop="pets")
    given = {"shop": "pets", "name": "web", "by": "test", "origins": ["https://pets.example"]}
    return hub, str((await hub.caller.ask("key_make", **given))["key"])


@pytest.mark.parametrize("profile", ["event-driven", "synchronous"])
async def test_a_hub_is_killed_while_forty_pay_for_thirty(tmp_path: Path, profile: str) -> None:
    desk = Desk(Vendors(now=time.time, stock={}), TOKEN)
    timeout = aiohttp.ClientTimeout(total=15)
    async with (
        asyncio.timeout(200), served(desk) as url, aiohttp.ClientSession(timeout=timeout) as http,
    ):  # fmt: skip
        hub, key = await opened(tmp_path, url, profile)
        one = Scene(hub, Shopper(http, f"http://127.0.0.1:{hub.port}", key), desk)
        try:

            async def known() -> bool:
                return (await one.asks("GET", "/v1/products/bowl", None)).status == 200

            await until(known)
            killing = asyncio.create_task(one.kills())
            said = await asyncio.gather(*(one.buys(n) for n in range(SHOPPERS)))
            await killing
            sold = [(n, form, answer) for n, (form, answer) in enumerate(said) if answer.status < 300]
            gone = [answer for _, answer in said if answer.status >= 300]
            assert (len(sold), {each.body["type"] for each in gone}) == (BOWLS, {"/v1/problems/out-of-stock"})
            for n, form, answer in sold:
                again = await one.asks("POST", "/v1/checkouts", form, f"order-{n}")
                assert (again.status, again.body) == (answer.status, answer.body)
            await until(lambda: rested(one), 60)
            events = Counter(
                event["type"] for event in await hub.caller.ask("events", shop="pets", kind="", limit=9_999)
            )
        finally:
            assert await hub.end() == 0
    assert (events["order.placed@1"], events["order.confirmed@1"], events["order.refused@1"]) == (BOWLS, BOWLS, 0)
    assert events["cart.changed@1"] == SHOPPERS
    effects = [effect for effect in desk.vendors.effects() if effect.key and not effect.again]
    assert Counter(effect.operation for effect in effects) == dict.fromkeys(
        ("Payments.authorize", "Payments.capture", "Crm.upsert", "Marketing.send"), BOWLS
    )
    assert {effect.amount for effect in effects if effect.operation == "Payments.capture"} == {999 + 490}


async def rested(one: Scene) -> bool:
    try:
        return not any((await one.hub.caller.ask("unfinished")).values())
    except HubRefused:
        return False
