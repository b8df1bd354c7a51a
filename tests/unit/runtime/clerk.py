"""A port for tests, who plays it, and the events that begin the tests' flows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple, Protocol

from pawline.model import Event
from pawline.ports import ATTEMPT, Operation, Settle, current_attempt, read


class Begun(Event, tag="test.begun@1"):
    id: str = "o1"
    body: str = ""
    house: str | None = None
    once: str | None = None

    @property
    def subject(self) -> str:
        return self.id

    @property
    def household(self) -> str | None:
        return self.house

    @property
    def fact(self) -> str | None:
        return self.once


class Paid(Event, tag="test.paid@1"):
    id: str = "o1"
    amount: int = 0

    @property
    def subject(self) -> str:
        return self.id


class Withdrawn(Event, tag="test.withdrawn@1"):
    id: str = "o1"

    @property
    def subject(self) -> str:
        return self.id


class Shelf(Protocol):
    async def put(self, thing: str) -> str: ...
    async def take(self, thing: str) -> str: ...
    async def weigh(self, things: list[str]) -> int: ...
    @read
    async def count(self, thing: str) -> int: ...


class Heard(NamedTuple):
    """One call as the vendor saw it."""

    method: str
    argument: Any
    key: str | None
    at: float


Answer = object | Exception | Callable[[Any], Any]


class Clerk:
    """Plays Shelf. `says` holds scripted answers by method or (method, argument), used up one by one; then the default.

    An answer is a value, an exception to raise, seconds to take first (a timedelta), or a function of the argument.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.heard: list[Heard] = []
        self.says: dict[object, list[Answer]] = {}

    async def _do(self, method: str, argument: Any, default: Any) -> Any:
        asks = method in {"count", "find"}
        key = current_attempt().key if not asks or ATTEMPT.get(None) is not None else None
        self.heard.append(Heard(method, argument, key, self._now()))
        script = self.says.get((method, str(argument))) or self.says.get(method) or []
        while script:
            answer = script.pop(0)
            if isinstance(answer, timedelta):
                await asyncio.sleep(answer.total_seconds())
                continue
            if isinstance(answer, Exception):
                raise answer
            return answer(argument) if callable(answer) else answer
        return default

    async def put(self, thing: str) -> str:
        answer: str = await self._do("put", thing, f"{thing}!")
        return answer

    async def take(self, thing: str) -> str:
        answer: str = await self._do("take", thing, thing)
        return answer

    async def weigh(self, things: list[str]) -> int:
        answer: int = await self._do("weigh", things, len(things))
        return answer

    async def count(self, thing: str) -> int:
        answer: int = await self._do("count", thing, 1)
        return answer

    async def find(self, thing: str) -> str | None:
        """The look-up for `put` and `take`."""
        answer: str | None = await self._do("find", thing, None)
        return answer

    @property
    def did(self) -> list[tuple[str, Any]]:
        """Methods with arguments, in order."""
        return [(one.method, one.argument) for one in self.heard]

    @property
    def keys(self) -> list[str | None]:
        return [one.key for one in self.heard]


KEY = Operation(settle=Settle.KEY)
FOR_EVER = Operation(settle=Settle.KEY, key_life=None)
LOOK_UP = Operation(settle=Settle.LOOK_UP, look_up="find")
REPEAT = Operation(settle=Settle.REPEAT)
ASK = Operation(settle=Settle.ASK)
BY_KEY = {"put": KEY, "take": KEY, "weigh": KEY}
