"""Calls without effect: they leave at once, and their results are recorded with the next effect."""

from __future__ import annotations

import asyncio
from contextvars import Context
from typing import TYPE_CHECKING

import msgspec

from pawline.ports import Code, PortError, Rejected, Transient, Unauthorised
from pawline.runtime import effects, settling, waits
from pawline.runtime.records import Done, Failed, Tried

if TYPE_CHECKING:
    from pawline.runtime.binding import Binding
    from pawline.runtime.fiber import Pending
    from pawline.runtime.run import Run
    from pawline.runtime.step import Call


def read(run: Run, pending: Pending) -> None:
    """A call without effect leaves at once; its result is recorded with the next effect."""
    call = effects.call_of(pending)
    binding = run.engine.bindings.get(call.target.port, call.account)
    if binding is None:
        effects.unplayed(run, pending)
        return
    settling.limit(run, pending)
    if call.deadline is not None and run.engine.now() >= call.deadline:
        return  # it is late already, and the limit says so
    if run.engine.gates.enter_read(run, pending, binding):
        # In a context of its own: the step before this one may have set its attempt, and its key, in the current one.
        run.working[pending.path] = run.engine.loop.create_task(_read(run, pending, binding), context=Context())
    elif isinstance(pending.tried, Tried) and not pending.tried.again and pending.path in run.shelved:
        pending.tried = msgspec.structs.replace(pending.tried, again=run.engine.now())
        run.records.append(pending.tried)  # a row brings it back, and its count with it
    if pending.path in run.shelved:
        settling.limit(run, pending)  # shelving took the timer; the row may come later than the limit


async def _read(run: Run, pending: Pending, binding: Binding) -> None:
    engine, path, call = run.engine, pending.path, effects.call_of(pending)
    raw, error = b"", None
    try:
        raw, error = await _try(run, call, binding)
    except asyncio.CancelledError:  # put away: nobody knows how it would have ended
        engine.gates.leave_all(run, [(path, binding.account)])
        return
    engine.gates.leave(run, path, binding.account, error)
    if run.lost or run.working.pop(path, None) is None:
        return
    if run.driver.pending.get(path) is not pending:
        run.flush()  # the flow was cancelled meanwhile, and waits for nothing here
    elif error is None:
        run.finish(Done(path, engine.now(), msgspec.Raw(raw)))
    else:
        _failed(run, pending, error)


async def _try(run: Run, call: Call[object], binding: Binding) -> tuple[bytes, Exception | None]:
    try:
        async with asyncio.timeout(run.engine.settings.read_timeout):
            return call.target.encode_result(await call.target.send(binding.implementation, call.args)), None
    except TimeoutError:
        return b"", Transient("the read took too long", Code.TIMED_OUT)
    except PortError as problem:
        return b"", problem
    except Exception as problem:  # noqa: BLE001 - a connector's defect must not end the hub
        return b"", effects.defect(binding, call.target.name, problem)


def _failed(run: Run, pending: Pending, error: Exception) -> None:
    at = run.engine.now()
    if isinstance(error, Rejected):
        run.finish(Failed(pending.path, at, error.kind, error.code.value, error.text))
    elif isinstance(error, Transient):
        _again(run, pending, error, at)
    elif isinstance(error, Unauthorised):
        run.engine.gates.pause(run, effects.call_of(pending).account, error)
        waits.shelve(run, pending.path, None)
        run.flush()
    else:
        effects.broken(run, pending, error)


def _again(run: Run, pending: Pending, error: Transient, at: float) -> None:
    """Another try later, through the gate like this one; after days of it, a case. A near one leaves no record."""
    before = pending.tried
    tries, first = (before.tries, before.first) if isinstance(before, Tried) else (0, at)
    if at - first > run.engine.settings.give_up:
        target = effects.call_of(pending).target
        effects.park(
            run, pending, "retries", f"{target.port}.{target.name} kept failing: {error.code.value}", error.text
        )
        return
    tries += 1
    wait = run.engine.delay(tries, error.retry_after)
    if (deadline := effects.call_of(pending).deadline) is not None:
        wait = min(wait, max(0.0, deadline - at))  # to say then that it is late, whichever hub does
    near = wait < run.engine.settings.moment
    tried = Tried(
        pending.path, at, tries, error.kind, error.code.value, error.text, 0.0 if near else at + wait, unknown=False,
        tries=tries, first=first,
    )  # fmt: skip
    if near:
        pending.tried = tried
        run.after(pending.path, wait, settling.resume, run, pending)
    else:
        settling.later(run, pending, tried)
