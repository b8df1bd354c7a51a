"""A lane's owner gives each event its place in the lane, once; waits for it take it in the same commit."""

from __future__ import annotations

from pawline.store import Conflict, NewRun, Status
from tests.unit.store.desk import ABOUT, ALL, LANE, TYPE, Desk, Place, digest, journal, wait


async def recorded(desk: Desk, count: int, **given: object) -> list[int]:
    events = [desk.event(**given) for _ in range(count)]
    await desk.stored(events=[(event, ()) for event in events])
    return [event.no for event in events]


async def seqs(desk: Desk, numbers: list[int]) -> list[int | None]:
    found = await desk.store.events(numbers)
    return [found[no].seq for no in numbers]


async def test_each_lane_counts_from_nought_without_a_gap_over_batches_and_lanes(place: Place) -> None:
    desk = await place.open()
    a, b, e = await recorded(desk, 3)
    c, d = await recorded(desk, 2, lane=9)
    both = (*desk.lane(3), *desk.lane(9))
    outcomes = await desk.together(
        [
            {"lanes": both, "dispatched": [(b, 3, ABOUT), (c, 9, ABOUT)]},
            {"lanes": both, "dispatched": [(a, 3, ABOUT)]},
        ]
    )
    assert [outcome.error for outcome in outcomes] == [None, None]
    await desk.stored(lanes=both, dispatched=[(d, 9, ABOUT), (e, 3, ABOUT)])
    assert await seqs(desk, [a, b, c, d, e]) == [1, 0, 0, 1, 2]
    assert await desk.store.pending_events(ALL, 10) == []
    assert [row[0] for row in await desk.store.fetch("events_after", (3, 0, 10))] == [a, e]


async def test_an_event_is_dispatched_once_and_a_failed_dispatch_leaves_no_gap(place: Place) -> None:
    desk = await place.open()
    first, second, third = await recorded(desk, 3)
    await desk.stored(dispatched=[(first, LANE, ABOUT)])
    run = desk.run()
    outcomes = await desk.together(
        [
            {"dispatched": [(second, LANE, ABOUT)]},
            {"dispatched": [(first, LANE, ABOUT)], "journal": [journal(run.no)]},
            {"dispatched": [(third, LANE, ABOUT)]},
            {"dispatched": [(987654, LANE, ABOUT)]},
        ]
    )
    assert [type(outcome.error) for outcome in outcomes] == [type(None), Conflict, type(None), Conflict]
    assert await seqs(desk, [first, second, third]) == [0, 1, 2]
    assert await desk.store.journals([run.no]) == {run.no: []}


async def test_one_event_dispatched_by_two_units_of_a_batch_goes_to_the_first(place: Place) -> None:
    desk = await place.open()
    (event,) = await recorded(desk, 1)
    outcomes = await desk.together([{"dispatched": [(event, LANE, ABOUT)]}, {"dispatched": [(event, LANE, ABOUT)]}])
    assert [type(outcome.error) for outcome in outcomes] == [type(None), Conflict]
    assert await seqs(desk, [event]) == [0]


async def test_an_event_is_dispatched_in_its_own_lane(place: Place) -> None:
    desk = await place.open()
    (event,) = await recorded(desk, 1, lane=9)
    assert isinstance((await desk.commit(dispatched=[(event, LANE, ABOUT)])).error, Conflict)
    assert await seqs(desk, [event]) == [None]


async def test_every_fitting_wait_takes_the_event_and_is_told_to_its_unit(place: Place) -> None:
    desk = await place.open()
    one, two = await desk.running(), await desk.running()
    await desk.stored(writes=[("insert_wait", wait(one.no)), ("insert_wait", wait(two.no, "4.1", lane=8))])
    (event,) = await recorded(desk, 1)
    other = desk.begin(journal=[journal(one.no)])
    outcome = await desk.stored(dispatched=[(event, LANE, ABOUT)])
    assert outcome.taken == [(one.no, "1", event), (two.no, "4.1", event)]
    assert (await other).taken == []
    assert [row.run for row in await desk.store.taken_waits(ALL, 10)] == [one.no, two.no]
    assert await desk.store.taken_waits([8], 10) == [wait(two.no, "4.1", lane=8, event=event)]


async def test_a_wait_takes_one_event_the_first(place: Place) -> None:
    desk = await place.open()
    run = await desk.running()
    await desk.stored(writes=[("insert_wait", wait(run.no))])
    first, second, third = await recorded(desk, 3)
    outcomes = await desk.together([
        {"dispatched": [(second, LANE, ABOUT)]}, {"dispatched": [(first, LANE, ABOUT)]},
    ])  # fmt: skip
    assert [outcome.taken for outcome in outcomes] == [[], [(run.no, "1", first)]]
    assert (await desk.stored(dispatched=[(third, LANE, ABOUT)])).taken == []
    assert (await desk.store.waits([run.no]))[run.no][0].event == first


async def test_what_does_not_fit_is_not_taken(place: Place) -> None:
    desk = await place.open()
    run = await desk.running()
    misfits = {
        "shop": wait(run.no, "1", shop="other"),
        "type": wait(run.no, "2", type="order.paid@1"),
        "subject": wait(run.no, "3", subject="o2"),
        "about": wait(run.no, "4", about=78),
        "since": wait(run.no, "5", since=100.5),
        "due": wait(run.no, "6", due=100.0),
        "kind": wait(run.no, "7", kind=2),
        "had it": wait(run.no, "8", taken=",{event},"),
    }
    fits = {
        "since": wait(run.no, "91", since=100.0),
        "due": wait(run.no, "92", due=100.25),
        "had others": wait(run.no, "93", taken=",1{event},{event}1,"),
    }
    event = desk.event()
    rows = [
        row._replace(taken=row.taken and row.taken.format(event=event.no))
        for row in (*misfits.values(), *fits.values())
    ]
    await desk.stored(writes=[("insert_wait", row) for row in rows], events=[(event, ())])
    outcome = await desk.stored(dispatched=[(event.no, LANE, ABOUT)])
    assert outcome.taken == [(run.no, row.path, event.no) for row in fits.values()]


async def test_recorded_dispatched_and_begun_in_one_unit(place: Place) -> None:
    desk = await place.open()
    waiting = await desk.running()
    await desk.stored(writes=[("insert_wait", wait(waiting.no))])
    event = desk.event()
    run = desk.run(event=event.no)
    outcome = await desk.stored(events=[(event, ())], dispatched=[(event.no, LANE, ABOUT)], runs=[NewRun(run)])
    assert outcome.taken == [(waiting.no, "1", event.no)]
    assert outcome.statuses == {run.no: Status.RUNNING}
    assert await desk.store.fetch("events_about", (ABOUT, "shop", TYPE, "o1", 10**9, 10)) == [event._replace(seq=0)]


async def test_what_a_known_event_would_begin_is_not_stored_and_takes_no_place(place: Place) -> None:
    desk = await place.open()
    waiting = await desk.running()
    await desk.stored(writes=[("insert_wait", wait(waiting.no))])
    events = [desk.event() for _ in range(4)]
    runs = [desk.run(event=event.no, keyhash=None) for event in events]
    facts = [digest("a"), digest("a"), digest("b"), digest("b")]
    units = [
        {
            "events": [(event, (fact,))],
            "dispatched": [(event.no, LANE, ABOUT)],
            "runs": [NewRun(run, first=[journal(run.no)])],
        }
        for event, run, fact in zip(events, runs, facts, strict=True)
    ]
    first, second, third = await desk.together(units[:3])
    fourth = await desk.stored(**units[3])
    assert (first.duplicates, first.statuses) == ({}, {runs[0].no: Status.RUNNING})
    assert first.taken == [(waiting.no, "1", events[0].no)]
    assert (second.duplicates, second.statuses, second.taken) == ({events[1].no: events[0].no}, {}, [])
    assert (third.duplicates, third.statuses) == ({}, {runs[2].no: Status.RUNNING})
    assert (fourth.duplicates, fourth.statuses, fourth.taken) == ({events[3].no: events[2].no}, {}, [])
    assert await seqs(desk, [events[0].no, events[2].no]) == [0, 1]
    assert sorted(await desk.store.events([event.no for event in events])) == [events[0].no, events[2].no]
    assert sorted(await desk.store.runs([run.no for run in runs])) == [runs[0].no, runs[2].no]
    journals = await desk.store.journals([run.no for run in runs])
    assert [len(journals[run.no]) for run in runs] == [1, 0, 1, 0]
    assert (await desk.stored(events=[(late := desk.event(), ())], dispatched=[(late.no, LANE, ABOUT)])).taken == []
    assert await seqs(desk, [late.no]) == [2]


async def test_an_event_that_one_unit_records_and_two_dispatch_goes_to_the_first(place: Place) -> None:
    desk = await place.open()
    event = desk.event()
    outcomes = await desk.together([
        {"events": [(event, ())], "dispatched": [(event.no, LANE, ABOUT)]}, {"dispatched": [(event.no, LANE, ABOUT)]},
    ])  # fmt: skip
    assert [type(outcome.error) for outcome in outcomes] == [type(None), Conflict]
    assert await seqs(desk, [event.no]) == [0]
