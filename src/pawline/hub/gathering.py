"""When webhooks that came go to disk: at once where few come, and in a rush together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

COMPANY: Final = 8
"""That went together: from so many on, it is worth it to wait for more, for each unit costs as much as twenty."""
LONGEST: Final = 0.005
"""Seconds that the next ones gather then, at most."""
LATELY: Final = 0.1
"""Seconds after which those that went together say nothing any more about who comes next."""
MOST_OF: Final = 0.75
"""They go once there are so many of the last ones' number, and who comes in the same turn: whoever sends the rest is
slower, and senders with a few connections send no more until they are told."""


class Gathering:
    """Calls `send` in a turn of the loop after the first one `joined`, once until they are `sent`."""

    def __init__(self, send: Callable[[], None]) -> None:
        self._send = send
        self._last, self._at = 0, float("-inf")  # how many went together, and when
        self._timer: asyncio.TimerHandle | None = None

    def joined(self, count: int) -> None:
        """One more waits, and with it so many."""
        loop = asyncio.get_running_loop()
        if count == 1 and self._last >= COMPANY and loop.time() - self._at < LATELY:
            self._timer = loop.call_later(LONGEST, self._send)
        elif count == 1:
            loop.call_soon(self._send)
        elif self._timer is not None and count >= MOST_OF * self._last:
            self._timer.cancel()
            self._timer = None
            loop.call_soon(self._send)

    def sent(self, count: int) -> None:
        """So many are on their way."""
        self._last, self._at, self._timer = count, asyncio.get_running_loop().time(), None
