"""What raises where nothing should: one run or event that cannot be stored or read must not keep the others out."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

import msgspec

from pawline.runtime import ending
from pawline.runtime.ending import CaseBody
from pawline.runtime.flow import digest63
from pawline.runtime.records import Parked, encode_records
from pawline.runtime.seal import SEALED, case_aad, journal_aad
from pawline.runtime.step import FlowError
from pawline.store import CaseRow, JournalRow, Move, Outcome, Status, Unit

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from pawline.runtime.engine import Engine
    from pawline.runtime.reviving import Stored
    from pawline.runtime.run import Run
    from pawline.store import DataKey

_log = logging.getLogger("pawline.runtime")


async def guarded(look: Awaitable[None]) -> None:
    """One failed look must not be the last, nor keep the others from looking."""
    try:
        await look
    except Exception:  # noqa: BLE001 - whatever it is, the next look tries again
        _log.exception("a look at the store failed; the next one follows")


def told(problem: BaseException) -> str:
    """The error with its trace, in text that can be stored whatever it says."""
    text = "".join(traceback.format_exception(problem, limit=-6))
    return text.encode("utf-8", "backslashreplace").decode()


def titled(flow: str, problem: BaseException) -> str:
    """A title is in the clear: only what the runtime itself says is in it."""
    text = f"{flow}: {type(problem).__name__}" + (f": {problem}" if isinstance(problem, FlowError) else "")
    return text.encode("utf-8", "backslashreplace").decode()


def park(run: Run, problem: Exception) -> None:
    """What the run gathered cannot be stored: it is dropped, as a death would, and a developer finds a case."""
    engine = run.engine
    run.committing = run.parked = True  # nothing follows, nothing joins
    run.unit.clear()
    engine.brakes.give_back(run)
    run.driver.ended, run.driver.error = True, problem
    for gathered in (run.records, run.writes, run.looks, run.launches, run.driver.fresh, run.driver.published):
        gathered.clear()
    no = ending.open_case(run, "", "code", titled(run.row.flow, problem), detail=told(problem))
    row = _note(run.no, run.seq, run.key, Parked("", engine.now(), no))
    writes = [*(() if run.key.stored else run.key.fresh_writes()), *run.writes]
    moves = [run.move(Status.PARKED)] if run.status != Status.PARKED else []

    def done(outcome: Outcome) -> None:
        run.committing = False
        if run.lost:
            return
        if outcome.error is not None:
            engine.lose(run, outcome.error)
        else:
            engine.forget(run)

    _log.error("run %d is parked: what it says cannot be stored", run.no, exc_info=problem)
    engine.store.commit(Unit(done, lanes=(engine.fence(run.row.lane),), journal=[row], moves=moves, writes=writes))


def _note(no: int, seq: int, key: DataKey, record: Parked) -> JournalRow:
    return JournalRow(no, seq, SEALED, key.no, key.seal(encode_records([record]), journal_aad(no, seq)))


async def unloadable(engine: Engine, stored: Stored, problem: Exception) -> None:
    """A run that cannot be brought into memory (again) waits for a developer, and then for a retry."""
    row, key, now = stored.row, stored.key, engine.now()
    if (half := engine.live.get(row.no)) is not None:
        engine.forget(half)
    if row.status == Status.PARKED and any(case[4] == "" for case in await engine.store.fetch("cases_of", (row.no,))):
        engine.loading.asleep(row.no, row.lane)
        return
    no, title = engine.store.next_no(), titled(row.flow, problem) + f": run {row.no} could not be loaded"
    body = msgspec.json.encode(CaseBody(flow=f"{row.flow}@{row.version}", detail=told(problem)))
    case = CaseRow(
        no, row.shop, row.lane, row.no, "", "code", title, f"{digest63(row.flow, 'code', title):016x}", "developers",
        "open", now, None, row.household, SEALED, key.no, key.seal(body, case_aad(no)), None, None, None,
    )  # fmt: skip
    moves = [Move(row.no, (row.status,), Status.PARKED, row.deaths, row.records, None)]

    def done(outcome: Outcome) -> None:
        if outcome.error is None:
            engine.loading.asleep(row.no, row.lane)

    unit = Unit(done, lanes=(engine.fence(row.lane),), writes=[("insert_case", case)])
    unit.journal = [_note(row.no, len(stored.journal), key, Parked("", now, no))]
    unit.moves = moves if row.status != Status.PARKED else []
    engine.store.commit(unit)
