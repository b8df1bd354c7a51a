"""Calls without effect: they leave at once, and their results are recorded with the next effect."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from pawline.ports import Code, PortError, Rejected, Transient, Unauthorised
from pawline.runtime import effects, waits
from pawline.runtime.records import Done, Failed

if TYPE_CHECKING:
    from pawline.runtime.binding import Binding
    from pawline.runtime.driver import Pending
    from pawline.runtime.run import Run


def read(run: Run, pending: Pending) -> None:
    """A call without effect leaves at once; its result is recorded with the next effect."""
    call = effects.call_of(pending)
    binding = run.engine.bindings.get(call.target.port, call.account)
    if binding is None:
        effects.unplayed(run, pending)
        return
    run.working[pending.path] = run.engine.loop.create_task(_read(run, pending, binding))


async def _read(run: Run, pending: Pending, binding: Binding, attempt: int = 1) -> None:
    engine, call = run.engine, effects.call_of(pending)
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
            error = effects.defect(binding, call.target.name, problem)
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
        waits.shelve(run, pending.path, at + wait)
        run.flush()
    elif isinstance(error, Unauthorised):
        run.engine.gates.pause(run, effects.call_of(pending).account, error)
        waits.shelve(run, pending.path, at + run.engine.settings.shelf)
        run.flush()
    else:
        effects.broken(run, pending, error)
