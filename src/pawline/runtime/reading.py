"""Calls without effect: they leave at once, and their results are recorded with the next effect."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from pawline.ports import Code, PortError, Rejected, Transient, Unauthorised
from pawline.runtime import effects, settling, waits
from pawline.runtime.records import Done, Failed

if TYPE_CHECKING:
    from pawline.runtime.binding import Binding
    from pawline.runtime.fiber import Pending
    from pawline.runtime.run import Run


def read(run: Run, pending: Pending) -> None:
    """A call without effect leaves at once; its result is recorded with the next effect."""
    call = effects.call_of(pending)
    binding = run.engine.bindings.get(call.target.port, call.account)
    if binding is None:
        effects.unplayed(run, pending)
        return
    settling.limit(run, pending, call)
    if run.engine.gates.enter_read(run, pending, binding):
        run.working[pending.path] = run.engine.loop.create_task(_read(run, pending, binding))


async def _read(run: Run, pending: Pending, binding: Binding) -> None:
    engine, path = run.engine, pending.path
    error: Exception | None = None
    try:
        raw, error, wait = await _try(run, pending, binding)
    except asyncio.CancelledError:  # put away: nobody knows how it would have ended
        engine.gates.leave_all(run, [(path, binding.account)])
        return
    engine.gates.leave(run, path, binding.account, error)
    if run.lost or run.working.pop(path, None) is None:
        return
    if error is None:
        run.finish(Done(path, engine.now(), msgspec.Raw(raw)))
    else:
        _failed(run, pending, error, wait)


async def _try(run: Run, pending: Pending, binding: Binding) -> tuple[bytes, Exception | None, float]:
    """Again and again while the next try is near; the answer, or the last error and how far the next try is."""
    engine, call, attempt = run.engine, effects.call_of(pending), 1
    while True:
        try:
            async with asyncio.timeout(engine.settings.read_timeout):
                return call.target.encode_result(await call.target.send(binding.implementation, call.args)), None, 0.0
        except TimeoutError:
            error: Exception = Transient("the read took too long", Code.TIMED_OUT)
        except PortError as problem:
            error = problem
        except Exception as problem:  # noqa: BLE001 - a connector's defect must not end the hub
            error = effects.defect(binding, call.target.name, problem)
        wait = engine.delay(attempt, error.retry_after) if isinstance(error, Transient) else 0.0
        if not isinstance(error, Transient) or wait >= engine.settings.moment:
            return b"", error, wait
        attempt += 1
        await asyncio.sleep(wait)


def _failed(run: Run, pending: Pending, error: Exception, wait: float) -> None:
    at = run.engine.now()
    if isinstance(error, Rejected):
        run.finish(Failed(pending.path, at, error.kind, error.code.value, error.text))
    elif isinstance(error, Transient):
        waits.shelve(run, pending.path, at + wait)
        run.flush()
    elif isinstance(error, Unauthorised):
        run.engine.gates.pause(run, effects.call_of(pending).account, error)
        waits.shelve(run, pending.path, None)
        run.flush()
    else:
        effects.broken(run, pending, error)
