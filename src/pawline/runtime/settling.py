"""Unknown outcomes: waited for, looked up, or sent again, as the connector's card says."""

from __future__ import annotations

import asyncio
from contextvars import Context
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from pawline.ports import Code, PortError, Settle, Transient, Unauthorised
from pawline.runtime import effects, waits
from pawline.runtime.records import NOTHING, Done, Failed, Intent, Parked, Resumed, Tried
from pawline.runtime.step import Call

if TYPE_CHECKING:
    from pawline.runtime.binding import Binding
    from pawline.runtime.fiber import Pending
    from pawline.runtime.run import Run


def later(run: Run, pending: Pending, tried: Tried) -> None:
    """Record the try; come back at `again`, from memory if that is soon, else from a row."""
    pending.tried = tried
    run.records.append(tried)
    _come_back(run, pending, tried.again)
    run.flush()


def _come_back(run: Run, pending: Pending, at: float) -> None:
    wait = at - run.engine.now()
    if wait < run.engine.settings.moment:
        run.after(pending.path, wait, _due, run, pending)
    else:
        waits.shelve(run, pending.path, at)


def _due(run: Run, pending: Pending) -> None:
    resume(run, pending)
    run.flush()  # it may have been put on a shelf, which is a row to write


def resume(run: Run, pending: Pending) -> None:
    """Go on with a step of a run that was loaded, or whose time has come."""
    path = pending.path
    if run.parked or path not in run.driver.pending or run.leaving(path) or path in run.timers or path in run.shelved:
        return
    begun, tried = pending.begun, pending.tried
    if isinstance(tried, Parked):
        return
    if not isinstance(begun, Intent):
        run.begin(pending)
        run.flush()
        return
    if path in run.held:
        return
    if isinstance(tried, Resumed) and tried.args != NOTHING:
        resend(run, pending, proven=True)  # who changed the arguments said that nothing happened with the old ones
        return
    if isinstance(tried, Tried) and tried.attempt == begun.attempt:
        _after(run, pending, begun, tried)
    else:
        settle(run, pending, begun)


def _after(run: Run, pending: Pending, begun: Intent, tried: Tried) -> None:
    now = run.engine.now()
    if tried.again > now:
        _come_back(run, pending, tried.again)
    elif tried.unknown:
        settle(run, pending, begun)
    elif begun.late is not None and now >= begun.late:
        _too_late(run, pending)
    else:
        resend(run, pending, proven=tried.looked)


def deadline(run: Run, pending: Pending) -> float | None:
    """When a step within a limit is late: by the clock, from when the flow came to it. None without a limit."""
    call = pending.command
    if not isinstance(call, Call) or call.late is None:
        return None
    if call.deadline is None:
        begun = pending.begun  # a later attempt does not begin the time anew
        sent = begun.late if isinstance(begun, Intent) else None
        call.deadline = run.engine.now() + call.late if sent is None else sent
    return call.deadline


def limit(run: Run, pending: Pending) -> None:
    """`within` counts while a step is held, too: what was not sent in time is late, and did not happen.

    A step that waits as a row is brought back by it, at its limit at the latest: a far limit keeps no run in memory.
    What an operator stopped says that it is late once it is let go on.
    """
    name, late = f"within {pending.path}", deadline(run, pending)
    if late is None or name in run.timers:
        return
    left = late - run.engine.now()
    if pending.path not in run.shelved or left <= run.engine.settings.moment:
        run.after(name, left, _too_late, run, pending)


def _too_late(run: Run, pending: Pending) -> None:
    begun, tried, path = pending.begun, pending.tried, pending.path
    if isinstance(begun, Intent):
        unsent = isinstance(tried, Tried) and tried.attempt == begun.attempt and not tried.unknown
    else:
        unsent = True
        if (task := run.working.pop(path, None)) is not None:
            task.cancel()  # a read: nobody needs its answer any more
            # Not by the task: one that has not even begun is cancelled without a word.
            run.engine.gates.leave_all(run, [(path, effects.call_of(pending).account)])
    if run.driver.pending.get(path) is pending and unsent and not run.leaving(path):
        waits.settled(run, path)
        text = "it was not sent in time" if isinstance(pending.begun, Intent) else "it took too long"
        run.finish(Failed(path, run.engine.now(), "transient", Code.TIMED_OUT.value, text, late=True))


def settle(run: Run, pending: Pending, begun: Intent) -> None:
    """Find out what became of an attempt whose outcome is unknown, by the way that the card names."""
    binding = run.engine.bindings.get(begun.port, begun.account)
    if binding is None:
        effects.unplayed(run, pending)
        return
    operation = binding.operations[begun.method]
    now = run.engine.now()
    moment, first = datetime.fromtimestamp(now, UTC), datetime.fromtimestamp(begun.first, UTC)
    how = operation.settle_at(moment, first_sent=first)
    if how is Settle.KEY and not begun.keyed:  # it left without one: nobody knows it again by that
        how = operation.after_key_life
    if run.doubt is not None and operation.look_up is not None:
        how = Settle.LOOK_UP
    if how is Settle.KEY:
        resend(run, pending)
    elif now < begun.settle_by:
        _come_back(run, pending, begun.settle_by)
    elif how is Settle.REPEAT:
        resend(run, pending)
    elif how is Settle.ASK and isinstance(pending.tried, Resumed):
        resend(run, pending, proven=True)  # it was asked, and the answer is: it did not happen
    elif how is Settle.LOOK_UP:
        if not run.engine.gates.enter_read(run, pending, binding):
            run.flush()
            return
        # In a context of its own: the attempt that it asks about is over, and its time and its key are not this call's.
        task = run.engine.loop.create_task(look_up(run, pending, begun, binding), context=Context())
        run.working[pending.path] = task
    else:
        effects.park(
            run, pending, "unknown", f"did {begun.port}.{begun.method} happen? {begun.account} cannot be asked"
        )


async def found_out(
    call: Call[object], args: bytes | msgspec.Raw, binding: Binding
) -> tuple[bytes | None, Exception | None]:
    """What the vendor says of a call like this: its result, encoded; neither result nor error if there was none."""
    operation = binding.operations[call.target.name]
    try:
        async with asyncio.timeout(operation.timeout.total_seconds()):
            found = await call.target.send(binding.implementation, args, operation.look_up)
        return None if found is None else call.target.encode_result(found), None
    except PortError as problem:
        return None, problem
    except TimeoutError:
        return None, Transient("the look-up took too long", Code.TIMED_OUT)
    except Exception as problem:  # noqa: BLE001 - a connector's defect must not end the hub
        return None, effects.defect(binding, str(operation.look_up), problem)


async def look_up(run: Run, pending: Pending, begun: Intent, binding: Binding) -> None:
    """Ask the vendor whether it happened: its result, or the proof that a new key may be used. Its gate let it in."""
    engine = run.engine
    value, error = await found_out(effects.call_of(pending), begun.args, binding)
    if run.lost:
        return
    engine.gates.leave(run, begun.path, begun.account, error)
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
        later(run, pending, tried)
    else:
        _not_found_out(run, pending, begun, error)


def _not_found_out(run: Run, pending: Pending, begun: Intent, error: Exception) -> None:
    """A look-up failed: another one later, for so long as a step is retried; then a person finds it out."""
    engine, at, before = run.engine, run.engine.now(), pending.tried
    tries, first = 0, at
    if isinstance(before, Tried) and before.attempt == begun.attempt and before.tries:
        tries, first = before.tries, before.first
    if isinstance(error, Transient) and (at - first <= engine.settings.give_up or begun.undoes is not None):
        tries += 1
        again = at + engine.delay(tries, error.retry_after)
    elif isinstance(error, Unauthorised):
        engine.gates.pause(run, begun.account, error)
        again = at
    else:
        code = error.code.value if isinstance(error, PortError) else type(error).__name__
        effects.park(run, pending, "unknown", f"looking up {begun.port}.{begun.method} failed: {code}", str(error))
        return
    code = error.code.value
    later(run, pending, Tried(
        begun.path, at, begun.attempt, error.kind, code, error.text, again, unknown=True, tries=tries, first=first
    ))  # fmt: skip


def resend(run: Run, pending: Pending, *, proven: bool = False) -> None:
    """Another attempt: recorded first, under the same key unless `proven`."""
    call, begun = effects.call_of(pending), pending.begun
    assert isinstance(begun, Intent)
    binding = run.engine.bindings.get(begun.port, begun.account)
    if binding is None:
        effects.unplayed(run, pending)
        return
    if not run.engine.gates.enter(run, pending, call, binding):
        limit(run, pending)
        run.flush()
        return
    next_intent = effects.intent(run, pending, call, binding, proven=proven)
    pending.attempt(next_intent)
    run.records.append(next_intent)
    run.launches.append((pending, next_intent, binding))
    run.flush()
