"""A scratch pad on disk: rows brought together by what they are about, in little memory, and gone afterwards.

What is judged from files need not fit into memory, nor be kept: nothing here is synced, and the file is deleted when
the pad is closed. It is not the hub's database, and shares nothing with it.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pawline.store.errors import StoreError

CACHE_KIB: Final = 65_536
"""What SQLite may hold in memory of it."""
BATCH: Final = 2_000
"""Rows that are fetched at once."""


class Scratch:
    """Rows by table and key, in order of key, moment and coming; and names for keys.

    `tables` are identifiers that the program names, never a file's. While rows of a table are read, others of that
    table must not be put. Use it as a context manager: its folder is below `place`, and goes with it.
    """

    def __init__(self, tables: Sequence[str], place: Path | None = None) -> None:
        if bad := [one for one in tables if not one.isidentifier()]:
            raise ValueError(f"{bad[0]!r} is no name of a table")
        self._folder = tempfile.TemporaryDirectory(prefix="pawline-xray-", dir=place, ignore_cleanup_errors=True)
        self._db = sqlite3.connect(Path(self._folder.name) / "scratch.db", isolation_level=None)
        for pragma in ("journal_mode = off", "synchronous = off", "locking_mode = exclusive"):
            self._db.execute(f"pragma {pragma}")
        self._db.execute(f"pragma cache_size = -{CACHE_KIB}")
        self._count = 0
        for one in tables:
            self._db.execute(
                f"create table {one} (key text, at integer, seq integer, body blob, primary key (key, at, seq)) "
                f"without rowid"
            )  # fmt: skip
        self._db.execute("create table name (name text primary key, key text) without rowid")
        self._db.execute("begin")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:  # fmt: skip
        self._db.close()
        self._folder.cleanup()

    def put(self, table: str, key: str, at: int, body: bytes) -> None:
        """One row. Two of one key and moment stay two, in the order in which they came. Raises StoreError."""
        self._count += 1
        try:
            self._db.execute(f"insert into {table} values (?, ?, ?, ?)", (key, at, self._count, body))  # noqa: S608
        except sqlite3.Error as problem:
            raise StoreError(f"the scratch pad cannot be written: {problem}") from problem

    def rows(self, table: str) -> Iterator[tuple[str, bytes]]:
        """All of a table, in order of key, then moment, then coming."""
        yield from self._read(f"select key, body from {table} order by key, at, seq", ())  # noqa: S608 - ours

    def rows_of(self, table: str, key: str) -> Iterator[bytes]:
        """Those of one key, in order of moment, then coming."""
        for _, body in self._read(f"select key, body from {table} where key = ? order by at, seq", (key,)):  # noqa: S608
            yield body

    def name(self, name: str, key: str) -> bool:
        """Makes it known by this name, too. False where it is another's already: the first one keeps it.

        Raises StoreError.
        """
        try:
            self._db.execute("insert into name values (?, ?) on conflict do nothing", (name, key))
        except sqlite3.Error as problem:
            raise StoreError(f"the scratch pad cannot be written: {problem}") from problem
        return self.named(name) == key

    def named(self, name: str) -> str | None:
        """Whose name it is."""
        found = self._db.execute("select key from name where name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def _read(self, text: str, given: tuple[object, ...]) -> Iterator[tuple[str, bytes]]:
        cursor = self._db.execute(text, given)
        while some := cursor.fetchmany(BATCH):
            yield from some
