"""The vendors in a process of their own, for hubs that are killed: `python -m pawline.testing.vendor_server TERMS`.

One connection carries one request and one reply, each a line of JSON, over a Unix socket. A connection that ends
without a reply broke. The ledger is a file that `read_ledger` reads at any time.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec

from pawline.ports import ATTEMPT
from pawline.sandbox.faults import Faults
from pawline.sandbox.ledger import FileLedger
from pawline.sandbox.vendors import Reply, Request, Vendors

CHANGE: Final = "faults"
"""The method of a request that is for the server itself: its argument is the new plan of faults."""
_LINE: Final = 1 << 20


class Terms(msgspec.Struct, kw_only=True, tag=True):
    """Where the vendors are reached and write, and what they are like. `key_life` is in seconds."""

    socket: str
    ledger: str
    stock: dict[str, int] = {}
    faults: Faults = msgspec.field(default_factory=Faults)
    key_life: float = 86_400.0


class SocketLine:
    """The line to vendors in another process; a `Line`.

    As every connector must, it looks at the clock right before it writes: a process that was stopped after it had
    decided to send, and goes on when its time is over, would else do what somebody has meanwhile found not done.
    """

    def __init__(self, socket: str) -> None:
        self._socket = socket

    async def ask(self, request: Request) -> Reply:
        """The vendors' reply. Raises ConnectionError if the connection broke, or there was none."""
        reader, writer = await asyncio.open_unix_connection(self._socket, limit=_LINE)
        made = ATTEMPT.get(None) if request.key else None
        until = made().settle_by.timestamp() if made is not None else float("inf")
        line = msgspec.json.encode(request) + b"\n"
        try:
            if time.time() >= until:
                raise ConnectionError("the time of this attempt is over: it is not sent")
            writer.write(line)
            await writer.drain()
            line = await reader.readline()
        finally:
            writer.close()
        if not line:
            raise ConnectionResetError("the other side hung up")
        return msgspec.json.decode(line, type=Reply)

    async def change(self, faults: Faults) -> None:
        """From now on the vendors have these faults; `Faults()` makes them healthy."""
        await self.ask(Request(CHANGE, "", msgspec.Raw(msgspec.json.encode(faults))))


class _Server:
    def __init__(self, terms: Terms) -> None:
        self._vendors = Vendors(
            now=time.time, ledger=FileLedger(Path(terms.ledger)), stock=terms.stock, faults=terms.faults,
            key_life=timedelta(seconds=terms.key_life),
        )  # fmt: skip

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection. Whether the asking side still lives is found out by the reply, after the effect."""
        with contextlib.suppress(ConnectionError):
            line = await reader.readline()
            if line:
                reply = await self._reply(msgspec.json.decode(line, type=Request))
                writer.write(msgspec.json.encode(reply) + b"\n")
                await writer.drain()
        writer.close()

    async def _reply(self, request: Request) -> Reply:
        if request.method == CHANGE:
            self._vendors.faults = msgspec.json.decode(request.args, type=Faults)
            return Reply()
        return await self._vendors.ask(request)

    async def tick(self) -> None:
        """Late effects happen whether anybody asks or not."""
        while True:
            await asyncio.sleep(0.02)
            self._vendors.do_late()


async def serve(terms: Terms) -> None:
    """Answer until the process is ended."""
    server = _Server(terms)
    listening = await asyncio.start_unix_server(server.answer, terms.socket, limit=_LINE, backlog=1024)
    async with listening:
        await server.tick()


@contextlib.contextmanager
def vendors_apart(terms: Terms) -> Iterator[SocketLine]:
    """Vendors in a process of their own, for as long as the block lasts; the line to them."""
    command = [sys.executable, "-m", "pawline.testing.vendor_server", msgspec.json.encode(terms).decode()]
    process = subprocess.Popen(command)  # noqa: S603 - this very module
    try:
        while not Path(terms.socket).exists():
            if process.poll() is not None:
                raise RuntimeError(f"the vendors' process ended with {process.returncode}")
            time.sleep(0.01)
        yield SocketLine(terms.socket)
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    asyncio.run(serve(msgspec.json.decode(sys.argv[1], type=Terms)))
