"""A day of a pet shop: the hub in a process of its own, which is killed; orders and vendors in this one."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.cli.demo.side import AT_ONCE, Side
from pawline.hub import Caller, HubRefused, line_of
from pawline.model.cloudevents import to_cloudevent
from pawline.model.cloudevents_wire import to_structured
from pawline.sandbox import served
from pawline.store import Keyring
from pawline.testing.orders import SHOP

if TYPE_CHECKING:
    from pawline.cli.demo.figures import Figures
    from pawline.cli.demo.side import Progress

PATIENCE: Final = 60.0
"""Seconds in which the hub must get on."""
START: Final = 20.0
"""Seconds for it to come up."""
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


class Day:
    """Plays a day. `tell` is called when there is news; a line of `Progress.says` for every kill and every start."""

    def __init__(self, folder: Path, side: Side, tell: Callable[[Progress], None]) -> None:
        self._folder, self.side, self._tell = folder, side, tell
        self._hub: asyncio.subprocess.Process | None = None
        self._caller: Caller
        self._killing = False
        self._up = asyncio.Event()

    async def play(self) -> Figures:
        """From the first order to the last effect. Raises HubRefused if the hub does not come up.

        One that dies by itself, or does not come up again, ends the day with a group of such.
        """
        async with served(self.side.desk) as address:
            (self._folder / "pawline.toml").write_text(SETTINGS % address, "utf-8")
            return await self._play()

    async def _play(self) -> Figures:
        Keyring.generate().save(self._folder / "demo.key")
        try:
            await self._start()
            begun, line = time.monotonic(), iter(self.side.envelopes)
            async with asyncio.TaskGroup() as group:  # who cannot start the hub again ends the day, not only the kills
                watch = group.create_task(self._watch())
                async with asyncio.TaskGroup() as work:
                    work.create_task(self._kill())
                    for _ in range(AT_ONCE):
                        work.create_task(self._shopper(line))
                watch.cancel()
            await self._rest()
            seconds = time.monotonic() - begun
        finally:
            await self._end()
        return self.side.figures(seconds)

    async def _start(self) -> None:
        log = (self._folder / "hub.log").open("ab")
        self._hub = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "pawline.cli", "up", "--config", str(self._folder / "pawline.toml"),
            stdout=log, stderr=log, env={**os.environ, TOKEN: self.side.token},
            start_new_session=True,
        )  # fmt: skip
        log.close()
        until = time.monotonic() + START
        while True:
            if self._hub.returncode is not None or time.monotonic() > until:
                lines = (self._folder / "hub.log").read_text("utf-8").strip().splitlines() or ["it said nothing"]
                raise HubRefused(f"the demo's hub did not start: {lines[-1]}")
            with suppress(HubRefused):
                self._caller = await Caller.reach(line_of(f"sqlite:///{self._folder / 'demo.db'}"))
                break
            await asyncio.sleep(0.02)
        self._up.set()

    async def _watch(self) -> None:
        """Raises HubRefused where the hub died and nobody killed it."""
        while (hub := self._hub) is not None:
            await hub.wait()
            if not self._killing:
                raise HubRefused(f"the demo's hub ended by itself ({hub.returncode}); see {self._folder / 'hub.log'}")
            await self._up.wait()

    async def _kill(self) -> None:
        """At its moments, the process is gone: no goodbye, no flush."""
        for share in self.side.kills_at:
            await self._reached(share)
            self._up.clear()
            self._killing = True
            if self._hub is not None:
                self._hub.send_signal(signal.SIGKILL)
                await self._hub.wait()
            killed, self.side.progress.kills = time.monotonic(), self.side.progress.kills + 1
            await self._caller.close()
            under_way = self.side.progress.accepted - self.side.refresh()
            await self._start()
            self._killing = False
            self._news(f"kill {self.side.progress.kills}: SIGKILL with {under_way} orders under way; "
                       f"up again after {time.monotonic() - killed:.2f} s")  # fmt: skip

    async def _reached(self, share: float) -> None:
        """Until so many orders have ended. Raises HubRefused where that does not come, though all are accepted."""
        side, until = self.side, float("inf")
        while side.refresh() < share * side.progress.orders:
            if side.progress.accepted == side.progress.orders:
                until = min(until, time.monotonic() + PATIENCE)
            if time.monotonic() > until:
                raise HubRefused(f"the day does not go on; see {self._folder / 'hub.log'}")
            await asyncio.sleep(0.005)

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
            self.side.progress.accepted += 1
            self.side.refresh()
            self._tell(self.side.progress)

    async def _rest(self) -> None:
        """Until no run is under way. Raises HubRefused if one still is after a minute."""
        until = time.monotonic() + PATIENCE
        while True:
            left = await self._caller.ask("unfinished")
            self.side.refresh()
            self._tell(self.side.progress)
            if not any(left.values()):
                return
            if time.monotonic() > until or left.get("parked"):
                raise HubRefused(f"the day does not end: {left}; see {self._folder / 'hub.log'}")
            await asyncio.sleep(0.1)

    def _news(self, text: str) -> None:
        self.side.progress.says.append(text)
        self._tell(self.side.progress)

    async def _end(self) -> None:
        if hasattr(self, "_caller"):
            await self._caller.close()
        if self._hub is not None and self._hub.returncode is None:
            self._hub.terminate()
            try:
                await asyncio.wait_for(self._hub.wait(), 10)
            except TimeoutError:
                self._hub.kill()
                await self._hub.wait()
