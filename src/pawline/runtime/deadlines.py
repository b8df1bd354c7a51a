"""Time-outs of calls in flight: one timer for all that share a length, because each call has one and few need it."""

from __future__ import annotations

import asyncio
from typing import Any

Line = dict[asyncio.Task[Any], float]


class Deadlines:
    """Cancels tasks that are not dropped in time. Tasks of one length end in the order in which they were added."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lines: dict[float, Line] = {}
        self._armed: set[float] = set()

    def add(self, task: asyncio.Task[Any], seconds: float) -> Line:
        """From now on `task` has so many seconds. Pop it from the returned line when it needs them no more."""
        line = self._lines.get(seconds)
        if line is None:
            line = self._lines[seconds] = {}
        line[task] = self._loop.time() + seconds
        if seconds not in self._armed:
            self._armed.add(seconds)
            self._loop.call_later(seconds, self._due, seconds)
        return line

    def _due(self, seconds: float) -> None:
        line, now = self._lines[seconds], self._loop.time()
        while line:
            task, at = next(iter(line.items()))
            if at > now:
                self._loop.call_at(at, self._due, seconds)
                return
            del line[task]
            task.cancel()
        self._armed.discard(seconds)
        del self._lines[seconds]
