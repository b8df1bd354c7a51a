"""The hub is killed while it tells HubSpot of orders and has people written to: each once, by HubSpot's own book."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from pawline.model import Checkout, Contact
from pawline.sandbox import Desk, Fault, Faults, Manner, Subscription, Vendors, served
from pawline.store import Keyring
from pawline.testing.orders import order
from tests.journeys.adopted import HOME, SECRET, SETTINGS, TOKEN, Hub, Scene, Size

FLOWS = '"pawline.flows.adopt_order", "pawline.flows.introduce_order", "pawline.flows.refund_return"'
HUBSPOT = """\
[[accounts]]
name = "hubspot/eu"
[accounts.settings]
token = { env = "K" }
marketing = [11]
poll = 0
url = "%s/hubspot"
[accounts.settings.emails]
refund_notice = 1
[accounts.settings.events]
"Placed Order" = "pe1_placed"
"Shipped Order" = "pe1_shipped"
[runtime]
"""
SIZE = Size(orders=12, kills=2, pause=0.05)
BACK = range(1, 4)


class People(Scene):
    """Each order is somebody's, with an address; the first few come back, and are paid back."""

    async def place(self) -> None:
        for number in range(1, self.size.orders + 1):
            taken = order(number, checkout=Checkout.ADOPTED, paid=True, ship_to=HOME, placed_at=datetime.now(UTC))
            taken = replace(taken, contact=Contact(email=f"p{number}@example.com"))
            await self.http.post("shop", "checkout", json=taken, into=object)
            await asyncio.sleep(self.size.pause)

    async def send_back(self) -> None:
        for number in BACK:
            name = f"o{number}"
            while not self.packed(name) or not self.told("HubSpot.event")[f"h{number}/pe1_placed"]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            await self.http.post("desk", "dispatch", json={"order": name}, into=object)
            given = {"order": name, "lines": [{"line": "l1", "quantity": 1}]}
            await self.http.post("desk", "return", json=given, into=object)

    def packed(self, name: str) -> bool:
        return any((one.operation, one.order) == ("Fulfilment.request", name) for one in self.desk.vendors.effects())

    def done(self) -> bool:
        events, mailed = self.told("HubSpot.event").total(), self.told("HubSpot.mailed").total()
        return events >= self.size.orders + len(BACK) and mailed >= len(BACK)

    def told(self, operation: str) -> Counter[str]:
        effects = self.desk.vendors.effects()
        return Counter(one.business for one in effects if one.operation == operation and not one.again)


async def test_whatever_the_hub_dies_at_hubspot_hears_of_each_order_once_and_writes_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    Keyring.generate().save(tmp_path / "pawline.key")
    faults = Faults(seed=7, rates={Fault.BROKEN: 0.03, Fault.UNHEARD: 0.02}, latency=0.005)
    desk = Desk(Vendors(now=time.time, stock={}, faults=faults), TOKEN)
    desk.hubspot.limits.on = False
    desk.manners["hubspot"] = Manner(latency=0.03)
    desk.hooks.pauses = (0.1,) * 100_000
    monkeypatch.setenv("K", desk.hubspot.token)
    desk.act("hubspot/types", b'{"id": 11, "name": "Offers"}')
    desk.act("hubspot/emails", b'{"id": 1, "name": "Refund"}')
    desk.act("hubspot/events", msgspec.json.encode(["pe1_placed", "pe1_shipped"]))
    async with asyncio.timeout(150), served(desk) as url:
        said = (SETTINGS % (port, url)).replace("[runtime]\n", HUBSPOT % url)
        said = said.replace('name = "sandbox/eu"', 'name = "sandbox/eu"\nplays = ["Shop", "Fulfilment"]')
        said = said.replace('"pawline.flows.adopt_order", "pawline.flows.introduce_order"', FLOWS)
        (tmp_path / "pawline.toml").write_text(said, "utf-8")
        hub = Hub(tmp_path, port)
        here = People(url, desk, hub, SIZE)
        try:
            hook = Subscription(url=f"http://127.0.0.1:{port}/hooks/sandbox/eu", secret=SECRET)
            await here.http.put("desk", "hooks", json=hook, into=object)
            await hub.start()
            await asyncio.gather(here.place(), here.kills(), here.send_back())
            while not here.done():  # noqa: ASYNC110 - the vendors' book tells nobody
                await asyncio.sleep(0.05)
            await desk.hooks.rest()
        finally:
            await hub.end()
            await here.http.close()
    assert here.killed == SIZE.kills
    everybody, back = [f"h{n}" for n in range(1, SIZE.orders + 1)], [f"h{n}" for n in BACK]
    assert here.told("HubSpot.event") == {
        **{f"{one}/pe1_placed": 1 for one in everybody}, **{f"{one}/pe1_shipped": 1 for one in back},
    }  # fmt: skip
    assert here.told("HubSpot.mailed") == {f"{one}/Refund": 1 for one in back}
    people = [one.properties for one in desk.hubspot.books.contacts.values()]
    assert {one["pawline_household"]: one["email"] for one in people} == {
        one: f"p{one[1:]}@example.com" for one in everybody
    }  # fmt: skip
    assert len(people) == len(everybody)
