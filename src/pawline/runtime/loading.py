"""Bringing runs back into memory: read in pages, replayed from their journals, and told what they waited for."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from pawline.runtime import looking, mishaps, reviving
from pawline.runtime.admitting import Admitting
from pawline.runtime.bodies import Bodies
from pawline.runtime.flow import PRIORITIES
from pawline.runtime.readying import Readying
from pawline.runtime.reviving import Stored
from pawline.runtime.trials import Trials
from pawline.runtime.undispatched import Undispatched
from pawline.runtime.waking import Waking
from pawline.store import ENDED, Erased, Status, StoreError, WaitKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pawline.runtime.engine import Engine
    from pawline.runtime.run import Run
    from pawline.store import WaitRow

_log = logging.getLogger("pawline.runtime")
PAGE: Final = 200
"""Rows read at once: few statements."""
FEW: Final = 8
"""Runs brought back between two breaths: each takes the loop for about half a millisecond."""
BREATHS: Final = 4
"""Turns of the loop in a breath: so many a webhook takes from its last byte to its commit."""
LAPSING: Final = 5 * PAGE
"""Waits that are over, remembered at once; a look finds the others when these are done with."""


class Loading:
    """Finds runs that should be in memory and brings them there, at most a page at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._wanted: dict[int, None] = {}
        self._taken: dict[tuple[int, str], int] = {}
        self._over: dict[tuple[int, str], WaitRow] = {}  # waits for an event that did not come in time
        self._lapsing: set[tuple[int, str]] = set()  # those, and those whose last look is on its way
        self.waking = Waking()
        self.readying = Readying(engine)
        self._loading: set[int] = set()
        self._admitting = Admitting(engine)
        self._asleep: dict[int, int] = {}  # parked as a whole: not woken by their waits while the lane's epoch is this
        self._undispatched = Undispatched(engine)
        self._busy = False
        self._bodies = Bodies(engine)
        self.trials = Trials(engine.settings.deaths)

    # -- hints ---------------------------------------------------------------------------------------------------

    def want(self, numbers: Iterable[int]) -> None:
        """These runs may go on."""
        self._wanted.update(dict.fromkeys(numbers))
        self._work()

    def taken(self, no: int, path: str, event: int) -> None:
        """This wait has its event."""
        self._taken[no, path] = event
        self._work()

    def again(self, no: int, path: str) -> None:
        """This step waited as a row for room at its account, and there is some."""
        if no in self._engine.live:
            self._engine.loop.call_soon(self._again, no, path)  # its row may still be on its way to disk
        else:
            self._taken.setdefault((no, path), 0)
            self._work()

    def _again(self, no: int, path: str) -> None:
        run = self._engine.live.get(no)
        if run is None:
            self.again(no, path)
        elif path in run.shelved and path in run.driver.pending and not run.parked:
            self.waking.retry(run, path)

    def asleep(self, no: int, lane: int) -> None:
        """This run is parked as a whole: its waits wake nobody until a person lets it go on."""
        self._asleep[no] = self._engine.lanes.get(lane, -1)

    def awake(self, no: int) -> None:
        """A person let it go on."""
        self._asleep.pop(no, None)

    def _sleeps(self, wait: WaitRow) -> bool:
        return self._asleep.get(wait.run) == self._engine.lanes.get(wait.lane, -1)

    def _is_over(self, wait: WaitRow) -> None:
        self._over[wait.run, wait.path] = wait
        self._work()

    def _overdue(self) -> list[WaitRow]:
        """A page of waits that are over, while there is room for their runs; the others stay until there is."""
        if not self._engine.room(PRIORITIES["work"]):
            return []
        return [self._over.pop(pair) for pair in list(self._over)[:PAGE]]

    def _some(self) -> bool:
        return bool(self._wanted or self._taken or (self._over and self._engine.room(PRIORITIES["work"])))

    def _work(self) -> None:
        if self._some() and not self._busy and not self._engine.closing:
            self._busy = True
            self._engine.spawn(self._go())

    async def _go(self) -> None:
        over: list[WaitRow] = []
        pairs: dict[tuple[int, str], int] = {}
        numbers: list[int] = []
        try:
            while self._some():
                over = self._overdue()
                pairs = dict(list(self._taken.items())[:PAGE])
                numbers = list(self._wanted)[:PAGE]
                for pair in pairs:
                    del self._taken[pair]
                for no in numbers:
                    del self._wanted[no]
                if over:
                    await self._wake(over)
                    self._lapsing.difference_update((wait.run, wait.path) for wait in over)
                if pairs:
                    runs = dict.fromkeys(no for no, _ in pairs)  # in the order in which they were told of
                    rows = await self._engine.store.waits(runs)
                    await self._wake([wait for no in runs for wait in rows[no] if _ends(wait, pairs)])
                if numbers:
                    await self.load(numbers)
                await asyncio.sleep(0)
        except Exception:
            self._over = {(wait.run, wait.path): wait for wait in over} | self._over  # the next look tries again
            self._taken = {**pairs, **self._taken}
            self._wanted.update(dict.fromkeys(numbers))
            raise
        finally:
            self._busy = False

    # -- the look ------------------------------------------------------------------------------------------------

    async def look(self) -> None:
        """What no hint told of: waits that are over, runs that are ready, events that nobody dispatched."""
        lanes = list(self._engine.lanes)
        self._work()  # what a failed read left
        for look in (
            self._due,
            self._took,
            self._unlooked,
            self._admitting.look,
            self._undispatched.look,
            self.readying.look,
        ):
            await mishaps.guarded(look(lanes))

    async def _due(self, lanes: list[int]) -> None:
        engine, after = self._engine, None
        while waits := await engine.store.due_waits(lanes, PAGE, after=after):
            await self._wake([wait for wait in waits if wait.kind != WaitKind.EVENT])
            for wait in waits:
                pair = (wait.run, wait.path)
                if wait.kind == WaitKind.EVENT and not self._sleeps(wait) and pair not in self._lapsing:
                    self._lapsing.add(pair)
                    looking.last_look(engine, wait, self._is_over, self._lapsing)
            after = (waits[-1].due or 0.0, waits[-1].run)
            if len(waits) < PAGE or len(self._lapsing) >= LAPSING or not engine.room(PRIORITIES["work"]):
                break
            await self._page()

    async def _page(self) -> None:
        """Between two pages people are heard first."""
        await _breathe()
        await self._engine.hear()

    async def _took(self, lanes: list[int]) -> None:
        engine, after = self._engine, None
        while waits := await engine.store.taken_waits(lanes, PAGE, after):
            await self._wake(waits)
            after = (waits[-1].run, waits[-1].path)
            if len(waits) < PAGE or not engine.room(PRIORITIES["work"]):
                break
            await self._page()

    async def _unlooked(self, lanes: list[int]) -> None:
        if waits := await self._engine.store.unlooked(lanes, PAGE):
            looking.look_again(self._engine, waits)

    # -- waking --------------------------------------------------------------------------------------------------

    async def _wake(self, waits: list[WaitRow]) -> None:
        for start in range(0, len(waits), FEW):
            if start:
                await _breathe()
            await self._wake_few(waits[start : start + FEW])

    async def _wake_few(self, waits: list[WaitRow]) -> None:
        engine = self._engine
        waits = [wait for wait in waits if not self._sleeps(wait)]
        bodies = await self._bodies.of(waits)
        waits = [wait for wait in waits if wait.event is None or wait.event in bodies]
        await self._few([wait.run for wait in waits if wait.run not in engine.live], keep=True)
        for wait in waits:
            run = engine.live.get(wait.run)
            if run is not None and run.parked:
                self.asleep(run.no, run.row.lane)
            elif run is not None:
                self.waking.end(run, wait, bodies.get(wait.event or -1))
        self.settle(wait.run for wait in waits)

    def tried(self, run: Run) -> None:
        """A run got on, or left memory: if it was on trial, there is room for the next suspect."""
        if self.trials.end(run.no):
            self._engine.nudge()

    # -- loading -------------------------------------------------------------------------------------------------

    async def load(self, numbers: Iterable[int], *, keep: bool = False) -> None:
        """Into memory, replayed, and on with what is open. Runs that ended, or whose code fails, are not driven.

        `keep`: the caller has something for them and calls `settle` afterwards; else those that only wait leave again.
        """
        numbers = list(numbers)
        for start in range(0, len(numbers), FEW):
            if start:
                await _breathe()
            await self._few(numbers[start : start + FEW], keep=keep)

    async def _few(self, numbers: list[int], *, keep: bool) -> None:
        engine = self._engine
        while keep and not self._loading.isdisjoint(numbers):  # noqa: ASYNC110 - rare and short
            await asyncio.sleep(0.005)
        numbers = [no for no in dict.fromkeys(numbers) if no not in engine.live and no not in self._loading]
        if not numbers:
            return
        # Nobody else loads these meanwhile: what is read here would be old by the time it is driven.
        self._loading.update(numbers)
        try:
            await self._load(numbers)
        finally:
            self._loading.difference_update(numbers)
        if not keep:
            self.settle(numbers)

    async def _load(self, numbers: list[int]) -> None:
        engine, lanes = self._engine, self._engine.lanes
        rows = await engine.store.runs(numbers)
        events = await engine.store.events({row.event for row in rows.values()})
        journals = await engine.store.journals(list(rows))
        waits = await engine.store.waits(list(rows))
        keys = await engine.keys.by_nos({event.key or 0 for event in events.values()})
        for no, row in rows.items():
            key = keys[events[row.event].key or 0] if row.event in events else None
            if row.lane not in engine.lanes:
                engine.hints.tell()  # what we found for it, a wait's event, is its owner's to take up
                continue
            if no in engine.live or row.status in ENDED or row.status == Status.QUEUED:
                continue
            if engine.lanes[row.lane] != lanes.get(row.lane):
                continue  # it was another's meanwhile, so what was read may be old: the next look finds it
            if key is None or isinstance(key, Erased):
                reviving.end_erased(engine, row)
                continue
            if isinstance(key, StoreError):
                self._bodies.unreadable(key)
                continue
            stored = Stored(row, events[row.event], journals[no], waits[no], key)
            try:
                reviving.revive(engine, stored)
            except Exception as problem:  # noqa: BLE001 - one bad run must not keep the others out
                _log.exception("run %d could not be loaded", no)
                await mishaps.unloadable(engine, stored, problem)

    def settle(self, numbers: Iterable[int]) -> None:
        """Whatever was gathered goes out; a run that only waits leaves memory."""
        for no in numbers:
            run = self._engine.live.get(no)
            if run is not None:
                run.flush()


async def _breathe() -> None:
    """Others get their turn. Costs nothing where nobody else wants the loop."""
    for _ in range(BREATHS):
        await asyncio.sleep(0)


def _ends(wait: WaitRow, hints: Collection[tuple[int, str]]) -> bool:
    """Whether it is over: its event came, or there is room again where its step waits to be tried."""
    return wait.event is not None or (wait.kind == WaitKind.RETRY and (wait.run, wait.path) in hints)
