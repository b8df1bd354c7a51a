"""The one writer: many units share one transaction and one sync of the disk.

While a batch is on its way to disk the next one gathers. A lone unit waits for nobody, and neither does one that
somebody outside waits for; after a batch of many the next one gathers for a millisecond. With `inline` there is no
thread and no waiting: the batch runs in the event loop's next turn, always in the same order.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, TypeVar

from pawline.store import pacing
from pawline.store.batch import NOTHING
from pawline.store.errors import StoreBroken
from pawline.store.room import Room

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.store.database import Database
    from pawline.store.rows import Outcome, Unit
    from pawline.store.transaction import Transaction

R = TypeVar("R")
_Stored = tuple[list["Unit"], dict[int, "Outcome"], int, int]
_log = logging.getLogger(__name__)

BATCH = 4_096
"""Units in one transaction at most: the next unit in line must not wait for ever."""
SLICE = 300
"""Units told in one turn of the loop. Telling a thousand at once would leave disk and loop waiting for each other."""
SLICE_BULK = 4
"""Of bulk: it is told when nobody else is left to tell, and what four of them set off is over before it is felt."""
SWITCH = 0.0001
"""Seconds until a busy event loop gives up the GIL, for the whole process. The writer lets go of it at each statement
and gets it back this much later: with Python's 5 ms a batch took three times as long beside a busy loop."""


class Writer:
    """Owns the thread of the writing connection; everything but `_work` runs in the event loop's thread."""

    def __init__(self, transaction: Transaction, *, inline: bool, queue_units: int, queue_bytes: int) -> None:
        self.transaction = transaction
        self.on_broken: Callable[[Exception], None] | None = None
        self.on_batch: Callable[[list[Unit], dict[int, Outcome]], None] | None = None
        self.closed = self._killed = False
        self.commits = 0
        self.inline = inline
        self._room = Room(queue_units, queue_bytes)
        self._units: list[Unit] = []
        self._bulk: deque[Unit] = deque()
        self._untold: deque[_Stored] = deque()  # from one index to another not told yet
        self._untold_bulk: deque[_Stored] = deque()
        self._pace = pacing.Pace()
        self._busy = self._leaving = False
        self._awaited = False  # somebody outside waits for one of `_units`
        self._company = 0  # how many there were in the last batch, if they were many
        self._gathering: asyncio.TimerHandle | None = None
        self._later: asyncio.TimerHandle | None = None
        self._idle: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._todo: queue.SimpleQueue[list[Unit] | Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        if not inline:
            sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH))
            self._thread = threading.Thread(target=self._work, name="pawline-writer", daemon=True)
            self._thread.start()

    @property
    def waiting(self) -> int:
        """Units that have not been handed to the disk yet."""
        return len(self._units) + len(self._bulk)

    def check(self) -> None:
        """Raises StoreBroken once the disk failed, or the store was closed."""
        if self.transaction.broken is not None:
            raise self.transaction.broken
        if self.closed:
            raise StoreBroken("the store is closed")

    def commit(self, unit: Unit) -> None:
        """Joins the batch now gathering. Only intake is refused when the queue is full."""
        if self.closed or self.transaction.broken is not None:
            self.check()
        if unit.intake or not unit.lanes:
            self._room.enter(unit, len(self._bulk if unit.bulk else self._units))
            self._awaited |= not unit.bulk
        if unit.bulk:
            self._bulk.append(unit)
            if self._later is not None:
                return
        else:
            self._units.append(unit)
        if not self._busy:
            self._busy = True
            self._gather()
        elif self._gathering is not None and self._complete:
            self._gathering.cancel()
            self._gathering = None
            self._gather()

    @property
    def _complete(self) -> bool:
        """Nobody else is worth waiting for: as many came as the last time, or who waits for them is outside."""
        return self._awaited or len(self._units) >= self._company

    def _gather(self) -> None:
        """Soon, not now: whoever is ready in this turn of the loop joins, and others where there are others."""
        if self._complete:
            self._loop.call_soon(self._send)
        else:
            self._gathering = self._loop.call_later(pacing.LINGER, self._send)

    async def job(self, work: Callable[[Database], R]) -> R:
        """Runs a piece of work in a transaction of its own, between two batches."""
        self.check()
        if self.inline:
            return self._inline(work)
        answer: asyncio.Future[R] = self._loop.create_future()

        def run() -> None:
            try:
                result = self.transaction.job(work)
            except Exception as error:  # noqa: BLE001  told to whoever asked
                self._tell(_fail, answer, error)
            else:
                self._tell(_succeed, answer, result)

        self._todo.put(run)
        return await answer

    def job_now(self, work: Callable[[Database], R]) -> R:
        """The same for a caller that cannot wait: it stands still for up to one batch."""
        self.check()
        if self.inline:
            return self._inline(work)
        box: queue.SimpleQueue[tuple[R] | Exception] = queue.SimpleQueue()

        def run() -> None:
            try:
                box.put((self.transaction.job(work),))
            except Exception as error:  # noqa: BLE001  told to whoever asked
                box.put(error)

        self._todo.put(run)
        got = box.get()
        if isinstance(got, Exception):
            raise got
        return got[0]

    def _inline(self, work: Callable[[Database], R]) -> R:
        try:
            return self.transaction.job(work)
        finally:
            self._mourn()

    @property
    def _unfinished(self) -> bool:
        return bool(self._busy or self._untold or self._untold_bulk or self._bulk)

    async def close(self, patience: float) -> bool:
        """Writes what is queued, for so many seconds at most, then ends the thread; whether it has ended."""
        if patience <= 0:
            self._killed = True
        elif self._unfinished and self.transaction.broken is None:
            self._idle = self._loop.create_future()
            self._leaving = True
            self._rested_now()
            await asyncio.wait([self._idle], timeout=patience)
        self.closed = self.transaction.closing = True
        if self._thread is not None:
            self._todo.put(None)
            await asyncio.to_thread(self._thread.join, patience)
            return not self._thread.is_alive()
        return True

    def _send(self) -> None:
        if self._killed:
            return
        units, self._units = self._units[:BATCH], self._units[BATCH:]
        self._room.left(self._units)
        self._gathering, self._awaited = None, False
        self._company = 0 if self.inline or len(units) < pacing.COMPANY else len(units)
        for _ in range(self._turn(alone=not units) if self._bulk else 0):
            units.append(self._room.leave(self._bulk.popleft()))
        if not units:
            self._busy = False
            return
        if not self.inline:
            self._todo.put(units)
            return
        outcomes = self.transaction.run(units)
        self.transaction.rest()
        self._loop.call_soon(self._written, units, outcomes)

    def _turn(self, *, alone: bool) -> int:
        """How many bulk units go now. None: the others have the disk, and a timer sends bulk when it has rested."""
        if self.inline or self._leaving:
            return min(pacing.BULK, len(self._bulk))
        now = self._loop.time()
        share = self._pace.share(now, len(self._bulk), alone=alone)
        if not share and alone and self._later is None:
            self._later = self._loop.call_later(self._pace.wait(now), self._rested_now)
        return share

    def _rested_now(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if self._bulk and not self._busy:
            self._busy = True
            self._send()

    def _work(self) -> None:
        while (todo := self._todo.get()) is not None:
            if callable(todo):
                todo()
            else:
                outcomes = self.transaction.run(todo)
                self._tell(self._written, todo, outcomes)
                self.transaction.rest()
            if self.transaction.broken is not None:
                self._tell(self._mourn)  # a job or a rest may have met it, and no batch comes after that

    def _tell(self, callback: Callable[..., None], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:
            _log.warning("the event loop ended before the store was closed")

    def _written(self, units: list[Unit], outcomes: dict[int, Outcome]) -> None:
        if self._killed:
            return
        self.commits += 1
        if units[0].bulk:
            self._pace.written(self._loop.time())
        if self._units and not self._complete:
            self._gather()
        elif self._units or self._bulk:
            self._send()  # first, so that the disk works while the loop does
        else:
            self._busy = False
        self._mourn()
        if self.on_batch is not None:
            self.on_batch(units, outcomes)
        telling = bool(self._untold or self._untold_bulk)
        others = len(units)
        while others and units[others - 1].bulk:
            others -= 1
        if others:
            self._untold.append((units, outcomes, 0, others))
        if others < len(units):
            self._untold_bulk.append((units, outcomes, others, len(units)))
        if not telling:
            self._deliver()

    def _mourn(self) -> None:
        """The disk failed: told once, to whoever sees to it that the process ends."""
        if self.transaction.broken is not None and self.on_broken is not None:
            on_broken, self.on_broken = self.on_broken, None
            on_broken(self.transaction.broken)

    def _deliver(self) -> None:
        """Tells a slice, the rest in the next turns, in order: what the first ones commit is written meanwhile."""
        waiting, size = (self._untold, SLICE) if self._untold else (self._untold_bulk, SLICE_BULK)
        units, outcomes, start, last = waiting.popleft()
        get, end = outcomes.get, min(start + size, last)
        if end < last:
            waiting.appendleft((units, outcomes, end, last))
        for at, unit in enumerate(units[start:end], start):
            try:
                unit.done(get(at, NOTHING))
            except Exception as error:  # noqa: BLE001  one caller's mistake is not the next one's
                self._loop.call_exception_handler({"message": "a unit's done() failed", "exception": error})
        if self._untold or self._untold_bulk:
            self._loop.call_soon(self._deliver)
        elif self._idle is not None and not self._busy:
            self._idle.set_result(None)
            self._idle = None


def _succeed(answer: asyncio.Future[R], result: R) -> None:
    if not answer.done():
        answer.set_result(result)


def _fail(answer: asyncio.Future[R], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
