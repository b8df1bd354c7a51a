"""Whoever commits for a lane proves that it is theirs; a takeover shuts the one before out."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pawline.store import Move, StaleOwner, Status, StoreUnsure
from tests.unit.store.desk import ALL, LANE, Place, journal


async def test_a_stale_epoch_is_refused_alone(place: Place) -> None:
    desk = await place.open()
    run = await desk.running()
    epoch = desk.held[LANE]
    outcomes = await desk.together(
        [
            {"journal": [journal(run.no, 0)]},
            {"lanes": ((LANE, epoch + 1),), "journal": [journal(run.no, 1)]},
            {"lanes": ((9, desk.held[9]), (LANE, epoch - 1)), "journal": [journal(run.no, 2)]},
            {"lanes": (), "journal": [journal(run.no, 3)]},
        ]
    )
    assert [type(outcome.error) for outcome in outcomes] == [type(None), StaleOwner, StaleOwner, type(None)]
    assert [row.seq for row in (await desk.store.journals([run.no]))[run.no]] == [0, 3]


async def test_a_lane_of_another_owner_is_refused_even_with_its_epoch(place: Place) -> None:
    desk = await place.open()
    await desk.store.job(lambda db: db.script(["update lane set owner = 999 where lane = 3"]))
    assert isinstance((await desk.commit(journal=[journal(1)])).error, StaleOwner)
    assert (await desk.commit(lanes=desk.lane(9), journal=[journal(1)])).error is None


async def test_claiming_takes_what_is_free_and_makes_running_runs_ready_again(place: Place) -> None:
    dead = await place.open()
    runs = [await dead.running(lane=lane) for lane in (3, 3, 9)]
    waiting = await dead.running()
    await dead.stored(moves=[Move(waiting.no, (Status.RUNNING,), Status.WAITING, 2, 7)])
    await dead.store.job(lambda db: db.script(["update lane set owner = 999, until = 0"]))
    assert await dead.store.claim([3], 60.0) == {3: dead.held[3] + 1}
    rows = await dead.store.runs([run.no for run in (*runs, waiting)])
    assert [(row.status, row.deaths) for row in rows.values()] == [
        (Status.READY, 1),
        (Status.READY, 1),
        (Status.RUNNING, 0),
        (Status.WAITING, 2),
    ]
    assert await dead.store.renew(60.0) == {3: dead.held[3] + 1}


async def test_claiming_again_leaves_our_own_lanes_and_epochs_alone(place: Place) -> None:
    desk = await place.open()
    run = await desk.running()
    assert sorted(desk.held) == ALL
    assert await desk.store.claim(None, 60.0) == {}
    assert await desk.store.renew(60.0) == desk.held
    assert await desk.status(run.no) == Status.RUNNING


async def test_the_next_process_owns_under_another_number_with_higher_epochs(place: Place) -> None:
    desk = await place.open()
    await desk.store.release()
    assert await desk.store.renew(60.0) == {}
    if place.kind == "memory":
        again = await place.open(image=desk.store.image())
    else:
        await desk.store.close()
        again = await place.open()
    assert again.store.owner == desk.store.owner + 1
    assert again.held == {lane: epoch + 1 for lane, epoch in desk.held.items()}


@pytest.mark.only("postgres")
async def test_a_lane_is_taken_over_when_its_time_ran_out_and_not_before(place: Place) -> None:
    first = await place.open(clock=lambda: 1000.0)
    second = await place.open(clock=lambda: 9e9)  # whatever a process takes the time to be: the server's clock counts
    assert second.held == {}
    run = await first.running()
    assert await first.store.renew(-1.0) == first.held
    late = await place.open(clock=lambda: 0.0)
    assert late.held == {lane: epoch + 1 for lane, epoch in first.held.items()}
    assert isinstance((await first.commit(journal=[journal(run.no)])).error, StaleOwner)
    assert (await late.commit(journal=[journal(run.no)])).error is None
    assert await first.store.renew(60.0) == {}
    assert await late.status(run.no) == Status.READY


@pytest.mark.only("postgres")
async def test_a_takeover_never_comes_between_the_fence_and_the_commit(place: Place) -> None:
    """The owner's batch stands still before its commit; until its time runs out nobody comes in between."""
    owner = await place.open()
    thief = await place.open(claim=False)
    loop, reached, go_on = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    def hold(units: object) -> None:
        loop.call_soon_threadsafe(reached.set)
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(10)

    owner.store.hooks.before_commit = hold
    answer = owner.begin(journal=[journal(1)])
    await reached.wait()
    owner.store.hooks.before_commit = None
    assert await thief.store.claim([LANE, 9], 60.0) == {}
    await thief.store.job(lambda db: db.script(["update lane set until = 0 where lane = 9"]))
    assert await thief.store.claim([LANE, 9], 60.0) == {9: owner.held[9] + 1}
    go_on.set()
    assert (await answer).error is None
    assert await owner.store.renew(-1.0) == {lane: epoch for lane, epoch in owner.held.items() if lane != 9}
    assert await thief.store.claim([LANE], 60.0) == {LANE: owner.held[LANE] + 1}
    assert isinstance((await owner.commit(journal=[journal(1, 1)])).error, StaleOwner)


@pytest.mark.only("postgres")
@pytest.mark.parametrize("within", ["a batch", "a copy"])
async def test_a_batch_that_stands_still_when_its_time_runs_out_is_ended(place: Place, within: str) -> None:
    """A COPY that waits for its process is no idle transaction: the server alone would never end it."""
    owner, thief = await place.open(), await place.open(claim=False)
    loop, reached, go_on = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    def hold(units: object) -> None:
        def stand() -> None:
            loop.call_soon_threadsafe(reached.set)
            asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(10)

        database: Any = owner.store._opened.database
        if within == "a batch":
            stand()
        else:
            with database._cursor.copy("copy meta (name, value) from stdin") as copy:
                copy.write_row(("a", "b"))
                stand()

    assert await owner.store.renew(-1.0) == owner.held
    owner.store.hooks.before_commit = hold
    answer = owner.begin(journal=[journal(1)])
    await reached.wait()
    owner.store.hooks.before_commit = None
    assert await thief.store.claim(None, 60.0) == {lane: epoch + 1 for lane, epoch in owner.held.items()}
    go_on.set()
    assert isinstance((await answer).error, StaleOwner if within == "a copy" else StoreUnsure)
    assert (await thief.store.journals([1])) == {1: []}
    assert isinstance((await owner.commit(journal=[journal(1)])).error, StaleOwner)


async def test_numbers_grow_over_blocks_and_processes_and_never_repeat(place: Place) -> None:
    from pawline.store.store import Bounds

    desk = await place.open(bounds=Bounds(numbers=10))
    taken = []
    for _ in range(12):
        taken += [desk.store.next_no() for _ in range(4)]
        await asyncio.sleep(0.002)
    taken += [desk.store.next_no() for _ in range(40)]  # faster than blocks can be fetched ahead
    assert taken == sorted(set(taken))
    if place.kind == "memory":
        again = await place.open(image=desk.store.image())
    elif place.kind == "sqlite":
        await desk.store.close()
        again = await place.open()
    else:
        again = await place.open()
    assert again.store.next_no() > taken[-1]
