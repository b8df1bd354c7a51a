"""A backup is one checked file; a restore of it is a new store that does nothing to the world by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pawline.store import (
    RESTORED,
    Conflict,
    Erased,
    Keyring,
    Store,
    StoreError,
    StoreTooNew,
    back_up,
    erasures_of,
    handovers_of,
    restore,
    revocations_of,
)
from pawline.store.audit import broken
from pawline.store.migrate import SCHEMA
from tests.unit.store.desk import Desk, Place, digest
from tests.unit.store.test_holding import SHOP
from tests.unit.store.test_settling import OPEN, found, settled

FILES = pytest.mark.only("sqlite", "postgres")
SQLITE = pytest.mark.only("sqlite")


@pytest.fixture
def elsewhere(place: Place, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the restored store goes: another file, or another database of the same server."""
    if place.kind != "postgres":
        yield str(tmp_path / "restored.db")
        return
    uri, name = request.getfixturevalue("server"), "restored"
    with psycopg.connect(uri, autocommit=True) as db:
        db.execute(f"create database {name}".encode())
    yield uri.replace("/postgres?", f"/{name}?")
    with psycopg.connect(uri, autocommit=True) as db:
        db.execute(f"drop database {name} with (force)".encode())


def there(path: str) -> bool:
    return Path(path).exists()


async def filled(place: Place) -> Desk:
    """A store with an event of a household, a run under way, a mode, and an audit."""
    desk = await place.open()
    key = await desk.store.keys.obtain("shop", "h1")
    event = desk.event(household="h1", key=key.no, body=key.seal(b"Momo", b"x"))
    audit = ("shop", 1.5, "ada", "stop", "shop", "why")
    writes = [*key.fresh_writes(), ("insert_audit", audit), ("set_mode", ("shop", "fulfil", "*", "live", None))]
    await desk.stored(events=[(event, (digest("a"),))], writes=writes)
    await desk.running(event=event.no)
    return desk


async def restored(place: Place, file: Path, url: str, **more: object) -> Store:
    await restore(file, url, place.keyring, by="ada", reason="disk died", **more)  # type: ignore[arg-type]
    return await Store.open(url, place.keyring)


@FILES
async def test_everything_comes_back_under_the_main_switch(place: Place, elsewhere: str, tmp_path: Path) -> None:
    desk = await filled(place)
    made = await back_up(place.url, tmp_path / "b")
    assert (made.file, made.bytes, made.schema) == (str(tmp_path / "b"), (tmp_path / "b").stat().st_size, SCHEMA)
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600
    result = await restore(tmp_path / "b", elsewhere, place.keyring, by="ada", reason="disk died")
    assert (result.unfinished, result.erased) == (1, 0)
    store = await Store.open(elsewhere, place.keyring)
    try:
        for name, params in (("events", ([*range(1, 10)],)), ("runs", ([*range(1, 10)],)), ("erasures", ())):
            assert await store.fetch(name, params) == await desk.store.fetch(name, params)
        assert await store.fetch("modes") == [("*", "*", "*", "observe", None), ("shop", "fulfil", "*", "live", None)]
        audit = await store.fetch("audit_page", (0, 10))
        assert [row[3:7] for row in audit] == [
            ("ada", "stop", "shop", "why"), ("ada", "restore", audit[1][5], "disk died"),
        ]  # fmt: skip
        assert broken(audit) is None
        assert {row[1] for row in await store.fetch("lanes")} == {0}
        assert store.next_no() > 10_000_000
        event = next(iter((await store.events(range(1, 10))).values()))
        key = await store.keys.by_no(event.key or 0)
        assert not isinstance(key, Erased)
        assert key.open(event.body, b"x") == b"Momo"
    finally:
        await store.close()


@FILES
async def test_what_was_found_of_a_hold_is_taken_back_in_the_restored_store_too(
    place: Place, elsewhere: str, tmp_path: Path
) -> None:
    await settled(await place.open())
    await back_up(place.url, tmp_path / "b")
    store = await restored(place, tmp_path / "b", elsewhere)
    try:
        assert await found(Desk(store)) == [(1, 150.0)]
        assert (await store.written([("view_line_out", (SHOP, "a", "l1", 151.0))])).error is None
        assert await found(Desk(store)) == OPEN
    finally:
        await store.close()


@FILES
async def test_erasures_since_the_backup_are_applied(place: Place, elsewhere: str, tmp_path: Path) -> None:
    desk = await filled(place)
    await back_up(place.url, tmp_path / "before")
    await desk.store.keys.destroy("shop", "h1")
    await back_up(place.url, tmp_path / "after")
    assert await erasures_of(str(tmp_path / "before")) == []
    assert await erasures_of(str(tmp_path / "after")) == await erasures_of(place.url) == [("shop", "h1", 1000.0)]
    store = await restored(place, tmp_path / "before", elsewhere, erasures=await erasures_of(str(tmp_path / "after")))
    try:
        [(_, _, _, _, wrapped, destroyed, _, _)] = await store.fetch("data_keys", ("shop", ["h1"]))
        assert (wrapped, destroyed) == (None, 1000.0)  # as of when it was: what came after may be told again
        anew = await store.keys.obtain("shop", "h1", 1001.0, anew=True)
        assert anew.generation == 1
    finally:
        await store.close()


@FILES
async def test_who_acted_anew_since_an_erasure_comes_back_and_only_a_later_one_reaches_it(
    place: Place, elsewhere: str, tmp_path: Path
) -> None:
    desk = await filled(place)
    await desk.store.keys.destroy("shop", "h1")  # at 1000
    anew = await desk.store.keys.obtain("shop", "h1", 1001.0, anew=True)
    event = desk.event(household="h1", key=anew.no, body=anew.seal(b"Momo again", b"y"))
    await desk.stored(events=[(event, (digest("b"),))], writes=anew.fresh_writes())
    await back_up(place.url, tmp_path / "b")
    known = [("shop", "h1", 1000.0)]
    assert await erasures_of(str(tmp_path / "b")) == known
    store = await restored(place, tmp_path / "b", elsewhere, erasures=known)
    try:
        found = await store.keys.by_no(anew.no)
        assert not isinstance(found, Erased)
        assert found.open(event.body, b"y") == b"Momo again"
        await store.keys.destroy("shop", "h1", 1002.0)
        assert await store.keys.by_no(anew.no) == Erased("shop", "h1", 1002.0)
    finally:
        await store.close()


@FILES
async def test_who_had_which_flow_when_the_store_was_lost_has_it_again(
    place: Place, elsewhere: str, tmp_path: Path
) -> None:
    desk = await filled(place)
    await desk.stored(writes=[("insert_handover", ("shop", "a", 10.0, "observe"))])
    await desk.stored(writes=[("insert_handover", ("shop", "b", 20.0, "live"))])
    await desk.stored(writes=[("insert_handover", ("shop", "c", 40.0, "live"))])
    await back_up(place.url, tmp_path / "planned")
    await desk.stored(writes=[("drop_handovers", ("shop", "c", 40.0))])  # called off: nothing is left of it
    await desk.stored(writes=[("drop_handovers", ("shop", "a", 5.0)), ("insert_handover", ("shop", "a", 0.5, "old"))])
    await desk.stored(writes=[("insert_handover", ("shop", "a", 30.25, "live"))])
    await back_up(place.url, tmp_path / "after")
    since = [("shop", "a", 0.5, "old"), ("shop", "a", 30.25, "live"), ("shop", "b", 20.0, "live")]
    assert sorted(await handovers_of(str(tmp_path / "after"))) == sorted(await handovers_of(place.url)) == since
    store = await restored(place, tmp_path / "planned", elsewhere, handovers=since)
    try:
        assert await store.fetch("handovers") == since
    finally:
        await store.close()


@FILES
async def test_a_store_is_never_written_over(place: Place, elsewhere: str, tmp_path: Path) -> None:
    await filled(place)
    await back_up(place.url, tmp_path / "b")
    with pytest.raises(StoreError, match="is there already: give the backup a name of its own"):
        await back_up(place.url, tmp_path / "b")
    with pytest.raises(StoreError, match="already"):
        await restore(tmp_path / "b", place.url, place.keyring, by="ada", reason="oops")


@SQLITE
async def test_what_is_no_backup_is_refused(place: Place, elsewhere: str, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("a shopping list")
    for file, words in ((tmp_path / "b", "is no backup of Pawline"), (tmp_path / "no", "there is no backup at")):
        with pytest.raises(StoreError, match=words):
            await restore(file, elsewhere, place.keyring, by="ada", reason="why")
    assert not there(elsewhere)


@SQLITE
async def test_a_damaged_store_makes_no_backup(place: Place, tmp_path: Path) -> None:
    desk = await filled(place)
    await desk.store.close()
    with sqlite3.connect(place.url) as db:
        db.execute("pragma writable_schema = on")
        db.execute("update sqlite_schema set rootpage = 2 where name = 'run_line'")
    with pytest.raises(StoreError):
        await back_up(place.url, tmp_path / "b")
    assert not (tmp_path / "b").exists()


@SQLITE
async def test_a_backup_of_a_newer_pawline_is_refused_and_leaves_nothing(
    place: Place, elsewhere: str, tmp_path: Path
) -> None:
    await filled(place)
    await back_up(place.url, tmp_path / "b")
    with sqlite3.connect(tmp_path / "b") as db:
        db.execute("update meta set value = '99'")
    db.close()
    with pytest.raises(StoreTooNew, match="the store needs schema 99"):
        await restore(tmp_path / "b", elsewhere, place.keyring, by="ada", reason="why")
    assert not there(elsewhere)


@SQLITE
async def test_the_key_is_not_in_the_backup(place: Place, elsewhere: str, tmp_path: Path) -> None:
    await filled(place)
    await back_up(place.url, tmp_path / "b")
    store = await restored(Place("sqlite", "", Keyring.generate()), tmp_path / "b", elsewhere)
    try:
        with pytest.raises(StoreError, match="not on the ring"):
            await store.keys.obtain("shop", "h1")
    finally:
        await store.close()


@FILES
async def test_keys_of_a_storefront_are_held_and_what_was_revoked_since_stays_so(
    place: Place, elsewhere: str, tmp_path: Path
) -> None:
    desk = await filled(place)
    for id_, since in (("pk_live", None), ("pk_leaks", None), ("pk_found", None), ("pk_ended", 10.5)):
        row = (id_, "shop", id_.encode(), "web", "", "https://pets.example", 1.0, "ada", since)
        await desk.stored(writes=[("insert_api_key", row)])
    await back_up(place.url, tmp_path / "before")
    await desk.stored(writes=[("revoke_api_key", ("pk_leaks", "shop", 20.25, -1.0))])
    await back_up(place.url, tmp_path / "after")
    ended = [("pk_ended", "shop", 10.5), ("pk_leaks", "shop", 20.25)]
    assert sorted(await revocations_of(str(tmp_path / "after"))) == sorted(await revocations_of(place.url)) == ended
    assert await revocations_of(str(tmp_path / "before")) == ended[:1]
    store = await restored(place, tmp_path / "before", elsewhere, revocations=ended)
    try:
        held = float(dict[str, str](await store.fetch("meta"))[RESTORED])
        assert {row[0]: row[-1] for row in await store.fetch("api_keys")} == {
            "pk_live": held, "pk_leaks": 20.25, "pk_found": held, "pk_ended": 10.5,
        }  # fmt: skip
        for id_, error in (("pk_found", None), ("pk_leaks", Conflict)):  # what is held ends without having lived
            said = (await store.written([("revoke_api_key", (id_, "shop", held + 1, held))])).error
            assert said is None if error is None else isinstance(said, error)
        for id_, error in (("pk_live", None), ("pk_leaks", Conflict), ("pk_found", Conflict), ("pk_ended", Conflict)):
            said = (await store.written([("release_api_key", (id_, "shop", held))])).error
            assert said is None if error is None else isinstance(said, error)
        assert {row[0] for row in await store.fetch("api_keys") if row[-1] is None} == {"pk_live"}
    finally:
        await store.close()
