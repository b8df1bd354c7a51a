"""Drives a flow's coroutine with `send`, live or from its journal. Knows no clock, no store and no event loop."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from types import CoroutineType
from typing import Any, Final

import msgspec

from pawline.runtime import fitting
from pawline.runtime.fiber import Fiber, Join, Pending
from pawline.runtime.records import (
    Asked,
    Bound,
    Cancelling,
    Done,
    Failed,
    Intent,
    Kept,
    Observed,
    Parked,
    Published,
    Reached,
    Record,
    Resumed,
    Tried,
    Waiting,
)  # fmt: skip
from pawline.runtime.step import (
    Again,
    Ask,
    Call,
    Cancelled,
    Command,
    FlowError,
    ForeignAwait,
    Halt,
    Misfit,
    Publish,
    Reach,
    Together,
    Wait,
)  # fmt: skip


class _Current(threading.local):
    driver: Driver | None = None


_current: Final = _Current()


def current() -> Driver:
    """The driver whose flow is running right now. Raises FlowError outside of a flow."""
    driver = _current.driver
    if driver is None:
        raise FlowError("this word belongs into a flow: it was called outside of one")
    return driver


class Driver:
    """One run's flow, in memory. `feed` replays records in their order; `answer` and `fail` go on live.

    Sans I/O: new commands appear in `fresh`, records for the next commit in `records`, the end in `result` or `error`.
    """

    def __init__(
        self, coroutine: Coroutine[Any, Any, Any], started: float, bind: Callable[[type[Any]], tuple[str, ...]]
    ) -> None:
        self._main = Fiber(coroutine, "", None, 0)
        self._bind = bind
        self._recorded: dict[str, Record] = {}
        self.now = started
        self.bound: dict[str, tuple[str, ...]] = {}
        self.pending: dict[str, Pending] = {}
        self.fresh: list[Pending] = []
        self.records: list[Record] = []
        self.published: list[tuple[str, Publish]] = []
        self.ended = False
        self.result: Any = None
        self.error: BaseException | None = None
        self.observed: dict[str, float] = {}  # since when it is on record what these steps would have sent
        self.cancelling = False
        self._kept: set[str] = set()
        self._ready: list[tuple[Fiber, Any, BaseException | None]] = []

    def start(self, history: Iterable[Record] = ()) -> None:
        """Run to the first commands, then through `history`. Raises Misfit where code and history disagree."""
        history = list(history)
        for record in history:
            if isinstance(record, (Published, Reached)):
                self._recorded[record.path] = record
            elif isinstance(record, Bound):
                self.bound[record.port] = record.accounts
            elif isinstance(record, Kept):
                self._kept.update(record.paths)
        self._run(self._main, None, None)
        for record in history:
            self.feed(record)
        if isinstance(self.error, Again):
            self._recorded.pop("again", None)
        if self._recorded:
            path, said = next(iter(self._recorded.items()))
            raise Misfit(f"step {path}: the journal has {fitting.in_words(said)}, which the flow no longer says")
        self.fresh = [pending for pending in self.fresh if pending.begun is None and pending.path in self.pending]

    def feed(self, record: Record) -> None:
        """One record of the journal. Raises Misfit if the flow is not where the record says it was."""
        if isinstance(record, (Done, Failed)):
            self._end_step(self._at(record.path, record), record)
        elif isinstance(record, (Intent, Waiting, Asked)):
            pending = self._at(record.path, record)
            if not fitting.fits(pending.command, record):
                ours = fitting.in_words(pending.command)
                raise Misfit(f"step {record.path}: the journal has {fitting.in_words(record)}, the flow {ours}")
            if isinstance(record, Intent):
                pending.attempt(record)
            else:
                pending.begun = record
        elif isinstance(record, Cancelling):
            self.cancel(record.at)
        elif isinstance(record, Observed):
            self.observed[record.path] = record.at
        elif isinstance(record, (Tried, Parked, Resumed)) and record.path:
            self._at(record.path, record).tried = record

    def answer(self, path: str, at: float, value: msgspec.Raw, event: int | None = None) -> None:
        """A step's result, live: recorded for the next commit and given to the flow."""
        self.finish(Done(path, at, value, event))

    def finish(self, record: Done | Failed) -> None:
        """The same with a record made by the caller. Raises msgspec's errors for a result of another type."""
        pending = self.pending[record.path]
        value, error = fitting.outcome(pending, record)
        self.records.append(record)
        del self.pending[record.path]
        self.now = max(self.now, record.at)
        self._run(pending.fiber, value, error)

    def cancel(self, at: float) -> None:
        """Raise Cancelled where the flow sleeps, waits, asks or has sent nothing yet; after it, where it has."""
        self.now = max(self.now, at)
        self.cancelling = True
        for pending in list(self.pending.values()):
            command = pending.command
            if isinstance(command, Call) and (command.undoes is not None or pending.begun is not None):
                continue
            if self.pending.pop(pending.path, None) is not None:
                self._run(pending.fiber, None, Cancelled("cancelled"))

    def close(self) -> None:
        """Drop the run from memory: the coroutines end without their words doing anything."""
        fibers = {self._main: None, **{fiber: None for fiber, _, _ in self._ready}}
        for pending in self.pending.values():
            fiber = pending.fiber
            while fiber not in fibers:  # a branch, and the branches that wait for it
                fibers[fiber] = None
                fiber = self._main if fiber.join is None else fiber.join.fiber
        self.pending.clear()
        fitting.close([fiber.awaited for fiber in reversed(fibers)])

    def accounts(self, port: type[Any]) -> tuple[str, ...]:
        """The accounts bound to the port at its first use in this run."""
        name = port.__name__
        found = self.bound.get(name)
        if found is None:
            found = self.bound[name] = self._bind(port)
            self.records.append(Bound(name, found))
        return found

    def keep(self, paths: tuple[str, ...]) -> bool:
        """These steps are not undone any more: their block was left in peace. False while the run is cancelled."""
        if self._kept.issuperset(paths):
            return True
        if self.cancelling:
            return False
        self.records.append(Kept(paths))
        return True

    def _at(self, path: str, record: Record) -> Pending:
        pending = self.pending.get(path)
        if pending is None:
            if isinstance(self.error, Misfit):
                raise self.error  # the flow met it before: what it did not do after that is no second one
            raise Misfit(f"step {path}: the journal has {fitting.in_words(record)}, the flow is not there")
        return pending

    def _end_step(self, pending: Pending, record: Done | Failed) -> None:
        value, error = fitting.outcome(pending, record)
        del self.pending[pending.path]
        self.now = max(self.now, record.at)
        self._run(pending.fiber, value, error)

    def _run(self, fiber: Fiber, value: Any, error: BaseException | None) -> None:
        """Drive this fiber, and whatever it sets free, until all wait. Not re-entrant: a flow cannot drive itself."""
        if self.ended:
            return  # halted: what comes in is recorded for the code that is mended
        before, _current.driver = _current.driver, self
        try:
            self._drive(fiber, value, error)
            while self._ready and not self.ended:
                self._drive(*self._ready.pop(0))
        finally:
            _current.driver = before

    def _drive(self, fiber: Fiber, value: Any, error: BaseException | None) -> None:
        while True:
            try:
                command = fiber.awaited.send(value) if error is None else fiber.awaited.throw(error)
            except StopIteration as stop:
                return self._leave(fiber, stop.value, None)
            except (Exception, Cancelled, Again) as problem:  # noqa: BLE001 - it belongs to the flow
                return self._leave(fiber, None, fitting.outside(problem))
            value, error = None, None
            try:
                if self._enter(fiber, command):
                    return None
            except (FlowError, Cancelled) as problem:
                error = problem

    def _enter(self, fiber: Fiber, command: Command[Any]) -> bool:
        """Take up a command. True if the fiber waits for it now, False if it may go straight on."""
        kind = type(command)
        if kind is Call or kind is Wait or kind is Ask:
            fiber.count += 1
            if self.cancelling and not (kind is Call and command.undoes is not None):  # type: ignore[attr-defined]
                raise Cancelled("cancelled")
            path = f"{fiber.prefix}{fiber.count}"
            pending = self.pending[path] = Pending(path, fiber, command, self.now)
            if kind is Call:
                command.path = path  # type: ignore[attr-defined]
            self.fresh.append(pending)
            return True
        if kind is Together:
            fiber.count += 1
            self._fork(fiber, command.branches)  # type: ignore[attr-defined]
            return True
        if kind is Publish or kind is Reach:
            fiber.count += 1
            self._note(f"{fiber.prefix}{fiber.count}", command)
            return False
        if kind is Halt:
            self.ended, self.error = True, command.error  # type: ignore[attr-defined]
            return True
        raise ForeignAwait(
            f"{fitting.line_of(fiber.awaited)} awaits {command!r}, which is not a word of the runtime: "
            "it could not be replayed. Call a port, or use sleep_until, wait_for, together, ask."
        )

    def _fork(self, fiber: Fiber, branches: tuple[Awaitable[Any], ...]) -> None:
        join = Join(fiber, len(branches))
        for number, branch in enumerate(branches):
            prefix = f"{fiber.prefix}{fiber.count}.{number + 1}/"
            awaited: Any = branch if isinstance(branch, CoroutineType) else branch.__await__()
            self._ready.append((Fiber(awaited, prefix, join, number), None, None))
        if not branches:
            self._ready.append((fiber, (), None))

    def _note(self, path: str, command: Command[Any]) -> None:
        """Publish and reach answer at once; what they say goes out with the next commit, once."""
        recorded = self._recorded.pop(path, None)
        if recorded is not None:
            if not fitting.fits(command, recorded):
                raise Misfit(
                    f"step {path}: the journal has {fitting.in_words(recorded)}, the flow {fitting.in_words(command)}"
                )
        elif isinstance(command, Publish):
            self.published.append((path, command))
        elif isinstance(command, Reach):
            self.records.append(Reached(path, command.milestone, command.value))

    def _leave(self, fiber: Fiber, value: Any, error: BaseException | None) -> None:
        join = fiber.join
        if join is None:
            self.ended, self.result, self.error = True, value, error
            return
        join.outcomes[fiber.branch] = (value, error)
        join.left -= 1
        if join.left == 0:
            first = next((problem for _, problem in join.outcomes if problem is not None), None)
            self._ready.append((join.fiber, tuple(result for result, _ in join.outcomes), first))
