"""Effects: sent once recorded, and when their outcome is unknown, settled as the connector's card says."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.ports import ATTEMPT, Attempt, Code, Malformed, PortError, Rejected, Settle, Transient, Unauthorised
from pawline.runtime import ending
from pawline.runtime.records import Done, Failed, Intent, Parked, Resumed, Tried
from pawline.runtime.step import Call, FlowError

if TYPE_CHECKING:
    from pawline.ports import Operation
    from pawline.runtime.binding import Binding
    from pawline.runtime.driver import Pending
    from pawline.runtime.run import Run

REFUSED: Final = frozenset({Code.RATE_LIMITED})
"""Transient answers that prove that nothing happened; after any other the outcome is unknown."""


def _call(pending: Pending) -> Call[object]:
    call = pending.command
    assert isinstance(call, Call)
    return call


def intent(run: Run, pending: Pending, call: Call[object], operation: Operation, *, proven: bool = False) -> Intent:
    """The record of the attempt that is about to leave. `proven`: nothing happened under the key before, so a new one."""
    now = run.engine.now()
    begun = pending.begun if isinstance(pending.begun, Intent) else None
    settle_by = now + operation.timeout.total_seconds() + operation.margin.total_seconds()
    args = msgspec.Raw(call.args)
    if isinstance(pending.tried, Resumed) and pending.tried.args is not None:
        args = pending.tried.args
    elif begun is not None:
        args = begun.args
    if begun is None:
        late = None if call.late is None else now + call.late
        return Intent(
            pending.path, call.target.port, call.target.name, args, call.account, settle_by, 1, 0, now, call.back,
            call.undoes, late,
        )  # fmt: skip
    fresh, first = (begun.fresh + 1, now) if proven else (begun.fresh, begun.first)
    return Intent(
        pending.path, begun.port, begun.method, args, begun.account, settle_by, begun.attempt + 1, fresh, first,
        begun.back, begun.undoes, begun.late,
    )  # fmt: skip


def launch(run: Run, pending: Pending, intent: Intent) -> None:
    """Send what is recorded. Called after the commit only."""
    if pending.path not in run.driver.pending:
        return
    binding = run.engine.bindings.get(intent.port, intent.account)
    assert binding is not None
    run.working[pending.path] = run.engine.loop.create_task(_attempt(run, pending, intent, binding))


async def _attempt(run: Run, pending: Pending, intent: Intent, binding: Binding) -> None:
    engine, call = run.engine, _call(pending)
    operation = binding.operations[intent.method]
    key = run.key_of(intent.path, intent.fresh)
    until = datetime.fromtimestamp(intent.settle_by, UTC)
    ATTEMPT.set(Attempt(key, intent.attempt, until, run.row.shop, intent.account))
    seconds = operation.timeout.total_seconds()
    if intent.late is not None and intent.late > engine.now():
        seconds = min(seconds, intent.late - engine.now())
    timer = engine.loop.call_later(seconds, run.working[intent.path].cancel)
    value: bytes | None = None
    error: Exception | None = None
    try:
        value = call.target.encode_result(await call.target.send(binding.implementation, intent.args))
    except PortError as problem:
        error = problem
    except asyncio.CancelledError:
        error = Transient(f"no answer within {seconds:g} s", Code.TIMED_OUT)
    except Exception as problem:  # noqa: BLE001 - a connector's defect must not end the hub
        error = _defect(binding, intent.method, problem)
    timer.cancel()
    engine.gates.leave(run, intent.path, intent.account, error)
    if run.lost:
        return
    del run.working[pending.path]
    if value is not None:
        at = engine.now()
        late = intent.late is not None and at > intent.late
        run.finish(Done(intent.path, at, msgspec.Raw(value), None, late))
    elif error is not None:
        failed(run, pending, intent, error)


def _defect(binding: Binding, method: str, problem: Exception) -> Exception:
    if isinstance(problem, FlowError):
        return problem
    return Malformed(f"{binding.account}: {method} raised {type(problem).__name__}: {problem}")


def failed(run: Run, pending: Pending, intent: Intent, error: Exception) -> None:
    """Decide after an attempt without a result: the flow's turn, a later attempt, or a person's."""
    at = run.engine.now()
    if isinstance(error, Rejected):
        if intent.undoes is None:
            run.finish(Failed(intent.path, at, error.kind, error.code.value, error.text))
        else:
            _park(run, pending, "code", f"undoing step {intent.undoes} was refused: {error.text}")
    elif isinstance(error, Transient):
        unknown = error.code not in REFUSED
        if not unknown and intent.late is not None and at >= intent.late:
            run.finish(Failed(intent.path, at, error.kind, error.code.value, error.text, late=True))
            return
        if at - intent.first > run.engine.settings.give_up and intent.undoes is None:
            _park(run, pending, "retries", f"{intent.port}.{intent.method} kept failing: {error.text}")
            return
        again = at + run.engine.delay(intent.attempt, error.retry_after)
        tried = Tried(intent.path, at, intent.attempt, error.kind, error.code.value, error.text, again, unknown)
        _later(run, pending, tried)
    elif isinstance(error, Unauthorised):
        run.engine.gates.pause(run, intent.account, error)
        tried = Tried(intent.path, at, intent.attempt, error.kind, error.code.value, error.text, at, unknown=False)
        _later(run, pending, tried)
    else:
        text = error.text if isinstance(error, Malformed) else str(error)
        _park(run, pending, "malformed" if isinstance(error, Malformed) else "size", text)


def _park(run: Run, pending: Pending, kind: str, title: str) -> None:
    no = ending.open_case(run, pending.path, kind, title)
    run.note(Parked(pending.path, run.engine.now(), no))


def misread(run: Run, path: str, problem: Exception) -> None:
    """A result that is not of the type that the port promises: the effect happened, a developer must look."""
    pending = run.driver.pending[path]
    call = _call(pending)
    _park(run, pending, "malformed", f"{call.account}: {call.target.port}.{call.target.name} returned: {problem}")


def unplayed(run: Run, pending: Pending) -> None:
    """The step's account is not connected any more: a case; retried when it is back."""
    call = _call(pending)
    _park(run, pending, "code", f"{call.account} no longer plays {call.target.port}: connect it, then retry")


def _later(run: Run, pending: Pending, tried: Tried) -> None:
    """Record the try; come back at `again`, from memory if that is soon, else from a row."""
    pending.tried = tried
    run.records.append(tried)
    _come_back(run, pending, tried.again)
    run.flush()


def _come_back(run: Run, pending: Pending, at: float) -> None:
    wait = at - run.engine.now()
    if wait < run.engine.settings.moment:
        run.after(pending.path, wait, resume, run, pending)
    else:
        run.shelve(pending.path, at)


def resume(run: Run, pending: Pending) -> None:
    """Go on with a step of a run that was loaded, or whose time has come."""
    path = pending.path
    if path not in run.driver.pending or path in run.working or path in run.timers or path in run.shelved:
        return
    begun, tried = pending.begun, pending.tried
    if isinstance(tried, Parked):
        return
    if not isinstance(begun, Intent):
        run.begin(pending)
        run.flush()
        return
    if any(p is pending for p, _ in run.launches) or path in run.held:
        return
    now = run.engine.now()
    if isinstance(tried, Tried) and tried.attempt == begun.attempt:
        if tried.again > now:
            _come_back(run, pending, tried.again)
        elif tried.looked:
            resend(run, pending, proven=True)
        elif tried.unknown:
            settle(run, pending, begun)
        else:
            resend(run, pending)
        return
    settle(run, pending, begun)


def settle(run: Run, pending: Pending, begun: Intent) -> None:
    """Find out what became of an attempt whose outcome is unknown, by the way that the card names."""
    binding = run.engine.bindings.get(begun.port, begun.account)
    if binding is None:
        unplayed(run, pending)
        return
    operation = binding.operations[begun.method]
    now = run.engine.now()
    moment, first = datetime.fromtimestamp(now, UTC), datetime.fromtimestamp(begun.first, UTC)
    how = operation.settle_at(moment, first_sent=first)
    if how is Settle.KEY:
        resend(run, pending)
    elif now < begun.settle_by:
        _come_back(run, pending, begun.settle_by)
    elif how is Settle.REPEAT:
        resend(run, pending)
    elif how is Settle.LOOK_UP:
        run.working[pending.path] = run.engine.loop.create_task(_look_up(run, pending, begun, binding))
    else:
        _park(run, pending, "unknown", f"did {begun.port}.{begun.method} happen? {begun.account} cannot be asked")


async def _look_up(run: Run, pending: Pending, begun: Intent, binding: Binding) -> None:
    engine, call = run.engine, _call(pending)
    operation = binding.operations[begun.method]
    error: Exception | None = None
    value: bytes | None = None
    try:
        async with asyncio.timeout(operation.timeout.total_seconds()):
            found = await call.target.send(binding.implementation, begun.args, operation.look_up)
        value = None if found is None else call.target.encode_result(found)
    except PortError as problem:
        error = problem
    except TimeoutError:
        error = Transient("the look-up took too long", Code.TIMED_OUT)
    except Exception as problem:  # noqa: BLE001 - a connector's defect must not end the hub
        error = _defect(binding, str(operation.look_up), problem)
    if run.lost:
        return
    del run.working[pending.path]
    at = engine.now()
    if value is not None:
        late = begun.late is not None and at > begun.late
        run.finish(Done(begun.path, at, msgspec.Raw(value), None, late))
    elif error is None:
        if begun.late is not None and at >= begun.late:
            run.finish(Failed(begun.path, at, "transient", Code.TIMED_OUT.value, "it took too long", late=True))
            return
        code = Code.NOT_FOUND.value
        tried = Tried(begun.path, at, begun.attempt, "transient", code, "it did not happen", at, False, looked=True)
        _later(run, pending, tried)
    elif isinstance(error, Transient):
        again = at + engine.delay(begun.attempt, error.retry_after)
        tried = Tried(begun.path, at, begun.attempt, error.kind, error.code.value, error.text, again, unknown=True)
        _later(run, pending, tried)
    else:
        _park(run, pending, "unknown", f"looking up {begun.port}.{begun.method} failed: {error}")


def resend(run: Run, pending: Pending, *, proven: bool = False) -> None:
    """Another attempt: recorded first, under the same key unless `proven`."""
    call, begun = _call(pending), pending.begun
    assert isinstance(begun, Intent)
    binding = run.engine.bindings.get(begun.port, begun.account)
    if binding is None:
        unplayed(run, pending)
        return
    if not run.engine.gates.enter(run, pending, call, binding):
        run.flush()
        return
    next_intent = intent(run, pending, call, binding.operations[begun.method], proven=proven)
    pending.begun = next_intent
    run.records.append(next_intent)
    run.launches.append((pending, next_intent))
    run.flush()


def read(run: Run, pending: Pending) -> None:
    """A call without effect leaves at once; its result is recorded with the next effect."""
    call = _call(pending)
    binding = run.engine.bindings.get(call.target.port, call.account)
    if binding is None:
        unplayed(run, pending)
        return
    run.working[pending.path] = run.engine.loop.create_task(_read(run, pending, binding))


async def _read(run: Run, pending: Pending, binding: Binding, attempt: int = 1) -> None:
    engine, call = run.engine, _call(pending)
    while True:
        try:
            async with asyncio.timeout(engine.settings.read_timeout):
                raw = call.target.encode_result(await call.target.send(binding.implementation, call.args))
            break
        except TimeoutError:
            error: Exception = Transient("the read took too long", Code.TIMED_OUT)
        except PortError as problem:
            error = problem
        except Exception as problem:  # noqa: BLE001 - a connector's defect must not end the hub
            error = _defect(binding, call.target.name, problem)
        if run.lost:
            return
        wait = engine.delay(attempt, error.retry_after) if isinstance(error, Transient) else 0.0
        if not isinstance(error, Transient) or wait >= engine.settings.moment:
            del run.working[pending.path]
            _read_failed(run, pending, error, wait)
            return
        attempt += 1
        await asyncio.sleep(wait)
    if not run.lost:
        del run.working[pending.path]
        run.finish(Done(pending.path, engine.now(), msgspec.Raw(raw)))


def _read_failed(run: Run, pending: Pending, error: Exception, wait: float) -> None:
    at = run.engine.now()
    if isinstance(error, Rejected):
        run.finish(Failed(pending.path, at, error.kind, error.code.value, error.text))
    elif isinstance(error, Transient):
        run.shelve(pending.path, at + wait)
        run.flush()
    elif isinstance(error, Unauthorised):
        run.engine.gates.pause(run, _call(pending).account, error)
        run.shelve(pending.path, at + run.engine.settings.shelf)
        run.flush()
    else:
        _park(run, pending, "malformed", str(error))
