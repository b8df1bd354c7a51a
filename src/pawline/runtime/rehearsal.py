"""Rehearsing a flow: the same driver, fakes in place of connectors, a clock that jumps, and no store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from pawline.model import Event, encode_event, public_name
from pawline.ports import ATTEMPT, Attempt, PortError
from pawline.runtime.driver import Driver
from pawline.runtime.fiber import Pending
from pawline.runtime.records import NOTHING, Done, Failed
from pawline.runtime.seal import idempotency_key
from pawline.runtime.step import Again, Ask, Call, FlowError, Question, Wait

if TYPE_CHECKING:
    from pawline.runtime.flow import Flow

R = TypeVar("R")


@dataclass
class Rehearsal:
    """What a rehearsed flow may meet, and what it did: `steps`, `published`, `milestones`, `slept`, in order."""

    fakes: Mapping[type[Any], Any]
    start: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)
    events: Sequence[Event] = ()
    answers: Callable[[Question[Any]], Any] | None = None
    steps: list[str] = field(default_factory=list)
    published: list[Event] = field(default_factory=list)
    milestones: list[str] = field(default_factory=list)
    slept: list[datetime] = field(default_factory=list)


_AMBIENT: ContextVar[Rehearsal] = ContextVar("pawline_rehearsal")


@contextmanager
def rehearsing(fakes: Mapping[type[Any], Any], **more: Any) -> Iterator[Rehearsal]:
    """Inside the block, calling a flow rehearses it with these fakes; the yielded object tells what it did.

    `start` is when it begins, `events` are found by `wait_for` in this order, `answers` answers questions.
    """
    rehearsal = Rehearsal(fakes, **more)
    token = _AMBIENT.set(rehearsal)
    try:
        yield rehearsal
    finally:
        _AMBIENT.reset(token)


def rehearse(flow: Flow[Any, R], event: Event) -> Awaitable[R]:
    """Drive the flow once, from its event to its end. Raises what the flow lets through."""
    try:
        rehearsal = _AMBIENT.get()
    except LookupError:
        raise FlowError(
            f"calling {flow.name} rehearses it: do so inside `with rehearsing({{Port: fake}})`; "
            "publish its event to run it"
        ) from None
    return _rehearse(flow, event, rehearsal)


async def _rehearse(flow: Flow[Any, R], event: Event, rehearsal: Rehearsal) -> R:
    ports = {port.__name__: fake for port, fake in rehearsal.fakes.items()}

    def bind(port: type[Any]) -> tuple[str, ...]:
        return ("rehearsal",) if port.__name__ in ports else ()

    driver = Driver(flow.function(event), rehearsal.start.timestamp(), bind)
    waiting = list(rehearsal.events)
    driver.start()
    while True:
        rehearsal.published += [publish.event for _, publish in driver.published]
        rehearsal.milestones += [record.milestone for record in driver.records if hasattr(record, "milestone")]
        driver.published.clear()
        driver.records.clear()
        if driver.ended:
            break
        driver.fresh.clear()
        pending = _next(driver)
        driver.finish(await _answer(pending, driver, rehearsal, ports, waiting))
    if isinstance(driver.error, Again):
        return await _rehearse(flow, driver.error.event, rehearsal)
    if driver.error is not None:
        raise driver.error
    result: R = driver.result
    return result


def _next(driver: Driver) -> Pending:
    """Calls first, in order of their begin; then the wait that is over first: as time would have it."""
    for pending in driver.pending.values():
        if not isinstance(pending.command, Wait):
            return pending
    return min(driver.pending.values(), key=lambda p: getattr(p.command, "until", None) or float("inf"))


async def _answer(
    pending: Pending, driver: Driver, rehearsal: Rehearsal, ports: Mapping[str, Any], waiting: list[Event]
) -> Done | Failed:
    command, path = pending.command, pending.path
    if isinstance(command, Wait):
        return _wait(path, command, driver, rehearsal, waiting)
    if isinstance(command, Ask):
        if rehearsal.answers is None:
            raise FlowError(f"the flow asks {command.question.title!r}: give rehearsing(..., answers=...)")
        return Done(path, driver.now, msgspec.Raw(msgspec.json.encode(rehearsal.answers(command.question))))
    assert isinstance(command, Call)
    target = command.target
    rehearsal.steps.append(f"{target.port}.{target.name}")
    settle_by = datetime.fromtimestamp(driver.now, UTC) + timedelta(seconds=11)
    attempt = Attempt(idempotency_key("rehearsal", path, 0), 1, settle_by, "rehearsal", "rehearsal")
    ATTEMPT.set(lambda: attempt)
    try:
        value = await target.send(ports[target.port], command.args)
    except PortError as error:
        return Failed(path, driver.now, error.kind, error.code.value, error.text)
    return Done(path, driver.now, msgspec.Raw(target.encode_result(value)))


def _wait(path: str, command: Wait[Any], driver: Driver, rehearsal: Rehearsal, waiting: list[Event]) -> Done:
    if command.type is not None:
        for event in waiting:
            if public_name(type(event)) == command.type and event.subject == command.key:
                waiting.remove(event)
                return Done(path, driver.now, msgspec.Raw(encode_event(event)), 0)
    until = driver.now if command.until is None else max(driver.now, command.until)
    rehearsal.slept.append(datetime.fromtimestamp(until, UTC))
    return Done(path, until, NOTHING)
