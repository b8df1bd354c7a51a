"""Backups: one file that holds the whole store at one moment, made while the hub runs.

SQLite: the file that `vacuum into` writes, checked before it gets its name. PostgreSQL: a zip of the schema and of
every table as COPY writes it, read in one snapshot; no program of the server's version is needed to read it back.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
import zipfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import psycopg

from pawline.store.errors import StoreError
from pawline.store.place import MEMORY, dialect_of, path_of
from pawline.store.statements import schema, triggers

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD: Final = b"SQLite format 3\0"
MANIFEST: Final = "pawline.json"


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was made: where, how large, how long it took, and the schema it holds."""

    file: str
    bytes: int
    seconds: float
    schema: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a zip of a PostgreSQL store holds besides its tables. `after`: what is made once these are filled."""

    schema: int
    taken: float
    ddl: list[str]
    tables: dict[str, list[str]]
    after: list[str] = []


async def back_up(url: str, target: Path) -> Backup:
    """Writes a new file, readable by its owner only. Raises StoreError if it exists, or if the store is damaged.

    The key is not in it: keep that elsewhere, or the backup opens for nobody.
    """
    return await asyncio.to_thread(_written, url, target)


def _written(url: str, target: Path) -> Backup:
    if target.exists():
        raise StoreError(f"{target} is there already: give the backup a name of its own")
    if not target.parent.is_dir():
        raise StoreError(f"{target.parent} is no folder: make it first")
    work = _postgres if dialect_of(url) == "postgres" else _sqlite
    part, begun = target.with_name(target.name + ".part"), time.monotonic()
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        version = work(url, part)
        keep(part, target)
    except (sqlite3.Error, psycopg.Error) as error:
        raise StoreError(f"no backup was made: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return Backup(
        file=str(target), bytes=target.stat().st_size, seconds=round(time.monotonic() - begun, 3), schema=version
    )


def keep(part: Path, target: Path) -> None:
    """On disk first, then under its name: a file of that name is whole."""
    for path, flags in ((part, os.O_RDWR), (part.parent, os.O_RDONLY)):
        held = os.open(path, flags)
        os.fsync(held)
        os.close(held)
        if path == part:
            part.rename(target)


def _sqlite(url: str, part: Path) -> int:
    path = path_of(url)
    if path == MEMORY:
        raise StoreError("a store in memory has no backup")
    if not Path(path).exists():
        raise StoreError(f"there is no store at {path}")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)) as db:
        db.execute("pragma busy_timeout = 5000")
        check(db, path)
        db.execute("vacuum into ?", (str(part),))
    with closing(sqlite3.connect(f"file:{part}?mode=ro", uri=True)) as copy:
        check(copy, str(part))
        return version_of(copy, path)


def check(db: sqlite3.Connection, name: str) -> None:
    """Raises StoreError where the file's pages or indexes do not fit together."""
    found = db.execute("pragma integrity_check(3)").fetchall()
    if found != [("ok",)]:
        raise StoreError(f"{name} is damaged ({found[0][0]}): restore the last good backup")


def version_of(db: sqlite3.Connection, name: str) -> int:
    """The schema that a SQLite store has."""
    try:
        return int(db.execute("select value from meta where name = 'schema'").fetchone()[0])
    except (sqlite3.Error, TypeError) as error:
        raise StoreError(f"{name} is no store of Pawline") from error


def _postgres(url: str, part: Path) -> int:
    packed = zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with psycopg.connect(url, autocommit=True) as db, packed as file:
        db.execute("begin isolation level repeatable read read only")
        ddl = schema("postgres")
        tables = {name: _columns(db, name) for name in tables_of(ddl)}
        row = db.execute("select value from meta where name = 'schema'").fetchone()
        version = int(row[0]) if row else 0
        after = list(triggers("postgres").values())
        manifest = Manifest(schema=version, taken=time.time(), ddl=ddl, tables=tables, after=after)
        file.writestr(MANIFEST, msgspec.json.encode(manifest))
        for name, columns in tables.items():
            with file.open(f"{name}.copy", "w", force_zip64=True) as entry:
                for block in _copied(db, name, columns):
                    entry.write(block)
        return manifest.schema


def tables_of(ddl: list[str]) -> list[str]:
    """The tables that these statements make, in order."""
    return [text.split()[2] for text in ddl if text.startswith("create table ")]


def _columns(db: psycopg.Connection[tuple[object, ...]], table: str) -> list[str]:
    found = db.execute(
        "select column_name from information_schema.columns where table_schema = current_schema() and table_name = %s"
        " order by ordinal_position",
        (table,),
    )
    return [str(row[0]) for row in found]


def copy_text(table: str, columns: list[str], way: str) -> bytes:
    """The COPY statement for a table; names come from the schema, never from outside."""
    quoted = ", ".join(f'"{column}"' for column in columns)
    return f'copy "{table}" ({quoted}) {way}'.encode()


def _copied(db: psycopg.Connection[tuple[object, ...]], table: str, columns: list[str]) -> Iterator[bytes]:
    with db.cursor().copy(copy_text(table, columns, "to stdout")) as copy:
        for block in copy:
            yield bytes(block)
