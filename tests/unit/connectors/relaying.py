"""A database behind a socket of this machine, by TCP, and a line that breaks where a test says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress

Spoil = Callable[[int], bool]
"""Whether a line is cut, by all bytes that the server sent on it."""


def never(_: int) -> bool:
    return False


def cuts(at: Iterable[int]) -> Spoil:
    """Once at each of these, on one line after the other."""
    left = list(at)

    def spoil(count: int) -> bool:
        if not left or count < left[0]:
            return False
        del left[0]
        return True

    return spoil


@asynccontextmanager
async def relay(path: str, spoil: Spoil = never) -> AsyncIterator[str]:
    """Host and port, on loopback."""

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(path)

        async def copied(source: asyncio.StreamReader, target: asyncio.StreamWriter, *, watched: bool) -> None:
            count = 0
            with suppress(OSError):
                while piece := await source.read(4_096):
                    count += len(piece)
                    if watched and spoil(count):
                        break
                    target.write(piece)
                    await target.drain()
            for one in (writer, back):
                one.close()

        await asyncio.gather(copied(reader, back, watched=False), copied(there, writer, watched=True))

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
