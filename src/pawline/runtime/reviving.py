"""A run from its rows: replayed to where it was, and what was in doubt at a death taken up again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from pawline.model import decode_event
from pawline.runtime import alone, ending, mishaps, settling, waits
from pawline.runtime.flow import PRIORITIES
from pawline.runtime.handing import Way
from pawline.runtime.records import Cancelling, Done, Failed, Intent, Parked, Reached, Record, Resumed, decode_records
from pawline.runtime.run import Run
from pawline.runtime.seal import event_aad, identity, open_journal
from pawline.runtime.step import Call, FlowError, Misfit
from pawline.runtime.trials import ALONE
from pawline.store import Move, Status, Unit, WaitKind

if TYPE_CHECKING:
    from pawline.runtime.engine import Engine
    from pawline.store import DataKey, EventRow, JournalRow, Outcome, RunRow, WaitRow

_log = logging.getLogger("pawline.runtime")


class Stored(NamedTuple):
    """What the store holds of one run."""

    row: RunRow
    event: EventRow
    journal: list[JournalRow]
    waits: list[WaitRow]
    key: DataKey


def end_erased(engine: Engine, row: RunRow) -> None:
    """A run whose household was erased is never driven again."""
    now = engine.now()
    alive = (Status.READY, Status.RUNNING, Status.WAITING, Status.PARKED)
    move = Move(row.no, alive, Status.CANCELLED, row.deaths, row.records, now)
    writes: list[tuple[str, tuple[Any, ...]]] = [("delete_waits", (row.no,)), ("close_cases_of", (row.no, now))]

    def done(outcome: Outcome) -> None:
        if outcome.error is None:
            engine.told(outcome)

    engine.store.commit(Unit(done, lanes=(engine.fence(row.lane),), moves=[move], writes=writes))


def revive(engine: Engine, stored: Stored) -> None:
    """Bring a run into memory and on with what is open; one that may kill the process is tried, then parked."""
    row, event_row, key = stored.row, stored.event, stored.key
    flow = engine.flows.get(row.flow, row.version)
    if flow is None:
        _log.error("run %d needs %s version %d, which is not here: it stays as it is", row.no, row.flow, row.version)
        return
    bodies = [open_journal(part, key) for part in stored.journal]
    history = [record for body in bodies for record in decode_records(body)]
    deaths = row.deaths
    if deaths and any(isinstance(record, (Done, Failed)) for record in history[row.records :]):
        deaths = 1  # it had got on since; another attempt at the same step is no progress
    trials = engine.loading.trials
    guilty = trials.convicts(deaths)
    suspect = trials.suspects(deaths) and not guilty and not engine.closing
    if suspect and not trials.admits(row.no, deaths):
        return  # it stays a row until others got on
    event = decode_event(event_row.type, key.open(event_row.body, event_aad(event_row.no)))
    named, bulk = identity(row, event_row.source, event_row.id), event_row.priority == PRIORITIES["bulk"]
    run = Run(engine, row, flow, event, named, key, event_row.recorded, bulk=bulk)
    run.doubt = engine.doubt(event_row)
    run.happened = event_row.happened
    run.observed = engine.brakes.way(row.shop, row.flow, event_row.happened) is Way.OBSERVE
    run.seq, run.rows, run.bytes, run.deaths = len(stored.journal), len(history), sum(map(len, bodies)), deaths
    engine.admit(run)
    if guilty:
        ending.park(run, "poison", f"{row.flow} ended the hub {ALONE} times while it was the only suspect in memory")
        run.deaths = 0
    elif suspect:
        _try(run, stored, history)
    else:
        _replay(run, history, stored.waits)


def _try(run: Run, stored: Stored, history: list[Record]) -> None:
    """On disk first that this one is on trial: if the process dies now, it is known which run it was."""
    engine = run.engine
    run.committing = True

    def done(outcome: Outcome) -> None:
        run.committing = False
        if run.lost or outcome.error is not None:
            if outcome.error is not None and not run.lost:
                engine.lose(run, outcome.error)
            engine.loading.waking.started(run)
            return
        run.status = Status.RUNNING
        _replay(run, history, stored.waits)
        engine.loading.waking.started(run)
        run.flush()

    engine.store.commit(Unit(done, lanes=run.unit.lanes, moves=[run.move(Status.RUNNING)]))


def _replay(run: Run, history: list[Record], rows: list[WaitRow]) -> None:
    run.taken = [record.event for record in history if isinstance(record, Done) and record.event is not None]
    run.passed = {record.milestone: record.value for record in history if isinstance(record, Reached)}
    if run.status == Status.PARKED and _is_parked(history):
        run.parked = True  # only a person's word moves it: its code would fail as before
        return
    at = alone.begins(history)
    try:
        if at is not None:
            run.driver.close()
            run.driver = alone.Alone(history[:at], run.row.created, run.engine.bindings)
            run.records = run.driver.records
        run.driver.start(history if at is None else history[at + 1 :])
    except Exception as problem:  # noqa: BLE001 - whatever its code raises at its history, a person looks
        # What code did that is not that of the journal, did not happen: nothing of it goes out with the case.
        for unwanted in (run.driver.published, run.driver.fresh, run.records):
            unwanted.clear()
        kind = "misfit" if isinstance(problem, Misfit) else "code"
        said = str(problem) if isinstance(problem, FlowError) else type(problem).__name__
        ending.park(run, kind, f"{run.row.flow}: {said}", mishaps.told(problem))
        return
    run.shelved = {wait.path for wait in rows if wait.kind == WaitKind.RETRY}
    waiting = {wait.path for wait in rows}
    for pending in list(run.driver.pending.values()):
        if isinstance(pending.command, Call):
            if isinstance(pending.begun, Intent):
                settling.resume(run, pending)
            elif pending.command.late is not None and (
                pending.path in run.shelved or any(isinstance(one, (Done, Failed)) for one in history)
            ):
                # It was never sent; its limit is counted from when the flow came to it, which the record before tells,
                # or the run's beginning: it had come to it by the time it was shelved.
                pending.command.deadline = pending.since + pending.command.late
        elif pending.begun is not None and pending.path not in waiting:
            waits.nap_again(run, pending)


def _is_parked(history: list[Record]) -> bool:
    """Whether the last word about the run as a whole is that a person must say how it goes on."""
    for record in reversed(history):
        if isinstance(record, Cancelling) or (isinstance(record, (Parked, Resumed)) and not record.path):
            return isinstance(record, Parked)
    return False
