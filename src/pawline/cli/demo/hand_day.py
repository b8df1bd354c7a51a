"""The same day wired by hand: the script in a process of its own, killed as often, and a shop that sends again."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.cli.demo.script_process import ScriptProcess
from pawline.cli.demo.side import AT_ONCE, Side
from pawline.sandbox import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pawline.cli.demo.figures import Figures
    from pawline.cli.demo.side import Progress
    from pawline.model import Envelope

TIMES: Final = 4
"""So often the shop sends a webhook that was not answered with 200; then it gives up. Shopify: 8 times in 4 hours."""
PAUSE: Final = 0.5
SCRIPT: Final = Path(__file__).with_name("by_hand.py")


class HandDay:
    """Plays the day. `tell` is called when there is news."""

    def __init__(self, side: Side, tell: Callable[[Progress], None]) -> None:
        self.side, self._tell = side, tell
        self.script = ScriptProcess(SCRIPT, {"PAWLINE_SANDBOX_TOKEN": side.token})

    async def play(self) -> Figures:
        """From the first order to the last webhook that was answered, or given up.

        Raises HubRefused if the script does not come up; a group of such, if it does not come up again.
        """
        async with served(self.side.desk) as address:
            try:
                await self.script.start(address)
                begun, line = time.monotonic(), iter(self.side.envelopes)
                async with asyncio.TaskGroup() as group:
                    killer = group.create_task(self._kill(address))
                    await asyncio.wait([group.create_task(self._shopper(line)) for _ in range(AT_ONCE)])
                    killer.cancel()  # so many orders may be lost that its last moment never comes
                seconds = time.monotonic() - begun
                await asyncio.sleep(1.2)  # what is late at a vendor happens too
            finally:
                await self.script.end()
            self.side.refresh()
            return self.side.figures(seconds)

    async def _kill(self, address: str) -> None:
        for share in self.side.kills_at:
            while self.side.refresh() < share * self.side.progress.orders:  # noqa: ASYNC110 - vendors tell nobody
                await asyncio.sleep(0.005)
            self.side.progress.kills += 1
            await self.script.kill(address)

    async def _shopper(self, line: Iterator[Envelope]) -> None:
        for envelope in line:
            body = msgspec.json.encode(envelope.event.order)  # type: ignore[attr-defined]  # all are OrderPlaced
            for _ in range(TIMES):
                await self.script.up.wait()
                if await self._delivered(body):
                    break
                await asyncio.sleep(PAUSE)
            self.side.progress.accepted += 1
            self.side.refresh()
            self._tell(self.side.progress)

    async def _delivered(self, body: bytes) -> bool:
        """Whether the script answered 200."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.script.port)
            try:
                head = f"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
                return b" 200 " in await reader.readline()
            finally:
                writer.close()
        except OSError:
            return False
