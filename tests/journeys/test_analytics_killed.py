"""The hub is killed while it tells Segment and GA4 of orders: by their own books nothing is there twice.

Segment knows again what it is told twice, so all of it is there. GA4 knows purchases only: those are all there, and of
what else an answer was lost it may lack some.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from pawline.model import Checkout
from pawline.sandbox import Desk, Fault, Faults, Manner, Subscription, Vendors, served
from pawline.store import Keyring
from pawline.testing.orders import order
from pawline.testing.port import free_port
from tests.journeys.adopted import HOME, SECRET, SETTINGS, TOKEN, Hub, Scene, Size

SIZE: Final = Size(orders=16, kills=2, pause=0.05)
EVERY: Final = '["Placed Order", "Shipped Order"]'
ACCOUNTS: Final = f"""\
[[accounts]]
name = "segment/eu"
[accounts.settings]
url = "%s/segment"
region = "eu"
write_key = {{ env = "WRITE" }}
people_secret = {{ env = "PEOPLE" }}
events = {EVERY}
[[accounts]]
name = "ga4/eu"
[accounts.settings]
url = "%s/ga4"
measurement_id = "%s"
api_secret = {{ env = "API" }}
people_secret = {{ env = "PEOPLE" }}
events = {EVERY}
"""


class Counting(Scene):
    """Orders are placed and leave, and the hub dies once so many are counted."""

    async def place(self) -> None:
        for number in range(1, self.size.orders + 1):
            taken = order(number, checkout=Checkout.ADOPTED, paid=True, ship_to=HOME, placed_at=datetime.now(UTC))
            await self.http.post("shop", "checkout", json=taken, into=object)
            await asyncio.sleep(self.size.pause)
        await self.until("Fulfilment.request", self.size.orders)
        for number in range(1, self.size.orders + 1):
            await self.http.post("desk", "dispatch", json={"order": f"o{number}"}, into=object)

    async def kills(self) -> None:
        for part in range(1, self.size.kills + 1):
            await self.until("Segment.track", part * self.size.orders // 2)
            await self.hub.kill()
            self.killed += 1
            await self.hub.start()


async def test_whatever_the_hub_dies_at_nothing_is_counted_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    Keyring.generate().save(tmp_path / "pawline.key")
    faults = Faults(
        seed=7,
        rates={Fault.BROKEN: 0.05, Fault.UNHEARD: 0.03, Fault.LIMITED: 0.03, Fault.UNAVAILABLE: 0.03},
        latency=0.005,
    )
    desk = Desk(Vendors(now=time.time, stock={}, faults=faults), TOKEN)
    desk.manners["segment"] = desk.manners["ga4"] = Manner(latency=0.03)
    desk.hooks.pauses = (0.1,) * 100_000
    for name, value in {
        "WRITE": desk.segment.key,
        "API": desk.ga4.api_secret,
        "PEOPLE": "people-secret-of-77-paws",
    }.items():
        monkeypatch.setenv(name, value)
    async with asyncio.timeout(150), served(desk) as url:
        said = SETTINGS % (port, url)
        said = said.replace('"pawline.flows.introduce_order"', '"pawline.flows.count_orders"')
        accounts = ACCOUNTS % (url, url, desk.ga4.measurement_id)
        (tmp_path / "pawline.toml").write_text(said.replace("[runtime]\n", f"{accounts}[runtime]\n"), "utf-8")
        here = Counting(url, desk, Hub(tmp_path, port), SIZE)
        try:
            hook = Subscription(url=f"http://127.0.0.1:{port}/hooks/sandbox/eu", secret=SECRET)
            await here.http.put("desk", "hooks", json=hook, into=object)
            await here.hub.start()
            await asyncio.gather(here.place(), here.kills())
            await here.until("Segment.track", 2 * SIZE.orders)
            await desk.hooks.rest()
            await here.rest()
            cases = await here.hub.caller.ask("cases", shop="paws", limit=10)
        finally:
            await here.hub.end()
            await here.http.close()
    assert (here.killed, cases) == (SIZE.kills, [])
    orders = {f"o{number}" for number in range(1, SIZE.orders + 1)}
    every = {(what, one) for what in ("Order Completed", "Order Shipped") for one in orders}
    assert Counter((one["event"], one["properties"]["order_id"]) for one in desk.segment.taken) == dict.fromkeys(
        every, 1
    )
    assert {why for _, why in desk.segment.dropped} <= {"it is known"}
    bought = Counter(one["transaction_id"] for one in desk.ga4.counted if one["name"] == "purchase")
    assert bought == dict.fromkeys(orders, 1)
    shipped = Counter(one["order_id"] for one in desk.ga4.counted if one["name"] == "order_shipped")
    assert set(shipped.values()) == {1}
    assert shipped.keys() <= orders
