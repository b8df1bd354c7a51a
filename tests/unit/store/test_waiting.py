"""A wait and its event find each other whoever comes first; one of the two takes it, once."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from pawline.store import Conflict, Look, WaitKind
from tests.unit.store.desk import ABOUT, ALL, LANE, Desk, Place, wait


async def waiting(desk: Desk, *paths: str, **given: object) -> int:
    run = await desk.running()
    await desk.stored(writes=[("insert_wait", wait(run.no, path, **given)) for path in paths])
    return run.no


def look(run: int, path: str = "1", since: float = 0.0, taken: tuple[int, ...] = ()) -> Look:
    return Look(run, path, ABOUT, since, taken)


async def test_a_look_takes_the_oldest_fitting_event_dispatched_or_not(place: Place) -> None:
    desk = await place.open()
    late, early, first = (desk.event(recorded=at) for at in (30.0, 20.0, 10.0))
    await desk.stored(events=[(event, ()) for event in (late, early, first)], dispatched=[(late.no, LANE, ABOUT)])
    run = await waiting(desk, "1", "2", "3", since=20.0)
    outcome = await desk.stored(looks=[look(run, "1", 20.0), look(run, "2", 20.0, (early.no,)), look(run, "3", 31.0)])
    assert outcome.taken == [(run, "1", early.no), (run, "2", late.no)]
    rows = (await desk.store.waits([run]))[run]
    assert [(row.path, row.event, row.looked) for row in rows] == [
        ("1", early.no, 1),
        ("2", late.no, 1),
        ("3", None, 1),
    ]


async def test_a_look_ignores_other_subjects_and_what_came_after_its_time(place: Place) -> None:
    desk = await place.open()
    await desk.stored(
        events=[(desk.event(subject="o2"), ()), (desk.event(shop="b"), ()), (desk.event(recorded=50.0), ())]
    )
    run = await waiting(desk, "1", due=50.0)
    assert (await desk.stored(looks=[look(run)])).taken == []


async def test_whoever_commits_second_finds_the_other(place: Place) -> None:
    desk = await place.open()
    run, other = await waiting(desk, "1"), await waiting(desk, "1")
    event = desk.event()
    await desk.stored(events=[(event, ())])
    assert (await desk.stored(looks=[look(run)])).taken == [(run, "1", event.no)]
    assert (await desk.stored(dispatched=[(event.no, LANE, ABOUT)])).taken == [(other, "1", event.no)]
    assert (await desk.stored(looks=[look(other), look(run)])).taken == []


async def test_a_look_in_the_unit_of_its_wait_and_in_the_batch_of_its_event(place: Place) -> None:
    desk = await place.open()
    run = await desk.running()
    event = desk.event()
    outcomes = await desk.together([
        {"writes": [("insert_wait", wait(run.no))], "looks": [look(run.no)]}, {"lanes": (), "events": [(event, ())]},
    ])  # fmt: skip
    assert [outcome.taken for outcome in outcomes] == [[(run.no, "1", event.no)], []]


async def test_an_owner_that_died_between_wait_and_look_is_made_up_for(place: Place) -> None:
    desk = await place.open()
    run = await waiting(desk, "1", "2")
    slept = await waiting(desk, "1", kind=WaitKind.SLEEP, about=None, due=5000.0)
    await desk.stored(looks=[look(run, "2")])
    assert [(row.run, row.path) for row in await desk.store.unlooked(ALL, 10)] == [(run, "1")]
    await desk.stored(looks=[look(run, "1")])
    assert await desk.store.unlooked(ALL, 10) == []
    assert (await desk.store.waits([slept]))[slept][0].looked == 0


async def test_due_waits_come_by_time_then_run_page_by_page_without_those_taken(place: Place) -> None:
    desk = await place.open(clock=lambda: 500.0)
    dues = [300.0, 100.0, 300.0, 900.0, 500.0]
    runs = [await waiting(desk, "1", due=due, kind=WaitKind.SLEEP, about=None) for due in dues]
    taken, endless = await waiting(desk, "1", due=200.0), await waiting(desk, "1")
    event = desk.event()
    await desk.stored(events=[(event, ())], dispatched=[(event.no, LANE, ABOUT)])
    order = [(100.0, runs[1]), (300.0, runs[0]), (300.0, runs[2]), (500.0, runs[4])]

    async def page(limit: int, **given: object) -> list[tuple[float | None, int]]:
        return [(row.due, row.run) for row in await desk.store.due_waits(ALL, limit, **given)]  # type: ignore[arg-type]

    assert await page(10) == order
    assert await page(2) == order[:2]
    assert await page(10, after=order[1]) == order[2:]
    assert await page(10, at=299.0) == order[:1]
    assert await desk.store.due_waits([1], 10) == []
    assert {row.run for row in await desk.store.taken_waits(ALL, 10)} == {taken, endless}


async def test_a_wait_that_has_its_event_does_not_expire(place: Place) -> None:
    desk = await place.open()
    run = await waiting(desk, "1", "2", due=400.0)
    event = desk.event()
    await desk.stored(events=[(event, ())])
    await desk.stored(looks=[look(run, "1")])
    assert isinstance((await desk.commit(writes=[("expire_wait", (run, "1"))])).error, Conflict)
    await desk.stored(writes=[("expire_wait", (run, "2"))])
    assert isinstance((await desk.commit(writes=[("expire_wait", (run, "2"))])).error, Conflict)
    assert [row.path for row in (await desk.store.waits([run]))[run]] == ["1"]


async def test_waits_are_deleted_by_path_or_by_run(place: Place) -> None:
    desk = await place.open()
    one, two = await waiting(desk, "1", "2", "3"), await waiting(desk, "1", "2")
    await desk.stored(writes=[("delete_wait", (one, "2")), ("delete_waits", (two,)), ("delete_wait", (two, "9"))])
    rows = await desk.store.waits([one, two])
    assert [row.path for row in rows[one]] == ["1", "3"]
    assert rows[two] == []


async def test_a_run_may_wait_again_for_the_same_without_having_the_same_event_twice(place: Place) -> None:
    desk = await place.open()
    event = desk.event()
    await desk.stored(events=[(event, ())])
    run = await waiting(desk, "1")
    await desk.stored(looks=[look(run, "1")])
    again = wait(run, "2", taken=f",{event.no},")
    await desk.stored(writes=[("delete_wait", (run, "1")), ("insert_wait", again)])
    assert (await desk.stored(dispatched=[(event.no, LANE, ABOUT)])).taken == []
    assert (await desk.stored(looks=[look(run, "2", taken=(event.no,))])).taken == []
    assert await desk.store.waits([run]) == {run: [again._replace(looked=1)]}


@pytest.mark.only("postgres")
async def test_a_race_of_two_processes_for_each_wait_ends_with_one_taking(place: Place) -> None:
    """One owns the events' lane and dispatches; the other owns the runs' lane, commits waits and looks."""
    waiter = await place.open(claim=False)
    waiter.held = await waiter.store.claim([5], 60.0)
    recorder = await place.open()
    assert LANE in recorder.held
    runs = list(itertools.islice(iter(waiter.store.next_no, 0), 60))
    lane = waiter.lane(5)
    taken: list[tuple[int, str, int]] = []

    async def wait_and_look(run: int) -> None:
        row = wait(run, lane=5, about=run, subject=str(run))
        assert (await waiter.commit(lanes=lane, writes=[("insert_wait", row)])).error is None
        outcome = await waiter.commit(lanes=lane, looks=[Look(run, "1", run, 0.0, ())])
        assert outcome.error is None
        taken.extend(outcome.taken)

    async def record_and_dispatch(run: int) -> None:
        event = recorder.event(about=run, subject=str(run))
        assert (await recorder.commit(lanes=(), events=[(event, ())])).error is None
        outcome = await recorder.commit(dispatched=[(event.no, LANE, run)])
        assert outcome.error is None
        taken.extend(outcome.taken)

    for start in range(0, 60, 6):
        part = runs[start : start + 6]
        await asyncio.gather(*map(wait_and_look, part), *map(record_and_dispatch, part))
    rows = await waiter.store.waits(runs)
    assert sorted(taken) == [(run, "1", rows[run][0].event) for run in sorted(runs)]
