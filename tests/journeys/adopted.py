"""A shop that owns its checkout, over its webhooks: the hub is killed, deliveries come twice, late and again.

The hub is a process of its own; shop, warehouse, CRM and marketing are the sandbox over HTTP, whose ledger decides.
"""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import aiohttp

from pawline.hub import Caller, HubRefused, line_of
from pawline.kit import Guard, Http, Secret
from pawline.model import Address, Checkout
from pawline.sandbox import Desk, Fault, Faults, Manner, Mishaps, Subscription, Vendors, served
from pawline.store import Keyring
from pawline.testing.orders import SHOP, order
from pawline.testing.port import free_port

TOKEN: Final = "tok-of-this-test"  # noqa: S105 - of this test's own sandbox
SECRET: Final = "whsec_" + base64.b64encode(b"a key of twenty-four bytes").decode()
HOME: Final = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", postcode="10115", country="DE")
SETTINGS: Final = f"""\
shops = ["{SHOP}"]
listen = "127.0.0.1:%d"
flows = ["pawline.flows.adopt_order", "pawline.flows.introduce_order"]
allow_networks = ["127.0.0.0/8"]
[[accounts]]
name = "sandbox/eu"
[accounts.settings]
url = "%s"
token = {{ env = "T" }}
webhook_secrets = [{{ env = "S" }}]
[runtime]
first_retry = 0.05
deaths = 1000
"""
"""Whoever is killed every second accuses runs that did nothing wrong: so many deaths are no news in this test."""


class Size(NamedTuple):
    """How large the day is: every tenth order is cancelled; seconds between two orders."""

    orders: int
    kills: int
    pause: float

    @property
    def cancelled(self) -> int:
        return self.orders // 10


class Hub:
    """`pawline up` in a process of its own, which is killed."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.process: asyncio.subprocess.Process
        self.caller: Caller

    async def start(self) -> None:
        log = (self.folder / "hub.log").open("ab")
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "pawline.cli", "up", "--config", str(self.folder / "pawline.toml"), stdout=log,
            stderr=log, env={**os.environ, "T": TOKEN, "S": SECRET}, start_new_session=True,
        )  # fmt: skip
        log.close()
        while not await self._answers():
            assert self.process.returncode is None, (self.folder / "hub.log").read_text("utf-8")
            await asyncio.sleep(0.02)
        self.caller = await Caller.reach(line_of(f"sqlite:///{self.folder / 'pawline.db'}"))

    async def _answers(self) -> bool:
        try:
            async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{self.port}/health") as said:
                return said.status == 200
        except aiohttp.ClientError:
            return False

    async def kill(self) -> None:
        await self.caller.close()
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def end(self) -> int:
        await self.caller.close()
        if self.process.returncode is None:
            self.process.terminate()
        return await self.process.wait()


class Scene:
    """The sandbox, the hub, and the people of the shop."""

    def __init__(self, url: str, desk: Desk, hub: Hub, size: Size) -> None:
        self.desk, self.hub, self.size = desk, hub, size
        self.killed = 0
        self.http = Http(url, guard=Guard(["127.0.0.0/8"]), headers={"authorization": Secret(f"Bearer {TOKEN}")})

    def did(self) -> Counter[str]:
        return Counter(one.operation for one in self.desk.vendors.effects() if not one.again)

    async def until(self, what: str, count: int) -> None:
        while self.did()[what] < count:
            assert self.hub.process.returncode in (None, -signal.SIGKILL), (self.hub.folder / "hub.log").read_text()
            await asyncio.sleep(0.01)

    async def place(self) -> None:
        for number in range(1, self.size.orders + 1):
            taken = order(number, checkout=Checkout.ADOPTED, paid=True, ship_to=HOME, placed_at=datetime.now(UTC))
            await self.http.post("shop", "checkout", json=taken, into=object)
            await asyncio.sleep(self.size.pause)

    async def kills(self) -> None:
        for part in range(1, self.size.kills + 1):
            await self.until("Fulfilment.request", part * self.size.orders // (self.size.kills + 2))
            await self.hub.kill()
            self.killed += 1
            await self.hub.start()

    async def asked(self, order: str) -> None:
        """Somebody asks the helpdesk to call the order off, and its people see to it."""
        given = {"title": "call it off", "text": "please", "household": "h1", "order": order}
        made = await self.http.post("desk", "ticket", json=given, into=dict[str, Any])
        await self.http.post("desk", "ticket", "close", json={"ticket": made["id"]}, into=bool)

    async def rest(self) -> None:
        """Until no run is under way and nothing waits for its dispatch."""
        while True:
            try:
                left = await self.hub.caller.ask("unfinished")
            except HubRefused:
                left = {"unknown": 1}
            if not any(left.values()):
                return
            assert not left.get("parked"), left
            await asyncio.sleep(0.05)


async def play(one: Scene) -> None:
    url = f"http://127.0.0.1:{one.hub.port}/hooks/sandbox/eu"
    await one.http.put("desk", "hooks", json=Subscription(url=url, secret=SECRET), into=object)
    await one.http.put("desk", "mishaps", json=Mishaps(seed=3, twice=0.2, late=0.2, late_after=0.3), into=object)
    await one.hub.start()
    await asyncio.gather(one.place(), one.kills())
    await one.until("Fulfilment.request", one.size.orders)
    await one.until("Marketing.track", one.size.orders)  # who is called off before it was introduced never is
    for number in range(1, one.size.orders + 1):
        if number <= one.size.cancelled:
            await one.asked(f"o{number}")
            await one.http.post("shop", "call-off", json={"order": f"o{number}"}, into=object)
        else:
            await one.http.post("desk", "dispatch", json={"order": f"o{number}"}, into=object)
    await one.desk.hooks.rest()
    await one.rest()


async def adopted_day(folder: Path, size: Size, seconds: float) -> None:
    """Plays it, and asserts what the hub recorded and what the vendors did: each once, and nothing else."""
    port = free_port()
    Keyring.generate().save(folder / "pawline.key")
    faults = Faults(seed=5, rates={Fault.BROKEN: 0.02, Fault.UNHEARD: 0.02, Fault.LIMITED: 0.02}, latency=0.005)
    desk = Desk(Vendors(now=time.time, stock={}, faults=faults), TOKEN)
    desk.hooks.pauses = (0.1,) * 100_000  # a real sender goes on for days, and none of these lives lasts a second
    async with asyncio.timeout(seconds), served(desk) as url:
        (folder / "pawline.toml").write_text(SETTINGS % (port, url), "utf-8")
        one = Scene(url, desk, Hub(folder, port), size)
        try:
            await play(one)
            events: list[dict[str, Any]] = await one.hub.caller.ask("events", shop=SHOP, kind="", limit=100_000)
            cases = await one.hub.caller.ask("cases", shop=SHOP, limit=10)
        finally:
            await one.http.close()
            code = await one.hub.end()
    assert (code, one.killed, cases, desk.hooks.lost) == (0, size.kills, [], [])
    recorded(events, size)
    done(desk, size)


def recorded(events: list[dict[str, Any]], size: Size) -> None:
    """What the hub believes happened."""
    left = size.orders - size.cancelled
    assert Counter(event["type"] for event in events) == {
        "order.placed@1": size.orders, "order.cancelled@1": size.cancelled, "shipment.dispatched@1": left,
        "refund.issued@1": size.cancelled, "ticket.opened@1": size.cancelled, "ticket.closed@1": size.cancelled,
    }  # fmt: skip
    assert {event["source"] for event in events} == {"accounts/sandbox/eu"}
    tickets = {event["subject"] for event in events if event["type"].startswith("ticket.")}
    assert tickets == {f"t{number}" for number in range(1, size.cancelled + 1)}


def done(desk: Desk, size: Size) -> None:
    """What the vendors were asked to do: 0 authorisations, reservations and messages among it."""
    effects = [one for one in desk.vendors.effects() if one.key and not one.again]
    assert Counter(one.operation for one in effects) == {
        "Crm.upsert": size.orders, "Marketing.track": 2 * size.orders - size.cancelled,
        "Fulfilment.request": size.orders,
        "Fulfilment.cancel": size.cancelled,
    }  # fmt: skip
    assert set(Counter((one.operation, one.business) for one in effects).values()) == {1}


PEOPLE: Final = """
[[accounts]]
name = "sandbox/people"
plays = ["Crm", "Marketing"]
settings = { url = "%s", token = { env = "T" } }
[runtime]"""


async def crm_down(folder: Path, orders: int, seconds: float) -> tuple[Counter[str], Counter[str]]:
    """What was done while the CRM broke every connection, and once it was back."""
    port = free_port()
    Keyring.generate().save(folder / "pawline.key")
    desk = Desk(Vendors(now=time.time, stock={}), TOKEN)
    async with asyncio.timeout(seconds), served(desk) as url:
        settings = (SETTINGS % (port, url)).replace("[runtime]", PEOPLE % url + "\nlast_retry = 1.0")
        settings = settings.replace('name = "sandbox/eu"', 'name = "sandbox/eu"\nplays = ["Shop", "Fulfilment"]')
        (folder / "pawline.toml").write_text(settings, "utf-8")
        one = Scene(url, desk, Hub(folder, port), Size(orders, 0, 0.005))
        try:
            hook = Subscription(url=f"http://127.0.0.1:{port}/hooks/sandbox/eu", secret=SECRET)
            await one.http.put("desk", "hooks", json=hook, into=object)
            await one.hub.start()
            desk.manners["crm"] = Manner(down=True)
            await one.place()
            await one.until("Fulfilment.request", orders)
            down = one.did()
            desk.manners.clear()
            await one.until("Marketing.track", orders)
            return down, one.did()
        finally:
            await one.http.close()
            await one.hub.end()
