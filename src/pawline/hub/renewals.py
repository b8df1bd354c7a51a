"""Renewals come all at once, at six in the morning, and nobody waits for them: they set out behind shoppers."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SHARE: Final = 2.0
"""So many renewals set out to disk beside other work for each run that begins there: see `RuntimeSettings.later`."""
LATELY: Final = 1.0
"""Seconds for which a delivery that is no renewal counts as being there."""
PAUSE: Final = 0.0015
"""Seconds between two renewals on their way to disk with the road to themselves: whoever comes finds the loop free."""
FEW: Final = 8
"""Of them on their way at once, where a disk is slow."""


class Renewals:
    """A line of deliveries by their numbers. `take` is told whose turn it is, and returns when they are recorded.

    `later`: see `RuntimeSettings.later`. Beside others, those that come gather on their way to disk for as long as lies
    between two runs that begin, 100 ms unless said: they share a commit, and their sender, who has some connections and
    no more, leaves the machine to those who wait. Senders give up after seconds.
    """

    def __init__(self, later: float, take: Callable[[int], Awaitable[None]]) -> None:
        self._beside, self._hold = 1.0 / (SHARE * later), 1.0 / later
        self._take = take
        self._line: deque[int] = deque()
        self._came = float("-inf")  # when what is no renewal came last
        self._few, self._wake = asyncio.Semaphore(FEW), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: asyncio.Future[None] | None = None

    def add(self, no: int) -> None:
        """At the end of the line."""
        self._line.append(no)
        self._wake.set()

    def beside(self) -> None:
        """Something is taken that is no renewal."""
        self._came = asyncio.get_running_loop().time()

    async def hold(self) -> None:
        """Before one goes to disk: those that are held at a time go on in one turn of the loop."""
        if not self._is_beside():
            return
        if self._held is None:
            loop = asyncio.get_running_loop()
            self._held = loop.create_future()
            loop.call_later(self._hold, self._go_on)
        await asyncio.shield(self._held)  # one whose sender hung up takes no other with it

    def _go_on(self) -> None:
        if self._held is not None:
            self._held.set_result(None)
            self._held = None

    def _is_beside(self) -> bool:
        return asyncio.get_running_loop().time() - self._came < LATELY

    async def run(self) -> None:
        """One after the other, as far apart as what else there is asks for; until cancelled."""
        try:
            while True:
                await self._wake.wait()
                while self._line:
                    await self._few.acquire()
                    await asyncio.sleep(self._beside if self._is_beside() else PAUSE)
                    self._begin(self._line.popleft())
                self._wake.clear()
        finally:
            for task in self._tasks:
                task.cancel()

    def _begin(self, no: int) -> None:
        task = asyncio.get_running_loop().create_task(self._one(no))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _one(self, no: int) -> None:
        try:
            await self._take(no)
        finally:
            self._few.release()
