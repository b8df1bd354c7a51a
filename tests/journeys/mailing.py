"""A shop whose people are kept and written to by a tool of its own; the hub is killed while it tells the tool of them.

Each order is somebody's, with an address; the first few come back, and are paid back. The tool's own book decides.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from pawline.model import Checkout, Contact
from pawline.sandbox import Desk, Fault, Faults, Manner, Subscription, Vendors, served
from pawline.store import Keyring
from pawline.testing.orders import order
from pawline.testing.port import free_port
from tests.journeys.adopted import HOME, SECRET, SETTINGS, TOKEN, Hub, Scene, Size

FLOWS = '"pawline.flows.adopt_order", "pawline.flows.introduce_order", "pawline.flows.refund_return"'
SIZE = Size(orders=16, kills=2, pause=0.05)
BACK = range(1, 5)
EVERYBODY, PAID_BACK = [f"h{n}" for n in range(1, SIZE.orders + 1)], [f"h{n}" for n in BACK]


class Tool(NamedTuple):
    """A vendor of the sandbox. `account` has a place for its address; `prepare` returns what lets the hub in.

    `told` and `told_back` are what its book calls the events of each order, and of one that comes back.
    """

    name: str
    account: str
    prepare: Callable[[Desk], str]
    told: tuple[str, ...]
    told_back: tuple[str, ...]


class People(Scene):
    """What they do, and what the tool knows."""

    def __init__(self, url: str, desk: Desk, hub: Hub, tool: Tool) -> None:
        super().__init__(url, desk, hub, SIZE)
        self.tool = tool

    async def place(self) -> None:
        for number in range(1, self.size.orders + 1):
            taken = order(number, checkout=Checkout.ADOPTED, paid=True, ship_to=HOME, placed_at=datetime.now(UTC))
            taken = replace(taken, contact=Contact(email=f"p{number}@example.com"))
            await self.http.post("shop", "checkout", json=taken, into=object)
            await asyncio.sleep(self.size.pause)

    async def send_back(self) -> None:
        for number in BACK:
            name, first = f"o{number}", f"h{number}/{self.tool.told[0]}"
            while not self.packed(name) or not self.events()[first]:  # noqa: ASYNC110 - the vendors' book tells nobody
                await asyncio.sleep(0.02)
            await self.http.post("desk", "dispatch", json={"order": name}, into=object)
            given = {"order": name, "lines": [{"line": "l1", "quantity": 1}]}
            await self.http.post("desk", "return", json=given, into=object)

    def packed(self, name: str) -> bool:
        return any((one.operation, one.order) == ("Fulfilment.request", name) for one in self.desk.vendors.effects())

    def events(self) -> Counter[str]:
        return self.book("event")

    def book(self, what: str) -> Counter[str]:
        effects = self.desk.vendors.effects()
        return Counter(one.business for one in effects if one.operation == f"{self.tool.name}.{what}" and not one.again)

    def done(self) -> bool:
        events = SIZE.orders * len(self.tool.told) + len(BACK) * len(self.tool.told_back)
        return self.events().total() >= events and self.book("mailed").total() >= len(BACK)


async def killed(folder: Path, monkeypatch: pytest.MonkeyPatch, tool: Tool) -> Desk:
    """Plays it, and asserts that the tool heard of each once and wrote once to whoever was paid back."""
    port = free_port()
    Keyring.generate().save(folder / "pawline.key")
    faults = Faults(seed=7, rates={Fault.BROKEN: 0.03, Fault.UNHEARD: 0.02}, latency=0.005)
    desk = Desk(Vendors(now=time.time, stock={}, faults=faults), TOKEN)
    desk.manners[tool.name.lower()] = Manner(latency=0.03)
    desk.hooks.pauses = (0.1,) * 100_000
    monkeypatch.setenv("K", tool.prepare(desk))
    async with asyncio.timeout(150), served(desk) as url:
        said = (SETTINGS % (port, url)).replace("[runtime]\n", f"{tool.account % url}[runtime]\n")
        said = said.replace('name = "sandbox/eu"', 'name = "sandbox/eu"\nplays = ["Shop", "Fulfilment"]')
        said = said.replace('"pawline.flows.adopt_order", "pawline.flows.introduce_order"', FLOWS)
        (folder / "pawline.toml").write_text(said, "utf-8")
        here = People(url, desk, Hub(folder, port), tool)
        try:
            hook = Subscription(url=f"http://127.0.0.1:{port}/hooks/sandbox/eu", secret=SECRET)
            await here.http.put("desk", "hooks", json=hook, into=object)
            await here.hub.start()
            await asyncio.gather(here.place(), here.kills(), here.send_back())
            while not here.done():  # noqa: ASYNC110 - the vendors' book tells nobody
                await asyncio.sleep(0.05)
            await desk.hooks.rest()
        finally:
            await here.hub.end()
            await here.http.close()
    assert here.killed == SIZE.kills
    everybody = {f"{one}/{what}": 1 for one in EVERYBODY for what in tool.told}
    assert here.events() == everybody | {f"{one}/{what}": 1 for one in PAID_BACK for what in tool.told_back}
    assert here.book("mailed") == {f"{one}/Refund": 1 for one in PAID_BACK}
    return desk
