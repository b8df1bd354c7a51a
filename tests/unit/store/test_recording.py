"""Events are recorded once per fact, whoever offers them and however often."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pawline.store import HoldRow, OutOfStock, StoreBusy
from pawline.store.store import Bounds
from tests.unit.store.desk import ALL, Place, digest, journal


async def test_an_event_reads_back_as_it_was_recorded(place: Place) -> None:
    desk = await place.open()
    event = desk.event(household="h1", body=bytes(range(256)), at=1.0625, key=9)
    outcome = await desk.commit(lanes=(), events=[(event, (digest("a"),))])
    assert outcome.error is None
    assert outcome.duplicates == {}
    assert await desk.store.events([event.no, 999]) == {event.no: event}
    assert await desk.store.pending_events(ALL, 10) == [event]


async def test_pending_events_come_by_number_of_these_lanes_only_page_by_page(place: Place) -> None:
    desk = await place.open()
    events = [desk.event(lane=lane) for lane in (1, 2, 1, 1)]
    await desk.stored(events=[(event, ()) for event in reversed(events)])
    mine = [events[0], events[2], events[3]]
    assert await desk.store.pending_events([1], 10) == mine
    assert await desk.store.pending_events([1], 2) == mine[:2]
    assert await desk.store.pending_events([1], 2, after=(mine[1].recorded, mine[1].no)) == mine[2:]
    assert await desk.store.pending_events([], 10) == []


async def test_pending_events_of_several_recorders_come_by_time_and_those_of_one_by_number(place: Place) -> None:
    desk = await place.open()
    late, early = desk.event(recorded=101.0), desk.event(recorded=100.0)  # or: one recorder, whose clock was put back
    await desk.stored(events=[(late, ()), (early, ())])
    order = [early, late] if place.kind == "postgres" else [late, early]
    assert await desk.store.pending_events([3], 10) == order
    assert await desk.store.pending_events([3], 10, after=(order[0].recorded, order[0].no)) == order[1:]


async def test_a_fact_offered_again_is_a_duplicate_and_the_rest_of_the_unit_goes_on(place: Place) -> None:
    desk = await place.open()
    first, again = desk.event(), desk.event()
    await desk.stored(events=[(first, (digest("a"), digest("f")))])
    outcome = await desk.stored(events=[(again, (digest("a"), digest("f")))], writes=[("set_cursor", ("orders", 3, 7))])
    assert outcome.duplicates == {again.no: first.no}
    assert list(await desk.store.events([first.no, again.no])) == [first.no]
    assert await desk.store.fetch("cursors", ("orders",)) == [(3, 7)]


async def test_what_is_written_once_goes_with_the_event_and_not_with_its_like(place: Place) -> None:
    desk = await place.open()

    def unit(name: str, no: int) -> dict[str, Any]:
        return {"events": [(desk.event(), (digest(name),))], "once": [("set_cursor", ("once", 3, no))]}

    await desk.stored(**unit("a", 1))
    assert (await desk.stored(**unit("a", 2))).duplicates
    assert await desk.store.fetch("cursors", ("once",)) == [(3, 1)]
    outcomes = await desk.together([unit("b", 5), unit("b", 6), unit("a", 7)])
    assert [bool(outcome.duplicates) for outcome in outcomes] == [False, True, True]
    assert await desk.store.fetch("cursors", ("once",)) == [(3, 5)]
    short = HoldRow("shop", "o1", "none", 1, 1.0, None)
    assert isinstance((await desk.commit(**unit("c", 8), holds=[short])).error, OutOfStock)
    assert await desk.store.fetch("cursors", ("once",)) == [(3, 5)]


async def test_a_webhook_and_its_poll_are_one_fact_and_each_is_known_from_then_on(place: Place) -> None:
    desk = await place.open()
    webhook, poll, poll_again = desk.event(), desk.event(), desk.event()
    await desk.stored(events=[(webhook, (digest("webhook"), digest("fact")))])
    assert (await desk.stored(events=[(poll, (digest("poll"), digest("fact")))])).duplicates == {poll.no: webhook.no}
    assert (await desk.stored(events=[(poll_again, (digest("poll"),))])).duplicates == {poll_again.no: webhook.no}


async def test_duplicates_within_one_batch_and_within_one_unit(place: Place) -> None:
    desk = await place.open()
    one, two, three, other = (desk.event() for _ in range(4))
    outcomes = await desk.together(
        [
            {"lanes": (), "events": [(one, (digest("a"),)), (two, (digest("a"), digest("b")))]},
            {"lanes": (), "events": [(three, (digest("b"),)), (other, (digest("c"),))]},
        ]
    )
    assert [outcome.duplicates for outcome in outcomes] == [{two.no: one.no}, {three.no: one.no}]
    assert await desk.store.pending_events(ALL, 10) == [one, other]


async def test_an_event_without_digests_is_always_new(place: Place) -> None:
    desk = await place.open()
    one, two = desk.event(), desk.event()
    assert (await desk.stored(events=[(one, ()), (two, ())])).duplicates == {}
    assert await desk.store.pending_events(ALL, 10) == [one, two]


@pytest.mark.only("postgres")
async def test_processes_that_record_the_same_facts_at_once_store_each_once(place: Place) -> None:
    desks = [await place.open(claim=False) for _ in range(3)]
    facts = [digest(f"f{n}") for n in range(40)]

    async def offer(at: int) -> dict[int, int]:
        same: dict[int, int] = {}
        for start in range(0, 40, 10):
            order = facts[start : start + 10] if at % 2 else facts[start : start + 10][::-1]
            outcome = await desks[at].commit(lanes=(), events=[(desks[at].event(), (fact,)) for fact in order])
            assert outcome.error is None
            same |= outcome.duplicates
        return same

    duplicates = await asyncio.gather(*map(offer, range(3)))
    stored = await desks[0].store.pending_events(ALL, 1000)
    assert len(stored) == 40
    assert sum(map(len, duplicates)) == 80
    assert {no for each in duplicates for no in each.values()} <= {event.no for event in stored}


async def test_intake_is_refused_when_too_much_waits_and_the_owners_work_never_is(place: Place) -> None:
    desk = await place.open(bounds=Bounds(queue_units=2))
    run = await desk.running()
    answers = [desk.begin(lanes=(), events=[(desk.event(), ())]) for _ in range(2)]
    with pytest.raises(StoreBusy):
        desk.begin(lanes=(), events=[(desk.event(), ())])
    answers.append(desk.begin(journal=[journal(run.no)]))
    assert [outcome.error for outcome in await asyncio.gather(*answers)] == [None, None, None]
    assert len(await desk.store.pending_events(ALL, 10)) == 2
    assert (await desk.commit(lanes=(), events=[(desk.event(), ())])).error is None


async def test_the_bodies_that_wait_are_bounded_and_one_big_body_still_gets_in(place: Place) -> None:
    desk = await place.open(bounds=Bounds(queue_bytes=1000))
    big = desk.begin(lanes=(), events=[(desk.event(body=b"x" * 2000), ())])
    with pytest.raises(StoreBusy):
        desk.begin(lanes=(), events=[(desk.event(), ())])
    assert (await big).error is None
