"""How a run leaves memory: ended, waiting as a row, or parked with a case for a person."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.ports import PortError, to_record
from pawline.runtime.flow import digest63
from pawline.runtime.records import Parked
from pawline.runtime.seal import SEALED, case_aad, outcome_aad
from pawline.runtime.step import Call, Cancelled, FlowError, Late, Misfit
from pawline.store import LANES, CaseRow, Move, Status

if TYPE_CHECKING:
    from datetime import datetime

    from pawline.runtime.engine import Engine
    from pawline.runtime.run import Run

_log = logging.getLogger("pawline.runtime")
DEVELOPERS = frozenset({"code", "misfit", "malformed", "poison", "size"})
"""Kinds of case that go to the people who wrote the code."""


PLAIN: Final = 0
"""Codec of a body that needs no key."""


class CaseBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a case shows: sealed, because evidence may be personal."""

    flow: str = ""
    step: str = ""
    evidence: msgspec.Raw = msgspec.Raw(b"null")
    choices: msgspec.Raw = msgspec.Raw(b"[]")
    suggested: msgspec.Raw = msgspec.Raw(b"null")
    otherwise: msgspec.Raw = msgspec.Raw(b"null")
    detail: str = ""


def _raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def open_case(
    run: Run, path: str, kind: str, title: str, *, team: str | None = None, until: datetime | None = None,
    evidence: Any = None, choices: Any = (), suggested: Any = None, otherwise: Any = None, detail: str = "",
    cause: str | None = None, over: bool = False,
) -> int:  # fmt: skip
    """A case for the next commit of this run; its number. Cases of one `cause` share a fingerprint.

    `over`: the run ends with it, and the case outlives the run: whoever saw to it closes it.
    """
    no = run.engine.store.next_no()
    name = run.row.flow
    body = CaseBody(
        flow=f"{name}@{run.row.version}", step=path, evidence=_raw(evidence), choices=_raw(choices),
        suggested=_raw(suggested), otherwise=_raw(otherwise), detail=detail,
    )  # fmt: skip
    sealed = run.key.seal(msgspec.json.encode(body), case_aad(no))
    fingerprint = f"{digest63(name, kind, cause or title):016x}"
    row = CaseRow(
        no, run.row.shop, run.row.lane, None if over else run.no, path, kind, title, fingerprint,
        team or ("developers" if kind in DEVELOPERS else "operations"), "open", run.engine.now(),
        None if until is None else until.timestamp(), run.row.household, SEALED, run.key.no, sealed, None, None, None,
    )  # fmt: skip
    run.writes.append(("insert_case", row))
    return no


def brake_case(run: Run, kind: str, title: str, cause: str) -> CaseRow:
    """The one case of a brake that pulled itself. It is about no single run, and holds nothing of anybody's."""
    return CaseRow(
        run.engine.store.next_no(), run.row.shop, run.row.lane, None, "", kind, title, fingerprint_of(kind, cause),
        "operations", "open", run.engine.now(), None, None, PLAIN, None, msgspec.json.encode(CaseBody()), None, None,
        None,
    )  # fmt: skip


def untold_case(engine: Engine, shop: str, kind: str, title: str, cause: str, detail: str) -> CaseRow:
    """A case about no run. In the clear: it holds nothing of anybody's."""
    lane = digest63(shop, cause) % LANES
    body = msgspec.json.encode(CaseBody(detail=detail))
    return CaseRow(
        engine.store.next_no(), shop, lane, None, "", kind, title, fingerprint_of(kind, cause), "operations", "open",
        engine.now(), None, None, PLAIN, None, body, None, None, None,
    )  # fmt: skip


def fingerprint_of(kind: str, cause: str) -> str:
    """What the cases of one brake share."""
    return f"{digest63('', kind, cause):016x}"


def replay_of(event: int, flow: str) -> str:
    """What to type for one flow of an event again. Always with its name: the event's other flows have done theirs."""
    return f"`pawline events replay {event} --flow {flow}`"


def move(run: Run) -> Move | None:
    """The state that this commit brings the run to, if it changes."""
    driver = run.driver
    if run.status >= Status.DONE:
        return None
    if run.parked:
        return run.move(Status.PARKED) if run.status != Status.PARKED else None
    if driver.ended:
        return _end(run)
    if run.launches or run.working or run.timers or run.held:
        return None if run.status == Status.RUNNING else run.move(Status.RUNNING)
    waiting = Status.PARKED if any(isinstance(p.tried, Parked) for p in driver.pending.values()) else Status.WAITING
    return run.move(waiting) if run.status != waiting else None


def park(run: Run, kind: str, title: str, detail: str = "") -> None:
    """A case about the run as a whole: nothing of it moves until an operator retries or cancels it."""
    no = open_case(run, "", kind, title, detail=detail)
    run.records.append(Parked("", run.engine.now(), no))
    run.parked = True
    for handle in run.timers.values():
        handle.cancel()
    run.timers.clear()
    run.held.clear()


def close(run: Run) -> None:
    """What is open of a run that leaves memory: its timers and calls, the flow's coroutines, its places in gates."""
    for handle in run.timers.values():
        handle.cancel()
    for task in run.working.values():
        task.cancel()
    calls = [(path, p.command) for path, p in run.driver.pending.items()]
    flying = [(path, call.account) for path, call in calls if isinstance(call, Call)]
    try:
        run.driver.close()
    except FlowError as problem:
        _log.error("run %d: %s", run.no, problem)
    run.engine.gates.leave_all(run, flying)


def _end(run: Run) -> Move | None:
    error, result = run.driver.error, run.driver.result
    if error is None:
        try:
            return _ended(run, Status.DONE, run.flow.encode_result(result))
        except (TypeError, ValueError, OverflowError) as problem:
            error = FlowError(f"its result cannot be stored: {type(problem).__name__}")
            error.__cause__ = problem  # its words may be a person's: they go into the case, sealed
    if isinstance(error, Cancelled):
        return _ended(run, Status.CANCELLED, b"null")
    if isinstance(error, (PortError, Late)):
        return _failed(run, error)
    kind = "misfit" if isinstance(error, Misfit) else "code"
    detail = "".join(traceback.format_exception(error, limit=-6))
    # A title is in the clear. What the runtime says holds no personal data; what others say may, and is sealed.
    text = f": {error}" if isinstance(error, FlowError) else ""
    park(run, kind, f"{run.row.flow}: {type(error).__name__}{text}", detail)
    return run.move(Status.PARKED)


def _failed(run: Run, error: PortError | Late) -> Move:
    """By an error that the flow did not see to: nobody else would hear of it, so a person does."""
    told = to_record(error) if isinstance(error, PortError) else ("late", "timed_out", str(error), None)
    if not run.observed and not run.driver.cancelling:  # whoever cancelled it knows
        said = f"{run.row.flow}: {told[0]} ({told[1]}), which it does not see to, ended it"
        again = replay_of(run.row.event, run.row.flow)
        how = f"once that is mended, {again} runs this flow alone, from its beginning; or close this once done by hand"
        open_case(run, "", "failed", said, detail=f"run {run.no} of {run.row.run_key}: {told[2]}; {how}", over=True)
    return _ended(run, Status.FAILED, msgspec.json.encode(told))


def _ended(run: Run, status: Status, body: bytes) -> Move:
    sealed = run.key.seal(body, outcome_aad(run.no))
    return run.move(status, (SEALED, run.key.no, sealed))
