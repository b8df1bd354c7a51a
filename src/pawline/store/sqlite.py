"""SQLite as the writer's database: WAL, every commit synced, few long statements so that the loop keeps its GIL."""

from __future__ import annotations

import os
import sqlite3
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pawline.store.database import Fault
from pawline.store.errors import StoreError
from pawline.store.place import MEMORY
from pawline.store.statements import fill, load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pawline.store.database import Row
    from pawline.store.statements import Statement

_TAKEN = frozenset({sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE})
_BROKEN = frozenset({
    sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PROTOCOL,
})  # fmt: skip
# One statement is compiled per size and then kept. Each call gives up the GIL and may wait 5 ms to have it back.
_SIZES = (256, 64, 32, 16, 8, 4, 2, 1)
_FULL = 1 << 20  # fewer free bytes than this: an I/O error is a full disk (growing the -shm file reports it so)
_CHECKPOINT = 2_000  # frames in the log, 8 MB
_LOG_LONG = 16 * _CHECKPOINT
_LOG_LIMIT = 64 << 20  # the log's file is cut to this when it starts anew

_encode = msgspec.json.Encoder().encode


def connect(path: str, *, cache_mb: int) -> sqlite3.Connection:
    """A connection that keeps what it acknowledged; refuses where SQLite would not."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    mode = db.execute("pragma journal_mode = wal").fetchone()[0]
    for pragma in (
        "synchronous = full", "busy_timeout = 5000", "foreign_keys = on", "temp_store = memory",
        f"cache_size = -{cache_mb << 10}", "wal_autocheckpoint = 0", f"journal_size_limit = {_LOG_LIMIT}",
        "secure_delete = fast",
    ):  # fmt: skip
        db.execute(f"pragma {pragma}").fetchall()
    synchronous = db.execute("pragma synchronous").fetchone()[0]
    if (mode, synchronous) not in {("wal", 2), ("memory", 2)}:
        db.close()
        raise StoreError(f"SQLite must run with WAL and synchronous=FULL, not {mode} and {synchronous}")
    return db


class Sqlite:
    """One connection. `path` is ':memory:' for a store that lives as long as its connection."""

    def __init__(self, path: str, image: bytes | None = None) -> None:
        self.statements: dict[str, Statement] = load("sqlite")
        self.path = path
        self._texts: dict[tuple[str, int], str] = {}
        self._depth = 0
        self._scrub = False
        self.db = connect(path, cache_mb=64)
        if image is not None:
            self.db.deserialize(image)
        self._log = None if path == MEMORY else LogIndex(path)

    def begin(self) -> None:
        self._depth = 0
        self.db.execute("begin immediate")

    def commit(self) -> None:
        self.db.execute("commit")

    def rollback(self) -> None:
        if self.db.in_transaction:  # a full disk may have rolled it back already
            self.db.execute("rollback")

    def savepoint(self) -> None:
        self._depth += 1
        self.db.execute(f"savepoint s{self._depth}")

    def release(self) -> None:
        self.db.execute(f"release s{self._depth}")
        self._depth -= 1

    def undo(self) -> None:
        self.db.execute(f"rollback to s{self._depth}")
        self.release()

    def many(self, name: str, rows: Sequence[Row]) -> int:
        execute, at, changed = self.db.execute, 0, 0
        for size in _SIZES:
            while len(rows) - at >= size:
                part = rows[at : at + size] if size < len(rows) else rows
                changed += execute(self._text(name, size), list(chain.from_iterable(part))).rowcount
                at += size
        return changed

    def decide(self, name: str, rows: Sequence[Row]) -> list[Row]:
        found: list[Row] = []
        at = 0
        for size in _SIZES:
            while len(rows) - at >= size:
                values = list(chain.from_iterable(rows[at : at + size]))
                found += self.db.execute(self._text(name, size), values).fetchall()
                at += size
        return found

    def fetch(self, name: str, params: Row = ()) -> list[Row]:
        return run_read(self.db, self.statements[name].text, params)

    def script(self, statements: Sequence[str]) -> None:
        for statement in statements:
            self.db.execute(statement)

    def table_exists(self, name: str) -> bool:
        return self.db.execute("select 1 from sqlite_schema where name = ?", (name,)).fetchone() is not None

    def fault(self, error: Exception) -> Fault:
        code = getattr(error, "sqlite_errorcode", 0)
        if code in _TAKEN:
            return Fault.TAKEN
        if code & 0xFF == sqlite3.SQLITE_FULL:
            return Fault.FULL
        if code & 0xFF in _BROKEN:
            return Fault.FULL if code != sqlite3.SQLITE_IOERR_FSYNC and self._no_space() else Fault.BROKEN
        return Fault.ROW

    def reconnect(self) -> None:
        raise StoreError("a file has no connection to lose")

    def rest(self) -> None:
        if self._log is None:
            return
        frames, copied = self._log.frames()
        how = "passive" if frames < _LOG_LONG else "restart"  # readers kept it from starting anew: wait for them
        if self._scrub:
            how = "truncate"
        elif frames - copied < _CHECKPOINT:
            return
        busy, _, _ = self.db.execute(f"pragma wal_checkpoint({how})").fetchone()
        self._scrub = self._scrub and bool(busy)

    def scrub(self) -> None:
        self._scrub = True

    def close(self) -> None:
        self.db.close()
        if self._log is not None:
            self._log.close()

    def image(self) -> bytes:
        """The whole database as bytes, for a store in memory that is to be opened again."""
        return self.db.serialize()

    def _text(self, name: str, size: int) -> str:
        text = self._texts.get((name, size))
        if text is None:
            statement = self.statements[name]
            row = f"({','.join('?' * len(statement.columns))})"
            values = "values " + ",".join([row] * size)
            named = ", ".join(f"column{n} as {column}" for n, column in enumerate(statement.columns, 1))
            text = fill(statement, f"(select {named} from ({values})) {{alias}}", values)  # noqa: S608  our own words
            self._texts[name, size] = text
        return text

    def _no_space(self) -> bool:
        if self.path == MEMORY:
            return False
        disk = os.statvfs(Path(self.path).parent)
        return disk.f_bavail * disk.f_frsize < _FULL


class SqliteReader:
    """Reads in the event loop's thread: in WAL mode a reader waits for nobody, and a point look-up takes microseconds.

    In memory there is one connection only, which the writer lends between its batches.
    """

    def __init__(self, writer: Sqlite) -> None:
        self._statements = writer.statements
        self._own = writer.path != MEMORY
        self._db = connect(writer.path, cache_mb=32) if self._own else writer.db
        if self._own:
            self._db.execute("pragma query_only = on")

    async def fetch(self, name: str, params: Row = ()) -> list[Row]:
        try:
            return run_read(self._db, self._statements[name].text, params)
        except sqlite3.Error as error:
            raise StoreError(f"a read failed: {getattr(error, 'sqlite_errorname', type(error).__name__)}") from error

    async def close(self) -> None:
        if self._own:
            self._db.close()


def run_read(db: sqlite3.Connection, text: str, params: Row) -> list[Row]:
    """Runs a statement with plain parameters; a list goes in as JSON."""
    given = [_encode(one).decode() if type(one) is list else one for one in params]
    return db.execute(text, given).fetchall()


class LogIndex:
    """How long the write-ahead log is: a look of a microsecond between two batches, where SQLite has no other.

    The log's index says it (sqlite.org/walformat.html: mxFrame at byte 16, nBackfill at byte 96). The file stays open
    as long as the connection: closing it would drop the locks that SQLite holds on it for this whole process.
    """

    def __init__(self, path: str) -> None:
        self._path = f"{path}-shm"
        self._file = -1

    def frames(self) -> tuple[int, int]:
        """Frames in the log, and how many of them the database has already."""
        if self._file < 0:  # SQLite makes it with the first transaction
            self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        head = os.pread(self._file, 100, 0)
        return int.from_bytes(head[16:20], sys.byteorder), int.from_bytes(head[96:100], sys.byteorder)

    def close(self) -> None:
        """Only after SQLite has closed its own."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
