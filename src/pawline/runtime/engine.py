"""The engine: which runs are in memory, what wakes them, and how they are found again after a death."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Collection, Coroutine
from typing import TYPE_CHECKING, Any

from pawline.backbone.hints import Alone
from pawline.model import decode_event
from pawline.runtime import publishing
from pawline.runtime.brakes import Brakes
from pawline.runtime.deadlines import Deadlines
from pawline.runtime.erasing import Erasing
from pawline.runtime.flow import FLOWS, PRIORITIES
from pawline.runtime.gates import Gates
from pawline.runtime.intake import Intake
from pawline.runtime.loading import Loading
from pawline.runtime.milestones import Milestones
from pawline.runtime.operators import Operators
from pawline.runtime.owning import Owning
from pawline.runtime.records import Record, encode_records
from pawline.runtime.schedules import Schedules
from pawline.runtime.seal import SEALED, event_aad, journal_aad
from pawline.runtime.settings import RuntimeSettings
from pawline.runtime.turns import Turns
from pawline.store import Erased, JournalRow, StaleOwner, Status, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from pawline.backbone.hints import Hints
    from pawline.model import Envelope, Event
    from pawline.runtime.binding import Bindings
    from pawline.runtime.flow import Flows
    from pawline.runtime.intake import Recorded, Write
    from pawline.runtime.run import Run
    from pawline.store import EventRow, HoldRow, Move, Outcome, Store

_log = logging.getLogger("pawline.runtime")


class Engine:
    """Drives the runs of the lanes that its store owns. One per process; everything happens in one event loop.

    `lanes`: see `Owning`. `hints`: of and to other processes of the store; closed by whoever made them.
    """

    def __init__(
        self,
        store: Store,
        flows: Flows,
        bindings: Bindings,
        settings: RuntimeSettings | None = None,
        *,
        seed: int | None = None,
        lanes: Collection[int] | None = None,
        hints: Hints | None = None,
    ) -> None:
        self.store = store
        self.now = store.clock
        self.keys = store.keys
        self.flows = flows
        self.bindings = bindings
        self.settings = settings or RuntimeSettings()
        self.random = random.Random(seed)  # noqa: S311 - jitter, no secret
        self.live: dict[int, Run] = {}
        self.lanes: dict[int, int] = {}  # never changed, only replaced
        self.hints: Hints = hints or Alone()
        self.owning = Owning(self, lanes)
        self.brakes = Brakes(self)
        self.gates = Gates(self, self.brakes)
        self.intake = Intake(self)
        self.loading = Loading(self)
        self.operators = Operators(self)
        self.schedules = Schedules(self)
        self.closing = False
        self.shoppers = 0
        self.turns = Turns(self)
        self._braked = 0.0  # when what others stopped was read
        self.restored: float | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self.milestones = Milestones(self)
        self.erasing = Erasing(self)
        self._nudge = asyncio.Event()  # an engine that is not started records events too
        self.loop: asyncio.AbstractEventLoop
        self.deadlines: Deadlines

    # -- life ----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Claim lanes, find what a death left behind, and begin to look. Raises FlowError if code is missing."""
        self.loop = asyncio.get_running_loop()
        self._nudge = asyncio.Event()
        self.deadlines = Deadlines(self.loop)
        self.flows.require(await self.store.fetch("unfinished_versions"))
        await self.owning.start()
        restored = [value for name, value in await self.store.fetch("meta") if name == "restored"]
        self.restored = float(restored[0]) if restored else None
        await self.brakes.load()
        await self.brakes.load_spent()
        await self.schedules.start()
        await self.erasing.start()
        self.spawn(self._look())
        await self.hints.listen(self.nudge)

    async def stop(self) -> None:
        """Leave: what is in flight is left to be settled by the next owner, exactly as after a death."""
        self.closing = True
        for run in list(self.live.values()):
            self.forget(run)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.store.release()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """A background task of the engine; its failure is logged, never silent."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._spawned)

    def _spawned(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a background task of the engine failed", exc_info=error)

    async def _look(self) -> None:
        """The safety net under all hints: whatever no hint told of is found here."""
        self._braked = self.loop.time()
        while not self.closing:
            self._nudge.clear()  # first: what is told from here on is found by the next look
            for look in (self.hear, self.loading.look, self.schedules.look):
                try:
                    await look()
                except Exception:  # noqa: BLE001 - one failed look must not be the last
                    _log.exception("a look at the store failed; the next one follows")
            try:
                await asyncio.wait_for(self._nudge.wait(), self.settings.look)
            except TimeoutError:
                continue

    async def hear(self) -> None:
        """What people asked for. Also between pages of whatever else there is: a stop waits for none of it."""
        now = self.loop.time()
        if now - self._braked > 1.0:
            self._braked = now
            await self.brakes.load()
            await self.erasing.heed()
        await self.operators.look()

    def nudge(self) -> None:
        """A hint that there is something to find: look now."""
        self._nudge.set()

    # -- what a run needs ----------------------------------------------------------------------------------------

    def doubt(self, row: EventRow) -> float | None:
        """The time of an event from before a restore, whose effects may have been forgotten; else None.

        What a flow published is as old as its record: `again` keeps the time of the event that it goes on with.
        """
        at = row.recorded if row.source.startswith(FLOWS) else row.at
        return at if self.restored is not None and at <= self.restored else None

    def room(self, priority: int) -> bool:
        """Whether one more run may come into memory. Shoppers find room where others do not; bulk has its turns."""
        limit = self.settings.live
        if priority == PRIORITIES["shopper"]:
            return len(self.live) < limit + limit // 4
        if priority == PRIORITIES["bulk"]:
            return self.turns.room
        return len(self.live) < limit

    def fence(self, lane: int) -> tuple[int, int]:
        """The lane with the epoch in which we own it; a commit that names an old one fails."""
        return (lane, self.lanes.get(lane, -1))

    def delay(self, attempt: int, retry_after: timedelta | None) -> float:
        """Seconds to the next attempt: what the other side asked for at least, else doubling with full jitter."""
        settings = self.settings
        most = min(settings.last_retry, settings.first_retry * 2.0 ** min(attempt - 1, 30))
        wait = self.random.uniform(settings.first_retry / 10, most)
        return wait if retry_after is None else retry_after.total_seconds() + wait / 10

    def committed(self, run: Run, outcome: Outcome, looks: Any, events: Any) -> None:
        """A unit of this run is on disk: tell whom it concerns."""
        self.told(outcome)
        for row, _, envelope in events:
            self.intake.dispatching.discard(row.no)
            if row.no not in outcome.duplicates:
                key = publishing.key_for(run, envelope.event)
                if key is not None:
                    self.intake.dispatch(row, envelope.event, key)
                else:
                    self.intake.behind = True  # a look finds it, and what is new stays behind it
                    self.nudge()
        if looks:
            self.store.commit(Unit(self._looked, lanes=(self.fence(run.row.lane),), looks=looks))

    def _looked(self, outcome: Outcome) -> None:
        if outcome.error is None:
            self.told(outcome)

    def nudged(self, outcome: Outcome) -> None:
        """A unit after which there may be something to find."""
        if outcome.error is None:
            self.nudge()

    def told(self, outcome: Outcome) -> None:
        """Runs whose key came free, waits whose event came."""
        if outcome.started:
            self.loading.want(outcome.started)
        for no, path, event in outcome.taken:
            self.loading.taken(no, path, event)

    def idle(self, run: Run) -> None:
        """A run that has nothing to do and nothing under way leaves memory; its rows remember it."""
        if self.operators.keeps(run):
            return
        if run.status in {Status.WAITING, Status.PARKED} or run.status >= Status.DONE:
            if run.working and run.status == Status.PARKED:
                return  # what is in flight is heard out first
            if run.status >= Status.DONE:
                self.milestones.tell(run.row.event, "", None)
            self.forget(run)

    def forget(self, run: Run) -> None:
        """Out of memory."""
        if self.live.get(run.no) is run:  # else it was read anew meanwhile
            del self.live[run.no]
            self.milestones.forget(run)
            if run.row.priority == PRIORITIES["shopper"]:
                self.shoppers -= 1
        self.loading.tried(run)
        run.drop()

    def admit(self, run: Run) -> None:
        """Into memory."""
        self.live[run.no] = run
        self.milestones.admit(run)
        if run.row.priority < PRIORITIES["bulk"]:
            self.loading.readying.came()
        if run.row.priority == PRIORITIES["shopper"]:
            self.shoppers += 1

    def lose(self, run: Run, error: Exception) -> None:
        """A unit of this run was not stored: its memory runs ahead of the disk, so it is dropped and read again."""
        self.brakes.give_back(run)
        self.forget(run)
        if isinstance(error, StaleOwner):
            self.owning.doubt()
            _log.info("run %d belongs to another owner now", run.no)
            return
        _log.warning("run %d is read again: %s", run.no, error)
        if not self.closing:
            self.loop.call_later(self.settings.look, self.loading.want, [run.no])

    def restart(self, run: Run, moved: Move, record: Record, more: list[tuple[str, tuple[object, ...]]]) -> None:
        """A parked run goes back among those that are ready, with a note in its journal, and is driven anew."""

        def done(outcome: Outcome) -> None:
            if outcome.error is None:
                self.loading.awake(run.no)
                self.loading.want([run.no])

        key, seq = run.key, run.seq
        row = JournalRow(run.no, seq, SEALED, key.no, key.seal(encode_records([record]), journal_aad(run.no, seq)))
        writes: list[tuple[str, tuple[object, ...]]] = [("close_cases_of", (run.no, self.now())), *more]
        self.store.commit(Unit(done, lanes=(self.fence(run.row.lane),), journal=[row], moves=[moved], writes=writes))

    # -- people and pages ----------------------------------------------------------------------------------------

    async def record(
        self, envelope: Envelope, priority: str = "work", holds: Sequence[HoldRow] = (), once: Sequence[Write] = ()
    ) -> Recorded:  # fmt: skip
        """Store an event; see `Intake.record`."""
        return await self.intake.record(envelope, priority, holds, once)

    async def reached(self, event: int, milestone: str, seconds: float) -> Any:
        """Wait for a milestone of a run; see `Milestones.reached`."""
        return await self.milestones.reached(event, milestone, seconds)

    async def erase(
        self, shop: str, household: str, seconds: float = 60.0, as_of: float | None = None
    ) -> list[int]:  # fmt: skip
        """Erase a household; see `Erasing.erase`."""
        return await self.erasing.erase(shop, household, seconds, as_of)

    async def open_event(self, row: EventRow) -> Event | None:
        """The event of a row; None where it was erased."""
        key = await self.keys.by_no(row.key) if row.key is not None else None
        if isinstance(key, Erased):
            return None
        return decode_event(row.type, row.body if key is None else key.open(row.body, event_aad(row.no)))
