"""Bodies on their way in: each within a size and a time, and all of them within the memory that they may have.

Nobody is believed yet, and anybody may stop one byte before the end and begin again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from pawline.web.incoming import AGAIN, Problem

if TYPE_CHECKING:
    from litestar.types import Receive

MOST: Final = 1 << 20
"""Bytes of one. Shopify's largest orders have a tenth of it."""
PATIENCE: Final = 8.0
"""Seconds for one to arrive; senders give up sooner (Shopify after 5)."""
BUDGET: Final = 64 << 20
"""Bytes of all that are under way."""
SHARE: Final = 32 << 10
"""Bytes with which a body stands in nobody's way: one on each connection that the server has fits into the budget."""


class HungUp(Problem):
    """Nobody is there any more to be told."""

    def __init__(self) -> None:
        super().__init__(400, "hung up before the body was here")


class Bodies:
    """Reads them. One clock for all: a timer for each would cost as much as its signature."""

    def __init__(self) -> None:
        self._reading: dict[asyncio.Task[Any], _Reading] = {}  # the oldest first
        self._bytes = 0
        self._sweeping: asyncio.TimerHandle | None = None

    async def read(self, receive: Receive, length: bytes = b"", most: int = MOST) -> bytes:
        """All of the body, of `most` bytes, that a request, of this content-length if it names one, is about to bring.

        Raises Problem for one that is too long or too long in coming, and for one that is in the way of others:
        whatever stops half-way goes first. Raises HungUp.
        """
        if length.isdigit() and int(length) > most:
            raise _too_long(most)
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101 - whoever serves runs each request in one
        if self._sweeping is None:
            self._sweeping = loop.call_later(1.0, self._sweep)
        cancelled = task.cancelling()
        one = self._reading[task] = _Reading(loop.time() + PATIENCE, most)
        try:
            return await self._whole(receive, one)
        except asyncio.CancelledError:
            if one.ended is None or task.uncancel() > cancelled:  # by somebody else, or by them as well
                raise
            raise one.ended from None
        finally:
            del self._reading[task]
            self._bytes -= len(one.body)

    async def _whole(self, receive: Receive, one: _Reading) -> bytes:
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise HungUp
            part = message["body"]
            if len(one.body) + len(part) > one.most:
                raise _too_long(one.most)
            if not message["more_body"]:  # nearly always the first: it is whole as it is
                return bytes(one.body + part) if one.body else part
            one.body += part
            self._bytes += len(part)
            if self._bytes > BUDGET:
                self._make_room(one)

    def _make_room(self, mine: _Reading) -> None:
        """Those that have been under way for longest with more than their share are ended, until the rest fits.

        To refuse whoever comes instead would shut everybody out for the price of the budget. Who means it is through
        in a moment, and so never the oldest for long.
        """
        for task, one in self._reading.items():
            if len(one.body) > SHARE:
                self._bytes -= len(one.body)
                one.body = bytearray()
                one.ended = Problem(503, "too much is on its way in: send it again", AGAIN)
                if one is mine:
                    raise one.ended
                task.cancel()
                if self._bytes <= BUDGET:
                    return

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        for task, one in self._reading.items():
            if one.until <= loop.time() and one.ended is None:
                one.ended = Problem(408, f"the body was not here after {PATIENCE:.0f} s")
                task.cancel()
        self._sweeping = loop.call_later(1.0, self._sweep) if self._reading else None


class _Reading:
    """One under way: what came of it, until when and how long it may be, and why it was ended."""

    __slots__ = ("body", "ended", "most", "until")

    def __init__(self, until: float, most: int) -> None:
        self.body, self.until, self.most = bytearray(), until, most
        self.ended: Problem | None = None


def _too_long(most: int) -> Problem:
    return Problem(413, f"a body has {most} bytes at most")
