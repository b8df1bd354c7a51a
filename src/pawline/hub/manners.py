"""Who waits outside for an answer goes first, while more come than could be taken apart meanwhile."""

from __future__ import annotations

import asyncio
from typing import Final

RUSH: Final = 1_600.0
"""So many a second are a rush."""
ASKED: Final = 0.02
"""Seconds over which that is counted."""
GIVE_WAY: Final = 0.25
"""Seconds for which those in the tray let others in while there is one, between two handfuls."""
CLEAR: Final = 0.05
"""Seconds for which they go on where there was none, until that is asked again."""
LONGEST: Final = 2.0
"""Seconds after which what waits gives way to nobody: a rush that goes on is shared by those outside and inside."""


class Manners:
    """`came` is told of each that is let in; `give_way` waits where they have the road."""

    def __init__(self) -> None:
        self._came = 0
        self._clear_until = float("-inf")

    def came(self) -> None:
        """One more is let in."""
        self._came += 1

    async def give_way(self, since: float) -> None:
        """Before the next handful, whose first waits since then (the loop's clock)."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if now < self._clear_until or now - since > LONGEST:
            return
        until, rush = now + GIVE_WAY, True
        while rush and loop.time() < until:
            before, began = self._came, loop.time()
            await asyncio.sleep(ASKED)
            rush = self._came - before >= RUSH * (loop.time() - began)
        if not rush:
            self._clear_until = loop.time() + CLEAR
