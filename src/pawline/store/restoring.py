"""Restore: a backup becomes a new store in which nothing may leave before a person says so.

The world went on since the backup was taken: what the store does not remember may have happened. So the main switch
(mode of every shop, flow and account) is `observe`, and the store remembers when it was restored: the first attempt at
any step of an event older than that is looked up at the vendor where the vendor can be asked (runtime/doubt.py).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import psycopg

from pawline.store.backup import HEAD, MANIFEST, Manifest, check, copy_text, keep
from pawline.store.errors import StoreError
from pawline.store.place import MEMORY, dialect_of, path_of
from pawline.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pawline.store.database import Database
    from pawline.store.keyring import Keyring

RESTORED: Final = "restored"
"""In `meta`: when the store was restored, epoch seconds."""
ANY: Final = "*"
KEYS_SINCE: Final = 16
"""The schema that has keys of storefronts."""
EVER: Final = float("-inf")
NOTHING: Final = frozenset({"None", "\\N"})
"""How nothing is written, by a database and in a file that COPY wrote."""
_SKIP: Final = 10_000_000
"""Numbers that are left out, so that none the lost store gave out since its backup means something else now."""
Erasure = tuple[str, str, float]
Handover = tuple[str, str, float, str]
Revocation = tuple[str, str, float]


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a restore: `unfinished` runs that wait for `pawline mode live`, `erased` households.

    `held` keys of storefronts wait for `pawline keys release`: nobody knows which of them was revoked since.
    """

    store: str
    unfinished: int
    erased: int
    held: int = 0


async def restore(
    source: Path, url: str, keyring: Keyring, *, by: str, reason: str, erasures: Iterable[Erasure] = (),
    handovers: Iterable[Handover] | None = None, revocations: Iterable[Revocation] = (),
) -> Restored:  # fmt: skip
    """Makes a new store of a backup. `erasures` are those that came after it; they and its own are applied (again).

    `handovers` are all that the lost store knew: who has which flow since then is whose it is now. `revocations` are
    the keys of storefronts that it had ended: those stay so, and all others are held until a person lets them live.

    Raises StoreError if there is a store at `url` already, StoreTooNew if a newer Pawline wrote the backup.
    """
    kind = await asyncio.to_thread(_kind, source)
    if kind != dialect_of(url):
        raise StoreError(f"{source} is a backup of {kind}, and {url.partition(':')[0]} is another database")
    try:
        await asyncio.to_thread(_fill_sqlite if kind == "sqlite" else _fill_postgres, source, url)
    except (sqlite3.Error, psycopg.Error) as error:
        raise StoreError(f"the backup could not be put in place: {error}") from error
    try:
        return await _settle_in(url, keyring, (by, reason), list(erasures), handovers, list(revocations))
    except BaseException:
        if kind == "sqlite":
            _remove(path_of(url))
        raise


def _kind(source: Path) -> str:
    if not source.is_file():
        raise StoreError(f"there is no backup at {source}")
    with source.open("rb") as file:
        kind = "sqlite" if file.read(len(HEAD)) == HEAD else "postgres" if zipfile.is_zipfile(source) else ""
    if not kind:
        raise StoreError(f"{source} is no backup of Pawline")
    return kind


def _fill_sqlite(source: Path, url: str) -> None:
    path = path_of(url)
    if path == MEMORY:
        raise StoreError("restore into a file")
    target = Path(path)
    if target.exists():
        raise StoreError(f"{path} is there already: restore into a new place, or move the old store away first")
    with closing(sqlite3.connect(f"file:{source.resolve()}?mode=ro&immutable=1", uri=True)) as db:
        check(db, str(source))
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        shutil.copyfile(source, part)
        keep(part, target)
    finally:
        part.unlink(missing_ok=True)


def _remove(path: str) -> None:
    for end in ("", "-wal", "-shm"):
        Path(path + end).unlink(missing_ok=True)


def _fill_postgres(source: Path, url: str) -> None:
    with zipfile.ZipFile(source) as file, psycopg.connect(url) as db:
        manifest = msgspec.json.decode(file.read(MANIFEST), type=Manifest)
        row = db.execute("select to_regclass('meta')").fetchone()
        if row is not None and row[0] is not None:
            raise StoreError("this database holds a store already: restore into a new, empty one")
        for statement in manifest.ddl:
            db.execute(statement.encode())
        for table, columns in manifest.tables.items():
            with db.cursor().copy(copy_text(table, columns, "from stdin")) as copy, file.open(f"{table}.copy") as entry:
                while block := entry.read(1 << 16):
                    copy.write(block)
        for statement in manifest.after:
            db.execute(statement.encode())


async def _settle_in(
    url: str, keyring: Keyring, who: tuple[str, str], erasures: list[Erasure], handovers: Iterable[Handover] | None,
    revocations: list[Revocation],
) -> Restored:  # fmt: skip
    store = await Store.open(url, keyring)
    try:
        now = store.now()

        def job(db: Database) -> None:
            db.many("set_mode", [(ANY, ANY, ANY, "observe", None)])
            meta: dict[str, str] = dict(db.fetch("meta"))
            before = float(meta.get(RESTORED, "-1"))
            db.many("hold_api_keys", [(now, before)])
            if revocations:
                db.many("revoked_since", revocations)
            db.many("set_meta", [(RESTORED, str(now))])
            db.fetch("take_numbers", (_SKIP, "no"))
            db.fetch("release_lanes_of_all")
            if handovers is None:
                return
            if known := sorted({(shop, flow, EVER) for shop, flow, *_ in db.fetch("handovers")}):
                db.many("drop_handovers", known)
            if since := list(handovers):
                db.many("insert_handover", since)

        await store.job(job)
        every = sorted([*erasures, *await store.fetch("erasures")])
        households = {(shop, household): at for shop, household, at in every}  # the latest of each
        for (shop, household), at in households.items():
            await store.keys.destroy(shop, household, at)
        await _audit(store, (ANY, now, who[0], "restore", url.partition(":")[0], who[1]))
        unfinished = sum(row[2] for row in await store.fetch("unfinished_versions"))
        held = sum(row[-1] == now for row in await store.fetch("api_keys"))
        return Restored(store=url, unfinished=unfinished, erased=len(households), held=held)
    finally:
        await store.close()


async def _audit(store: Store, row: tuple[object, ...]) -> None:
    if (error := (await store.written([("insert_audit", row)])).error) is not None:
        raise error


async def erasures_of(source: str) -> list[Erasure]:
    """The erasures that a backup or another store knows: what a restore of an older backup must apply too."""
    rows = await asyncio.to_thread(_rows_of, source, "erasure", ("shop", "household", "at"))
    return [(shop, household, float(at)) for shop, household, at in rows]


async def handovers_of(source: str) -> list[Handover]:
    """Who has which flow from when on, as a backup or another store knows it: what was said since stays said."""
    rows = await asyncio.to_thread(_rows_of, source, "handover", ("shop", "flow", "at", "mode"))
    return [(shop, flow, float(at), mode) for shop, flow, at, mode in rows]


async def revocations_of(source: str) -> list[Revocation]:
    """The keys of storefronts that a backup or another store knows as ended: what was revoked since stays revoked.

    What a restore only holds is not among them: nobody ended it.
    """
    rows = await asyncio.to_thread(_rows_of, source, "meta", ("name", "value"))
    meta = {row[0]: row[1] for row in rows}
    if int(meta["schema"]) < KEYS_SINCE:
        return []
    held = {float(meta.get(RESTORED, "-1"))}
    rows = await asyncio.to_thread(_rows_of, source, "api_key", ("id", "shop", "revoked"))
    return [(id_, shop, at) for id_, shop, said in rows if said not in NOTHING and (at := float(said)) not in held]


def _rows_of(source: str, table: str, columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    text = f"select {', '.join(columns)} from {table}"  # noqa: S608 - our own names
    try:
        if dialect_of(source) == "postgres":
            with psycopg.connect(source) as server:
                return [tuple(map(str, row)) for row in server.execute(text.encode())]
        path = path_of(source)
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as file:
                named = msgspec.json.decode(file.read(MANIFEST), type=Manifest).tables[table]
                lines = file.read(f"{table}.copy").decode().splitlines()
            return [tuple(line.split("\t")[named.index(one)] for one in columns) for line in lines]
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            return [tuple(map(str, row)) for row in db.execute(text)]
    except (sqlite3.Error, psycopg.Error, OSError, LookupError) as error:
        raise StoreError(f"{table}s of {source} could not be read: {error}") from error
