"""Bodies are sealed per household; destroying a key erases them; keys of keys never touch the database."""

from __future__ import annotations

import asyncio
import base64
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from pawline.store import Conflict, DataKey, Erased, HouseholdErased, Keyring, StoreError, Unreadable
from pawline.store.database import Row
from pawline.store.store import Bounds
from tests.unit.store.desk import Desk, Place, digest, journal

SECRET = b"alice@example.org lives at 5 Dog Lane"


async def sealed(
    desk: Desk, household: str | None, data: bytes = SECRET, aad: bytes = b"event 1"
) -> tuple[DataKey, bytes]:
    """A body sealed by a key that is stored."""
    key = await desk.store.keys.obtain("shop", household)
    body = key.seal(data, aad)
    await desk.stored(writes=key.fresh_writes())
    return key, body


async def another_process(place: Place, desk: Desk, **options: Any) -> Desk:
    if place.kind == "memory":
        return await place.open(image=desk.store.image(), **options)
    if place.kind == "sqlite":
        await desk.store.close()
    return await place.open(**options)


async def test_what_is_sealed_opens_with_its_key_in_its_place_only(place: Place) -> None:
    desk = await place.open()
    key, body = await sealed(desk, "h1")
    other, _ = await sealed(desk, "h2")
    assert key.open(body, b"event 1") == SECRET
    assert SECRET not in body
    assert len(body) == 12 + len(SECRET) + 16
    assert key.seal(SECRET, b"event 1") != body
    wrong = [(key, body, b"event 2"), (other, body, b"event 1"), (key, body[:-1], b"event 1"), (key, b"", b"event 1")]
    wrong += [
        (key, body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :], b"event 1") for at in (0, 12, 30, len(body) - 1)
    ]
    for by, data, aad in wrong:
        with pytest.raises(Unreadable):
            by.open(data, aad)


async def test_a_household_has_one_key_from_then_on(place: Place) -> None:
    desk = await place.open()
    keys = desk.store.keys
    assert keys.cached("shop", "h1") is None
    key, body = await sealed(desk, "h1")
    assert keys.cached("shop", "h1") is key
    assert await keys.obtain("shop", "h1") is key
    assert await keys.by_no(key.no) is key
    own, _ = await sealed(desk, None)
    assert keys.cached("shop", None) is own
    assert keys.cached("shop", "") is own
    assert len({key.no, own.no, (await keys.obtain("other", "h1")).no}) == 3
    again = await another_process(place, desk)
    found = await again.store.keys.by_no(key.no)
    assert isinstance(found, DataKey)
    assert found.open(body, b"event 1") == SECRET
    assert (await again.store.keys.obtain("shop", "h1")) is found
    with pytest.raises(StoreError, match="no data key 12345"):
        await again.store.keys.by_no(12345)


async def test_a_fresh_key_goes_into_every_unit_until_one_is_committed(place: Place) -> None:
    desk = await place.open()
    key = await desk.store.keys.obtain("shop", "h1")
    writes = key.fresh_writes()
    assert [name for name, _ in writes] == ["insert_data_key"]
    assert key.fresh_writes() == writes
    failed = await desk.commit(lanes=((3, 99),), writes=writes)
    assert failed.error is not None
    assert key.fresh_writes() == writes
    outcomes = await desk.together([{"writes": writes}, {"writes": writes, "journal": [journal(1)]}])
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert key.fresh_writes() == []
    assert (await desk.commit(writes=writes)).error is None
    assert [row[:3] for row in await desk.store.fetch("data_keys", ("shop", ["h1"]))] == [(key.no, "shop", "h1")]


@pytest.mark.only("postgres")
async def test_two_processes_that_meet_a_household_at_once_end_with_one_key(place: Place) -> None:
    one, two = await place.open(), await place.open()
    mine, theirs = await one.store.keys.obtain("shop", "h1"), await two.store.keys.obtain("shop", "h1")
    assert (await one.commit(lanes=(), writes=mine.fresh_writes())).error is None
    outcome = await two.commit(lanes=(), writes=theirs.fresh_writes(), journal=[journal(1)])
    assert isinstance(outcome.error, Conflict)
    assert (await two.store.journals([1]))[1] == []
    found = await two.store.keys.obtain("shop", "h1")
    assert found.no == mine.no
    assert found.fresh_writes() == []
    assert found.open(mine.seal(SECRET, b"x"), b"x") == SECRET


async def test_who_asks_twice_at_once_gets_one_key(place: Place) -> None:
    desk = await place.open()
    keys = await asyncio.gather(*[desk.store.keys.obtain("shop", "h1") for _ in range(5)])
    assert len({key.no for key in keys}) == 1


async def test_an_erased_household_is_gone_for_good(place: Place) -> None:
    desk = await place.open()
    key, _ = await sealed(desk, "h1")
    await sealed(desk, "h2")
    await desk.store.keys.destroy("shop", "h1")
    await desk.store.keys.destroy("shop", "h1")
    erased = Erased("shop", "h1", 1000.0)
    for one in (desk, await another_process(place, desk)):
        if one.store._writer.closed:
            continue
        assert one.store.keys.cached("shop", "h1") is None
        assert await one.store.keys.by_no(key.no) == erased
        with pytest.raises(HouseholdErased):
            await one.store.keys.obtain("shop", "h1")
        assert await one.store.fetch("erasures") == [("shop", "h1", 1000.0)]
        assert key._row is not None
        [row] = await one.store.fetch("data_keys", ("shop", ["h1"]))
        assert row == (key.no, "shop", "h1", key._row[3], None, 1000.0, 0, None)
        assert (await one.store.keys.obtain("shop", "h2")).fresh_writes() == []
    with pytest.raises(StoreError, match="own key"):
        await desk.store.keys.destroy("shop", "")


async def test_who_acts_anew_after_an_erasure_has_a_key_of_its_own_and_what_was_erased_stays_so(place: Place) -> None:
    desk = await place.open()
    keys, first = desk.store.keys, (await sealed(desk, "h1"))[0]
    await keys.destroy("shop", "h1")  # at 1000
    for at, anew in ((1001.0, False), (999.0, True), (1000.0, True), (None, False)):
        with pytest.raises(HouseholdErased):
            await keys.obtain("shop", "h1", at, anew=anew)
    follows = asyncio.ensure_future(keys.obtain("shop", "h1", 1002.0))  # asks before what it follows from, in one turn
    before = asyncio.ensure_future(keys.obtain("shop", "h1", 998.0, anew=True))
    second = await keys.obtain("shop", "h1", 1001.0, anew=True)
    assert await follows is second
    with pytest.raises(HouseholdErased):
        await before
    body = second.seal(SECRET, b"event 2")
    await desk.stored(writes=second.fresh_writes())
    for one in (desk, await another_process(place, desk)):
        if one.store._writer.closed:
            continue
        again = one.store.keys
        assert await again.by_no(first.no) == Erased("shop", "h1", 1000.0)
        found = await again.by_no(second.no)
        assert isinstance(found, DataKey)
        assert found.open(body, b"event 2") == SECRET
        assert await again.obtain("shop", "h1", 1003.0) is found
        with pytest.raises(HouseholdErased):  # told late, of before
            await again.obtain("shop", "h1", 1000.0, anew=True)
        assert await again.erased("shop", "h1") == 1000.0
        desk = one
    keys = desk.store.keys
    await keys.destroy("shop", "h1", 900.0)  # known by then
    await keys.destroy("shop", "h1", 1000.0)
    assert await keys.by_no(second.no) is await keys.obtain("shop", "h1")
    await keys.destroy("shop", "h1", 2000.0)
    assert await keys.by_no(second.no) == Erased("shop", "h1", 2000.0)
    assert await desk.store.fetch("erasures") == [("shop", "h1", 2000.0)]
    with pytest.raises(HouseholdErased):
        await keys.obtain("shop", "h1", 1500.0, anew=True)
    third = await keys.obtain("shop", "h1", 2000.5, anew=True)
    assert (first.generation, second.generation, third.generation) == (0, 1, 2)
    assert (await desk.commit(lanes=(), writes=third.fresh_writes())).error is None
    assert await keys.by_no(third.no) is third


async def test_a_key_that_was_made_before_an_erasure_is_not_stored_after_it(place: Place) -> None:
    desk = await place.open()
    await desk.store.keys.destroy("shop", "h1", 900.0)
    waiting = await desk.store.keys.obtain("shop", "h1", 950.0, anew=True)
    await desk.store.keys.destroy("shop", "h1")
    outcome = await desk.commit(writes=waiting.fresh_writes(), journal=[journal(1)])
    assert isinstance(outcome.error, Conflict)
    with pytest.raises(HouseholdErased):
        await desk.store.keys.obtain("shop", "h1", 950.0, anew=True)
    assert (await desk.store.keys.obtain("shop", "h1", 1001.0, anew=True)).generation == 2


@pytest.mark.only("postgres")
async def test_two_processes_that_meet_who_acts_anew_end_with_one_key(place: Place) -> None:
    one, two = await place.open(), await place.open()
    await one.store.keys.destroy("shop", "h1")
    mine, theirs = [await desk.store.keys.obtain("shop", "h1", 1001.0, anew=True) for desk in (one, two)]
    assert (await one.commit(lanes=(), writes=mine.fresh_writes())).error is None
    assert isinstance((await two.commit(lanes=(), writes=theirs.fresh_writes())).error, Conflict)
    found = await two.store.keys.obtain("shop", "h1", 1001.0)
    assert (found.no, found.since) == (mine.no, 1000.0)


async def test_an_erasure_while_keys_are_read_is_seen(place: Place) -> None:
    """What the look-up read before is old by the time it is answered."""
    desk = await place.open()
    await sealed(desk, "h1")
    keys = desk.store.keys
    keys.forget("shop", "h1")
    source, erased = keys._source, list[str]()

    class Slow:
        next_no, now, job = source.next_no, source.now, source.job

        async def fetch(self, name: str, params: Row = ()) -> list[Row]:
            rows = await source.fetch(name, params)
            if not erased:
                erased.append(name)
                await keys.destroy("shop", "h1")
            return rows

    keys._source = Slow()
    with pytest.raises(HouseholdErased):
        await keys.obtain("shop", "h1")
    assert (erased, keys.cached("shop", "h1")) == (["data_keys"], None)


async def test_a_household_can_be_erased_before_it_had_a_key(place: Place) -> None:
    desk = await place.open()
    waiting = await desk.store.keys.obtain("shop", "h1")
    writes = waiting.fresh_writes()
    await desk.store.keys.destroy("shop", "h1")
    assert isinstance((await desk.commit(writes=writes, journal=[journal(1)])).error, Conflict)
    with pytest.raises(HouseholdErased):
        await desk.store.keys.obtain("shop", "h1")


async def test_erasures_are_applied_again_by_a_unit_after_a_restore(place: Place) -> None:
    desk = await place.open()
    key, _ = await sealed(desk, "h1")
    destroyed = ("destroy_data_key", (desk.store.next_no(), "shop", "h1", 7.0, 0))
    writes = [destroyed, ("insert_erasure", ("shop", "h1", 7.0))]
    await desk.stored(writes=[*writes, *writes])
    desk.store.keys.forget("shop", "h1")
    assert await desk.store.keys.by_no(key.no) == Erased("shop", "h1", 7.0)


@pytest.mark.only("postgres")  # a file has one process
async def test_another_process_hears_of_an_erasure_when_its_key_is_no_longer_fresh(place: Place) -> None:
    one, two = await place.open(), await place.open()
    key, _ = await sealed(one, "h1")
    assert (await two.store.keys.obtain("shop", "h1")).no == key.no
    await one.store.keys.destroy("shop", "h1")
    two.store.keys._fresh_for = -1.0
    assert two.store.keys.cached("shop", "h1") is None
    assert await two.store.keys.by_no(key.no) == Erased("shop", "h1", 1000.0)
    with pytest.raises(HouseholdErased):
        await two.store.keys.obtain("shop", "h1")


async def test_the_least_used_keys_leave_memory(place: Place) -> None:
    desk = await place.open(bounds=Bounds(keys=2))
    keys = desk.store.keys
    await sealed(desk, "h1")
    await sealed(desk, "h2")
    assert keys.cached("shop", "h1") is not None
    await sealed(desk, "h3")
    assert [keys.cached("shop", name) is not None for name in ("h1", "h2", "h3")] == [True, False, True]
    unstored = [await keys.obtain("shop", f"n{n}") for n in range(3)]
    assert (await desk.commit(writes=unstored[0].fresh_writes())).error is None
    assert (await keys.obtain("shop", "n0")).no == unstored[0].no


@pytest.mark.only("sqlite")
async def test_no_plain_text_reaches_the_disk_and_a_destroyed_key_leaves_it(place: Place) -> None:
    desk = await place.open()
    key, body = await sealed(desk, "h1")
    assert key._row is not None
    wrapped: bytes = key._row[4]
    event = desk.event(household="h1", codec=1, key=key.no, body=body)
    await desk.stored(events=[(event, (digest("a"),))], journal=[journal(1, 0, body)])

    def on_disk(text: bytes) -> list[str]:
        return [path.name for path in sorted(place.file.parent.iterdir()) if text in path.read_bytes()]

    assert on_disk(SECRET) == []
    assert on_disk(b"alice") == []
    assert on_disk(body) == ["pawline.db-wal"]
    assert on_disk(wrapped) == ["pawline.db-wal"]
    await desk.store.keys.destroy("shop", "h1")
    for _ in range(100):
        if not on_disk(wrapped):
            break
        await asyncio.sleep(0.01)
    assert on_disk(wrapped) == []
    assert on_disk(body) == ["pawline.db"]
    assert on_disk(base64.b64decode(place.keyring_text)) == []


async def test_a_new_key_of_keys_wraps_all_data_keys_anew_and_bodies_stay(place: Place) -> None:
    desk = await place.open()
    bodies = {name: (await sealed(desk, name))[1] for name in ("h1", "h2", "h3")}
    await sealed(desk, "gone")
    await desk.store.keys.destroy("shop", "gone")
    rotated = place.keyring.rotated()
    desk = await another_process(place, desk, keyring=rotated)
    for name, body in bodies.items():
        assert (await desk.store.keys.obtain("shop", name)).open(body, b"event 1") == SECRET
    assert await desk.store.keys.rewrap(page=2) == 3
    assert await desk.store.keys.rewrap() == 0
    only_new = Keyring([rotated._keys[rotated.current]])
    desk = await another_process(place, desk, keyring=only_new)
    for name, body in bodies.items():
        assert (await desk.store.keys.obtain("shop", name)).open(body, b"event 1") == SECRET
    desk = await another_process(place, desk, keyring=place.keyring)
    with pytest.raises(Unreadable, match="not on the ring"):
        await desk.store.keys.obtain("shop", "h1")


async def test_a_wrapped_key_moved_to_another_household_does_not_open(place: Place) -> None:
    desk = await place.open()
    await sealed(desk, "h1")
    await desk.store.job(lambda db: db.script(["update data_key set household = 'h2'"]))
    desk.store.keys.forget("shop", "h1")
    with pytest.raises(Unreadable):
        await desk.store.keys.obtain("shop", "h2")


def test_a_ring_shows_ids_and_never_keys(tmp_path: Path) -> None:
    ring = Keyring.generate()
    text = base64.b64encode(ring._keys[ring.current]).decode()
    assert repr(ring) == f"Keyring({ring.current})"
    assert len(ring.current) == 8
    ring.save(tmp_path / "key")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert (tmp_path / "key").read_text() == text + "\n"
    with pytest.raises(FileExistsError):
        ring.save(tmp_path / "key")
    assert Keyring.load(tmp_path / "key", {}).current == ring.current
    assert Keyring.load(tmp_path / "none", {"PAWLINE_KEY": text}).current == ring.current
    two = ring.rotated()
    assert repr(two) == f"Keyring({two.current}, {ring.current})"
    two.save(tmp_path / "two")
    assert repr(Keyring.load(tmp_path / "two", {})) == repr(two)


@pytest.mark.parametrize("text", ["", "not base64!", base64.b64encode(b"short").decode()])
def test_a_key_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        Keyring.parse(text)
    with pytest.raises(StoreError):
        Keyring.load(tmp_path / "none", {"PAWLINE_KEY": text})


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    Keyring.generate().save(path)
    for mode in (0o640, 0o604, 0o660):
        path.chmod(mode)
        with pytest.raises(StoreError, match="chmod 600"):
            Keyring.load(path, {})
    path.chmod(0o400)
    assert Keyring.load(path, {}).current


def test_nonces_never_repeat_in_a_forked_child() -> None:
    from pawline.store.keyring import draw

    draw()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, b"".join(draw() for _ in range(50)))
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(read, 10_000)
    mine = {draw() for _ in range(300)}
    assert len(theirs) == 600
    assert mine.isdisjoint(theirs[at : at + 12] for at in range(0, 600, 12))
