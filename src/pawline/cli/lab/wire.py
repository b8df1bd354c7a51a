"""HTTP/1.1 as shoppers' pages speak it: connections that are kept, and no patience of its own."""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

LENGTH: Final = b"content-length:"


class Said(NamedTuple):
    """An answer."""

    status: int
    body: bytes


Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Wire:
    """To one port of this machine. Whoever is cancelled hangs up."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._free: list[Line] = []

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Said:
        """Raises OSError where nobody hears it, or the connection breaks before the answer is whole."""
        named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\n{named}content-length: {len(body)}\r\n\r\n"
        line = self._kept() or await asyncio.open_connection("127.0.0.1", self.port)
        try:
            said = await _over(line, head.encode() + body)
        except asyncio.IncompleteReadError as broken:
            line[1].close()
            raise ConnectionResetError("the answer is not whole") from broken
        except BaseException:
            line[1].close()
            raise
        self._free.append(line)
        return said

    def close(self) -> None:
        """Hangs up."""
        for _, writer in self._free:
            writer.close()
        self._free.clear()

    def _kept(self) -> Line | None:
        while self._free:
            line = self._free.pop()
            if not line[0].at_eof() and not line[1].is_closing():
                return line
            line[1].close()
        return None


async def _over(line: Line, asked: bytes) -> Said:
    line[1].write(asked)
    head = await line[0].readuntil(b"\r\n\r\n")
    size = head.lower().partition(LENGTH)[2].partition(b"\r\n")[0]
    return Said(int(head[9:12]), await line[0].readexactly(int(size or 0)))
