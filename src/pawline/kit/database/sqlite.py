"""SQLite: a file of this machine, opened for reading only."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from pawline.kit.database.line import (
    NO_TEXT,
    Access,
    Given,
    Odd,
    Table,
    does_not_run,
    table,
    too_long,
    unreachable,
    until,
    writes,
)
from pawline.kit.database.statement import as_driver
from pawline.ports import Code, Malformed, PortError, Transient

STEPS: Final = 20_000
"""Instructions of SQLite's machine between two looks at the clock."""
BUSY: Final = 5.0
"""Seconds for which a writer is waited for."""


class SqliteLine:
    """A file, `mode=ro`: it is never made, and nothing is written to it."""

    def __init__(self, access: Access) -> None:
        self._seconds = access.seconds
        path = Path(access.address.name)
        if not path.is_file():  # a pipe would be waited for, for ever
            raise unreachable()
        self._db = sqlite3.connect(
            f"file:{quote(str(path))}?mode=ro",
            uri=True,
            timeout=BUSY,
            check_same_thread=False,
            isolation_level=None,
            cached_statements=0,  # a plan that was explained once would stay as it was
        )
        self._db.text_factory = _text
        self._db.execute("PRAGMA query_only = ON")

    def read(self, query: str, given: Given, most: int) -> Table:
        over = until(self._seconds)
        self._db.set_progress_handler(lambda: int(over()), STEPS)
        cursor = self._db.execute(as_driver(query, "sqlite"), given)
        try:
            return table(cursor, most)
        finally:
            cursor.close()

    def searches(self, query: str, given: Given) -> bool | None:
        found = self._db.execute(f"EXPLAIN QUERY PLAN {as_driver(query, 'sqlite')}", given).fetchall()
        steps = [str(one[-1]) for one in found]
        return any(one.startswith("SEARCH") for one in steps) or not any(one.startswith("SCAN") for one in steps)

    def now(self) -> datetime | None:
        return None

    def stop(self) -> None:
        self._db.interrupt()

    def close(self) -> None:
        self._db.close()


def problem(error: Exception, _: str) -> PortError | None:
    """Of what it says only what names columns and tables is told: the rest may hold what stands in them."""
    if not isinstance(error, sqlite3.Error):
        return None
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code == sqlite3.SQLITE_INTERRUPT:
        return too_long()
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Transient("another program writes to the database, and does not let us read", Code.UNAVAILABLE)
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR):
        return unreachable()
    if code == sqlite3.SQLITE_READONLY:
        return writes()
    if code == sqlite3.SQLITE_ERROR or isinstance(error, sqlite3.ProgrammingError):
        return does_not_run(str(error))
    return Malformed(f"the file is no database that can be read (error {code})")


def _text(said: bytes) -> str | Odd:
    try:
        return said.decode()
    except UnicodeDecodeError:
        return NO_TEXT
