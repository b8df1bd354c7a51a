"""An event loop without threads, files and waiting: its time is the world's, its order the seed's."""

from __future__ import annotations

import asyncio
import inspect
import random
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pawline.testing.simulation.world import World

_MANY = 256
_STEPS = frozenset({"TaskStepMethWrapper", "TaskWakeupMethWrapper", "task_wakeup", "_asyncio.TaskStepMethWrapper"})


def virtual_loop(world: World) -> VirtualLoop:
    """A new process for `world.loop`."""
    return VirtualLoop(world)  # type: ignore[abstract]  # what it lacks is input and output


class VirtualLoop(asyncio.AbstractEventLoop):
    """Enough of an event loop for code that does no input or output of its own.

    Tasks that are ready together run in random order; plain callbacks keep their order, as asyncio promises. Timers
    are late by up to `lateness` seconds, never early.
    """

    def __init__(self, world: World, *, shuffle: float = 0.3, lateness: float = 0.01) -> None:
        self._world = world
        self._random = random.Random(world.random.random())  # noqa: S311 - a story to tell again, no secret
        self._shuffle = shuffle
        self._lateness = lateness
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._number = count()
        self.ready: deque[asyncio.Handle] = deque()
        self.problems: list[dict[str, Any]] = []
        self.dead = False
        self._begun: list[Coroutine[Any, Any, Any]] = []

    # -- what the world does -------------------------------------------------------------------------------------

    def turn(self) -> None:
        """Run one callback."""
        ready = self.ready
        if len(ready) > 1 and self._random.random() < self._shuffle:
            self._swap()
        handle = ready.popleft()
        if handle.cancelled():
            return
        before = events._get_running_loop()  # noqa: SLF001 - what every event loop has to do
        events._set_running_loop(self)  # noqa: SLF001
        try:
            handle._run()  # noqa: SLF001
        finally:
            events._set_running_loop(before)  # noqa: SLF001

    def _swap(self) -> None:
        """Bring another task's step to the front, if a task's step is there."""
        ready = self.ready
        if not _is_step(ready[0]):
            return
        at = self._random.randrange(len(ready))
        if _is_step(ready[at]):
            ready[0], ready[at] = ready[at], ready[0]

    def due(self) -> float | None:
        """When the next timer is due, or None."""
        timers = self._timers
        while timers and timers[0][2].cancelled():
            heappop(timers)
        return timers[0][0] if timers else None

    def wake(self) -> None:
        """Make every timer ready that is due by now."""
        now = self._world.time
        while self._timers and self._timers[0][0] <= now:
            self.ready.append(heappop(self._timers)[2])

    def die(self) -> None:
        """The process is gone: what is left of it is never run, and not cleaned up either."""
        self.dead = True
        for coroutine in self._begun:
            if inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
                coroutine.close()  # it never ran, so nothing of it happens; Python would complain at its end
        self._begun.clear()

    # -- what asyncio asks ---------------------------------------------------------------------------------------

    def time(self) -> float:
        return self._world.time

    def call_soon(
        self,
        callback: Callable[..., object],
        *args: object,
        context: Context | None = None,
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        if not self.dead:
            self.ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_later(
        self,
        delay: float,
        callback: Callable[..., object],
        *args: object,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self._world.time + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[..., object],
        *args: object,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        when += self._random.random() * self._lateness
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        if not self.dead:
            heappush(self._timers, (when, next(self._number), handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Called by asyncio; cancelled timers are passed over when they come to the front."""

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]
        self, coro: Coroutine[Any, Any, Any], *, name: str | None = None, context: Context | None = None
    ) -> asyncio.Task[Any]:
        if len(self._begun) > _MANY:
            self._begun = [c for c in self._begun if inspect.getcoroutinestate(c) == inspect.CORO_CREATED]
        self._begun.append(coro)
        return asyncio.Task(coro, loop=self, name=name or "t", context=context)

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return not self.dead

    def is_closed(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if not self.dead:
            self.problems.append(context)

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        self.call_exception_handler(context)


def _is_step(handle: asyncio.Handle) -> bool:
    callback = getattr(handle, "_callback", None)
    return type(callback).__name__ in _STEPS or isinstance(getattr(callback, "__self__", None), asyncio.Task)
