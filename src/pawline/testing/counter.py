"""A server of raw bytes on loopback: it answers whatever a test says, byte by byte, and keeps what it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, NamedTuple

from pawline.kit import Guard, Http

LOOPBACK = Guard(["127.0.0.0/8"])


class Request(NamedTuple):
    """What the counter heard: header names in lower case, the target as it stood in the first line."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


def json(status: int, body: bytes = b"{}", *headers: str) -> bytes:
    """A whole answer with this status and body, said to be JSON, and more header lines."""
    lines = [f"HTTP/1.1 {status} X", "content-type: application/json", f"content-length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Counter:
    """`answer` makes the bytes for the n-th request; None hangs up instead."""

    def __init__(self) -> None:
        self.heard: list[Request] = []
        self.port = 0
        self.answer: Callable[[Request], Awaitable[bytes | None]] = self._fine

    async def _fine(self, _: Request) -> bytes | None:
        return json(200)

    def says(self, *answers: bytes | None) -> None:
        left = list(answers)

        async def one(_: Request) -> bytes | None:
            return left.pop(0) if len(left) > 1 else left[0]

        self.answer = one

    def http(self, **given: Any) -> Http:  # noqa: ANN401 - what Http takes
        """A client of it."""
        given.setdefault("guard", LOOPBACK)
        return Http(f"http://127.0.0.1:{self.port}/v1/", **given)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                method, target, _ = line.decode("latin-1").split(" ", 2)
                headers: dict[str, str] = {}
                while (header := (await reader.readline()).decode("latin-1").strip()) != "":
                    name, _, value = header.partition(":")
                    headers[name.lower()] = value.strip()
                request = Request(
                    method, target, headers, await reader.readexactly(int(headers.get("content-length", 0)))
                )
                self.heard.append(request)
                answer = await self.answer(request)
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def counter(one: Counter | None = None, seconds: float = 20) -> AsyncIterator[Counter]:
    """The counter, open for so many seconds at most; a TimeoutError ends what takes longer."""
    one = one or Counter()
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    try:
        async with asyncio.timeout(seconds):
            yield one
    finally:
        server.close()


SOON = timedelta(milliseconds=80)
