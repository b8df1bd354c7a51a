"""Opening a database: the lock, the connections, the schema, the number of this process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from pawline.store.clock import ServerClock, not_before
from pawline.store.errors import StoreError, StoreFull
from pawline.store.migrate import migrate
from pawline.store.place import MEMORY, lock, refuse_network
from pawline.store.postgres import Postgres
from pawline.store.reader import PostgresReader
from pawline.store.sqlite import Sqlite, SqliteReader

if TYPE_CHECKING:
    from pawline.store.clock import Clock
    from pawline.store.database import Database, Reader


@dataclass(slots=True)
class Opened:
    """What an open database consists of."""

    dialect: str
    database: Database
    reader: Reader
    clock: Clock
    owner: int
    lock: int | None = None

    async def close(self) -> None:
        """Ends the connections and lets the next process in."""
        await self.reader.close()
        self.database.close()
        if self.lock is not None:
            os.close(self.lock)


def open_sqlite(path: str, clock: Clock | None, image: bytes | None) -> Opened:
    """A file that this process alone holds, or a store in memory. Raises StoreInUse, StoreTooNew, StoreError."""
    held = None
    if path != MEMORY:
        refuse_network(path)
        held = lock(path)
    try:
        database = Sqlite(path, _template() if path == MEMORY and image is None else image)
        owner = prepare(database, "sqlite")
        steady = not_before(clock, database.fetch("latest_recorded")[0][0])
        return Opened("sqlite", database, SqliteReader(database), steady, owner, held)
    except BaseException as error:
        if held is not None:
            os.close(held)
        if isinstance(error, sqlite3.Error):
            full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
            meant = (
                StoreFull("no space is left on the disk") if full else StoreError(f"{path}: {error.sqlite_errorname}")
            )
            raise meant from error
        raise


def prepare(database: Database, dialect: str) -> int:
    """Makes or updates the schema; the number that this process owns lanes under. Closes the connection if refused."""
    try:
        database.begin()
        if dialect == "postgres":
            database.script(["select pg_advisory_xact_lock(7297295)"])  # of many that start at once one makes it
        migrate(database, dialect)
        owner: int = database.fetch("take_numbers", (1, "owner"))[0][0]
        database.commit()
    except BaseException:
        with contextlib.suppress(Exception):
            database.rollback()
            database.close()
        raise
    return owner


async def open_postgres(url: str, clock: Clock | None) -> Opened:
    """A server that other processes use too. Raises StoreTooNew, StoreError."""
    try:
        database = await asyncio.to_thread(Postgres, url)
        owner = await asyncio.to_thread(prepare, database, "postgres")
        await asyncio.to_thread(database.introduce, owner)
    except psycopg.Error as error:
        raise StoreError(f"PostgreSQL refused: {error.sqlstate or type(error).__name__}") from error
    server = ServerClock()
    reader = PostgresReader(url, database.texts, server)
    await reader.start()
    return Opened("postgres", database, reader, clock or server, owner)


_made: list[bytes] = []


def _template() -> bytes:
    """An empty store in memory, made once a process: a simulator opens thousands."""
    if not _made:
        database = Sqlite(MEMORY)
        database.begin()
        migrate(database, "sqlite")
        database.commit()
        _made.append(database.image())
        database.close()
    return _made[0]
