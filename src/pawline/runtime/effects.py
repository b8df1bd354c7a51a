"""Effects: sent once their intent is on disk; what follows from how an attempt ended."""

from __future__ import annotations

import asyncio
import traceback
from contextvars import Context
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.ports import ATTEMPT, Attempt, Code, Malformed, PortError, Rejected, Settle, Transient, Unauthorised
from pawline.runtime import ending, observing, settling
from pawline.runtime.doubt import ask_first, looks_up
from pawline.runtime.records import NOTHING, Done, Failed, Intent, Observed, Parked, Resumed, Tried
from pawline.runtime.step import Call, FlowError

if TYPE_CHECKING:
    from pawline.runtime.binding import Binding
    from pawline.runtime.fiber import Pending
    from pawline.runtime.run import Run

REFUSED: Final = frozenset({Code.RATE_LIMITED, Code.UNREACHABLE, Code.NOT_TAKEN})
"""Transient answers that prove that nothing happened; after any other the outcome is unknown."""


def call_of(pending: Pending) -> Call[object]:
    """The pending command, which is a call."""
    call = pending.command
    assert isinstance(call, Call)
    return call


def intent(run: Run, pending: Pending, call: Call[object], binding: Binding, *, proven: bool = False) -> Intent:
    """The record of the attempt that is about to leave. `proven`: nothing happened under the old key, so a new one."""
    now = run.engine.now()
    begun, tried, target = pending.begun, pending.tried, call.target
    timeout, margin = binding.terms[target.name]
    settle_by = now + timeout + margin
    given = tried.args if type(tried) is Resumed and tried.args != NOTHING else None
    keyed = binding.operations[target.name].settle is Settle.KEY
    if type(begun) is not Intent:
        args = msgspec.Raw(call.args) if given is None else given
        late = call.deadline if call.late is None or call.deadline is not None else now + call.late
        return Intent(
            pending.path, target.port, target.name, args, call.account, settle_by, 1, 0, now, call.back,
            call.undoes, late, keyed,
        )  # fmt: skip
    fresh, first = (begun.fresh + 1, now) if proven else (begun.fresh, begun.first)
    args = begun.args if given is None else given
    return Intent(
        pending.path, begun.port, begun.method, args, begun.account, settle_by, begun.attempt + 1, fresh, first,
        begun.back, begun.undoes, begun.late, keyed and (proven or begun.keyed),
    )  # fmt: skip


def intend(run: Run, pending: Pending) -> None:
    """Record that the step is about to be sent, if its gate is open; else it is held."""
    call = call_of(pending)
    binding = run.engine.bindings.get(call.target.port, call.account)
    if binding is None:
        unplayed(run, pending)
        return
    if run.observed:
        observing.intend(run, pending, call, binding)
        return
    if run.doubt is not None and doubted(run, pending, call, binding):
        return
    if call.late is not None and (call.late <= 0 or (call.deadline is not None and run.engine.now() >= call.deadline)):
        settling.limit(run, pending)  # its time was over while no hub was there, or before it began
        return
    if not run.engine.gates.enter(run, pending, call, binding):
        settling.limit(run, pending)
        if run.engine.brakes.observes(run, call) and pending.path not in run.driver.observed:
            now, target = run.engine.now(), call.target
            run.driver.observed[pending.path] = now
            run.records.append(
                Observed(pending.path, now, target.port, target.name, msgspec.Raw(call.args), call.account)
            )
        return
    begun = intent(run, pending, call, binding)
    pending.begun = begun
    run.records.append(begun)
    run.launches.append((pending, begun, binding))


def launch(run: Run, pending: Pending, intent: Intent, binding: Binding) -> None:
    """Send what is recorded. Called after the commit only."""
    path = pending.path
    if path not in run.driver.pending:
        return
    asks = run.doubt is not None and looks_up(run, intent, binding.operations[intent.method])
    way = settling.look_up if asks else _attempt
    run.working[path] = run.engine.loop.create_task(way(run, pending, intent, binding), context=Context())


def doubted(run: Run, pending: Pending, call: Call[object], binding: Binding) -> bool:
    """Whether a step of an event from before a restore is looked up, or asked about, instead of sent. See `doubt`."""
    if isinstance(pending.tried, (Parked, Resumed)):
        return isinstance(pending.tried, Parked)  # a person is asked; a person said: it did not happen, send it
    operation, now = binding.operations[call.target.name], run.engine.now()
    how = ask_first(operation, run.doubt or now, now)
    if how is Settle.LOOK_UP and not run.engine.gates.enter_read(run, pending, binding):
        settling.limit(run, pending)
    elif how is Settle.LOOK_UP:
        pending.begun = begun = msgspec.structs.replace(intent(run, pending, call, binding), settle_by=now)
        run.records.append(begun)
        run.launches.append((pending, begun, binding))
    elif how is Settle.ASK:
        title = f"did {call.target.port}.{call.target.name} happen before the restore? {call.account} cannot be asked"
        park(run, pending, "unknown", title)
    return how in {Settle.LOOK_UP, Settle.ASK}


def _make(run: Run, intent: Intent) -> Attempt:
    until = datetime.fromtimestamp(intent.settle_by, UTC)
    return Attempt(run.key_of(intent.path, intent.fresh), intent.attempt, until, run.row.shop, intent.account)


def _seconds(intent: Intent, left: float, timeout: float, margin: float, now: float) -> float:
    """How long the attempt may take: almost always the whole time-out, and `Deadlines` shares a timer then."""
    seconds = timeout if left >= timeout - margin / 4 else max(0.001, left)
    if intent.late is not None and intent.late > now:
        seconds = min(seconds, intent.late - now)
    return seconds


async def _attempt(run: Run, pending: Pending, intent: Intent, binding: Binding) -> None:
    engine, path, target = run.engine, intent.path, call_of(pending).target
    timeout, margin = binding.terms[intent.method]
    now = engine.now()
    left = intent.settle_by - margin - now
    if left <= 0:
        _unsent(run, pending, intent, now)
        return
    seconds = _seconds(intent, left, timeout, margin, now)
    task = run.working[path]
    ATTEMPT.set(partial(_make, run, intent))
    deadline = engine.deadlines.add(task, seconds)
    value: bytes | None = None
    error: Exception | None = None
    try:
        value = target.encode_result(await target.send(binding.implementation, intent.args))
    except PortError as problem:
        error = problem
    except asyncio.CancelledError:
        error = Transient(f"no answer within {seconds:g} s", Code.TIMED_OUT)
    except Exception as problem:  # noqa: BLE001 - a connector's defect must not end the hub
        error = defect(binding, intent.method, problem)
    deadline.pop(task, None)
    if run.lost:
        return
    engine.gates.leave(run, path, intent.account, error)
    del run.working[path]
    if value is not None:
        at = engine.now()
        late = intent.late is not None and at > intent.late
        run.finish(Done(path, at, msgspec.Raw(value), None, late))
    elif error is not None:
        failed(run, pending, intent, error)
        error = None  # a circle otherwise: its trace holds this frame


def _unsent(run: Run, pending: Pending, intent: Intent, now: float) -> None:
    """So much time went by since the intent that the call could end after its settle-by, when others look it up."""
    run.engine.gates.leave_all(run, [(intent.path, intent.account)])
    del run.working[intent.path]
    code = Code.TIMED_OUT.value
    tried = Tried(intent.path, now, intent.attempt, "transient", code, "it was not sent", now, pending.doubt)
    settling.later(run, pending, tried)


def defect(binding: Binding, method: str, problem: Exception) -> Exception:
    """What a connector raised that is none of the four errors: a case for its developer."""
    if isinstance(problem, FlowError):
        return problem
    found = Malformed(f"{binding.account}: {method} raised {type(problem).__name__}")
    found.__cause__ = problem  # what it says may be personal: it goes into the case, sealed
    return found


def failed(run: Run, pending: Pending, intent: Intent, error: Exception) -> None:
    """Decide after an attempt without a result: the flow's turn, a later attempt, or a person's."""
    at = run.engine.now()
    if isinstance(error, Rejected):
        if intent.undoes is None:
            run.finish(Failed(intent.path, at, error.kind, error.code.value, error.text))
        else:
            team = "operations" if error.code is Code.TOO_LATE else None  # nothing is broken: a person sees to it
            title = f"undoing step {intent.undoes} was refused: {error.code.value}"
            park(run, pending, "code", title, error.text, team)
    elif isinstance(error, Transient):
        unknown = error.code not in REFUSED or pending.doubt
        if not unknown and intent.late is not None and at >= intent.late:
            run.finish(Failed(intent.path, at, error.kind, error.code.value, error.text, late=True))
            return
        if at - intent.first > _patience(run, intent) and intent.undoes is None:
            park(run, pending, "retries", f"{intent.port}.{intent.method} kept failing: {error.code.value}", error.text)
            return
        again = at + run.engine.delay(intent.attempt, error.retry_after)
        if intent.late is not None and not unknown:
            again = min(again, intent.late)  # to say then that it is late
        tried = Tried(intent.path, at, intent.attempt, error.kind, error.code.value, error.text, again, unknown)
        settling.later(run, pending, tried)
    elif isinstance(error, Unauthorised):
        run.engine.gates.pause(run, intent.account, error)
        tried = Tried(intent.path, at, intent.attempt, error.kind, error.code.value, error.text, at, pending.doubt)
        settling.later(run, pending, tried)
    else:
        broken(run, pending, error)


def _patience(run: Run, intent: Intent) -> float:
    """Seconds for which it is tried: the card's word, else the hub's."""
    binding = run.engine.bindings.get(intent.port, intent.account)
    own = None if binding is None else binding.operations[intent.method].patience
    return run.engine.settings.give_up if own is None else own.total_seconds()


def broken(run: Run, pending: Pending, error: Exception) -> None:
    """The connector, the vendor's page or the size of an answer is not what was promised: a developer's case."""
    call, cause = call_of(pending), error.__cause__
    if not isinstance(error, Malformed):
        park(run, pending, "size", str(error))
        return
    # A title is in the clear: what a vendor or its connector says may be personal, and is sealed.
    where, detail = f"{call.account}: {call.target.name}", error.text
    if cause is not None:
        detail += "\n" + "".join(traceback.format_exception(cause, limit=-6))
    said = "gave a malformed answer" if cause is None else f"raised {type(cause).__name__}"
    park(run, pending, "malformed", f"{where} {said}", detail)


def park(run: Run, pending: Pending, kind: str, title: str, detail: str = "", team: str | None = None) -> None:
    """A person decides how this step goes on."""
    detail = detail.encode("utf-8", "backslashreplace").decode()
    no = ending.open_case(run, pending.path, kind, title, detail=detail, team=team)
    run.note(Parked(pending.path, run.engine.now(), no))


def misread(run: Run, path: str, problem: Exception) -> None:
    """A result that is not of the type that the port promises: the effect happened, a developer must look."""
    pending = run.driver.pending[path]
    call = pending.command
    if isinstance(call, Call):
        title = f"{call.account}: {call.target.port}.{call.target.name} returned what is not of its type"
        park(run, pending, "malformed", title, str(problem))
    else:  # an event or an answer
        detail = "".join(traceback.format_exception(problem, limit=-6)).encode("utf-8", "backslashreplace").decode()
        park(run, pending, "malformed", f"{run.row.flow}: what step {path} waited for does not fit its type", detail)


def unplayed(run: Run, pending: Pending) -> None:
    """The step's account is not connected any more: a case; retried when it is back."""
    call = call_of(pending)
    park(run, pending, "code", f"{call.account} no longer plays {call.target.port}: connect it, then retry")
