"""Events in: recorded once, given to the waits they end, and turned into runs."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from pawline.model import Envelope, Event, encode_event
from pawline.runtime import mishaps, publishing
from pawline.runtime.ending import CaseBody
from pawline.runtime.flow import PRIORITIES, digest63
from pawline.runtime.run import Run
from pawline.runtime.seal import SEALED, case_aad, digests, event_aad, identity
from pawline.store import (
    LANES,
    CaseRow,
    CommandRow,
    Conflict,
    EventRow,
    NewRun,
    Outcome,
    RunRow,
    StaleOwner,
    Status,
    Unit,
)

if TYPE_CHECKING:
    from pawline.runtime.engine import Engine
    from pawline.runtime.flow import Flow
    from pawline.store import DataKey

_log = logging.getLogger("pawline.runtime")
BULK: Final = PRIORITIES["bulk"]


class Recorded(NamedTuple):
    """What became of an event: its number, and whether it is new (False: known before, nothing was stored)."""

    no: int
    new: bool


class Intake:
    """Records events and dispatches those of its engine's lanes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.dispatching: set[int] = set()
        self.behind = True  # older events may wait for their dispatch: what is new must not overtake them
        self.failures = 0

    async def record(self, envelope: Envelope, priority: str = "work") -> Recorded:
        """Store an event; when this returns it is on disk. The same event or fact again is found, not stored.

        Raises StoreBusy when too much is queued, StoreFull on a full disk: nothing was recorded then.
        """
        try:
            return await self._record(envelope, priority)
        except Conflict:  # another process made this household's key first: with that key, then
            return await self._record(envelope, priority)

    async def _record(self, envelope: Envelope, priority: str) -> Recorded:
        engine = self._engine
        event = envelope.event
        key = await engine.keys.obtain(envelope.shop, event.household)
        row, marks = self._row(envelope, key, PRIORITIES[priority])
        waiter: asyncio.Future[Recorded] = engine.loop.create_future()

        self.dispatching.add(row.no)  # from the commit on a look could find it: it is ours already

        def done(outcome: Outcome) -> None:
            self.dispatching.discard(row.no)
            if outcome.error is not None:
                self._fell_behind(outcome.error)  # it may be stored, if nobody knows
                if not waiter.done():
                    waiter.set_exception(outcome.error)
                return
            known = outcome.duplicates.get(row.no)
            if not waiter.done():
                waiter.set_result(Recorded(row.no, new=True) if known is None else Recorded(known, new=False))
            if known is None and row.priority < BULK:
                self.dispatch(row, event, key)

        unit = Unit(done, events=[(row, marks)], bulk=row.priority >= BULK)
        if not key.stored:
            unit.writes = key.fresh_writes()
        try:
            engine.store.commit(unit)
        except BaseException:
            self.dispatching.discard(row.no)
            raise
        return await waiter

    def _row(self, envelope: Envelope, key: DataKey, priority: int) -> tuple[EventRow, tuple[bytes, ...]]:
        event, store = envelope.event, self._engine.store
        no = store.next_no()
        name, subject = event.__struct_config__.tag, event.subject
        row = EventRow(
            no, envelope.shop, digest63(envelope.shop, subject) % LANES, None, str(name), subject,
            digest63(envelope.shop, str(name), subject), envelope.source, envelope.id, envelope.at.timestamp(),
            store.now(), event.household, priority, SEALED, key.no, key.seal(encode_event(event), event_aad(no)),
        )  # fmt: skip
        return row, digests(envelope)

    def published(self, run: Run, path: str, event: Event) -> tuple[EventRow, tuple[bytes, ...], Envelope]:
        """The row of an event that a flow publishes: its id comes from run and path, so a replay cannot double it."""
        at = datetime.fromtimestamp(run.driver.now, UTC)
        envelope = Envelope(
            shop=run.row.shop, source=f"flow/{run.row.flow}", id=f"{run.identity}/{path}", at=at, event=event
        )
        key = publishing.key_for(run, event)
        assert key is not None
        row, marks = self._row(envelope, key, run.row.priority)
        if key is not run.key:
            run.writes.extend(key.fresh_writes())
        return row, marks, envelope

    async def write(self, *writes: tuple[str, tuple[object, ...]]) -> None:
        """Named statements in a unit of their own. Raises what the store says."""
        waiter: asyncio.Future[None] = self._engine.loop.create_future()

        def done(outcome: Outcome) -> None:
            self._engine.hints.tell()
            if not waiter.done():
                waiter.set_exception(outcome.error) if outcome.error is not None else waiter.set_result(None)

        self._engine.store.commit(Unit(done, writes=list(writes)))
        await waiter

    def _fell_behind(self, error: Exception) -> None:
        self.behind = True
        self.failures += 1
        if isinstance(error, StaleOwner):
            self._engine.owning.doubt()

    def dispatch(self, row: EventRow, event: Event, key: DataKey, *, hinted: bool = True) -> None:
        """Give an event its place in its lane, to the waits it ends, and to the flows it begins: one commit.

        `hinted`: it was recorded just now; where older ones wait still, it is found behind them.
        """
        engine = self._engine
        epoch = engine.lanes.get(row.lane)
        if epoch is None or (hinted and self.behind):
            (engine.hints.tell if epoch is None else engine.nudge)()
            return
        if row.no in self.dispatching or engine.closing:
            return
        self.dispatching.add(row.no)
        fresh: list[Run] = []

        def done(outcome: Outcome) -> None:
            self.dispatching.discard(row.no)
            for run in fresh:
                run.born(outcome)
            if outcome.error is None:
                engine.told(outcome)
                if for_others:
                    engine.hints.tell()
            else:
                self._fell_behind(outcome.error)

        unit = Unit(done, ((row.lane, epoch),), (), [(row.no, row.lane, row.about)], bulk=row.priority >= BULK)
        try:
            self._fill(unit, row, event, key, fresh)
            # Not asked of the unit in `done`: the two would hold each other, and the run, until gc comes.
            for_others = bool(unit.writes) or any(new.row.status == Status.NEW for new in unit.runs)
            engine.store.commit(unit)
        except BaseException:
            self.dispatching.discard(row.no)
            self.behind = True  # a look finds it
            for run in fresh:
                engine.forget(run)
            raise

    def _fill(self, unit: Unit, row: EventRow, event: Event, key: DataKey, fresh: list[Run]) -> None:
        for flow in self._engine.flows.begun_by(row.type):
            self._begin(flow, row, event, key, unit, fresh)
        for flow in self._engine.flows.cancelled_by(row.type):
            unit.writes = [*unit.writes, ("insert_command", self._cancel(flow, row))]

    def _begin(
        self, flow: Flow[Any, Any], row: EventRow, event: Event, key: DataKey, unit: Unit, fresh: list[Run]
    ) -> None:
        engine = self._engine
        if engine.brakes.past(row.shop, flow.name, row.at):
            return
        try:
            text = flow.key(event)
            keyhash = flow.keyhash(row.shop, text)
        except Exception as problem:  # noqa: BLE001 - the flow's author's code
            unit.writes = [*unit.writes, ("insert_case", self._keyless(flow, row, key, mishaps.told(problem)))]
            return
        lane = row.lane if text == row.subject else digest63(row.shop, text) % LANES
        priority = max(flow.priority, row.priority) if row.priority == BULK else flow.priority
        ours = lane in engine.lanes
        drive = ours and engine.room(priority)
        status = Status.RUNNING if drive else Status.READY if ours else Status.NEW
        new = RunRow(
            engine.store.next_no(), row.shop, lane, flow.name, flow.version, text, keyhash, row.no, 0, priority,
            status, 0, 0, engine.store.now(), None, event.household, 0, None, None,
        )  # fmt: skip
        entry = NewRun(new, flow.busy)
        if ours and lane != row.lane:
            unit.lanes = (*unit.lanes, engine.fence(lane))  # who decides about a key proves its lane
        if drive and (run := self._drive(flow, row, event, key, entry)) is not None:
            fresh.append(run)
        elif drive:
            entry = NewRun(new._replace(status=Status.READY), flow.busy)
        unit.runs = [*unit.runs, entry]

    def _drive(self, flow: Flow[Any, Any], row: EventRow, event: Event, key: DataKey, entry: NewRun) -> Run | None:
        """Into memory and on to its first steps. None if that raised: loaded from its row, it will again, and park."""
        engine = self._engine
        run = Run(engine, entry.row, flow, event, identity(entry.row, row.source, row.id), key, row.recorded)
        run.doubt = engine.doubt(row.at)
        engine.admit(run)
        try:
            run.driver.start()
            run.first(entry)
        except Exception:  # noqa: BLE001 - what the flow says cannot be stored
            _log.exception("run %d could not take its first steps", run.no)
            engine.brakes.give_back(run)
            engine.forget(run)
            engine.nudge()
            return None
        return run

    def generation(self, flow: Flow[Any, Any], row: EventRow, event: Event, number: int) -> NewRun:
        """A run that replays an event on purpose; its lane's owner admits it to its key."""
        engine, text = self._engine, flow.key(event)
        lane = digest63(row.shop, text) % LANES
        new = RunRow(
            engine.store.next_no(), row.shop, lane, flow.name, flow.version, text, flow.keyhash(row.shop, text), row.no,
            number, flow.priority, Status.NEW, 0, 0, engine.now(), None, event.household, 0, None, None,
        )  # fmt: skip
        return NewRun(new, flow.busy)

    def _cancel(self, flow: Flow[Any, Any], row: EventRow) -> CommandRow:
        engine, target = self._engine, f"key:{flow.keyhash(row.shop, row.subject)}"
        lane = digest63(row.shop, row.subject) % LANES
        return CommandRow(
            engine.store.next_no(), row.shop, lane, "cancel", target, "pawline", f"{row.type}: event {row.no}",
            engine.store.now(), msgspec.json.encode({"before": row.recorded}), "pending", None,
        )  # fmt: skip

    def _keyless(self, flow: Flow[Any, Any], row: EventRow, key: DataKey, detail: str) -> CaseRow:
        no = self._engine.store.next_no()
        body = msgspec.json.encode(CaseBody(flow=f"{flow.name}@{flow.version}", detail=detail))
        title = f"{flow.name} could not name its key for {row.type} number {row.no}; replay the event once it is mended"
        return CaseRow(
            no, row.shop, row.lane, None, "", "code", title, f"{digest63(flow.name, 'key'):016x}", "developers", "open",
            self._engine.store.now(), None, row.household, SEALED, key.no, key.seal(body, case_aad(no)), None, None,
            None,
        )  # fmt: skip
