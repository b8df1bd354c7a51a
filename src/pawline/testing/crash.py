"""Places to die at: each commit and each request of a vendor, before and after, one run for each."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pawline.sandbox.vendors import Line, Reply, Request
    from pawline.store import Store

VARIABLE: Final = "PAWLINE_CRASH_AT"
"""Names the place in a process of its own, `after-commit:3`. Only these tools read it: no hub knows it."""
COMMITS: Final = ("before-commit", "after-commit")
REQUESTS: Final = ("before-effect", "after-effect", "after-reply")


class Died(KeyboardInterrupt):
    """The hub is dead. No ordinary Exception, and an event loop lets it through at once: nobody handles it."""


class Place(NamedTuple):
    """One place: what it is before or after, and the how-manieth of its kind, from 1."""

    where: str
    number: int

    def __str__(self) -> str:
        return f"{self.where}:{self.number}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """The place back from its text. Raises ValueError for one that is none."""
        where, _, number = text.partition(":")
        if where not in (*COMMITS, *REQUESTS):
            raise ValueError(f"{text!r} is no place to die at: {', '.join((*COMMITS, *REQUESTS))}, and a number")
        return cls(where, int(number))


def places(commits: int, requests: int) -> list[Place]:
    """Every place of a run that counted so many commits and requests: 2 for each commit, 3 for each request."""
    found = [Place(where, number) for number in range(1, commits + 1) for where in COMMITS]
    return found + [Place(where, number) for number in range(1, requests + 1) for where in REQUESTS]


def die() -> None:
    """Death in this process: see `Died`."""
    raise Died


def kill() -> None:
    """Death of this process, by SIGKILL: no handler, no `finally`, no buffer is written."""
    os.kill(os.getpid(), signal.SIGKILL)


class Crash:
    """Counts `commits` and `requests` of one life, and ends it at a place, if one is given: `fired` says that it did.

    A request's places, seen from the hub: before it leaves, after the vendor did it and before the hub knows, and
    after the hub took the answer into memory but has not stored it.
    """

    def __init__(self, at: Place | None = None, how: Callable[[], None] = die) -> None:
        self._at = at
        self._how = how
        self.commits = 0
        self.requests = 0
        self.fired = False

    @classmethod
    def from_environment(cls) -> Crash:
        """As the variable PAWLINE_CRASH_AT says, by SIGKILL."""
        text = os.environ.get(VARIABLE, "")
        return cls(Place.parse(text) if text else None, kill)

    def watch(self, store: Store) -> None:
        """Count the store's commits, and die at them."""
        store.hooks.before_commit = self._before
        store.hooks.after_commit = self._after

    def line(self, line: Line) -> Line:
        """The line, counted and deadly."""
        return _DeadlyLine(self, line)

    def passes(self, where: str, number: int) -> None:
        """Dies here if this is the place."""
        if self._at == (where, number):
            self.fired = True
            self._how()

    def passes_soon(self, where: str, number: int) -> None:
        """Dies here if this is the place, but lets the loop finish the step that it is at."""
        if self._at == (where, number):
            asyncio.get_running_loop().call_soon(self.passes, where, number)

    def _before(self, _: Sequence[object]) -> None:
        self.commits += 1
        self.passes("before-commit", self.commits)

    def _after(self, _: Sequence[object]) -> None:
        self.passes("after-commit", self.commits)


class _DeadlyLine:
    def __init__(self, crash: Crash, line: Line) -> None:
        self._crash = crash
        self._line = line

    async def ask(self, request: Request) -> Reply:
        self._crash.requests += 1
        number = self._crash.requests
        self._crash.passes("before-effect", number)
        try:
            reply = await self._line.ask(request)
        except ConnectionError:
            self._crash.passes("after-effect", number)
            self._crash.passes_soon("after-reply", number)
            raise
        self._crash.passes("after-effect", number)
        self._crash.passes_soon("after-reply", number)
        return reply
