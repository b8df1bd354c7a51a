"""Hints over PostgreSQL's NOTIFY: an empty message on one channel, beside the writer and not within its batches."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final

import psycopg

if TYPE_CHECKING:
    from collections.abc import Callable

CHANNEL: Final = b"pawline"
GATHER: Final = 0.01
"""Seconds in which many messages become one call: looking costs more than a message does."""
AGAIN: Final = 1.0
"""Seconds until a connection that was lost is opened anew."""
_log = logging.getLogger(__name__)

Connection = psycopg.AsyncConnection[tuple[object, ...]]


class Notices:
    """Tells and hears the other processes of one database; for one event loop. It is a `pawline.backbone.Hints`.

    A message follows the commit that it tells of and is not part of it: it may get lost, but a commit never waits for
    the server's one queue of messages. What a process tells does not wake itself. Two connections, opened when needed.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._mouth: Connection | None = None
        self._due = self._closed = False
        self._telling: asyncio.Task[None] | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._waking: asyncio.TimerHandle | None = None

    def tell(self) -> None:
        if self._closed:  # the store's last commits are told by nobody: the others look by themselves
            return
        self._due = True
        if self._telling is None:
            self._telling = asyncio.get_running_loop().create_task(self._tell())

    async def listen(self, wake: Callable[[], None]) -> None:
        if self._hearing is None:
            heard = asyncio.get_running_loop().create_future()
            self._hearing = asyncio.get_running_loop().create_task(self._hear(wake, heard))
            await heard

    async def close(self) -> None:
        self._closed = True
        if self._telling is not None:
            await asyncio.wait([self._telling], timeout=AGAIN)  # a command line tells, and ends
        tasks = [task for task in (self._telling, self._hearing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._waking is not None:
            self._waking.cancel()
        if self._mouth is not None:
            await self._mouth.close()

    async def _tell(self) -> None:
        try:
            while self._due:
                self._due = False
                if self._mouth is None or self._mouth.closed:
                    self._mouth = await self._connect()
                await self._mouth.execute(b"notify " + CHANNEL)
        except psycopg.Error as error:
            _log.warning("other processes were not told (%s): they look by themselves", type(error).__name__)
        finally:
            self._telling = None

    async def _hear(self, wake: Callable[[], None], heard: asyncio.Future[None]) -> None:
        while True:
            try:
                async with await self._connect() as ear:
                    await ear.execute(b"listen " + CHANNEL)
                    self._wake(wake)  # for what was told while nobody listened
                    _set(heard)
                    async for notice in ear.notifies():
                        if self._mouth is None or notice.pid != self._mouth.info.backend_pid:
                            self._wake(wake)
            except psycopg.Error as error:
                _log.warning("nobody is heard (%s): this process looks by itself", type(error).__name__)
            _set(heard)
            await asyncio.sleep(AGAIN)

    def _wake(self, wake: Callable[[], None]) -> None:
        def due() -> None:
            self._waking = None
            wake()

        if self._waking is None:
            self._waking = asyncio.get_running_loop().call_later(GATHER, due)

    async def _connect(self) -> Connection:
        return await psycopg.AsyncConnection.connect(self._url, autocommit=True, application_name="pawline hints")


def _set(heard: asyncio.Future[None]) -> None:
    with contextlib.suppress(asyncio.InvalidStateError):
        heard.set_result(None)
