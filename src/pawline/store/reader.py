"""PostgreSQL for readers: two connections of the event loop, and the server's clock."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

import psycopg

from pawline.store.database import Fault
from pawline.store.errors import StoreError
from pawline.store.postgres import fault, plain

if TYPE_CHECKING:
    from pawline.store.clock import ServerClock
    from pawline.store.database import Row
    from pawline.store.postgres import Texts

CONNECTIONS = 2
MEASURE = 30.0  # seconds between two looks at the server's clock
_log = logging.getLogger(__name__)

Connection = psycopg.AsyncConnection[tuple[object, ...]]


class PostgresReader:
    """Reads what is committed on the primary. A connection that broke is opened anew, once per read."""

    def __init__(self, url: str, texts: Texts, clock: ServerClock) -> None:
        self._url, self._texts, self._clock = url, texts, clock
        self._idle: asyncio.LifoQueue[Connection | None] = asyncio.LifoQueue()
        for _ in range(CONNECTIONS):
            self._idle.put_nowait(None)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Reads the server's clock, now and from time to time."""
        await self._measure()
        self._task = asyncio.get_running_loop().create_task(self._measure_for_ever())

    async def fetch(self, name: str, params: Row = ()) -> list[Row]:
        return await self._fetch(self._texts.of[name], plain(params))

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
        for _ in range(CONNECTIONS):
            if (db := await self._idle.get()) is not None:
                await db.close()

    async def _fetch(self, text: bytes, params: list[object]) -> list[Row]:
        db = await self._idle.get()
        try:
            for attempt in (1, 2):
                if db is None or db.broken or db.closed:
                    db = await self._connect()
                try:
                    cursor = await db.cursor(binary=True).execute(text, params, prepare=True)
                    return await cursor.fetchall()
                except psycopg.Error as error:
                    if attempt == 2 or fault(error, db.broken) is not Fault.LOST:
                        raise
                    await db.close()
            raise AssertionError
        except psycopg.Error as error:
            raise StoreError(f"a read failed: {error.sqlstate or type(error).__name__}") from error
        finally:
            self._idle.put_nowait(db)

    async def _connect(self) -> Connection:
        db = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, cursor_factory=psycopg.AsyncRawCursor, application_name="pawline reads"
        )
        db.prepared_max = 200
        try:
            await db.execute("set default_transaction_read_only = on")
            await db.execute("set statement_timeout = '10s'")
        except BaseException:  # whoever asked was cancelled: nobody else knows of this connection
            await db.close()
            raise
        return db

    async def _measure(self) -> None:
        asked = time.monotonic()
        rows = await self._fetch(b"select extract(epoch from clock_timestamp())::float8", [])
        self._clock.measured(asked, rows[0][0], time.monotonic())

    async def _measure_for_ever(self) -> None:
        while True:
            await asyncio.sleep(MEASURE)
            try:
                await self._measure()
            except StoreError as error:
                _log.warning("the server's clock could not be read: %s", error)
