"""The day on either side: a script that answers webhooks, and a hub."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

import msgspec

from pawline.cli.demo.adopted.figures import Figures
from pawline.cli.demo.adopted.keys import pressed
from pawline.cli.demo.adopted.wiring import Wiring
from pawline.cli.demo.adopted.world import LOT, REX, World
from pawline.cli.demo.hub_process import HubProcess
from pawline.cli.demo.script_process import ScriptProcess
from pawline.hub import HubRefused
from pawline.model import Envelope, Event, LotId, LotRecalled, PetDied, Recall, RecallClass, RecallId
from pawline.model.cloudevents import to_cloudevent
from pawline.model.cloudevents_wire import to_structured
from pawline.sandbox import Manner, served
from pawline.testing.orders import SHOP
from pawline.testing.port import free_port

PATIENCE: Final = 90.0
"""Seconds in which the hub must get on."""
DARK: Final = 3.0
"""Seconds without power."""
SAID: Final = {
    "cannot be sent": "seen to", "is not told": "told by hand", "recall": "cancel", "return": "send none",
}  # fmt: skip
"""What the person answers, by what the question says; all others are about what the books do not know."""
PULLED_EVERY: Final = 5
"""In chaos, one kill in so many takes the power away, too."""


class HandDay:
    """Plays it wired by hand."""

    def __init__(self, world: World, wiring: Wiring) -> None:
        self.world, self.wiring = world, wiring
        self.script = ScriptProcess(wiring.script, wiring.by_hand(world))

    async def play(self) -> Figures:
        """Until no webhook is on its way. Raises HubRefused if the script does not come up."""
        world, begun = self.world, time.monotonic()
        async with served(world.desk) as address:
            try:
                await self.script.start(address)
                self.wiring.connect_script(world, f"http://127.0.0.1:{self.script.port}")
                await _lived(world, self._kills(address), self._rest(), self._tell)
                self.wiring.next_day(world, datetime.now(UTC).date() + timedelta(days=1))
            finally:
                await self.script.end()
            return self.wiring.reckon(world, {}, time.monotonic() - begun)

    async def _tell(self, event: Event) -> None:
        """A form that the script has: they press the button until it says yes."""
        while True:
            await self.script.up.wait()
            if await asyncio.to_thread(said_to, f"http://127.0.0.1:{self.script.port}/", event):
                return
            await asyncio.sleep(0.2)

    async def _rest(self) -> None:
        """Until no webhook is on its way any more, of those that parcels set off too."""
        await asyncio.sleep(self.world.size.seconds + self.world.packing + 1.0)
        for _ in range(2):
            await self.wiring.rest(self.world)
            await asyncio.sleep(self.world.packing + 1.0)

    async def _kills(self, address: str) -> None:
        for _ in range(self.world.size.kills):
            await asyncio.sleep(self.world.size.seconds / (self.world.size.kills + 1))
            self.world.progress.kills += 1
            await self.script.kill(address)


class OurDay:
    """Plays it with Pawline: the hub in a process of its own, and one person who answers what it asks."""

    def __init__(self, folder: Path, world: World, wiring: Wiring) -> None:
        self.world, self.wiring, self._folder = world, wiring, folder
        self.hub: HubProcess
        self.answers: dict[str, str] = {}
        self.started = 0.0
        """Seconds in which its hub came up."""

    @asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        """The hub and its vendors, for as long as the block lasts. Raises HubRefused if the hub does not come up."""
        world = self.world
        port = free_port()
        async with served(world.desk) as address:
            self.hub = HubProcess(self._folder, self.wiring.settings(world, address, port), self.wiring.hub(world))
            try:
                await self.wiring.connect(world, self._folder, f"http://127.0.0.1:{port}")
                begun = time.monotonic()
                await self.hub.start()
                self.started = time.monotonic() - begun
                yield
            finally:
                await self.hub.end()

    async def play(self) -> Figures:
        """Until no run is under way, while it is up. Raises HubRefused if the hub does not get on."""
        world, begun = self.world, time.monotonic()
        keys = {"K": self._kill, "S": self._stop, "P": self._pull}
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self.hub.watch())
            with pressed(keys) as world.progress.keys:
                await _lived(world, self._kills(), self._support(), self._say, self._rest)
            watch.cancel()
        self.wiring.next_day(world, datetime.now(UTC).date() + timedelta(days=1))
        left = [case["title"] for case in await self.hub.ask("cases", shop=SHOP, limit=50)]
        return msgspec.structs.replace(self.wiring.reckon(world, self.answers, time.monotonic() - begun), left=left)

    async def _kill(self, dark: float = 0.0) -> None:
        self.world.progress.kills += 1
        seconds = await self.hub.kill(dark)
        self.world.news(f"kill {self.world.progress.kills}: SIGKILL, up again after {seconds:.2f} s")

    async def _pull(self) -> None:
        """No power for a while."""
        await self._kill(dark=DARK)

    async def _stop(self) -> None:
        """The warehouse breaks every connection, until the key is pressed again."""
        down = not self.world.desk.manners.get(self.world.warehouse, Manner()).down
        self.world.desk.manners[self.world.warehouse] = Manner(down=down)
        self.world.news("the warehouse is down: S starts it again" if down else "the warehouse is up again")

    async def _kills(self) -> None:
        for n in range(1, self.world.size.kills + 1):
            await asyncio.sleep(self.world.size.seconds / (self.world.size.kills + 1))
            await self._kill(DARK if self.world.size.chaos and n % PULLED_EVERY == 0 else 0.0)

    async def _support(self) -> None:
        """Somebody reads of a recall, somebody hears of a death, and each says so once."""
        await asyncio.sleep(self.world.size.seconds * 0.6)
        recall = Recall(
            id=RecallId("r-7"), severity=RecallClass.CLASS_I, skus=(self.world.recalled,), lots=(LotId(LOT),),
            reason="salmonella", source="the maker's notice",
        )  # fmt: skip
        self.world.recall()
        await self._say(LotRecalled(recall=recall))
        self.world.news(f"lot {LOT} is recalled")
        await self._say(PetDied(pet=REX, household=self.world.ann, on=datetime.now(UTC).date(), source="support"))
        self.world.news("Rex died")

    async def _say(self, event: Event) -> None:
        told = Envelope(shop=SHOP, source="support", id=str(event.fact), at=datetime.now(UTC), event=event)
        body = msgspec.json.decode(to_structured(to_cloudevent(told)))
        while True:
            await self.hub.up.wait()
            with suppress(HubRefused):
                await self.hub.ask("send", event=body, shop=SHOP)
                return
            await asyncio.sleep(0.05)

    async def _rest(self) -> None:
        """A person answers each cause once, until nothing is under way and there is nothing left to hear of.

        A hub that was killed again and again has nothing under way, either: its poll has yet to find what was lost.
        """
        placed, left, least, until = len(self.world.placed), math.inf, math.inf, time.monotonic() + PATIENCE
        while True:
            await asyncio.sleep(0.3)
            await self.hub.up.wait()
            with suppress(HubRefused):
                answered = await self._answered()
                # What is parked is a person's: what came of it, the reckoning says.
                runs = sum(count for how, count in (await self.hub.ask("unfinished")).items() if how != "parked")
                left = placed + answered + runs if answered or runs else self._unheard()
                if not left:
                    return
                if left < least:  # it gets on
                    least, until = left, time.monotonic() + PATIENCE
            if time.monotonic() > until:
                if left <= placed:
                    return  # it rests, and hears of nothing more: the reckoning says what was lost
                raise HubRefused(f"the day does not end: {await self.hub.ask('unfinished')}; see {self._log}")

    def _unheard(self) -> int:
        """Orders of which a hub that rests may not have heard everything."""
        found = self.wiring.reckon(self.world, {}, 0.0)
        return len({*found.lost, *found.not_booked, *found.money_wrong})

    @property
    def _log(self) -> Path:
        return self._folder / "hub.log"

    async def _answered(self) -> int:
        """How many groups there were to answer."""
        self.world.erp.unknown.clear()  # somebody told the books of the new SKU
        groups = await self.hub.ask("groups", shop=SHOP)
        for group in groups:
            value = next((said for words, said in SAID.items() if words in group["title"]), "book it again")
            said = {"action": "answer", "case": group["no"], "by": "ann", "reason": "seen to", "said": {"value": value}}
            told: dict[str, Any] = await self.hub.ask("order_all", **said)
            if told["done"]:
                self.answers[f"{group['title']} (and {told['done'] - 1} like it)"] = value
                self.world.news(f"{told['done']} case(s), one cause, one answer: {value}")
        return len(groups)


def said_to(url: str, event: Event) -> bool:
    """Whether the script took it."""
    told = msgspec.json.encode({"type": type(event).__name__, "data": event})
    with suppress(OSError, HTTPException), urlopen(Request(url, told), timeout=5) as answer:  # noqa: S310 - our own
        return bool(answer.status == 200)
    return False


async def _lived(
    world: World, kills: Any, more: Any, tell: Callable[[Event], Awaitable[None]],
    rest: Callable[[], Awaitable[None]] | None = None,
) -> None:  # fmt: skip
    """A day of the shop, and the rest after it; its people go home last."""
    async with asyncio.TaskGroup() as group:
        home = [group.create_task(world.people()), group.create_task(_told(world, tell))]
        async with asyncio.TaskGroup() as day:
            for one in (world.shoppers(), world.trouble(), kills, more):
                day.create_task(one)
        if rest is not None:
            await rest()
        await asyncio.sleep(2.0)
        for people in home:
            people.cancel()


async def _told(world: World, tell: Callable[[Event], Awaitable[None]]) -> None:
    """What its people have to say, one thing after the other, until cancelled."""
    while True:
        await tell(await world.said.get())


async def both(
    hand: HandDay, ours: OurDay, after: Callable[[Figures, Figures], Awaitable[None]] | None = None
) -> tuple[Figures, Figures]:
    """Both days at once: they share the machine, and nothing else; then `after`, while our hub is still up.

    Raises HubRefused where one cannot be played.
    """
    async with ours.up():
        for one in (hand, ours):
            one.world.slow(ours.started)
        try:
            async with asyncio.TaskGroup() as group:
                by_hand, figures = group.create_task(hand.play()), group.create_task(ours.play())
        except* HubRefused as refused:
            first: BaseException = refused
        else:
            if after is not None:
                await after(by_hand.result(), figures.result())
            return by_hand.result(), figures.result()
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    raise first
