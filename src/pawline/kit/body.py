"""What an effect sends: begun in time or not at all, and cut off where nobody waits any more."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from contextlib import suppress
from typing import Any, Final

import aiohttp

_PIECE: Final = 1 << 18
_RESET: Final = struct.pack("ii", 1, 0)


class TimeIsOver(Exception):
    """Raised right before the first byte would be written."""


class Body(aiohttp.Payload):
    """A request's body, which its headers wait for. Written in pieces, so that others get their turn.

    Raises TimeIsOver instead of beginning once it is `until` (epoch seconds); `over` says so afterwards.
    """

    _value: bytes

    def __init__(self, value: bytes, until: float) -> None:
        super().__init__(value)
        self._size = len(value)
        self._until: Final = until
        self.over = False
        self.reply: aiohttp.ClientResponse | None = None  # once its head is here
        self._transport: asyncio.Transport | None = None

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The body as text."""
        return self._value.decode(encoding, errors)

    async def write(self, writer: Any) -> None:  # noqa: ANN401 - aiohttp does not export its StreamWriter
        """See `aiohttp.Payload`."""
        await self.write_with_length(writer, None)

    async def write_with_length(self, writer: Any, content_length: int | None) -> None:  # noqa: ANN401, ARG002 - as above
        """See `aiohttp.Payload`. The loop may have been stopped since the headers were made: it looks at the time."""
        if time.time() >= self._until:
            self.over = True
            raise TimeIsOver
        self._transport = writer.transport
        await writer.write(self._value[:_PIECE])
        for start in range(_PIECE, len(self._value), _PIECE):
            await writer.write(self._value[start : start + _PIECE])

    def cut(self) -> None:
        """Throw away what has not reached the other side: a closed line would be sent to its end behind our back.

        Nothing where the answer is here to its last byte: the line is then another call's.
        """
        if self._transport is None or (self.reply is not None and self.reply.connection is None):
            return
        line = self._transport.get_extra_info("socket")
        if line is not None:
            with suppress(OSError, ValueError):  # it is closed by now: uvloop has no number for it
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()
