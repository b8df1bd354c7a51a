"""A mailbox that is read over IMAP: nothing there is changed, moved or marked."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Final, NamedTuple, TypeVar

from pawline.kit.guard import Guard
from pawline.kit.imap_line import Line, Received, examined, let_in, meant, messages, numbers
from pawline.kit.reaching import reached
from pawline.kit.secret import Secret
from pawline.ports import Code, Transient

T = TypeVar("T")
PORTS: Final = frozenset({143, 993})
"""Where mailboxes are read on the public network."""
AT_ONCE: Final = 16
"""Messages of one answer."""


class Place(NamedTuple):
    """How far a folder was read: `uid` is the last message that was, as long as the folder says `validity`."""

    validity: int
    uid: int


class Unread(NamedTuple):
    """What came since: `place` is how far it is read now, `more` says that there is more to be read at once."""

    messages: tuple[Received, ...]
    place: Place
    more: bool


class Imap:
    """Reads folders of one mailbox, a connection for each look; `tls` is `implicit`, `starttls`, or `none`.

    Each look ends within `timeout`. Without TLS only networks that the guard allows are reached. Upon the standard
    library's client, in a thread of its own: docs/why/0041 says why.

    Raises ValueError for a way of TLS that is none.
    """

    def __init__(
        self, host: str, port: int, login: tuple[str, Secret], *, tls: str = "implicit", guard: Guard | None = None,
        timeout: timedelta = timedelta(seconds=30), context: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        if tls not in ("starttls", "implicit", "none"):
            raise ValueError(f"`tls` is implicit, starttls or none, not {tls!r}")
        self._host, self._port, self._login, self._tls = host, port, login, tls
        self._guard, self._timeout = Guard() if guard is None else guard, timeout.total_seconds()
        self._context = ssl.create_default_context() if context is None else context
        self._pool: Final = ThreadPoolExecutor(1, "pawline-imap")  # a silent server keeps nobody else's thread

    def __repr__(self) -> str:
        return f"Imap({self._host!r}, {self._port})"

    async def check(self, folder: str) -> None:
        """Whether it lets us in, and has the folder. Raises the four errors."""
        await self._run(lambda line: examined(line, folder), 0)

    async def since(self, folder: str, place: Place | None, *, most: int, size: int, after: datetime) -> Unread:
        """The next messages behind a place, `most` at most, of each its first `size` bytes. Raises the four errors.

        What came more than two days before `after` is passed over by the server: years of mail are not read for what
        is new. Where the folder was made anew (another UIDVALIDITY) it is read from its beginning: what stands there
        may be what was read before.
        """
        day = after.astimezone(UTC).date() - timedelta(days=1)  # wherever the server's clock is
        return await self._run(partial(_read, folder=folder, place=place, most=most, size=size, day=day), size)

    async def close(self) -> None:
        """No line is kept open; one that is under way ends in its time."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[Line], T], size: int) -> T:
        until = time.monotonic() + self._timeout
        try:
            async with asyncio.timeout(self._timeout):
                plain = self._tls == "none"
                sock = await reached(self._guard, self._host, self._port, what="the mailbox", ports=PORTS, plain=plain)
        except TimeoutError:
            raise Transient("the mailbox cannot be reached", Code.UNREACHABLE) from None
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._pool, self._spoken, sock, until, work, size + 1024
            )
        finally:
            with suppress(OSError):  # whoever gives up waiting ends what the thread waits for; TLS took the socket over
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _spoken(self, sock: socket.socket, until: float, work: Callable[[Line], T], most: int) -> T:
        """In the thread. Raises PortError, and nothing else."""
        own = sock.dup()  # TLS takes a socket over, and whoever gives up must still have one
        line: Line | None = None
        try:
            implicit = self._tls == "implicit"
            line = Line(own, self._host, until, most=most, context=self._context, implicit=implicit)
            if self._tls == "starttls":
                line.secure()
            let_in(line, self._login)
            found = work(line)
            with suppress(Exception):
                line.logout()
        except Exception as problem:  # noqa: BLE001 - a server's odd answers are the library's odd errors
            raise meant(problem) from None
        else:
            return found
        finally:
            own.close() if line is None else line.shutdown()


def _read(line: Line, *, folder: str, place: Place | None, most: int, size: int, day: date) -> Unread:
    validity = examined(line, folder)
    last = place.uid if place is not None and place.validity == validity else 0
    waiting = numbers(line, last, day)
    taken, found = waiting[:most], list[Received]()
    for begin in range(0, len(taken), AT_ONCE):
        found += messages(line, taken[begin : begin + AT_ONCE], size)
    return Unread(tuple(found), Place(validity, taken[-1] if taken else last), len(waiting) > len(taken))
