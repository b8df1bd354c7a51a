"""The way between the hub's process and the pretended vendors, which live in another: a unix socket, a JSON a line."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.testing import LOOK_UPS, Reply, Request, bindings

if TYPE_CHECKING:
    from pathlib import Path

    from pawline.runtime import Binding
    from pawline.testing import Vendors

VENDORS: Final = "PAWLINE_DEMO_VENDORS"
"""The variable that tells the hub's process where the vendors are."""
_LOOKS: Final = frozenset(f"{effect.partition('.')[0]}.{name}" for effect, name in LOOK_UPS.items())


class Asked(msgspec.Struct, frozen=True):
    """A request with its number on this connection."""

    no: int
    request: Request


class Answered(msgspec.Struct, frozen=True):
    """Its reply; without one the connection broke on the way."""

    no: int
    reply: Reply | None


class Served:
    """The vendors' end. Notes what only they can know: whom they refused and why, and what they were asked again.

    `settled` counts by port: repeats under a key that they knew, and look-ups that found the effect.
    """

    def __init__(self, vendors: Vendors) -> None:
        self.vendors = vendors
        self.refused: dict[str, str] = {}
        self.settled: Counter[str] = Counter()
        self._seen: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._decode = msgspec.json.Decoder(Asked).decode

    async def open(self, path: Path) -> asyncio.Server:
        """Listens until the server is closed."""
        return await asyncio.start_unix_server(self._serve, str(path), limit=1 << 22)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                task = asyncio.get_running_loop().create_task(self._answer(self._decode(line), writer))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        except OSError:
            pass  # the hub was killed: what is under way here goes on
        finally:
            writer.close()

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        request, reply = asked.request, None
        before = len(self.vendors.books.read()) if request.key in self._seen else 0
        try:
            reply = await self.vendors.ask(request)
        except ConnectionError:
            pass
        else:
            self._note(request, reply, before)
        self._seen.add(request.key)
        if not writer.is_closing():
            writer.write(msgspec.json.encode(Answered(asked.no, reply)) + b"\n")

    def _note(self, request: Request, reply: Reply, before: int) -> None:
        port = request.method.partition(".")[0]
        if reply.error is None:
            found = request.method in _LOOKS and bytes(reply.value) != b"null"
            if found or (request.key and before and len(self.vendors.books.read()) == before):
                self.settled[port] += 1
        elif reply.error[0] == "rejected":
            order = str(msgspec.json.decode(request.args)[0])
            self.refused.setdefault(order, reply.error[1].replace("_", " "))


class Wire:
    """The hub's end: a `Line` to vendors in another process. Connects when asked, and again after a break."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._asked: dict[int, asyncio.Future[Reply]] = {}
        self._number = 0
        self._writer: asyncio.StreamWriter | None = None
        self._turn = asyncio.Lock()
        self._decode = msgspec.json.Decoder(Answered).decode
        self._listener: asyncio.Task[None]

    async def ask(self, request: Request) -> Reply:
        """The reply. Raises ConnectionError where the connection broke."""
        async with self._turn:
            if self._writer is None:
                reader, self._writer = await asyncio.open_unix_connection(self._path, limit=1 << 22)
                self._listener = asyncio.get_running_loop().create_task(self._listen(reader))
        self._number += 1
        number = self._number
        waiter: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._asked[number] = waiter
        self._writer.write(msgspec.json.encode(Asked(number, request)) + b"\n")
        try:
            return await waiter
        finally:
            self._asked.pop(number, None)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            answer = self._decode(line)
            waiter = self._asked.get(answer.no)
            if waiter is None or waiter.done():
                continue
            if answer.reply is None:
                waiter.set_exception(ConnectionResetError("the connection broke"))
            else:
                waiter.set_result(answer.reply)
        self._writer = None
        for waiter in self._asked.values():
            if not waiter.done():
                waiter.set_exception(ConnectionResetError("the vendors hung up"))


def connect() -> list[Binding]:
    """The demo's accounts: every port is played by the vendors of the parent process."""
    wire = Wire(os.environ[VENDORS])
    return list(bindings(wire, timeout=timedelta(seconds=2), margin=timedelta(seconds=0.5)))
