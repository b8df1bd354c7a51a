"""Faults planted in the runtime and the store, one at a time: each breaks one promise, and a story must tell of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from pawline.runtime import driver, effects, fitting, intake, intervening, looking, publishing, seal, settling, waits
from pawline.runtime.loading import Loading
from pawline.runtime.records import Cancelling, Intent, Tried, Waiting
from pawline.runtime.run import Run
from pawline.runtime.waking import Waking
from pawline.store import Outcome, Status, WaitKind
from pawline.store.batch import Batch

Plant = list[tuple[Any, str, Any]]
FAULTS: dict[str, Callable[[], Plant]] = {}


def fault(make: Callable[[], Plant]) -> Callable[[], Plant]:
    FAULTS[make.__name__.replace("_", " ")] = make
    return make


@contextmanager
def planted(name: str) -> Iterator[None]:
    """The runtime with this fault in it, inside the block."""
    plant = FAULTS[name]()
    before = [(where, what, where.__dict__[what]) for where, what, _ in plant]
    try:
        for where, what, instead in plant:
            setattr(where, what, instead)
        yield
    finally:
        for where, what, was in before:
            setattr(where, what, was)


@fault
def no_fence() -> Plant:
    return [(Batch, "_fenced", lambda self: enumerate(self.units))]


@fault
def stale_owner_commits() -> Plant:
    """Intake and hints of a stale owner are refused; what its runs write is not."""
    real = Batch._fenced

    def fenced(self: Batch) -> Any:
        moving = [(at, unit) for at, unit in enumerate(self.units) if unit.journal]
        return moving + [one for one in real(self) if one not in moving]

    return [(Batch, "_fenced", fenced)]


@fault
def undo_on_eviction() -> Plant:
    """A run that leaves memory to wait as a row is undone, as if its block had been left by an error."""
    real = Run.drop

    def drop(self: Run) -> None:
        waiting = self.driver.pending and all(isinstance(p.begun, Waiting) for p in self.driver.pending.values())
        if not waiting or self.committing or self.status != Status.WAITING:
            real(self)
            return
        self.records.append(Cancelling(self.engine.now(), "evicted"))
        self.driver.cancel(self.engine.now())
        self.engine.live[self.no] = self
        self.flush()

    return [(Run, "drop", drop)]


@fault
def a_branch_cancelled() -> Plant:
    """The first branch that fails ends the others, whose steps may have happened."""

    def leave(self: driver.Driver, fiber: Any, value: Any, error: BaseException | None) -> None:
        join = fiber.join
        if join is not None and error is not None and join.left > 1:
            prefix = fiber.prefix.rpartition(".")[0]
            for path in [path for path in self.pending if path.startswith(prefix + ".")]:
                del self.pending[path]
            join.left = 1
        real(self, fiber, value, error)

    real = driver.Driver._leave
    return [(driver.Driver, "_leave", leave)]


@fault
def a_key_per_attempt() -> Plant:
    number = iter(range(1_000_000_000))

    def key_of(self: Run, path: str, fresh: int) -> str:
        return seal.idempotency_key(self.identity, path, next(number))

    return [(Run, "key_of", key_of)]


@fault
def looked_up_too_early() -> Plant:
    real = settling.settle

    def settle(run: Run, pending: Any, begun: Intent) -> None:
        real(run, pending, msgspec.structs.replace(begun, settle_by=0.0))

    return [(settling, "settle", settle)]


@fault
def the_look_skipped() -> Plant:
    """The wait race: a waiter that does not look after its commit."""

    def commit(engine: Any, wait: Any, done: Any) -> None:
        done(Outcome())

    real = waits.begin

    def begin(run: Run, pending: Any, command: Any) -> None:
        real(run, pending, command)
        run.looks.clear()

    return [(waits, "begin", begin), (looking, "_commit", commit)]


@fault
def order_broken() -> Plant:
    """The key of a new run is not looked at."""
    real = Batch._begin_runs

    def begin(self: Batch) -> None:
        for _, new in self._runs:
            new.row = new.row._replace(keyhash=None)
        real(self)

    return [(Batch, "_begin_runs", begin)]


@fault
def sent_before_it_is_recorded() -> Plant:
    real = Run._fill

    def fill(self: Run, unit: Any) -> Any:
        sent = real(self, unit)
        launches, *rest = sent
        for pending, intent, binding in launches:
            effects.launch(self, pending, intent, binding)
        return ([], *rest)

    return [(Run, "_fill", fill)]


@fault
def a_timer_lost() -> Plant:
    """Sleeps of rows are not found when they are due."""
    real = Loading._wake

    async def wake(self: Loading, waits: Any) -> None:
        await real(self, [wait for wait in waits if wait.kind != WaitKind.SLEEP])

    return [(Loading, "_wake", wake)]


@fault
def a_timer_early() -> Plant:
    real = waits._nap
    return [(waits, "_nap", lambda run, path, until: real(run, path, until - 0.5))]


@fault
def dedupe_off() -> Plant:
    return [(intake, "digests", lambda envelope: (os.urandom(16),))]


@fault
def a_replay_misfit_ignored() -> Plant:
    """Replay believes whatever the journal holds, and hands the wrong step's result to the flow."""
    return [(fitting, "fits", lambda command, record: True)]


@fault
def unknown_taken_for_refused() -> Plant:
    """A broken connection counts as a no: the step is sent again under a new key."""

    def resume(run: Run, pending: Any) -> None:
        tried = pending.tried
        if isinstance(tried, Tried) and tried.unknown:
            pending.tried = msgspec.structs.replace(tried, unknown=False, looked=True)
        real(run, pending)

    real = settling.resume
    return [(settling, "resume", resume)]


@fault
def an_event_taken_twice() -> Plant:
    """Waits forget which events earlier waits of their run took."""
    real = Waking.end

    def end(self: Waking, run: Run, wait: Any, body: Any) -> None:
        real(self, run, wait, body)
        run.taken.clear()

    def insert(run: Run, *args: Any, **named: Any) -> None:
        run.taken = []
        real_insert(run, *args, **named)

    def begin(run: Run, pending: Any, command: Any) -> None:
        run.taken = []
        real_begin(run, pending, command)

    real_insert, real_begin = waits._insert, waits.begin
    return [(Waking, "end", end), (waits, "_insert", insert), (waits, "begin", begin)]


@fault
def again_loses_its_event() -> Plant:
    def take(run: Run) -> None:
        run.driver.published[:] = [one for one in run.driver.published if one[0] != "again"]
        real(run)

    real = publishing.take
    return [(publishing, "take", take)]


@fault
def a_cancel_forgotten() -> Plant:
    return [(intervening, "cancel", lambda run, reason: run.flush())]


@fault
def a_publication_lost() -> Plant:
    """The record says that an event went out, and its row is not in the commit."""
    real = Run._fill

    def fill(self: Run, unit: Any) -> Any:
        if self.row.no % 2:
            self.moved_events = []
        return real(self, unit)

    return [(Run, "_fill", fill)]
