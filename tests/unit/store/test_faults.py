"""Disks fill and fail, connections break: what was acknowledged stays, what was not is told, nothing is half done."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psycopg
import pytest

from pawline.store import Move, Status, StoreBroken, StoreError, StoreFull, StoreUnsure, Unit
from pawline.store.migrate import SCHEMA
from pawline.store.sqlite import Sqlite
from tests.unit.store.desk import Desk, Place, journal


def driver_error(kind: str, sqlite: int, postgres: type[psycopg.Error]) -> Exception:
    if kind == "postgres":
        return postgres("secret: alice@example.org")
    error = sqlite3.OperationalError("secret: alice@example.org")
    error.sqlite_errorcode = sqlite
    return error


def failing(error: BaseException, times: int = 1) -> Callable[[Sequence[Unit]], None]:
    left = [error] * times

    def hook(units: Sequence[Unit]) -> None:
        if left:
            raise left.pop()

    return hook


async def seqs(desk: Desk, run: int) -> list[int]:
    return [row.seq for row in (await desk.store.journals([run]))[run]]


async def test_a_full_disk_fails_the_batch_and_the_store_goes_on_when_there_is_space(place: Place) -> None:
    desk = await place.open()
    error = driver_error(place.kind, sqlite3.SQLITE_FULL, psycopg.errors.DiskFull)
    desk.store.hooks.before_commit = failing(error, times=2)
    for _ in range(2):
        outcomes = await desk.together([{"journal": [journal(1, seq)]} for seq in range(3)])
        assert [type(outcome.error) for outcome in outcomes] == [StoreFull] * 3
    assert await seqs(desk, 1) == []
    assert (await desk.commit(journal=[journal(1, 7)])).error is None
    assert await seqs(desk, 1) == [7]


async def test_a_failed_disk_ends_the_store_loudly(place: Place) -> None:
    desk = await place.open()
    told: list[Exception] = []
    desk.store.on_broken = told.append
    error = driver_error(place.kind, sqlite3.SQLITE_IOERR_FSYNC, psycopg.errors.IoError)
    desk.store.hooks.before_commit = failing(error)
    first, second = (desk.begin(journal=[journal(1, seq)]) for seq in range(2))
    assert isinstance((await first).error, StoreBroken)
    assert isinstance((await second).error, StoreBroken)
    assert [type(one) for one in told] == [StoreBroken]
    for refused in (desk.begin, desk.store.next_no):
        with pytest.raises(StoreBroken):
            [refused() for _ in range(200_000)]  # numbers in hand may be given out, new ones not
    for refused_too in (desk.store.renew(1.0), desk.store.journals([1]), desk.store.claim(None, 1.0)):
        with pytest.raises(StoreBroken):
            await refused_too
    assert "alice" not in str(told[0])


async def test_units_queued_behind_the_batch_that_broke_are_told_as_well(place: Place) -> None:
    desk = await place.open()
    desk.store.hooks.before_commit = failing(driver_error(place.kind, sqlite3.SQLITE_IOERR, psycopg.errors.IoError))
    first = desk.begin(journal=[journal(1)])
    await asyncio.sleep(0)
    try:
        later = desk.begin(journal=[journal(2)])
    except StoreBroken:
        pass  # it had broken by then
    else:
        assert isinstance((await later).error, StoreBroken)
    assert isinstance((await first).error, StoreBroken)


async def test_what_the_driver_says_may_quote_rows_and_is_not_repeated(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    desk = await place.open()
    desk.store.hooks.before_commit = failing(ValueError("secret: alice@example.org"))
    outcome = await desk.commit(journal=[journal(1)])
    assert type(outcome.error) is StoreError
    assert str(outcome.error) == "ValueError: nothing was stored"
    assert "alice" not in caplog.text
    assert await seqs(desk, 1) == []


async def test_a_batch_whose_answer_was_lost_is_in_doubt(place: Place) -> None:
    desk = await place.open()
    desk.store.hooks.after_commit = failing(driver_error(place.kind, 0, psycopg.OperationalError))
    assert isinstance((await desk.commit(journal=[journal(1)])).error, StoreUnsure)
    assert await seqs(desk, 1) == [0]
    assert (await desk.commit(journal=[journal(1, 1)])).error is None


@pytest.mark.only("memory")  # a thread that crashes takes its process with it in earnest
async def test_a_simulated_crash_tells_nobody_and_stores_nothing_more(place: Place) -> None:
    class Crash(BaseException):
        pass

    desk = await place.open()
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
    await desk.stored(journal=[journal(1, 0)])
    desk.store.hooks.before_commit = failing(Crash())
    before = desk.begin(journal=[journal(1, 1)])
    await asyncio.sleep(0.01)
    assert not before.done()
    assert [type(one) for one in told] == [Crash]
    again = await place.open(image=desk.store.image())
    assert await seqs(again, 1) == [0]
    again.store.hooks.after_commit = failing(Crash())
    after = again.begin(journal=[journal(1, 1)])
    await asyncio.sleep(0.01)
    assert not after.done()
    assert await seqs(await place.open(image=again.store.image()), 1) == [0, 1]


@pytest.mark.only("sqlite")
async def test_sqlite_itself_finds_no_space_and_recovers(place: Place) -> None:
    desk = await place.open()
    run = await desk.running()
    database = desk.store._opened.database
    assert isinstance(database, Sqlite)
    pages = database.db.execute("pragma page_count").fetchone()[0]
    await desk.store.job(lambda db: db.script([f"pragma max_page_count = {pages + 2}"]))
    outcome = await desk.commit(
        journal=[journal(run.no, 0, bytes(100_000))], moves=[Move(run.no, (Status.RUNNING,), Status.DONE, 0, 1, 1.0)]
    )
    assert isinstance(outcome.error, StoreFull)
    assert await desk.status(run.no) == Status.RUNNING
    await desk.store.job(lambda db: db.script(["pragma max_page_count = 1000000"]))
    assert (await desk.commit(journal=[journal(run.no, 0, bytes(100_000))])).error is None


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], check=False).returncode
    )
    if not mounted:
        pytest.skip("only root may make a small disk")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.only("sqlite")
async def test_a_disk_that_is_really_full_loses_nothing_and_recovers(place: Place, small_disk: Path) -> None:
    place.url = str(small_disk / "pawline.db")
    (small_disk / "ballast").write_bytes(bytes(4_000_000))
    desk = await place.open()
    stored, refused = 0, 0
    while refused < 5:
        outcome = await desk.commit(journal=[journal(1, stored, os.urandom(20_000))])
        if outcome.error is None:
            stored += 1
        else:
            assert isinstance(outcome.error, StoreFull), outcome.error
            refused += 1
    assert stored > 10
    assert await seqs(desk, 1) == list(range(stored))
    (small_disk / "ballast").unlink()
    assert (await desk.commit(journal=[journal(1, stored, bytes(20_000))])).error is None
    await desk.store.close()
    again = await place.open()
    assert await seqs(again, 1) == list(range(stored + 1))
    assert await again.store.job(lambda db: db.fetch("meta")) == [("oldest", "11"), ("schema", str(SCHEMA))]


def log_size(place: Place) -> int:
    log = Path(f"{place.file}-wal")
    return log.stat().st_size if log.exists() else 0


@pytest.mark.only("sqlite")
async def test_the_log_does_not_grow_without_bound(place: Place) -> None:
    desk = await place.open()
    body = os.urandom(20_000)
    for batch in range(40):  # 40 MB through a log that is copied over when it has 8
        await asyncio.gather(*[desk.begin(journal=[journal(batch * 50 + n, 0, body)]) for n in range(50)])
    assert log_size(place) < 24 << 20
    await desk.store.close()
    assert log_size(place) == 0


async def kill_connections(place: Place, name: str) -> None:
    async with await psycopg.AsyncConnection.connect(place.url, autocommit=True) as db:
        await db.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name = %s",
            (name,),
        )


@pytest.mark.only("postgres")
async def test_lost_connections_are_opened_anew_and_nobody_notices(place: Place) -> None:
    desk = await place.open()
    await desk.stored(journal=[journal(1, 0)])
    await kill_connections(place, f"pawline owner {desk.store.owner}")
    await kill_connections(place, "pawline reads")
    await asyncio.sleep(0.05)
    assert (await desk.commit(journal=[journal(1, 1)])).error is None
    assert await seqs(desk, 1) == [0, 1]
    assert await desk.store.renew(60.0) == desk.held


@pytest.mark.only("postgres")
async def test_a_connection_lost_before_the_commit_is_decided_again(place: Place) -> None:
    desk = await place.open()
    desk.store.hooks.before_commit = failing(psycopg.OperationalError("gone"), times=2)
    assert (await desk.commit(journal=[journal(1)])).error is None
    assert await seqs(desk, 1) == [0]


@pytest.mark.only("postgres")
async def test_a_connection_lost_while_committing_leaves_the_batch_in_doubt(place: Place) -> None:
    desk = await place.open()
    loop = asyncio.get_running_loop()
    killed: list[Sequence[Unit]] = []

    def kill(units: Sequence[Unit]) -> None:
        if not killed:
            killed.append(units)
            asyncio.run_coroutine_threadsafe(kill_connections(place, f"pawline owner {desk.store.owner}"), loop).result(
                10
            )

    desk.store.hooks.before_commit = kill
    outcomes = await desk.together([{"journal": [journal(1, seq)]} for seq in range(2)])
    assert [type(outcome.error) for outcome in outcomes] == [StoreUnsure] * 2
    assert await seqs(desk, 1) == []
    assert (await desk.commit(journal=[journal(1)])).error is None


@pytest.mark.only("postgres")
@pytest.mark.parametrize("error", [psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected])
async def test_whoever_loses_a_race_tries_the_batch_again(place: Place, error: type[psycopg.Error]) -> None:
    desk = await place.open()
    desk.store.hooks.before_commit = failing(error(), times=3)
    outcomes = await desk.together([{"journal": [journal(1, seq)]} for seq in range(2)])
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert await seqs(desk, 1) == [0, 1]


@pytest.mark.only("postgres")
async def test_a_race_that_is_lost_again_and_again_is_told(place: Place) -> None:
    desk = await place.open()
    desk.store.hooks.before_commit = failing(psycopg.errors.DeadlockDetected(), times=1000)
    outcome = await desk.commit(journal=[journal(1)])
    assert type(outcome.error) is StoreError
    assert await seqs(desk, 1) == []


@pytest.mark.only("sqlite")
async def test_a_read_that_fails_is_a_store_error_without_the_drivers_words(place: Place) -> None:
    desk = await place.open()
    await desk.store._opened.reader.close()
    with pytest.raises(StoreError) as failed:
        await desk.store.runs([1])
    assert str(failed.value) == "a read failed: ProgrammingError"
