"""A store opens where it can keep what it acknowledges, for one process if it is a file, and no newer than we know."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from pawline.store import Store, StoreError, StoreInUse, StoreTooNew
from pawline.store.database import Database
from pawline.store.migrate import SCHEMA, Migration, migrate
from pawline.store.place import path_of, refuse_network
from pawline.store.sqlite import Sqlite, connect
from pawline.store.statements import load
from tests.unit.store.desk import KEYS_OF_SCHEMA_10, Place, journal


@pytest.mark.only("sqlite")
async def test_a_second_hub_on_the_file_is_refused_until_the_first_has_closed(place: Place) -> None:
    desk = await place.open()
    with pytest.raises(StoreInUse, match=str(os.getpid())):
        await place.open()
    await desk.store.close()
    assert (await place.open()).store.owner == 2


@pytest.mark.only("sqlite")
async def test_a_hub_in_another_process_is_refused(place: Place) -> None:
    await place.open()
    script = (
        "import asyncio, sys\nfrom pawline.store import Keyring, Store, StoreInUse\n"
        "try:\n    asyncio.run(Store.open(sys.argv[1], Keyring.generate()))\nexcept StoreInUse:\n    sys.exit(7)\n"
    )
    import sys

    other = await asyncio.create_subprocess_exec(sys.executable, "-c", script, place.url)
    assert await other.wait() == 7


@pytest.mark.only("sqlite")
async def test_nobody_else_may_read_the_files(place: Place) -> None:
    desk = await place.open()
    await desk.stored(journal=[journal(1)])
    files = sorted(path.name for path in place.file.parent.iterdir())
    assert files == ["pawline.db", "pawline.db-shm", "pawline.db-wal", "pawline.db.lock"]
    for name in files:
        assert stat.S_IMODE((place.file.parent / name).stat().st_mode) == 0o600


@pytest.mark.only("sqlite")
async def test_every_connection_syncs_each_commit(place: Place, tmp_path: Path) -> None:
    db = connect(str(tmp_path / "other.db"), cache_mb=1)
    found = {
        name: db.execute(f"pragma {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "wal_autocheckpoint", "temp_store")
    }
    db.close()
    assert found == {
        "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000, "wal_autocheckpoint": 0,
        "temp_store": 2,
    }  # fmt: skip


@pytest.mark.only("sqlite")
async def test_a_place_where_wal_does_not_work_is_refused(place: Place) -> None:
    with pytest.raises(StoreError, match="WAL and synchronous=FULL, not delete and 2"):
        connect("", cache_mb=1)  # a temporary database


@pytest.mark.only("sqlite")
async def test_a_file_that_is_no_database_is_refused_and_left_alone(place: Place) -> None:
    place.file.write_bytes(b"a letter to the vet, which is no database at all" * 100)
    with pytest.raises(StoreError, match="SQLITE_NOTADB"):
        await place.open()
    assert place.file.read_bytes().startswith(b"a letter to the vet")


@pytest.mark.only("sqlite")
async def test_the_logs_header_is_read_as_sqlite_writes_it(place: Place) -> None:
    desk = await place.open()
    for n in range(20):
        await desk.stored(journal=[journal(n, 0, bytes(10_000))])
    database = desk.store._opened.database
    assert isinstance(database, Sqlite)
    assert database._log is not None
    frames, copied = database._log.frames()
    assert frames > 60
    assert copied == 0
    assert database.db.execute("pragma wal_checkpoint(passive)").fetchone() == (0, frames, frames)
    assert database._log.frames() == (frames, frames)
    await desk.stored(journal=[journal(99)])
    assert database._log.frames()[0] < 10  # it has started anew


async def test_a_store_that_needs_a_newer_pawline_is_refused_and_left_alone(place: Place) -> None:
    if place.kind == "memory":
        database = Sqlite(":memory:")
        migrate(database, "sqlite")
        database.script(["update meta set value = '999' where name = 'oldest'"])
        with pytest.raises(StoreTooNew, match="999"):
            await place.open(image=database.image())
        return
    desk = await place.open()
    await desk.store.job(lambda db: db.many("set_meta", [("schema", "1000"), ("oldest", "999")]))
    await desk.store.close()
    with pytest.raises(StoreTooNew, match="999"):
        await place.open()
    if place.kind == "sqlite":
        with pytest.raises(StoreTooNew):  # and not StoreInUse: the lock was let go
            await place.open()


@pytest.mark.only("sqlite", "postgres")  # a store in memory has no past
async def test_a_newer_store_that_older_versions_still_understand_opens(place: Place) -> None:
    desk = await place.open()
    await desk.store.job(lambda db: db.many("set_meta", [("schema", "1000"), ("oldest", "1")]))
    await desk.store.close()
    desk = await place.open()
    assert await desk.store.fetch("meta") == [("oldest", "1"), ("schema", "1000")]


async def test_an_older_store_is_brought_up_to_date_once_and_in_order(place: Place) -> None:
    desk = await place.open()
    dialect = desk.store.dialect
    steps = [
        Migration(SCHEMA + 1, 1, ["create table two (a integer)"], ["create table two (a integer)"]),
        Migration(SCHEMA + 2, SCHEMA + 1, ["alter table two rename to three"], ["alter table two rename to three"]),
    ]
    for _ in range(2):
        await desk.store.job(lambda db: migrate(db, dialect, steps))
        assert await desk.store.fetch("meta") == [("oldest", str(SCHEMA + 1)), ("schema", str(SCHEMA + 2))]
    assert await desk.store.job(lambda db: (db.table_exists("two"), db.table_exists("three"))) == (False, True)
    with pytest.raises(StoreTooNew):
        await desk.store.job(lambda db: migrate(db, dialect, []))


async def test_a_store_of_the_first_schema_gets_the_indexes_of_the_newest(place: Place) -> None:
    desk = await place.open()
    dialect = desk.store.dialect

    async def names() -> list[object]:
        if isinstance(database := desk.store._opened.database, Sqlite):
            return list(database.db.execute("select name from sqlite_schema where name like 'run_%' order by name"))
        text = "select indexname from pg_indexes where schemaname = current_schema() and tablename = 'run' order by 1"
        return list(database._db.execute(text))  # type: ignore[attr-defined]

    newest = await names()
    first = ["drop index event_first", "drop index run_line", "drop index run_event", "drop index run_household"]
    first += KEYS_OF_SCHEMA_10
    await desk.store.job(lambda db: db.script([*first, "create index run_busy on run (keyhash) where ended is null"]))
    await desk.store.job(lambda db: db.many("set_meta", [("schema", "1"), ("oldest", "1")]))
    await desk.store.job(lambda db: migrate(db, dialect))
    assert await names() == newest
    assert len(newest) >= 5


AUTOSHIPS = ("view_autoship", "view_autoship_item")


@pytest.mark.parametrize("schema", [2, 7])
async def test_autoships_of_an_older_schema_are_kept_and_learn_of_their_times(place: Place, schema: int) -> None:
    """Of schema 2 they are made in the newest form at once, and lead through all that came since."""
    desk = await place.open()
    job, dialect = desk.store.job, desk.store.dialect

    def asked(text: str) -> Callable[[Database], list[tuple[object, ...]]]:
        return lambda db: list(db.db.execute(text) if isinstance(db, Sqlite) else db._db.execute(text))  # type: ignore[attr-defined]

    catalog = "sqlite_schema" if dialect == "sqlite" else "(select indexname as name from pg_indexes) x"
    names = f"select name from {catalog} where name like 'view_autoship%' order by name"  # noqa: S608 - ours
    newest = await job(asked(names))
    if schema == 2:
        await job(lambda db: db.script([f"drop table {one}" for one in (*AUTOSHIPS, "view_edit")]))
    else:
        forms = (("state_at", AUTOSHIPS[0]), ("next_at", AUTOSHIPS[0]), ("at", AUTOSHIPS[1]))
        older = [f"alter table {table} drop column {column}" for column, table in forms]
        rows = [
            "insert into view_autoship (shop, id, state) values ('s', 'a', 'active')",
            "insert into view_autoship_item (shop, autoship, sku, quantity) values ('s', 'a', 'chew', 3)",
        ]
        await job(lambda db: db.script(["drop table view_edit", *older, *rows]))
    await job(lambda db: db.script(KEYS_OF_SCHEMA_10))
    await job(lambda db: db.many("set_meta", [("schema", str(schema)), ("oldest", "1")]))
    await job(lambda db: migrate(db, dialect))
    assert (await job(asked(names)), await job(asked("select * from view_edit"))) == (newest, [])
    kept = [[("a", "active", None, None)], [("a", "chew", 3, 0.0)]] if schema == 7 else [[], []]
    assert await job(asked("select id, state, state_at, next_at from view_autoship")) == kept[0]
    assert await job(asked("select autoship, sku, quantity, at from view_autoship_item")) == kept[1]


async def test_keys_of_a_store_without_generations_open_what_they_did_and_who_was_erased_may_act_anew(
    place: Place,
) -> None:
    desk = await place.open()
    key, dialect = await desk.store.keys.obtain("shop", "h1"), desk.store.dialect
    body = key.seal(b"Momo", b"x")
    await desk.stored(writes=key.fresh_writes())
    await desk.store.keys.destroy("shop", "h2", 900.0)
    await desk.store.job(lambda db: db.script(KEYS_OF_SCHEMA_10))
    await desk.store.job(lambda db: db.many("set_meta", [("schema", "10"), ("oldest", "7")]))
    await desk.store.job(lambda db: migrate(db, dialect))
    assert await desk.store.fetch("meta") == [("oldest", "11"), ("schema", str(SCHEMA))]
    desk.store.keys.forget("shop", "h1")
    found = await desk.store.keys.obtain("shop", "h1")
    assert (found.no, found.generation, found.open(body, b"x")) == (key.no, 0, b"Momo")
    anew = await desk.store.keys.obtain("shop", "h2", 901.0, anew=True)
    await desk.stored(writes=anew.fresh_writes())
    assert (anew.generation, anew.since) == (1, 900.0)


@pytest.mark.only("postgres")
async def test_processes_that_start_at_once_make_the_tables_once(place: Place) -> None:
    desks = await asyncio.gather(*[place.open(claim=False) for _ in range(4)])
    assert sorted(desk.store.owner for desk in desks) == [1, 2, 3, 4]


@pytest.mark.only("postgres")
async def test_the_servers_clock_is_told_and_never_goes_back(place: Place) -> None:
    import time

    desk = await place.open(clock=None)
    told = [desk.store.now() for _ in range(100)]
    assert told == sorted(told)
    assert abs(told[0] - time.time()) < 1.0


async def test_the_clock_never_goes_back() -> None:
    from pawline.store.clock import ServerClock, SteadyClock

    times = iter([5.0, 7.0, 6.0, 8.0])
    assert [SteadyClock(lambda: next(times))() for _ in range(1)] == [5.0]
    steady = SteadyClock(lambda: next(times))
    assert [steady(), steady(), steady()] == [7.0, 7.0, 8.0]
    monotonic = [10.0]
    server = ServerClock(lambda: monotonic[0])
    server.measured(9.0, 1000.0, 11.0)
    assert server() == 1000.0
    monotonic[0] = 12.0
    server.measured(12.0, 1001.0, 12.0)
    assert server() == 1001.0
    server.measured(12.0, 990.0, 12.0)
    assert server() == 1001.0


def test_urls() -> None:
    here = Path.cwd()
    assert path_of("sqlite:///data/pawline.db") == str(here / "data/pawline.db")
    assert path_of("sqlite:////srv/pawline.db") == "/srv/pawline.db"
    assert path_of("pawline.db") == str(here / "pawline.db")
    assert path_of("sqlite://:memory:") == path_of("sqlite:///:memory:") == path_of(":memory:") == ":memory:"
    for wrong in ("mysql://host/db", ""):
        with pytest.raises(StoreError):
            path_of(wrong)


def test_network_file_systems_are_refused() -> None:
    mounts = "/dev/a / ext4 rw 0 0\nhost:/x /srv nfs4 rw 0 0\n"
    mounts += "/dev/b /srv/local ext4 rw 0 0\nb /srv/my\\040share cifs rw 0 0\n"
    refuse_network("/data/pawline.db", mounts)
    refuse_network("/srv/local/pawline.db", mounts)
    for path in ("/srv/pawline.db", "/srv/my share/pawline.db"):
        with pytest.raises(StoreError, match="not safe"):
            refuse_network(path, mounts)


async def test_only_sqlite_runs_in_line_and_only_memory_has_an_image(place: Place) -> None:
    if place.kind == "postgres":
        with pytest.raises(StoreError, match="in-line"):
            await place.open(inline=True)
        return
    desk = await place.open(inline=True)
    assert (await desk.commit(journal=[journal(1)])).error is None
    if place.kind == "sqlite":
        with pytest.raises(StoreError, match="memory"):
            desk.store.image()


async def test_in_line_stores_act_in_the_same_order_every_time() -> None:
    from pawline.store import Keyring

    async def story() -> list[str]:
        store = await Store.open(":memory:", Keyring.generate(), clock=lambda: 5.0)
        from pawline.store import Unit

        held, told = await store.claim(None, 60.0), list[str]()
        for n in range(6):
            store.commit(Unit(lambda _, n=n: told.append(f"done {n} {store.commits}"), ((n, held[n]),)))  # type: ignore[misc]
            if n % 2:
                await asyncio.sleep(0)
                told.append(f"slept {n}")
        await store.close()
        return told

    first = await story()
    assert len(first) == 9
    assert [await story() for _ in range(3)] == [first] * 3


def test_both_dialects_have_the_same_statements_of_the_same_shape() -> None:
    sqlite, postgres = load("sqlite"), load("postgres")
    assert sorted(sqlite) == sorted(postgres)
    for name, one in sqlite.items():
        other = postgres[name]
        assert (one.exact, one.own_rows, one.merge, one.key) == (other.exact, other.own_rows, other.merge, other.key), (
            name
        )
        assert (one.columns, one.types) == (other.columns, other.types), name
        assert one.text.count("?") == other.text.count("?"), name
