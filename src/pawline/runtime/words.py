"""The words that a flow may use. Each is recorded; each answers the same when the run is replayed."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, NewType, NoReturn, TypeVar, overload

import msgspec

from pawline.model import Event, decode_event, public_name
from pawline.runtime.driver import current
from pawline.runtime.port import BoundMethod, stand_in
from pawline.runtime.step import (
    Again,
    Ask,
    Call,
    Cancelled,
    FlowError,
    Halt,
    Late,
    Publish,
    Question,
    Reach,
    Step,
    Together,
    Wait,
    is_bug,
)  # fmt: skip

if TYPE_CHECKING:
    from typing_extensions import TypeForm

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E", bound=Event)
P = TypeVar("P")
R = TypeVar("R")

Account = NewType("Account", str)
"""One credential of one connector, `shopify/eu`."""


def use(port: TypeForm[P], account: Account | None = None) -> P:
    """The port, played by the account that the hub names for it (or by `account`).

    Bound at first use and kept for the run's life, whatever the hub's settings say later. Every call of it is a step.
    """
    kind: Any = port
    found: P = stand_in(kind, chosen(port) if account is None else account)
    return found


def chosen(port: TypeForm[P]) -> Account:
    """The account that `use` takes if none is named: the hub's choice, bound at first use like there."""
    kind: Any = port
    if not (bound := current().accounts(kind)):
        raise FlowError(f"no account plays {kind.__name__}: connect one, or leave this flow out")
    return Account(bound[0])


def accounts(port: TypeForm[P]) -> Sequence[Account]:
    """All accounts that play the port, sorted and recorded at first use: to fan out over several."""
    kind: Any = port
    return [Account(name) for name in sorted(current().accounts(kind))]


def now() -> datetime:
    """The time of the last record of this run, not the clock's: it is the same in every replay."""
    return datetime.fromtimestamp(current().now, UTC)


@overload
async def together(a: Step[A], b: Step[B], /) -> tuple[A, B]: ...
@overload
async def together(a: Step[A], b: Step[B], c: Step[C], /) -> tuple[A, B, C]: ...
@overload
async def together(a: Step[A], b: Step[B], c: Step[C], d: Step[D], /) -> tuple[A, B, C, D]: ...
@overload
async def together(*steps: Step[A]) -> tuple[A, ...]: ...
async def together(*steps: Step[Any]) -> tuple[Any, ...]:
    """All steps side by side. Every one ends before the first error in argument order is raised; none is cancelled."""
    for step in steps:
        if not isinstance(step, Awaitable):
            raise FlowError(f"together takes steps that are not awaited yet, not {type(step).__name__}")
    return await Together(steps)


async def sleep_until(moment: datetime) -> None:
    """Wait until `moment` (with a time zone), for years if need be; a moment that has passed is no wait."""
    if moment.utcoffset() is None:
        raise FlowError("sleep_until needs a moment with a time zone")
    await Wait[None](moment.timestamp(), None, None, None)


async def wait_for(kind: type[E], /, *, key: str, until: datetime) -> E | None:
    """The next event of this kind about `key`, or None if there was none until then.

    An event recorded since the run's own event counts too, unless an earlier wait of this run took it.
    """
    if until.utcoffset() is None:
        raise FlowError("wait_for needs an `until` with a time zone")
    name = public_name(kind)
    return await Wait[E | None](until.timestamp(), name, key, lambda raw: decode_event(name, bytes(raw)))


async def publish(event: Event) -> None:
    """Say that something happened. Its id comes from run and place; it is stored in the same commit as the record."""
    await Publish(event)


async def reached(milestone: str, value: object = None) -> None:
    """Pass a milestone that an HTTP request may be waiting for; told once it is on disk."""
    await Reach(milestone, msgspec.Raw(msgspec.json.encode(value)))


async def ask(question: Question[A]) -> A:
    """Put a question to people and wait for the answer; with a deadline, `otherwise` is the answer after it."""
    return await Ask(question)


def within(limit: timedelta, step: Step[R]) -> Step[R]:
    """The step, or `Late` if it has not ended within `limit` — raised once it is known whether it had its effect."""
    if not isinstance(step, Call):
        raise FlowError("within takes one call of a port; for wait_for use its `until`")
    step.late = limit.total_seconds()
    return step


def again(event: Event) -> NoReturn:
    """End this history and go on with a fresh one, begun by `event`: for loops that would grow without end."""
    raise Again(event)


class Undo:
    """Steps done so far in an `undoing` block, with how to undo them."""

    def __init__(self) -> None:
        self._done: list[tuple[BoundMethod, Any, str]] = []

    async def step(self, step: Step[R], /, *, back: object) -> R:
        """The step's result; if the block is left by an exception, `back(result)` is called, newest first."""
        if not isinstance(step, Call) or not isinstance(back, BoundMethod):
            raise FlowError("undo.step takes a call of a port, and back= a method of the same port, not called")
        if back.method.port != step.target.port:
            raise FlowError(f"back= is of {back.method.port}, the step of {step.target.port}: it must be the same port")
        step.back = back.method.name
        try:
            result: R = await step
        except Late as late:
            if late.happened:
                self._done.append((back, late.result, step.path))
            raise
        self._done.append((back, result, step.path))
        return result

    def _keep(self) -> bool:
        return not self._done or current().keep(tuple(path for _, _, path in self._done))

    async def _undo(self) -> None:
        while self._done:
            back, result, path = self._done.pop()
            call = back(result)
            call.undoes = path
            await call


class _Undoing(Undo, AbstractAsyncContextManager[Undo]):
    async def __aenter__(self) -> Undo:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Eviction closes the coroutine with GeneratorExit: the run is put away, not undone. `again` goes on elsewhere.
        if error is None and self._keep():
            return
        if error is None:  # cancelled while its last steps were in flight: to leave the block is an await, too
            error = cancelled = Cancelled("cancelled")
        else:
            cancelled = None
        if is_bug(error):
            await Halt(error)
        elif isinstance(error, (Exception, Cancelled)):
            try:
                await self._undo()
            except Exception as problem:
                if is_bug(problem):
                    await Halt(problem)
                raise
        if cancelled is not None:
            raise cancelled


def undoing() -> AbstractAsyncContextManager[Undo]:
    """A block that is undone if it is left by an exception: newest first, each undo a step with unlimited retries.

    A bug (KeyError, TypeError: Python's own errors) undoes nothing: the run is parked on the spot, for a developer.
    """
    return _Undoing()


__all__ = [
    "Account", "Awaitable", "Late", "Question", "accounts", "again", "ask", "chosen", "now", "publish", "reached",
    "sleep_until", "together", "undoing", "use", "wait_for", "within",
]  # fmt: skip
