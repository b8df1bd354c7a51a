"""What a flow is: a function, the event that begins it, and how runs of one key follow one another."""

from __future__ import annotations

import hashlib
import inspect
import re
import types
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, Literal, TypeVar, get_type_hints

import msgspec

from pawline.model import Event, public_name
from pawline.runtime.step import FlowError
from pawline.store import Busy

E = TypeVar("E", bound=Event)
R = TypeVar("R")

Urgency = Literal["shopper", "work", "bulk"]
PRIORITIES: Final = {"shopper": 0, "work": 1, "bulk": 2}
FLOWS: Final = "flow/"
"""What the source of an event that a flow published begins with; the flow's name follows."""
HISTORY: Final = 3
"""The priority of an event that is only remembered: views read it; it begins, wakes and cancels nothing."""
_BUSY: Final = {"queue": Busy.QUEUE, "skip": Busy.SKIP, "latest": Busy.LATEST}


def digest63(*parts: str) -> int:
    """A positive 63-bit number from texts: compact, and the same in every process and release."""
    raw = hashlib.blake2b("\0".join(parts).encode(), digest_size=8).digest()
    return int.from_bytes(raw, "big") >> 1


@dataclass(frozen=True, eq=False)
class Flow(Generic[E, R]):
    """A promise of the business. Calling it rehearses it with fakes; publishing its event makes a durable run."""

    function: Callable[[E], Coroutine[Any, Any, R]]
    name: str
    on: type[E]
    version: int
    key: Callable[[E], str]
    busy: Busy
    cancel_on: type[Event] | None
    urgency: Callable[[E], str]
    encode_result: Callable[[Any], bytes] = field(default=msgspec.json.Encoder().encode, repr=False)

    def __call__(self, event: E) -> Awaitable[R]:
        """Rehearse: the same driver, fakes from `rehearsing(...)`, and no store."""
        from pawline.runtime.rehearsal import rehearse  # noqa: PLC0415 - rehearsal needs flows too

        return rehearse(self, event)

    def priority(self, event: E) -> int:
        """How urgent a run of this event is. Raises what the flow's author's code raises."""
        return PRIORITIES[self.urgency(event)]

    def keyhash(self, shop: str, key: str, *, observed: bool = False) -> int:
        """What runs of one key share in the store; observed ones keep a line of their own, in nobody's way."""
        return digest63(shop, self.name, key, "observed") if observed else digest63(shop, self.name, key)

    @property
    def description(self) -> str:
        """The first line of the function's docstring: what the console shows."""
        return (self.function.__doc__ or self.name).strip().splitlines()[0]


def _subject(event: Event) -> str:
    return event.subject


def flow(
    *, on: type[E], version: int = 1, key: Callable[[E], str] | None = None,
    busy: Literal["queue", "skip", "latest"] = "queue", cancel_on: type[Event] | None = None,
    priority: Urgency | Callable[[E], Urgency] = "work",
) -> Callable[[Callable[[E], Coroutine[Any, Any, R]]], Flow[E, R]]:  # fmt: skip
    """Make an async function of one event a flow.

    Runs of one `key` (the event's subject, if not given) follow one another; `busy` says what becomes of a newer one
    meanwhile. An event of `cancel_on` with that key cancels the run. `priority` may depend on the event: `bulk` for
    those for whom nobody waits. Raises FlowError for what could not be driven.
    """
    if version < 1:
        raise FlowError("a flow's version is an integer from 1 on")

    def make(function: Callable[[E], Coroutine[Any, Any, R]]) -> Flow[E, R]:
        if not inspect.iscoroutinefunction(function):
            raise FlowError(f"{function.__qualname__} is no `async def`: a flow is an async function of its event")
        if "return" not in get_type_hints(function, include_extras=True):
            raise FlowError(f"{function.__qualname__} does not say what it returns: the result is stored, so name it")
        return Flow(
            function=function, name=function.__name__, on=on, version=version, key=key or _subject, busy=_BUSY[busy],
            cancel_on=cancel_on, urgency=priority if callable(priority) else lambda _: priority,
        )  # fmt: skip

    return make


class Flows:
    """The flows of one hub, by name and version and by the event that begins them."""

    def __init__(self, flows: Iterable[Flow[Any, Any]]) -> None:
        self._all: dict[tuple[str, int], Flow[Any, Any]] = {}
        self._on: dict[str, list[Flow[Any, Any]]] = {}
        self._cancels: dict[str, list[Flow[Any, Any]]] = {}
        newest: dict[str, Flow[Any, Any]] = {}
        for one in flows:
            if (one.name, one.version) in self._all:
                raise FlowError(
                    f"two flows are called {one.name}, version {one.version}: give the newer its own version"
                )
            self._all[one.name, one.version] = one
            if one.name not in newest or newest[one.name].version < one.version:
                newest[one.name] = one
        for one in newest.values():
            self._on.setdefault(public_name(one.on), []).append(one)
            if one.cancel_on is not None:
                self._cancels.setdefault(public_name(one.cancel_on), []).append(one)

    def __iter__(self) -> Any:
        return iter(self._all.values())

    def get(self, name: str, version: int) -> Flow[Any, Any] | None:
        """The flow of this version, or None if this hub does not have it."""
        return self._all.get((name, version))

    def begun_by(self, kind: str) -> list[Flow[Any, Any]]:
        """The newest version of each flow that an event of this name begins."""
        return self._on.get(kind, [])

    def cancelled_by(self, kind: str) -> list[Flow[Any, Any]]:
        """The flows whose runs an event of this name cancels."""
        return self._cancels.get(kind, [])

    def require(self, unfinished: Iterable[tuple[str, int, int]]) -> None:
        """Raises FlowError, naming them, if unfinished runs lack their code: then nothing is started."""
        if lacking := self.missing(unfinished):
            raise FlowError("; ".join(lacking))

    def missing(self, unfinished: Iterable[tuple[str, int, int]]) -> list[str]:
        """Sentences about unfinished runs (flow, version, how many) whose code is not here; empty if all is well."""
        return [
            f"{count} unfinished run(s) of {name} need version {version}: keep that flow's file until "
            f"`pawline flows drain` says 0"
            for name, version, count in unfinished
            if (name, version) not in self._all
        ]


SCHEDULES: Final[dict[str, tuple[str, str, type[Event]]]] = {}
"""Schedules by event name: (cron, zone, event)."""


def every(cron: str, zone: str) -> type[Event]:
    """A schedule as an event: five cron fields in the time of `zone`, e.g. `every("0 6 * * *", "Europe/Berlin")`.

    A moment that came while the hub was down comes once, late; several missed ones come once together.
    """
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - checked here, where a wrong name shows its line

    from cronsim import CronSim  # noqa: PLC0415

    CronSim(cron, datetime.now(ZoneInfo(zone)))
    slug = re.sub(r"[^a-z0-9]+", "-", f"{cron} {zone}".lower()).strip("-") + f"-{digest63(cron, zone) % 10**6}"
    name = f"schedule.{'s' + slug}.ticked@1"
    if name not in SCHEDULES:
        kind = _tick_type(name, cron, zone)
        SCHEDULES[name] = (cron, zone, kind)
    return SCHEDULES[name][2]


def _tick_type(name: str, cron: str, zone: str) -> type[Event]:
    doc = f"A moment of `{cron}` in {zone} came; one missed while the hub was down comes once, late."
    namespace = {
        "__doc__": doc, "__module__": __name__, "__annotations__": {"due": datetime},
        "subject": property(lambda _: name),
    }  # fmt: skip
    made: type[Event] = types.new_class("Tick", (Event,), {"tag": name}, lambda body: body.update(namespace))
    return made
