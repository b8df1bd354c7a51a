"""A flow that is observed, cut over in the middle of the day, and handed back: each order is done once, by whose it is.

The hub is a process of its own, which is killed; the old way is a script that watches the shop's list of what happened
and asks the warehouse for every order that is its own, by when it was placed as the shop tells it.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pawline.hub.handing import MARGIN
from pawline.kit import Guard, Http, Secret
from pawline.model import Checkout, Order
from pawline.ports import FulfilmentRequest
from pawline.sandbox import Desk, Mishaps, Subscription, Vendors, served
from pawline.store import Keyring
from pawline.testing.orders import SHOP, order
from pawline.testing.port import free_port
from tests.journeys.adopted import HOME, SECRET, SETTINGS, TOKEN, Hub
from tests.journeys.words import pawline

FLOW: Final = "adopt_order"
FLOWS: Final = (FLOW, "introduce_order")
POLL: Final = 'webhook_secrets = [{ env = "S" }]\npoll = 0.5'


class OldWay:
    """Does what is its own, once, a little later than it hears of it."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self.asked = desk, list[str]()
        self.ours: tuple[float, float] = (math.inf, math.inf)

    def look(self) -> None:
        for message in self._desk.hooks.history:
            if message.type != "order.placed":
                continue
            one: Order = self._desk.shop.order(_id(message.body()))
            begin, end = self.ours
            mine = not begin <= message.timestamp.timestamp() < end
            if mine and one.id not in self.asked:
                self.asked.append(one.id)
                wanted = FulfilmentRequest(order=one.id, part="all", items=one.demand(), ship_to=HOME)
                self._desk.vendors.depot.request(lambda *_, **__: f"old-{one.id}", wanted)  # noqa: B023 - called at once

    async def go_on(self) -> None:
        while True:
            await asyncio.sleep(0.2)
            self.look()


def _id(body: bytes) -> Any:
    import msgspec

    return msgspec.json.decode(body)["data"]["order"]["id"]


class Day:
    """Orders all the time; the flow changes hands twice."""

    def __init__(self, desk: Desk, hub: Hub, orders: int) -> None:
        self.desk, self.hub, self.orders, self.old = desk, hub, orders, OldWay(desk)
        self.placed = 0

    async def place(self, seconds: float) -> None:
        """The orders evenly over so many seconds."""
        for number in range(1, self.orders + 1):
            self.desk.shop.place(
                order(number, checkout=Checkout.ADOPTED, paid=True, ship_to=HOME, placed_at=datetime.now(UTC))
            )
            self.placed = number
            await asyncio.sleep(seconds / self.orders)

    async def hand(self, mode: str) -> float:
        """Both flows, at one moment."""
        at, moments = time.time() + MARGIN + 3, set[float]()  # both are said within three seconds, else it is too near
        for flow in FLOWS:
            given = {"shop": SHOP, "flow": flow, "mode": mode, "by": "ann", "reason": "a test", "at": at}
            moments.add((await self.hub.caller.ask("handover", **given))["at"])
        (moment,) = moments
        return moment

    async def change_hands(self) -> None:
        """Over as soon as may be, and back as soon after that; a kill on each side of both."""
        await asyncio.sleep(1)
        begin = await self.hand("live")
        self.old.ours = (begin, math.inf)
        await self.kill()
        await asyncio.sleep(begin - time.time() + 1)
        end = await self.hand("observe")
        self.old.ours = (begin, end)
        await self.kill()
        await asyncio.sleep(end - time.time() + 1)
        await self.kill()

    async def kill(self) -> None:
        await self.hub.kill()
        await self.hub.start()

    def ours(self) -> list[str]:
        effects = (one for one in self.desk.vendors.effects() if one.key and not one.again)
        return sorted(one.order for one in effects if one.operation == "Fulfilment.request")

    async def rest(self) -> dict[str, Any]:
        """Until our own are all asked for, and the diff has every other order and looks for none.

        The old way may be done with an order before the hub has heard of it: its webhook is late, or lost.
        """
        while True:
            found: dict[str, Any] = await self.hub.caller.ask(
                "diff", shop=SHOP, flow=FLOW, since=0.0, until=4e9, late=3600.0
            )
            theirs, counts = len(self.old.asked), found["counts"]
            if len(self.ours()) + theirs >= self.orders and sum(counts.values()) >= theirs and not counts["open"]:
                return found
            await asyncio.sleep(0.2)


async def handed_over_and_back(folder: Path, orders: int, seconds: float) -> tuple[Day, dict[str, Any], Counter[str]]:
    """The day, its diff, and how often each order was asked for at the warehouse."""
    port = free_port()
    Keyring.generate().save(folder / "pawline.key")
    desk = Desk(Vendors(now=time.time, stock={}), TOKEN)
    desk.hooks.pauses = (0.1,) * 100
    async with asyncio.timeout(seconds), served(desk) as url:
        settings = SETTINGS % (port, url)
        settings = settings.replace('webhook_secrets = [{ env = "S" }]', POLL)
        (folder / "pawline.toml").write_text(settings + "observed_first = 0.3\nobserved_last = 0.5\n", "utf-8")
        day = Day(desk, Hub(folder, port), orders)
        http = Http(url, guard=Guard(["127.0.0.0/8"]), headers={"authorization": Secret(f"Bearer {TOKEN}")})
        hook = Subscription(url=f"http://127.0.0.1:{port}/hooks/sandbox/eu", secret=SECRET)
        await http.put("desk", "hooks", json=hook, into=object)
        mishaps = Mishaps(seed=3, twice=0.2, late=0.2, late_after=0.5, lost=0.05)
        await http.put("desk", "mishaps", json=mishaps, into=object)
        old = asyncio.create_task(day.old.go_on())
        try:
            for name in FLOWS:
                words = ("back", name, "--reason", "a test")
                said = await pawline(folder / "pawline.toml", *words, env={"T": TOKEN, "S": SECRET})
                assert "is on `observe` from the beginning on" in said
            await day.hub.start()
            await asyncio.gather(day.place(2 * MARGIN + 12), day.change_hands())
            found = await day.rest()
        finally:
            old.cancel()
            await http.close()
            await day.hub.end()
    return day, found, Counter([*day.ours(), *day.old.asked])
