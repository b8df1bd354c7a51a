"""What people do to a run in memory: have it tried again, or cancel it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.runtime import effects, settling, waits
from pawline.runtime.records import NOTHING, Cancelling, Intent, Parked, Resumed, Tried
from pawline.runtime.step import FlowError
from pawline.store import Status

if TYPE_CHECKING:
    import msgspec

    from pawline.runtime.fiber import Pending
    from pawline.runtime.records import Record
    from pawline.runtime.run import Run


def again(run: Run, path: str, args: msgspec.Raw | None) -> None:
    """A person has a parked step ('' for the whole run) tried again, with other arguments if given."""
    at = run.engine.now()
    if run.parked:
        _restart(run, Resumed("", at))  # the code was changed since, or it will park again
        return
    pending = run.driver.pending.get(path)
    if pending is None or run.leaving(path):
        paths = ", ".join(run.driver.pending) or "none"
        raise FlowError(f"step {path!r} is not open in run {run.no}; open are: {paths}")
    waits.settled(run, path)
    resumed = Resumed(path, at, args or NOTHING)
    pending.tried = resumed
    run.records.append(resumed)
    settling.resume(run, pending)
    run.flush()


def known(pending: Pending) -> None:
    """Raises FlowError while it is not known whether the step happened with the arguments that it was sent with."""
    begun, tried = pending.begun, pending.tried
    if not isinstance(begun, Intent) or isinstance(tried, Parked):
        return  # never sent; or its case asks a person, who says with new arguments that it did not happen
    refused = isinstance(tried, Tried) and (tried.looked or not tried.unknown)
    edited = isinstance(tried, Resumed) and tried.args != NOTHING
    if not refused and not edited:
        raise FlowError(
            f"whether step {pending.path} happened is not known yet, and with other arguments it could happen twice: "
            "edit it once that is settled, or when a case asks"
        )


def _restart(run: Run, record: Record, *more: tuple[str, tuple[object, ...]]) -> None:
    """Out of memory, and in again from the journal."""
    moved = run.move(Status.READY)
    writes = [*more, *run.writes]
    run.engine.forget(run)
    run.engine.restart(run, moved, record, writes)


def cancel(run: Run, reason: str) -> None:
    """Begin to cancel: recorded first, then raised in the flow."""
    at = run.engine.now()
    if run.parked:
        _restart(run, Cancelling(at, reason, alone=True), ("delete_waits", (run.no,)))
        return
    run.records.append(Cancelling(at, reason))
    run.writes.append(("delete_waits", (run.no,)))
    run.writes.append(("close_cases_of", (run.no, at)))
    idle = [*run.timers, *run.held, *run.shelved]
    for handle in run.timers.values():
        handle.cancel()
    run.timers.clear()
    run.held.clear()
    run.shelved.clear()
    run.driver.cancel(at)
    # What was sent has an outcome that matters still, and what undoes goes on, sent or not. Their rows and cases are
    # gone with the others: they get new ones.
    for path, pending in list(run.driver.pending.items()):
        if isinstance(pending.tried, Parked):
            what = f"did step {path} happen" if isinstance(pending.begun, Intent) else f"is step {path}, an undo, done"
            effects.park(run, pending, "unknown", f"cancelled, but {what}?")
        elif path in idle:
            settling.resume(run, pending)
    run.flush()
