"""A whole day of the old way with every flow on `observe`: we change nothing outside, and the diff names what it lost.

The old way is the demo's script, which hears webhooks and is killed. The hub hears by looking at the shop's list, over
a door of its own to the same vendors, where every call that changes something is counted.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from pawline.cli.demo.adopted import Figures, HandDay, Size, World
from pawline.cli.demo.adopted.wiring import FLOWS, Wiring
from pawline.cli.demo.adopted.world import ANN, LOT, REX
from pawline.cli.demo.hub_process import HubProcess
from pawline.model import Envelope, Event, LotId, LotRecalled, PetDied, Recall, RecallClass, RecallId
from pawline.model.cloudevents import to_cloudevent
from pawline.model.cloudevents_wire import to_structured
from pawline.sandbox import Desk, Reply, Request, Vendors, served
from pawline.sandbox.erp import account
from pawline.sandbox.vendors import _is_effect
from pawline.testing.orders import SHOP
from tests.journeys.words import pawline

SETTINGS = f"""\
shops = ["{SHOP}"]
flows = [%(flows)s]
allow_networks = ["127.0.0.0/8"]
[[accounts]]
name = "sandbox/shop"
settings = {{ url = "%(url)s", token = {{ env = "T" }}, poll = 0.3 }}
%(books)s[runtime]
observed_first = 0.3
observed_last = 1.0
observed_hours = 0.006
"""


class Door:
    """The way to the vendors that counts what would change them."""

    def __init__(self, vendors: Vendors) -> None:
        self._vendors, self.changed = vendors, list[str]()

    async def ask(self, request: Request) -> Reply:
        if _is_effect(request):
            self.changed.append(request.method)
        return await self._vendors.ask(request)


async def observed(folder: Path, world: World) -> tuple[Figures, Door, dict[str, Any], list[Any]]:
    """The day by hand, and what the hub that watched it has to say."""
    door = Door(world.vendors)
    desk = Desk(world.vendors, "tok-of-this-test", line=door)
    async with served(desk) as url:
        names = ", ".join(f'"pawline.flows.{name}"' for name in FLOWS)
        told = SETTINGS % {"flows": names, "url": url, "books": account(world.erp.folder, 0.3)}
        hub = HubProcess(folder, told, {"T": "tok-of-this-test"})
        env, config = {"T": "tok-of-this-test"}, folder / "pawline.toml"
        for one in msgspec.json.decode(await pawline(config, "flows", "list", "--json", env=env)):
            await pawline(config, "back", one["flow"], "--reason", "a test", env=env)
        await hub.start()
        try:
            day = asyncio.create_task(HandDay(world, Wiring()).play())
            await asyncio.sleep(world.size.seconds * 0.6)
            await say(hub, world)
            figures = await day
            while True:  # what was not found by now is missing
                found = await hub.ask("diff", shop=SHOP, flow="adopt_order", since=0.0, until=4e9)
                if sum(found["counts"].values()) >= len(world.placed) and not found["counts"]["open"]:
                    break
                await asyncio.sleep(0.5)
            cases = await hub.ask("cases", shop=SHOP, limit=10)
            return figures, door, found, cases
        finally:
            await hub.end()


async def say(hub: HubProcess, world: World) -> None:
    """Support hears of a recall and of a death."""
    recall = Recall(
        id=RecallId("r-7"), severity=RecallClass.CLASS_I, skus=(world.recalled,), lots=(LotId(LOT),),
        reason="salmonella", source="the maker's notice",
    )  # fmt: skip
    events: list[Event] = [
        LotRecalled(recall=recall), PetDied(pet=REX, household=ANN, on=datetime.now(UTC).date(), source="support")
    ]  # fmt: skip
    for event in events:
        told = Envelope(shop=SHOP, source="support", id=str(event.fact), at=datetime.now(UTC), event=event)
        await hub.ask("send", event=msgspec.json.decode(to_structured(to_cloudevent(told))), shop=SHOP)


async def test_a_day_on_observe_changes_nothing_and_names_what_the_old_way_lost(tmp_path: Path) -> None:
    (tmp_path / "hand").mkdir()
    (tmp_path / "hub").mkdir()
    world = World(tmp_path / "hand", Size(150, 2, 4))
    async with asyncio.timeout(200):
        figures, door, found, cases = await observed(tmp_path / "hub", world)
    assert (door.changed, cases) == ([], [])
    # The script writes no total into the books' files, our connector does: none of them is ours.
    files = [*(world.erp.folder / "inbox").iterdir(), *(world.erp.folder / "done").iterdir()]
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()[1:-1]]
    assert len(files) > 100
    assert {line.rpartition(",")[2] for line in lines} == {"0"}
    # What it says was missing is what the day's own reckoning finds lost; what was called off may be either.
    verdicts = {one["order"]: one["verdict"] for one in found["orders"]}
    off = {str(one) for one in world.called_off()}
    handed = {line.partition(",")[0] for line in lines}
    refused = (world.erp.folder / "refused").iterdir()  # seen or not, by when they were looked for
    off |= {file.name.removeprefix("order-").removesuffix(".csv") for file in refused}
    missing = {name for name, verdict in verdicts.items() if verdict == "missing"} - off
    assert missing == (set(figures.lost) | {str(one) for one in world.placed if one not in handed}) - off
    assert Counter(verdicts.values())["open"] == 0
    assert found["counts"]["same"] > 100
