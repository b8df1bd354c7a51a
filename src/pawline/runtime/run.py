"""One run in memory: turns the driver's commands into rows, sends what is on disk, and brings answers back."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from pawline.model import Envelope, Event
from pawline.runtime import effects, ending, mishaps, observing, publishing, reading, waits
from pawline.runtime.driver import Driver
from pawline.runtime.fiber import Pending
from pawline.runtime.records import Done, Failed, Intent, Parked, Reached, Record, Tried, encode_records
from pawline.runtime.seal import SEALED, idempotency_key
from pawline.runtime.step import Ask, Call, Wait
from pawline.store import JournalRow, Move, Status, Unit

if TYPE_CHECKING:
    from pawline.runtime.binding import Binding
    from pawline.runtime.engine import Engine
    from pawline.runtime.flow import Flow
    from pawline.store import DataKey, EventRow, NewRun, Outcome, RunRow

_log = logging.getLogger("pawline.runtime")

Write = tuple[str, tuple[object, ...]]
Sent = tuple[list[Any], list[Any], list[Any], list[Any]]
_NONE: tuple[None, Sent] = (None, ([], [], [], []))  # never filled
_SPENT = Unit(lambda _: None)


class Run:
    """A run that its engine holds in memory. Everything it does to the world goes through one unit at a time."""

    __slots__ = (
        "bytes", "committing", "deaths", "doubt", "driver", "engine", "event", "flow", "happened", "held",
        "identity", "key", "launches", "looks", "lost", "moved_events", "no", "observed", "parked", "passed",
        "recorded", "records", "row", "rows", "seq", "shelved", "status", "taken", "timers", "unborn", "unit",
        "units", "woken", "working", "writes",
    )  # fmt: skip

    def __init__(
        self, engine: Engine, row: RunRow, flow: Flow[Any, Any], event: Event, identity: str, key: DataKey,
        recorded: float, *, bulk: bool,
    ) -> None:  # fmt: skip
        self.engine = engine
        self.row = row
        self.no = row.no
        self.flow = flow
        self.event = event
        self.identity = identity
        self.recorded = recorded
        self.happened = recorded  # its event, by whichever clock is behind
        self.doubt: float | None = None  # when its event happened, if that was before the store was restored
        self.observed = False  # what it does is the old way's to do
        self.key = key
        self.status: int = row.status
        self.deaths = row.deaths
        self.driver = Driver(flow.function(event), row.created, partial(engine.bindings.accounts, row.shop))
        self.unit = Unit(self._committed, (engine.fence(row.lane),), bulk=bulk)
        self.seq = self.rows = self.bytes = 0
        self.records: list[Record] = self.driver.records  # one list: what the driver and we note keeps its order
        self.writes: list[Write] = []
        self.looks: list[Any] = []
        self.launches: list[tuple[Pending, Intent, Binding]] = []
        self.moved_events: list[tuple[EventRow, tuple[bytes, ...], Envelope]] = []
        self.working: dict[str, Any] = {}  # path -> task of what is in flight
        self.timers: dict[str, Any] = {}  # path -> handle of a short wait
        self.held: dict[str, Pending] = {}  # path -> step in the queue of its gate
        self.shelved: set[str] = set()  # paths whose next try a row remembers
        self.woken: set[str] = set()  # paths whose wait row is being deleted
        self.passed: dict[str, Any] = {}  # milestones on disk
        self.taken: list[int] = []  # events that waits of this run took
        self.unborn: list[Pending] | None = None  # what waits until a run that is only being inserted is born
        self.committing = False
        self.units: tuple[Unit | None, Sent] = _NONE
        self.parked = False
        self.lost = False

    # -- from the driver to rows ---------------------------------------------------------------------------------

    def take(self) -> None:
        """Take up what the driver newly asks for: intents for effects, rows for waits; reads leave at once."""
        driver = self.driver
        if driver.published:
            publishing.take(self)
        if not driver.fresh or self.parked or driver.ended:
            return  # one that halted begins nothing more
        settings = self.engine.settings
        if self.rows > settings.most_records or self.bytes > settings.most_bytes:
            ending.park(self, "size", "the history is too long: let the flow go on with `again`")
            return
        fresh, driver.fresh = driver.fresh, []
        for pending in fresh:
            if pending.begun is not None or pending.asked:
                continue
            if isinstance(pending.tried, Parked) or pending.path in self.shelved:
                continue  # a person, or a row, brings it back
            if driver.pending.get(pending.path) is pending:  # else it was cancelled before it was taken up
                self.begin(pending)

    def begin(self, pending: Pending) -> None:
        """Take up one command: for the first time, or again after a hold."""
        command, pending.asked = pending.command, True
        if isinstance(command, Call):
            if not command.target.read:
                effects.intend(self, pending)
            elif self.unborn is None:
                reading.read(self, pending)
            else:
                self.unborn.append(pending)
        elif isinstance(command, Wait):
            waits.begin(self, pending, command)
        elif isinstance(command, Ask):
            (observing if self.observed else waits).ask(self, pending, command)

    def leaving(self, path: str) -> bool:
        """Whether the step is in flight, or will be as soon as its intent is on disk."""
        sent = self.units[1][0] if self.committing else ()
        return path in self.working or any(pending.path == path for pending, _, _ in (*self.launches, *sent))

    # -- answers -------------------------------------------------------------------------------------------------

    def finish(self, record: Done | Failed, *writes: Write) -> None:
        """A step's end: recorded, given to the flow, and what the flow asks for next joins the same commit.

        `writes` join it too, or the case of a result that does not fit.
        """
        if self.lost or record.path not in self.driver.pending:
            return
        try:
            self.driver.finish(record)
        except (msgspec.MsgspecError, ValueError, LookupError) as problem:
            if record.path not in self.driver.pending:
                raise
            self.writes.extend(writes)
            effects.misread(self, record.path, problem)
            return
        if self.timers:
            waits.unlimited(self, record.path)
        if writes:
            self.writes.extend(writes)
        if type(record) is Done and record.event is not None:
            self.taken.append(record.event)
        if self.deaths:
            self.deaths = 0  # it got on
            self.engine.loading.tried(self)
        self.flush()

    def note(self, *records: Record) -> None:
        """Records that give the flow nothing (a try, a case): committed at once."""
        for record in records:
            self.records.append(record)
            if isinstance(record, (Tried, Parked)) and record.path in self.driver.pending:
                self.driver.pending[record.path].tried = record
        self.flush()

    # -- commits -------------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Send what has gathered to the writer, unless a unit of this run is on its way: then it goes with the next."""
        if self.committing or self.lost:
            return
        driver, unit = self.driver, self.unit  # the writer is done with it: a run has one under way
        try:
            if driver.ended:
                publishing.renew(self)
            if driver.published and not self.observed and publishing.lacks_keys(self):
                return
            self.committing = True  # from here on, so that what is noted meanwhile joins this unit
            if driver.fresh or driver.records or driver.published:
                self.take()
            unit.clear()
            sent = self._fill(unit)
        except Exception as problem:  # noqa: BLE001 - what the flow says cannot be stored
            mishaps.park(self, problem)
            return
        if not (unit.journal or unit.writes or unit.moves or unit.events):
            self.committing = False
            self.engine.idle(self)
            return
        self.units = (unit, sent)
        self.engine.store.commit(unit)

    def first(self, new: NewRun) -> None:
        """The rows of a run that is only now being inserted: they go in if its key is free."""
        self.committing = True
        self.units = _NONE
        self.unborn = []
        if self.driver.published or self.driver.ended:
            return  # with more than a first row: it goes on once it is born
        self.take()
        if self.records:
            new.first = (self._journal_row(),)
        if self.writes:
            new.writes = self.unit.writes = self.writes  # in the unit, too: what is on its way
            self.writes = []
        self.units = (None, self._sent())

    def born(self, outcome: Outcome) -> None:
        """The unit that inserts this run came back: it lives, or its key is busy and a row remembers it."""
        if outcome.error is None and outcome.statuses.get(self.no) != Status.RUNNING:
            self.engine.gates.unborn(self)
            return
        waited, self.unborn = self.unborn or (), None
        if outcome.error is None and not self.lost:
            for pending in waited:
                self.begin(pending)
        self._committed(outcome)

    def _fill(self, unit: Unit) -> Sent:
        move = None if self.launches and self.status == Status.RUNNING else ending.move(self)
        if self.records:
            unit.journal = (self._journal_row(),)
        if move is not None:
            unit.moves = (move,)
        if self.moved_events:
            unit.events = [(event, digests) for event, digests, _ in self.moved_events]
        if self.writes:
            unit.writes, self.writes = self.writes, []
        if not self.key.stored:
            unit.writes = [*self.key.fresh_writes(), *unit.writes]
        return self._sent()

    def _sent(self) -> Sent:
        sent = (self.launches, self.looks, self.moved_events, self.records)
        self.launches = []
        self.records = self.driver.records = []
        if self.looks or self.moved_events:
            self.looks, self.moved_events = [], []
        return sent

    def _journal_row(self) -> JournalRow:
        data = encode_records(self.records)
        self.rows += len(self.records)
        self.bytes += len(data)
        no, seq, key = self.no, self.seq, self.key
        self.seq = seq + 1
        # A plain tuple: making a named one costs as much as sealing half a row.
        return (no, seq, SEALED, key.no, key.seal(data, b"journal:%d:%d" % (no, seq)))  # type: ignore[return-value]

    def _committed(self, outcome: Outcome) -> None:
        self.committing = False
        if self.lost:
            return
        if outcome.error is not None:
            self.engine.lose(self, outcome.error)
            return
        unit, (launches, looks, events, records) = self.units
        self.units = _NONE
        if unit is not None and unit.moves:
            self.status = unit.moves[-1].status
        if outcome.taken or outcome.started or looks or events:
            self.engine.committed(self, outcome, looks, events)
        for record in records:
            if type(record) is Reached:
                self.passed[record.milestone] = record.value
                self.engine.milestones.tell(self.row.event, record.milestone, record.value)
        for pending, intent, binding in launches:
            effects.launch(self, pending, intent, binding)
        if not launches or self.records or self.writes or self.driver.fresh or self.driver.published:
            self.flush()

    def move(self, status: Status, outcome: tuple[int, int | None, bytes | None] = (0, None, None)) -> Move:
        """The compare-and-set that brings this run to `status`."""
        ended = self.engine.now() if status >= Status.DONE else None
        codec, key, body = outcome
        return Move(self.no, (self.status,), status, self.deaths, self.rows, ended, codec, key, body)

    # -- time ----------------------------------------------------------------------------------------------------

    def after(self, path: str, seconds: float, call: Any, *args: Any) -> None:
        """Call later, while the run stays in memory."""
        old = self.timers.pop(path, None)
        if old is not None:
            old.cancel()

        def due() -> None:
            self.timers.pop(path, None)
            if not self.lost:
                call(*args)

        self.timers[path] = self.engine.loop.call_later(max(0.0, seconds), due)

    def key_of(self, path: str, fresh: int) -> str:
        """The idempotency key of a step."""
        return idempotency_key(self.identity, path, fresh)

    def drop(self) -> None:
        """Out of memory: nothing of this run happens here any more."""
        self.lost = True
        for row, _, _ in (*self.moved_events, *self.units[1][2]):
            self.engine.intake.dispatching.discard(row.no)
        ending.close(self)
        self.unit, self.units = _SPENT, _NONE  # no circle is left: a million dropped runs need no garbage collector
