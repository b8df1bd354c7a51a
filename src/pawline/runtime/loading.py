"""Bringing runs back into memory: read in pages, replayed from their journals, and told what they waited for."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.model import decode_event
from pawline.runtime import looking, reviving, settling
from pawline.runtime.flow import PRIORITIES
from pawline.runtime.records import NOTHING, Done
from pawline.runtime.reviving import Stored
from pawline.runtime.seal import event_aad
from pawline.runtime.step import Ask
from pawline.store import ENDED, Busy, Erased, Outcome, Status, Unit, WaitKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pawline.runtime.engine import Engine
    from pawline.runtime.run import Run
    from pawline.store import EventRow, RunRow, WaitRow

_log = logging.getLogger("pawline.runtime")
PAGE: Final = 200
"""Runs read at once: few statements, and the loop is free in between."""


class Loading:
    """Finds runs that should be in memory and brings them there, at most a page at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._wanted: dict[int, None] = {}
        self._taken: dict[tuple[int, str], int] = {}
        self._over: list[WaitRow] = []  # waits for an event that did not come in time
        self._early: dict[int, list[tuple[WaitRow, bytes | None]]] = {}  # what woke runs that are not driven yet
        self._loading: set[int] = set()
        self._admitting: set[int] = set()  # NEW runs whose admission is on its way to disk
        self._busy = False
        self.trial: int | None = None  # the run that is tried because it may be what kills the process

    # -- hints ---------------------------------------------------------------------------------------------------

    def want(self, numbers: Iterable[int]) -> None:
        """These runs may go on."""
        self._wanted.update(dict.fromkeys(numbers))
        self._work()

    def taken(self, no: int, path: str, event: int) -> None:
        """This wait has its event."""
        self._taken[no, path] = event
        self._work()

    def _is_over(self, wait: WaitRow) -> None:
        self._over.append(wait)
        self._work()

    def _work(self) -> None:
        if not self._busy and not self._engine.closing:
            self._busy = True
            self._engine.spawn(self._go())

    async def _go(self) -> None:
        try:
            while self._wanted or self._taken or self._over:
                if self._over:
                    over, self._over = self._over, []
                    await self._wake(over)
                if self._taken:
                    pairs = list(self._taken.items())[:PAGE]
                    for pair, _ in pairs:
                        del self._taken[pair]
                    rows = await self._engine.store.waits({no for (no, _), _ in pairs})
                    waits = [w for ws in rows.values() for w in ws if w.event is not None]
                    await self._wake(waits)
                numbers = list(self._wanted)[:PAGE]
                for no in numbers:
                    del self._wanted[no]
                if numbers:
                    await self.load(numbers)
        finally:
            self._busy = False

    # -- the look ------------------------------------------------------------------------------------------------

    async def look(self) -> None:
        """What no hint told of: waits that are over, runs that are ready, events that nobody dispatched."""
        engine, lanes = self._engine, list(self._engine.lanes)
        store = engine.store
        after: tuple[float, int] | None = None
        while waits := await store.due_waits(lanes, PAGE, after=after):
            await self._wake([wait for wait in waits if wait.kind != WaitKind.EVENT])
            for wait in waits:
                if wait.kind == WaitKind.EVENT:
                    looking.last_look(engine, wait, self._is_over)
            after = (waits[-1].due or 0.0, waits[-1].run)
            if len(waits) < PAGE or not engine.room(PRIORITIES["work"]):
                break
            await asyncio.sleep(0)
        if waits := await store.taken_waits(lanes, PAGE):
            await self._wake(waits)
        if waits := await store.unlooked(lanes, PAGE):
            looking.look_again(engine, waits)
        await self._new(lanes)
        await self._ready(lanes)
        await self._pending(lanes)

    async def _ready(self, lanes: list[int]) -> None:
        engine, after = self._engine, None
        while engine.room(PRIORITIES["shopper"]):
            rows = await engine.store.ready_runs(lanes, PAGE, after=after)
            wanted = [
                r for r in rows if r.no not in engine.live and engine.room(r.priority) and r.status == Status.READY
            ]
            await self.load([row.no for row in wanted])
            if len(rows) < PAGE:
                return
            after = (rows[-1].priority, rows[-1].no)

    async def _new(self, lanes: list[int]) -> None:
        """Runs that other lanes' owners made for us: to their key, also while there is no room, before newer ones."""
        engine, after = self._engine, None
        while rows := await engine.store.new_runs(lanes, PAGE, after):
            fresh = [row for row in rows if row.no not in self._admitting and row.lane in engine.lanes]
            if fresh:
                self._admit(fresh)
            if len(rows) < PAGE:
                return
            after = (rows[-1].created, rows[-1].no)

    def _admit(self, rows: list[RunRow]) -> None:
        engine, numbers = self._engine, {row.no for row in rows}

        def done(outcome: Outcome) -> None:
            self._admitting -= numbers
            engine.nudged(outcome)  # the next look finds them ready

        unit = Unit(done, lanes=tuple(engine.fence(lane) for lane in sorted({row.lane for row in rows})))
        unit.writes = [("admit", (row.no, self._busy_of(row))) for row in rows]
        self._admitting |= numbers
        engine.store.commit(unit)

    def _busy_of(self, row: RunRow) -> Busy:
        flow = self._engine.flows.get(row.flow, row.version)
        return Busy.QUEUE if flow is None else flow.busy

    async def _pending(self, lanes: list[int]) -> None:
        engine = self._engine
        intake, after = engine.intake, None
        failures = intake.failures
        while rows := await engine.store.pending_events(lanes, PAGE, after):
            for row in rows:
                if row.no in intake.dispatching or (
                    row.priority >= PRIORITIES["bulk"] and not engine.room(row.priority)
                ):
                    continue
                await self.redispatch(row)
            if len(rows) < PAGE or not intake.behind:
                break
            after = (rows[-1].recorded, rows[-1].no)
        if len(rows) < PAGE and intake.failures == failures:
            intake.behind = False

    async def redispatch(self, row: EventRow) -> None:
        """Dispatch an event from its row."""
        engine = self._engine
        key = await engine.keys.by_no(row.key or 0)
        if isinstance(key, Erased):
            unit = Unit(lambda _: None, lanes=(engine.fence(row.lane),), dispatched=[(row.no, row.lane, row.about)])
            engine.store.commit(unit)
            return
        event = decode_event(row.type, key.open(row.body, event_aad(row.no)))
        engine.intake.dispatch(row, event, key, hinted=False)

    def _looked(self, outcome: Outcome) -> None:
        if outcome.error is None:
            self._engine.told(outcome)

    # -- waking --------------------------------------------------------------------------------------------------

    async def _wake(self, waits: list[WaitRow]) -> None:
        engine = self._engine
        bodies = await self._bodies(waits)
        await self.load([wait.run for wait in waits if wait.run not in engine.live], keep=True)
        for wait in waits:
            run = engine.live.get(wait.run)
            if run is not None:
                self._end_wait(run, wait, bodies.get(wait.event or -1))
        self.settle(wait.run for wait in waits)

    async def _bodies(self, waits: Iterable[WaitRow]) -> dict[int, bytes]:
        bodies: dict[int, bytes] = {}
        numbers = [wait.event for wait in waits if wait.event is not None]
        for no, row in (await self._engine.store.events(numbers)).items() if numbers else ():
            key = await self._engine.keys.by_no(row.key or 0)
            if not isinstance(key, Erased):
                bodies[no] = key.open(row.body, event_aad(no))
        return bodies

    def started(self, run: Run) -> None:
        """A run that was on its way to a trial is driven now, or lost: what woke it reaches it."""
        for wait, body in self._early.pop(run.no, ()):
            if not run.lost:
                self._end_wait(run, wait, body)

    def _end_wait(self, run: Run, wait: WaitRow, body: bytes | None) -> None:
        if not run.parked and not run.driver.pending and not run.driver.ended:
            self._early.setdefault(run.no, []).append((wait, body))  # on its way to a trial: it is not driven yet
            return
        if wait.path in run.woken or run.parked:
            return  # a parked run finds its row again when a person lets it go on
        run.woken.add(wait.path)
        pending = run.driver.pending.get(wait.path)
        lapses = pending is not None and wait.kind == WaitKind.EVENT and wait.event is None
        run.writes.append(("expire_wait" if lapses else "delete_wait", (wait.run, wait.path)))
        at = self._engine.now()
        if pending is None:
            run.flush()
        elif wait.kind == WaitKind.RETRY:
            run.shelved.discard(wait.path)
            run.woken.discard(wait.path)
            settling.resume(run, pending)
            run.flush()
        elif wait.kind == WaitKind.ANSWER:
            command = pending.command
            assert isinstance(command, Ask)
            run.writes.append(("expire_cases_of", (run.no, wait.path, at)))
            run.finish(Done(wait.path, at, msgspec.Raw(msgspec.json.encode(command.question.otherwise))))
        elif wait.event is None or body is None:
            run.finish(Done(wait.path, at, NOTHING))
        else:
            run.taken.append(wait.event)
            run.finish(Done(wait.path, at, msgspec.Raw(body), wait.event))

    # -- loading -------------------------------------------------------------------------------------------------

    async def load(self, numbers: Iterable[int], *, keep: bool = False) -> None:
        """Into memory, replayed, and on with what is open. Runs that ended, or whose code fails, are not driven.

        `keep`: the caller has something for them and calls `settle` afterwards; else those that only wait leave again.
        """
        engine, numbers = self._engine, list(numbers)
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
        keys = {event.no: await engine.keys.by_no(event.key or 0) for event in events.values()}
        for no, row in rows.items():
            key = keys.get(row.event)
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
            try:
                reviving.revive(engine, Stored(row, events[row.event], journals[no], waits[no], key))
            except Exception:  # noqa: BLE001 - one bad run must not keep the others out
                _log.exception("run %d could not be loaded", no)

    def settle(self, numbers: Iterable[int]) -> None:
        """Whatever was gathered goes out; a run that only waits leaves memory."""
        for no in numbers:
            run = self._engine.live.get(no)
            if run is not None:
                run.flush()
