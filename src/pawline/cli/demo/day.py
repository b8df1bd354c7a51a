"""A day of a pet shop: the hub in a process of its own, which is killed; orders and vendors in this one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.cli.demo.hub_process import HubProcess
from pawline.cli.demo.side import AT_ONCE, Side
from pawline.hub import HubRefused
from pawline.model.cloudevents import to_cloudevent
from pawline.model.cloudevents_wire import to_structured
from pawline.sandbox import served
from pawline.testing.orders import SHOP

if TYPE_CHECKING:
    from pawline.cli.demo.figures import Figures
    from pawline.cli.demo.side import Progress

PATIENCE: Final = 60.0
"""Seconds in which the hub must get on."""
TOKEN: Final = "PAWLINE_SANDBOX_TOKEN"  # noqa: S105 - the name of a variable
SETTINGS: Final = f"""\
shops = ["{SHOP}"]
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
        self.hub: HubProcess

    async def play(self) -> Figures:
        """From the first order to the last effect. Raises HubRefused if the hub does not come up.

        One that dies by itself, or does not come up again, ends the day with a group of such.
        """
        async with served(self.side.desk) as address:
            self.hub = HubProcess(self._folder, SETTINGS % address, {TOKEN: self.side.token})
            try:
                await self.hub.start()
                begun, line = time.monotonic(), iter(self.side.envelopes)
                async with asyncio.TaskGroup() as group:  # who cannot start it again ends the day, not only the kills
                    watch = group.create_task(self.hub.watch())
                    async with asyncio.TaskGroup() as work:
                        work.create_task(self._kill())
                        for _ in range(AT_ONCE):
                            work.create_task(self._shopper(line))
                    watch.cancel()
                await self._rest()
                seconds = time.monotonic() - begun
            finally:
                await self.hub.end()
            return self.side.figures(seconds)

    async def _kill(self) -> None:
        """At its moments, the process is gone."""
        for share in self.side.kills_at:
            await self._reached(share)
            self.side.progress.kills += 1
            under_way = self.side.progress.accepted - self.side.refresh()
            seconds = await self.hub.kill()
            self._news(f"kill {self.side.progress.kills}: SIGKILL with {under_way} orders under way; "
                       f"up again after {seconds:.2f} s")  # fmt: skip

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
                await self.hub.up.wait()
                try:
                    await self.hub.ask("send", event=event, shop=SHOP)
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
            left = await self.hub.ask("unfinished")
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
