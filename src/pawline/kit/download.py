"""Files that a system puts elsewhere: an answer names their address, and only hosts that are known are asked."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from pawline.kit.guard import Blocked, Guard
from pawline.ports import Code, Malformed, PortError, Rejected, Transient

CHUNK: Final = 1 << 16
PRIVATE: Final = 0o600


class Download:
    """Gets files from these `origins` (`https://storage.googleapis.com`) only, by addresses that bear their own right.

    No header of an account's goes there, no redirect is followed. A file that was begun goes on where it ends, so no
    more than a chunk of it is ever in memory. `patience` is the longest silence.
    """

    def __init__(
        self, origins: Collection[str], guard: Guard, patience: timedelta = timedelta(seconds=30)
    ) -> None:  # fmt: skip
        self._origins: Final = frozenset(origins)
        self._guard: Final = guard
        self._patience: Final = patience.total_seconds()

    async def get(self, url: str, to: Path, size: int) -> None:
        """The whole file, of so many bytes, for nobody else's eyes. Raises one of the four errors; what came stays.

        Malformed(not_allowed) for an address of another host, Rejected(gone) where it has run out, Transient for all
        that may be tried again.
        """
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" not in self._origins:
            raise Malformed("a file is said to be where none of this system's are", Code.NOT_ALLOWED)
        try:
            with os.fdopen(os.open(to, os.O_RDWR | os.O_CREAT, PRIVATE), "r+b") as file:
                await self._get(url, file, plain=parts.scheme == "http")
                if (there := file.seek(0, os.SEEK_END)) != size:
                    raise Transient(f"{there} of {size} bytes of the file are there", Code.DISCONNECTED)
        except (aiohttp.ClientError, TimeoutError) as problem:
            raise _meant(problem) from None

    async def _get(self, url: str, file: IO[bytes], *, plain: bool) -> None:
        there = file.seek(0, os.SEEK_END)
        connector = aiohttp.TCPConnector(socket_factory=partial(self._guard.open, plain=plain))
        waits = aiohttp.ClientTimeout(total=None, sock_connect=self._patience, sock_read=self._patience)
        async with (
            aiohttp.ClientSession(
                connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            ) as session,
            session.get(
                URL(url, encoded=True), headers={"range": f"bytes={there}-"} if there else {}, timeout=waits,
                allow_redirects=False,
            ) as reply,
        ):  # fmt: skip
            if reply.status == 416 and there:
                return  # it was whole
            if reply.status not in {200, 206}:
                raise _refusal(reply.status)
            if reply.status == 200 and there:  # it does not go on: from the beginning
                file.seek(0)
                file.truncate()
            async for chunk in reply.content.iter_chunked(CHUNK):
                await asyncio.to_thread(file.write, chunk)


def _refusal(status: int) -> PortError:
    if status in {403, 404, 410}:
        return Rejected("the file's address has run out", Code.GONE)
    if status >= 500 or status in {408, 429}:
        return Transient(f"the file is not given now ({status})", Code.UNAVAILABLE)
    return Malformed(f"the file is not given ({status})")


def _meant(problem: Exception) -> PortError:
    if isinstance(problem, aiohttp.ClientConnectorError) and isinstance(problem.os_error, Blocked):
        return Malformed(f"the file: {problem.os_error}", Code.NOT_ALLOWED)
    if isinstance(problem, aiohttp.ClientConnectorCertificateError):
        return Malformed("the file: the other side's certificate is not to be trusted", Code.NOT_ALLOWED)
    return Transient(f"the file did not come whole ({type(problem).__name__})", Code.DISCONNECTED)
