"""The local line of a running hub on SQLite: a unix socket beside the store, a JSON object a line, its owner only.

A question is `{"id": 1, "do": "runs", "with": {…}}`; its answer `{"id": 1, "ok": …}` or `{"id": 1, "no": sentence}`.
Many questions may be under way at once; answers come as they are ready.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from pawline.hub.settings import HubRefused
from pawline.runtime import FlowError, Refused
from pawline.store import StoreError

LIMIT: Final = 16 << 20
REFUSALS: Final = (HubRefused, Refused, FlowError, StoreError, ValueError)
"""What may be wrong with a question; its text is for people."""
Answer = Callable[[str, dict[str, Any]], Awaitable[Any]]


def line_of(url: str) -> Path:
    """Where the hub of this SQLite store listens."""
    return Path(url.removeprefix("sqlite:///") + ".sock")


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name that fits into a socket's address, whose 108 bytes a deep folder exceeds."""
    if len(os.fsencode(path)) < 100:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


class Line:
    """The hub's end: answers questions until it is closed."""

    def __init__(self, path: Path, answer: Answer) -> None:
        self._path, self._answer = path, answer
        self._server: asyncio.Server
        self._tasks: set[asyncio.Task[None]] = set()
        self._callers: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Listens. Whoever holds the store's lock may take the place of a dead hub's socket."""
        self._path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            with _short(self._path) as name:
                listening.bind(name)
        finally:
            os.umask(before)
        self._server = await asyncio.start_unix_server(self._serve, sock=listening, limit=LIMIT)

    async def close(self) -> None:
        """Takes no more questions; those under way are dropped."""
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        for caller in list(self._callers):
            await _hang_up(caller)
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._callers.add(writer)
        try:
            while line := await reader.readline():
                task = asyncio.get_running_loop().create_task(self._reply(line, writer))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        except (OSError, ValueError, asyncio.CancelledError):
            pass
        finally:
            await _hang_up(writer)
            self._callers.discard(writer)

    async def _reply(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        number: Any = None
        try:
            question = msgspec.json.decode(line, type=dict[str, Any])
            number = question.get("id")
            reply = {"id": number, "ok": await self._answer(str(question["do"]), question.get("with") or {})}
        except REFUSALS as problem:
            reply = {"id": number, "no": str(problem)}
        except Exception as problem:  # noqa: BLE001 - a question must not end the hub
            reply = {"id": number, "no": f"the hub could not answer: {type(problem).__name__}: {problem}"}
        with contextlib.suppress(OSError, RuntimeError):  # uvloop's word for a caller that hung up
            writer.write(msgspec.json.encode(reply) + b"\n")
            await writer.drain()


class Caller:
    """The command line's end. Raises HubRefused where the hub does not answer (any more)."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self._listener = asyncio.get_running_loop().create_task(self._listen(reader))

    @classmethod
    async def reach(cls, path: Path) -> Caller:
        """Connects. Raises HubRefused where nobody listens."""
        try:
            with _short(path) as name:
                return cls(*await asyncio.open_unix_connection(name, limit=LIMIT))
        except OSError as problem:
            raise HubRefused(f"no hub answers at {path}: start it with `pawline up`") from problem

    async def ask(self, do: str, **given: Any) -> Any:
        """The hub's answer. Raises HubRefused with the hub's sentence where it refuses."""
        self._number += 1
        number = self._number
        waiter = self._asked[number] = asyncio.get_running_loop().create_future()
        if self._listener.done():
            raise HubRefused("the hub hung up: see its log, then ask again")
        try:
            self._writer.write(msgspec.json.encode({"id": number, "do": do, "with": given}) + b"\n")
            return await waiter
        finally:
            self._asked.pop(number, None)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                reply = msgspec.json.decode(line, type=dict[str, Any])
                waiter = self._asked.get(reply["id"])
                if waiter is None or waiter.done():
                    continue
                if "no" in reply:
                    waiter.set_exception(HubRefused(reply["no"]))
                else:
                    waiter.set_result(reply["ok"])
        except OSError:
            pass
        finally:  # also where `close` comes before the hub's hang-up was read: nobody waits for an answer for ever
            for waiter in self._asked.values():
                if not waiter.done():
                    waiter.set_exception(HubRefused("the hub hung up: see its log, then ask again"))

    async def close(self) -> None:
        """Hangs up: questions under way are refused."""
        self._listener.cancel()
        await _hang_up(self._writer)
