"""A database that is only read: one connection, in a thread of its own, so that nothing waits for it but a look."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from pawline.kit.database.address import Address
from pawline.kit.database.line import OPENING, Access, Given, Line, Table, too_long
from pawline.kit.guard import Guard
from pawline.kit.secret import Secret
from pawline.ports import PortError

T = TypeVar("T")
LINES: Final = {
    "sqlite": ("pawline.kit.database.sqlite", "SqliteLine"),
    "postgresql": ("pawline.kit.database.postgres", "PostgresLine"),
    "mysql": ("pawline.kit.database.mysql", "MysqlLine"),
}
"""By engine; loaded by whoever has such an account."""
MARGIN: Final = 5.0
"""Seconds that a database has to end a query of its own accord."""
AGAIN: Final = 0.05
"""Seconds between two tries to break off."""


class Database:
    """Reads an address. Each call ends within `timeout` and a margin, whatever the database does.

    Raises the four errors and nothing else; the password is in none of them. It is opened with the first call, and anew
    after one that failed.
    """

    def __init__(
        self, address: Address, *, password: Secret | None = None, guard: Guard | None = None, tls: bool = True,
        ca: str = "", timeout: timedelta = timedelta(seconds=30),
    ) -> None:  # fmt: skip
        self._access = Access(address, password, Guard() if guard is None else guard, tls, ca, timeout.total_seconds())
        self._thread: Final = ThreadPoolExecutor(1, thread_name_prefix="pawline-database")
        self._turn: Final = asyncio.Lock()
        self._line: Line | None = None
        self._running: asyncio.Future[Any] | None = None

    def __repr__(self) -> str:
        return f"Database({self._access.address.called!r})"

    @property
    def address(self) -> Address:
        """Where it is."""
        return self._access.address

    async def read(self, query: str, given: Given, most: int) -> Table:
        """At most so many rows of a query that `check_query` let pass, of one snapshot."""
        return await self._run(lambda line: line.read(query, given, most))

    async def searches(self, query: str, given: Given) -> bool | None:
        """Whether an index narrows it down; None where nobody can tell."""
        return await self._run(lambda line: line.searches(query, given))

    async def now(self) -> datetime | None:
        """The time by its clock; None where that is ours."""
        return await self._run(lambda line: line.now())

    async def close(self) -> None:
        """The connection is closed; what runs is broken off. What cannot be is not waited for: a name looked up."""
        if self._running is not None:
            await self._broken_off(self._running)
        async with self._turn:
            dropped = asyncio.get_running_loop().run_in_executor(self._thread, self._dropped)
            await asyncio.wait({dropped}, timeout=MARGIN)
        self._thread.shutdown(wait=False)

    async def _run(self, work: Callable[[Line], T]) -> T:
        async with self._turn:
            done = asyncio.get_running_loop().run_in_executor(self._thread, self._tried, work)
            self._running = done
            try:
                async with asyncio.timeout(self._access.seconds + OPENING + MARGIN):
                    found = await asyncio.shield(done)
            except TimeoutError:
                await self._broken_off(done)
                raise too_long() from None
            except asyncio.CancelledError:
                await self._broken_off(done)
                raise
        if isinstance(found, PortError):
            raise found  # made in the thread, raised here: the driver's own error, and all it holds, stays there
        return found

    async def _broken_off(self, done: asyncio.Future[Any]) -> None:
        """Again and again: what is only being opened, or between two calls, has nothing yet to be broken off."""
        loop = asyncio.get_running_loop()
        until = loop.time() + MARGIN
        while not done.done() and loop.time() < until:
            if (line := self._line) is not None:
                line.stop()
            await asyncio.wait({done}, timeout=AGAIN)

    def _tried(self, work: Callable[[Line], T]) -> T | PortError:
        """In the thread. What went wrong takes its connection with it."""
        address = self._access.address
        where, name = LINES[address.engine]
        module: Any = None
        try:
            module = importlib.import_module(where)
            if self._line is None:
                self._line = getattr(module, name)(self._access)
            return work(self._line)
        except PortError as problem:
            self._dropped()
            return type(problem)(problem.text, problem.code)
        except Exception as problem:
            self._dropped()
            told: PortError | None = None if module is None else module.problem(problem, address.user)
            if told is None:
                raise
            return told

    def _dropped(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            with suppress(Exception):
                line.close()
