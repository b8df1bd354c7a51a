"""A day of a pet shop: the hub in a process of its own, which is killed; orders and vendors in this one."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.cli.demo.figures import reckon
from pawline.cli.demo.wire import Watched
from pawline.hub import Caller, HubRefused, line_of
from pawline.model.cloudevents import to_cloudevent
from pawline.model.cloudevents_wire import to_structured
from pawline.sandbox import Desk, Fault, Faults, Vendors, served
from pawline.store import Keyring
from pawline.testing.orders import SHOP, SKUS, order, placed

if TYPE_CHECKING:
    from pawline.cli.demo.figures import Figures

AT_ONCE: Final = 48
"""Shoppers who check out at the same time."""
WEATHER: Final = {
    Fault.BROKEN: 0.004, Fault.UNHEARD: 0.004, Fault.LIMITED: 0.004, Fault.UNAVAILABLE: 0.004, Fault.LATE: 0.001,
}  # fmt: skip
"""How often the vendors fail, and in which way."""
TOKEN: Final = "PAWLINE_SANDBOX_TOKEN"  # noqa: S105 - the name of a variable
SETTINGS: Final = f"""\
shops = ["{SHOP}"]
store = "sqlite:///demo.db"
key_file = "demo.key"
flows = ["pawline.flows.fulfil_order"]
allow_networks = ["127.0.0.0/8"]
[[accounts]]
name = "sandbox/demo"
settings = {{ url = "%s", token = {{ env = "{TOKEN}" }} }}
[runtime]
first_retry = 0.1

"""


@dataclass
class Progress:
    """How far the day is: what a screen shows."""

    orders: int
    accepted: int = 0
    ended: int = 0
    kills: int = 0
    says: list[str] = field(default_factory=list)


class Day:
    """Plays a day. `tell` is called when there is news; a line of `Progress.says` for every kill and every start."""

    def __init__(self, folder: Path, *, orders: int, kills: int, seed: int, tell: Callable[[Progress], None]) -> None:
        self._folder, self._tell, self._chance = folder, tell, random.Random(seed)  # noqa: S311 - chance to be repeated
        self._envelopes = [placed(order(n, declined=n % 37 == 5)) for n in range(1, orders + 1)]
        scarce = {SKUS[-1]: max(1, round(orders / 3 * 0.95))}
        faults = Faults(seed=seed, rates=WEATHER, latency=0.01, late_after=1.0)
        self._watched = Watched(Vendors(now=time.time, stock=dict.fromkeys(SKUS, orders) | scarce, faults=faults))
        self._token = secrets.token_urlsafe(24)
        self._at = sorted(self._chance.uniform(0.02, 0.9) for _ in range(kills))
        self._hub: asyncio.subprocess.Process
        self._caller: Caller
        self._up = asyncio.Event()
        self._ended: set[str] = set()
        self._read = 0
        self.progress = Progress(orders)

    async def play(self) -> Figures:
        """From the first order to the last effect. Raises HubRefused if the hub does not come (back) up."""
        desk = Desk(self._watched.vendors, self._token, self._watched)
        async with served(desk) as address:
            (self._folder / "pawline.toml").write_text(SETTINGS % address, "utf-8")
            return await self._play()

    async def _play(self) -> Figures:
        Keyring.generate().save(self._folder / "demo.key")
        await self._start()
        begun = time.monotonic()
        killer = asyncio.create_task(self._kill())
        try:
            line = iter(self._envelopes)
            await asyncio.gather(*(self._shopper(line) for _ in range(AT_ONCE)))
            await killer
            await self._rest()
            seconds = time.monotonic() - begun
        finally:
            killer.cancel()
            await self._end()
        return reckon(
            [envelope.event.subject for envelope in self._envelopes], self._watched.vendors.effects(),
            refused=self._watched.refused, settled=self._watched.settled, kills=self.progress.kills, seconds=seconds,
        )  # fmt: skip

    async def _start(self) -> None:
        log = (self._folder / "hub.log").open("ab")
        self._hub = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "pawline.cli", "up", "--config", str(self._folder / "pawline.toml"),
            stdout=log, stderr=log, env={**os.environ, TOKEN: self._token},
            start_new_session=True,
        )  # fmt: skip
        log.close()
        until = time.monotonic() + 20
        while True:
            if self._hub.returncode is not None or time.monotonic() > until:
                lines = (self._folder / "hub.log").read_text("utf-8").strip().splitlines() or ["it said nothing"]
                raise HubRefused(f"the demo's hub did not start: {lines[-1]}")
            with suppress(HubRefused):
                self._caller = await Caller.reach(line_of(f"sqlite:///{self._folder / 'demo.db'}"))
                break
            await asyncio.sleep(0.02)
        self._up.set()

    async def _kill(self) -> None:
        """At its moments, the process is gone: no goodbye, no flush."""
        for share in self._at:
            while len(self._refresh()) < share * self.progress.orders:  # noqa: ASYNC110 - vendors tell nobody
                await asyncio.sleep(0.005)
            self._up.clear()
            self._hub.send_signal(signal.SIGKILL)
            await self._hub.wait()
            killed, self.progress.kills = time.monotonic(), self.progress.kills + 1
            await self._caller.close()
            under_way = self.progress.accepted - len(self._refresh())
            await self._start()
            self._news(f"kill {self.progress.kills}: SIGKILL with {under_way} orders under way; "
                       f"up again after {time.monotonic() - killed:.2f} s")  # fmt: skip

    async def _shopper(self, line: Any) -> None:
        """Checks out one order after the other; what was not accepted is sent again, as a browser would."""
        for envelope in line:
            event = msgspec.json.decode(to_structured(to_cloudevent(envelope)))
            while True:
                await self._up.wait()
                try:
                    await self._caller.ask("send", event=event, shop=SHOP)
                    break
                except HubRefused:
                    await asyncio.sleep(0.02)
            self.progress.accepted += 1
            self._refresh()
            self._tell(self.progress)

    def _refresh(self) -> set[str]:
        """Orders that came to an end, as far as the vendors can see."""
        books = self._watched.vendors.books.read()
        self._ended.update(e.order for e in books[self._read :] if e.operation == "Marketing.send")
        self._read = len(books)
        self._ended.update(self._watched.refused)
        self.progress.ended = len(self._ended)
        return self._ended

    async def _rest(self) -> None:
        """Until no run is under way. Raises HubRefused if one still is after a minute."""
        until = time.monotonic() + 60
        while True:
            left = await self._caller.ask("unfinished")
            self._refresh()
            self._tell(self.progress)
            if not any(left.values()):
                return
            if time.monotonic() > until or left.get("parked"):
                raise HubRefused(f"the day does not end: {left}; see {self._folder / 'hub.log'}")
            await asyncio.sleep(0.1)

    def _news(self, text: str) -> None:
        self.progress.says.append(text)
        self._tell(self.progress)

    async def _end(self) -> None:
        if hasattr(self, "_caller"):
            await self._caller.close()
        if self._hub.returncode is None:
            self._hub.terminate()
            try:
                await asyncio.wait_for(self._hub.wait(), 10)
            except TimeoutError:
                self._hub.kill()
                await self._hub.wait()
