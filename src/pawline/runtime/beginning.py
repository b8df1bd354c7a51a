"""What an event begins: runs of its flows, and the cancelling of others."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.runtime import mishaps
from pawline.runtime.ending import CaseBody, replay_of
from pawline.runtime.flow import FLOWS, HISTORY, PRIORITIES, digest63
from pawline.runtime.handing import Way
from pawline.runtime.run import Run
from pawline.runtime.seal import SEALED, case_aad, identity
from pawline.store import LANES, CaseRow, CommandRow, EventRow, NewRun, RunRow, Status, Unit

if TYPE_CHECKING:
    from pawline.model import Event
    from pawline.runtime.engine import Engine
    from pawline.runtime.flow import Flow
    from pawline.store import DataKey

_log = logging.getLogger("pawline.runtime")
BULK: Final = PRIORITIES["bulk"]


class Beginning:
    """Makes the rows of runs, and drives those of its engine's lanes to their first steps."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def fill(self, unit: Unit, row: EventRow, event: Event, key: DataKey, fresh: list[Run]) -> None:
        """Adds to the unit what the event begins and cancels; runs that are driven from here on go into `fresh`."""
        if row.priority == HISTORY:
            return
        for flow in self._engine.flows.begun_by(row.type):
            self._begin(flow, row, event, key, unit, fresh)
        for flow in self._engine.flows.cancelled_by(row.type):
            unit.writes = [*unit.writes, ("insert_command", self._cancel(flow, row))]
            if self._engine.brakes.handed(row.shop, flow.name):
                unit.writes = [*unit.writes, ("insert_command", self._cancel(flow, row, observed=True))]

    def _begin(
        self, flow: Flow[Any, Any], row: EventRow, event: Event, key: DataKey, unit: Unit, fresh: list[Run]
    ) -> None:
        engine = self._engine
        if row.source != f"{FLOWS}{flow.name}" and engine.brakes.past(row.shop, flow.name, row.happened):
            return  # but a flow that goes on with `again` has begun
        try:
            text = flow.key(event)
            observed = engine.brakes.way(row.shop, flow.name, row.happened) is Way.OBSERVE
            keyhash = flow.keyhash(row.shop, text, observed=observed)
            urgency = flow.priority(event)
        except Exception as problem:  # noqa: BLE001 - the flow's author's code
            unit.writes = [*unit.writes, ("insert_case", self._keyless(flow, row, key, mishaps.told(problem)))]
            return
        lane = row.lane if text == row.subject else digest63(row.shop, text) % LANES
        priority = BULK if row.priority == BULK else urgency
        ours = lane in engine.lanes
        room = engine.loading.readying.free if row.priority < BULK == urgency else engine.room(priority)
        drive = ours and room
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
        named, bulk = identity(entry.row, row.source, row.id), row.priority == BULK
        run = Run(engine, entry.row, flow, event, named, key, row.recorded, bulk=bulk)
        run.doubt = engine.doubt(row)
        run.happened = row.happened
        run.observed = engine.brakes.way(row.shop, flow.name, row.happened) is Way.OBSERVE
        engine.admit(run)
        try:
            run.driver.start()
            run.first(entry)
        except Exception:  # noqa: BLE001 - what the flow says cannot be stored
            _log.exception("run %d could not take its first steps", run.no)
            engine.gates.unborn(run)
            engine.nudge()
            return None
        return run

    def generation(self, flow: Flow[Any, Any], row: EventRow, event: Event, number: int) -> NewRun:
        """A run that replays an event on purpose; its lane's owner admits it to its key."""
        engine, text = self._engine, flow.key(event)
        lane = digest63(row.shop, text) % LANES
        observed = engine.brakes.way(row.shop, flow.name, row.happened) is Way.OBSERVE
        keyhash = flow.keyhash(row.shop, text, observed=observed)
        new = RunRow(
            engine.store.next_no(), row.shop, lane, flow.name, flow.version, text, keyhash, row.no,
            number, flow.priority(event), Status.NEW, 0, 0, engine.now(), None, event.household, 0, None, None,
        )  # fmt: skip
        return NewRun(new, flow.busy)

    def _cancel(self, flow: Flow[Any, Any], row: EventRow, *, observed: bool = False) -> CommandRow:
        engine, target = self._engine, f"key:{flow.keyhash(row.shop, row.subject, observed=observed)}"
        lane = digest63(row.shop, row.subject) % LANES
        return CommandRow(
            engine.store.next_no(), row.shop, lane, "cancel", target, "pawline", f"{row.type}: event {row.no}",
            engine.store.now(), msgspec.json.encode({"before": row.recorded}), "pending", None,
        )  # fmt: skip

    def _keyless(self, flow: Flow[Any, Any], row: EventRow, key: DataKey, detail: str) -> CaseRow:
        no = self._engine.store.next_no()
        body = msgspec.json.encode(CaseBody(flow=f"{flow.name}@{flow.version}", detail=detail))
        again = replay_of(row.no, flow.name)
        title = f"{flow.name} could not name its key for {row.type} number {row.no}; once it is mended: {again}"
        return CaseRow(
            no, row.shop, row.lane, None, "", "code", title, f"{digest63(flow.name, 'key'):016x}", "developers", "open",
            self._engine.store.now(), None, row.household, SEALED, key.no, key.seal(body, case_aad(no)), None, None,
            None,
        )  # fmt: skip
