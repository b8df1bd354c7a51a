"""Events in: recorded once, given to the waits they end, and turned into runs."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from pawline.model import Envelope, Event, encode_event
from pawline.runtime import publishing
from pawline.runtime.beginning import Beginning
from pawline.runtime.dispatching import Dispatching
from pawline.runtime.flow import FLOWS, HISTORY, PRIORITIES, digest63
from pawline.runtime.run import Run
from pawline.runtime.seal import SEALED, digests, event_aad
from pawline.store import (
    LANES,
    EventRow,
    Outcome,
    OutOfStock,
    StaleOwner,
    Status,
    StoreBroken,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreUnsure,
    Unit,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pawline.runtime.engine import Engine
    from pawline.store import DataKey, HoldRow

_log = logging.getLogger("pawline.runtime")
BULK: Final = PRIORITIES["bulk"]
Write = tuple[str, tuple[object, ...]]
"""A named statement and its row."""
RECORDED: Final = PRIORITIES | {"history": HISTORY}


class Recorded(NamedTuple):
    """What became of an event: its number, and whether it is new (False: known before, nothing was stored)."""

    no: int
    new: bool


class Intake:
    """Records events and dispatches those of its engine's lanes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.dispatching = Dispatching()
        self.beginning = Beginning(engine)
        self.behind = True  # older events may wait for their dispatch: what is new must not overtake them
        self.failures = 0

    async def record(
        self, envelope: Envelope, priority: str = "work", holds: Sequence[HoldRow] = (), once: Sequence[Write] = ()
    ) -> Recorded:  # fmt: skip
        """Store an event; when this returns it is on disk. The same event or fact again is found, not stored.

        `holds` are decided in the same commit: all of them, or OutOfStock, and nothing was recorded. `once` are named
        statements of the same commit: they are written where the event is new, and not where it was found. Raises
        StoreBusy when too much is queued, StoreFull on a full disk: nothing was recorded then.
        """
        for attempt in range(3):
            try:
                return await self._record(envelope, priority, holds, once, at_once=attempt == 0)
            except (OutOfStock, StoreBroken, StoreBusy, StoreFull, StoreUnsure):
                raise
            except StoreError:
                # Another process took the lane, or made this household's key, or what a flow says cannot be stored:
                # then without the flow, and with that key.
                if attempt == 2:
                    raise
        raise AssertionError

    async def _record(
        self, envelope: Envelope, priority: str, holds: Sequence[HoldRow], once: Sequence[Write], *, at_once: bool
    ) -> Recorded:  # fmt: skip
        engine = self._engine
        event = envelope.event
        acted = event.acted(envelope.at)
        at = (acted or envelope.at).timestamp()
        key = await engine.keys.obtain(envelope.shop, event.household, at, anew=acted is not None)
        row, marks = self._row(envelope, key, RECORDED[priority])
        waiter: asyncio.Future[Recorded] = engine.loop.create_future()
        fresh: list[Run] = []

        def done(outcome: Outcome) -> None:
            if isinstance(outcome.error, OutOfStock):  # then there is no event, and nothing that it could begin
                self._give_up(row, fresh)
                _answer(waiter, row.no, outcome)
                return
            self.dispatching.discard(row.no)
            for run in fresh:
                run.born(outcome)
            if outcome.error is not None:
                self._fell_behind(outcome.error)  # it may be stored, if nobody knows
            elif placed:
                engine.told(outcome)
            _answer(waiter, row.no, outcome)
            if not placed and outcome.error is None and not outcome.duplicates and row.priority < BULK:
                self.dispatch(row, event, key)

        unit = Unit(done, events=[(row, marks)], holds=holds, once=once, bulk=row.priority >= BULK, intake=True)
        placed = at_once and self._place(unit, row, event, key, fresh)
        if not placed:
            self.dispatching.add(row.no, row.lane)  # from the commit on a look could find it: it is ours already
        if not key.stored:
            unit.writes = key.fresh_writes()
        try:
            engine.store.commit(unit)
        except BaseException:
            self._give_up(row, fresh)
            raise
        return await waiter

    def _place(self, unit: Unit, row: EventRow, event: Event, key: DataKey, fresh: list[Run]) -> bool:
        """Dispatch in the commit that records, where that is all: one wait for the disk instead of two."""
        engine = self._engine
        epoch = engine.lanes.get(row.lane)
        if epoch is None or self.behind or engine.closing or row.priority == BULK or self.dispatching.crowds(row.lane):
            return False
        unit.lanes, unit.dispatched = ((row.lane, epoch),), [(row.no, row.lane, row.about)]
        try:
            self.beginning.fill(unit, row, event, key, fresh)
            if not unit.writes and all(new.row.status != Status.NEW for new in unit.runs):
                return True
        except Exception:  # noqa: BLE001 - whatever it is, the event is accepted
            _log.exception("event %d is recorded before it is dispatched", row.no)
        self._give_up(row, fresh)
        fresh.clear()
        unit.lanes = unit.dispatched = unit.runs = unit.writes = ()
        return False

    def _give_up(self, row: EventRow, fresh: list[Run]) -> None:
        self.dispatching.discard(row.no)
        for run in fresh:
            self._engine.brakes.give_back(run)
            self._engine.forget(run)

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

    def published(
        self, run: Run, path: str, event: Event, at: float
    ) -> tuple[EventRow, tuple[bytes, ...], Envelope]:  # fmt: skip
        """The row of an event that a flow publishes: its id comes from run and path, so a replay cannot double it."""
        envelope = Envelope(
            shop=run.row.shop, source=f"{FLOWS}{run.row.flow}", id=f"{run.identity}/{path}",
            at=datetime.fromtimestamp(at, UTC), event=event,
        )  # fmt: skip
        key = publishing.key_for(run, event)
        assert key is not None
        row, marks = self._row(envelope, key, BULK if run.unit.bulk else min(run.row.priority, PRIORITIES["work"]))
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
        self.dispatching.add(row.no, row.lane)
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
            self.beginning.fill(unit, row, event, key, fresh)
            # Not asked of the unit in `done`: the two would hold each other, and the run, until gc comes.
            for_others = bool(unit.writes) or any(new.row.status == Status.NEW for new in unit.runs)
            engine.store.commit(unit)
        except BaseException:
            self.behind = True  # a look finds it
            self._give_up(row, fresh)
            raise


def _answer(waiter: asyncio.Future[Recorded], no: int, outcome: Outcome) -> None:
    if waiter.done():
        return
    if outcome.error is not None:
        waiter.set_exception(outcome.error)
        return
    known = outcome.duplicates.get(no)
    waiter.set_result(Recorded(no, new=True) if known is None else Recorded(known, new=False))
