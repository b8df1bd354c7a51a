"""An IMAP server on loopback, of an independent maker (pymap), with one mailbox in memory."""

from __future__ import annotations

import asyncio
import ssl
from argparse import Namespace
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from proxyprotocol.sock import SocketInfo
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pysasl.creds.plain import PlainCredentials
from pysasl.hashing import BuiltinHash

from pawline.kit import Guard, Imap, Secret

USER, PASSWORD = "bounces", "correct horse"
LOOPBACK = Guard(["127.0.0.0/8"])


class Mailbox:
    """What is in it, and where it listens."""

    def __init__(self, backend: Any, config: Any) -> None:
        self._backend, self._config = backend, config
        self.port = 0
        self._open: Any = None

    async def put(self, raw: bytes, at: datetime | None = None, folder: str = "INBOX") -> None:
        box = await (await self._boxes()).get_mailbox(folder)
        await box.append(AppendMessage(raw, (at or datetime.now(UTC)), frozenset()))

    async def folder(self, name: str) -> None:
        await (await self._boxes()).add_mailbox(name)

    async def anew(self) -> None:
        """Its folders are made anew, and empty, as by a server that lost its numbers."""
        self._config.set_cache.clear()
        self._open = None

    async def flags(self) -> list[Any]:
        box = await (await self._boxes()).get_mailbox("INBOX")
        return [sorted(map(str, one.permanent_flags)) async for one in box.messages()]

    async def _boxes(self) -> Any:
        if self._open is None:  # its passwords are slow, as they should be
            identity = await self._backend.login.authenticate(PlainCredentials(USER, PASSWORD))
            async with identity.new_session() as session:
                self._open = session.mailbox_set
        return self._open


@asynccontextmanager
async def listening(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]], tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """The port at which each that comes is answered; nobody is left when it ends."""
    lines = set[asyncio.Task[None]]()

    async def answered(reading: asyncio.StreamReader, writing: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        lines.add(task)
        try:
            await answer(reading, writing)
        except (ConnectionError, ssl.SSLError, asyncio.CancelledError):
            pass  # whoever came has gone, or the test has ended
        finally:
            writing.transport.abort()

    server = await asyncio.start_server(answered, "127.0.0.1", 0, ssl=tls)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for one in lines:
            one.cancel()
        await asyncio.gather(*lines, return_exceptions=True)


@asynccontextmanager
async def mailbox(*, tls: ssl.SSLContext | None = None, cert: str | None = None) -> AsyncIterator[Mailbox]:
    """`tls`: from the first byte; `cert`: a file for STARTTLS."""
    given = Namespace(
        host=["127.0.0.1"], port="0", tls=cert is not None, cert=cert, key=cert, proxy_protocol="noop", debug=False,
        inherited_sockets=None, demo_data=False, demo_user=USER, demo_password=PASSWORD, passlib_cfg=None,
    )  # fmt: skip
    backend, config = await DictBackend.init(given, hash_context=BuiltinHash(rounds=1))
    made = Mailbox(backend, config)
    server = IMAPServer(backend.login, config)

    async def answer(reading: asyncio.StreamReader, writing: asyncio.StreamWriter) -> None:
        await server(reading, writing, SocketInfo.get(writing, None, unique_id=uuid4().bytes))

    async with listening(answer, tls) as made.port:
        yield made


def reader(port: int, *, word: str = PASSWORD, tls: str = "none", **more: Any) -> Imap:
    return Imap("127.0.0.1", port, (USER, Secret(word)), tls=tls, **{"guard": LOOPBACK} | more)
