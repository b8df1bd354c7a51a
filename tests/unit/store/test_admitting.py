"""One run of a key at a time: the next starts when the one before ended, and nothing is started twice or forgotten."""

from __future__ import annotations

from typing import Any

from pawline.store import Busy, Conflict, JournalRow, Move, NewRun, RunRow, Status
from tests.unit.store.desk import ALL, Desk, Place, journal, wait

LIVE = (Status.READY, Status.RUNNING, Status.WAITING, Status.PARKED)


def new(row: RunRow, busy: Busy = Busy.QUEUE) -> NewRun:
    """With a first journal row and a wait, so that it shows whether they went in."""
    return NewRun(row, busy, [journal(row.no)], [("insert_wait", wait(row.no))])


async def begun(desk: Desk, run: int) -> bool:
    journals, waits = await desk.store.journals([run]), await desk.store.waits([run])
    assert bool(journals[run]) == bool(waits[run])
    return bool(journals[run])


def end(run: int, status: Status = Status.DONE) -> dict[str, Any]:
    return {"moves": [Move(run, (*LIVE, Status.QUEUED), status, 0, 2, ended=1000.0)]}


async def statuses(desk: Desk, *rows: RunRow) -> list[int]:
    found = await desk.store.runs([row.no for row in rows])
    return [found[row.no].status for row in rows]


async def test_the_first_of_a_key_runs_and_the_others_queue_without_their_first_rows(place: Place) -> None:
    desk = await place.open()
    one, two, three, other = desk.run(), desk.run(), desk.run(), desk.run(keyhash=6)
    outcomes = await desk.together([{"runs": [new(one), new(two)]}, {"runs": [new(three)]}, {"runs": [new(other)]}])
    assert [outcome.statuses for outcome in outcomes] == [
        {one.no: Status.RUNNING, two.no: Status.QUEUED}, {three.no: Status.QUEUED}, {other.no: Status.RUNNING},
    ]  # fmt: skip
    later = desk.run()
    assert (await desk.stored(runs=[new(later)])).statuses == {later.no: Status.QUEUED}
    assert [await begun(desk, row.no) for row in (one, two, three, other, later)] == [True, False, False, True, False]
    stored = await desk.store.runs([one.no, two.no])
    assert stored == {one.no: one, two.no: two._replace(status=Status.QUEUED)}


async def test_ends_start_one_after_the_other_in_order(place: Place) -> None:
    desk = await place.open()
    one, two, three = desk.run(), desk.run(), desk.run()
    await desk.stored(runs=[new(one), new(two), new(three)])
    assert (await desk.stored(**end(one.no))).started == [two.no]
    assert await statuses(desk, one, two, three) == [Status.DONE, Status.READY, Status.QUEUED]
    assert (await desk.stored(**end(two.no))).started == [three.no]
    assert (await desk.stored(**end(three.no))).started == []
    free = desk.run()
    assert (await desk.stored(runs=[new(free)])).statuses == {free.no: Status.RUNNING}


async def test_a_run_that_ends_and_one_that_comes_in_the_same_batch(place: Place) -> None:
    desk = await place.open()
    one, two = desk.run(), desk.run()
    await desk.stored(runs=[new(one)])
    ended, came = await desk.together([end(one.no), {"runs": [new(two)]}])
    assert came.statuses == {two.no: Status.QUEUED}
    assert ended.started == [two.no]
    assert await statuses(desk, one, two) == [Status.DONE, Status.READY]


async def test_skip_is_recorded_as_skipped_and_ended(place: Place) -> None:
    desk = await place.open()
    one, two, free = desk.run(), desk.run(), desk.run(keyhash=6)
    outcome = await desk.stored(runs=[new(one, Busy.SKIP), new(two, Busy.SKIP), new(free, Busy.SKIP)])
    assert outcome.statuses == {one.no: Status.RUNNING, two.no: Status.SKIPPED, free.no: Status.RUNNING}
    assert (await desk.store.runs([two.no]))[two.no] == two._replace(status=Status.SKIPPED, ended=1000.0)
    assert (await desk.stored(**end(one.no))).started == []


async def test_latest_replaces_those_that_did_not_start_stored_or_in_the_same_batch(place: Place) -> None:
    desk = await place.open()
    one, two, three, four = (desk.run() for _ in range(4))
    await desk.stored(runs=[new(one, Busy.LATEST), new(two, Busy.LATEST)])
    outcomes = await desk.together([{"runs": [new(three, Busy.LATEST)]}, {"runs": [new(four, Busy.LATEST)]}])
    assert [outcome.statuses for outcome in outcomes] == [{three.no: Status.SUPERSEDED}, {four.no: Status.QUEUED}]
    assert await statuses(desk, one, two, three, four) == [
        Status.RUNNING, Status.SUPERSEDED, Status.SUPERSEDED, Status.QUEUED,
    ]  # fmt: skip
    rows = await desk.store.runs([two.no, three.no, four.no])
    assert [rows[row.no].ended for row in (two, three, four)] == [1000.0, 1000.0, None]
    assert (await desk.stored(**end(one.no))).started == [four.no]


async def test_runs_without_a_key_keep_nobody_waiting(place: Place) -> None:
    desk = await place.open()
    rows = [desk.run(keyhash=None) for _ in range(3)]
    outcome = await desk.stored(runs=[new(row, Busy.SKIP) for row in rows])
    assert list(outcome.statuses.values()) == [Status.RUNNING] * 3


async def test_every_state_that_is_not_an_end_keeps_the_key(place: Place) -> None:
    desk = await place.open()
    for key, status in enumerate(LIVE, 50):
        holder, next_one = desk.run(keyhash=key), desk.run(keyhash=key)
        await desk.stored(runs=[new(holder)])
        await desk.stored(moves=[Move(holder.no, (Status.RUNNING,), status, 0, 1)])
        assert (await desk.stored(runs=[new(next_one)])).statuses == {next_one.no: Status.QUEUED}


async def test_cancelling_one_in_line_starts_nobody(place: Place) -> None:
    desk = await place.open()
    one, two, three = desk.run(), desk.run(), desk.run()
    await desk.stored(runs=[new(one), new(two), new(three)])
    assert (await desk.stored(**end(two.no, Status.CANCELLED))).started == []
    ended = await desk.together([end(one.no), end(three.no, Status.CANCELLED)])
    assert [outcome.started for outcome in ended] == [[], []]


async def test_an_operator_lets_the_next_one_pass(place: Place) -> None:
    desk = await place.open()
    one, two, three = desk.run(), desk.run(), desk.run()
    await desk.stored(runs=[new(one), new(two), new(three)])
    outcome = await desk.stored(writes=[("let_pass", (one.no,))])
    assert outcome.started == [two.no]
    assert (await desk.store.runs([one.no]))[one.no] == one._replace(keyhash=None)
    assert (await desk.stored(**end(one.no))).started == []
    assert (await desk.stored(**end(two.no))).started == [three.no]
    assert isinstance((await desk.commit(writes=[("let_pass", (one.no,))])).error, Conflict)


async def test_a_run_made_elsewhere_is_new_until_its_owner_admits_it(place: Place) -> None:
    desk = await place.open()
    one, two = desk.run(status=Status.NEW), desk.run(status=Status.NEW, lane=8)
    outcome = await desk.stored(lanes=(), runs=[new(one), new(two)])
    assert outcome.statuses == {one.no: Status.NEW, two.no: Status.NEW}
    assert not await begun(desk, one.no)
    assert [row.no for row in await desk.store.ready_runs(ALL, 10)] == [one.no, two.no]
    outcome = await desk.stored(writes=[("admit", (two.no,)), ("admit", (one.no,))])
    assert outcome.statuses == {two.no: Status.READY, one.no: Status.QUEUED}
    assert (await desk.stored(**end(two.no))).started == [one.no]
    assert isinstance((await desk.commit(writes=[("admit", (one.no,))])).error, Conflict)
    assert isinstance((await desk.commit(writes=[("admit", (123456,))])).error, Conflict)


async def test_a_new_run_does_not_keep_its_key_before_it_is_admitted(place: Place) -> None:
    desk = await place.open()
    elsewhere, here = desk.run(status=Status.NEW), desk.run()
    await desk.stored(lanes=(), runs=[new(elsewhere)])
    assert (await desk.stored(runs=[new(here)])).statuses == {here.no: Status.RUNNING}
    assert (await desk.stored(writes=[("admit", (elsewhere.no,))])).statuses == {elsewhere.no: Status.QUEUED}
    assert (await desk.stored(**end(here.no))).started == [elsewhere.no]


async def test_new_runs_come_by_the_time_of_their_making_page_by_page(place: Place) -> None:
    desk = await place.open()
    rows = [desk.run(status=Status.NEW, created=created, lane=lane) for created, lane in ((9.0, 3), (7.0, 3), (8.0, 4))]
    await desk.stored(lanes=(), runs=[NewRun(row) for row in (*rows, desk.run(keyhash=None))])
    assert await desk.store.new_runs(ALL, 10) == [rows[1], rows[2], rows[0]]
    assert await desk.store.new_runs(ALL, 1, after=(rows[1].created, rows[1].no)) == [rows[2]]
    assert await desk.store.new_runs([3], 10, after=(7.0, rows[1].no)) == [rows[0]]


async def test_the_next_in_line_is_the_oldest_whoever_gave_its_number(place: Place) -> None:
    """On PostgreSQL a lane's next owner may have the older block of numbers; in a file numbers only grow."""
    desk = await place.open()
    one, late, early = desk.run(created=1.0), desk.run(created=3.0), desk.run(created=2.0)
    await desk.stored(runs=[NewRun(row) for row in (one, late, early)])
    order = [early.no, late.no] if place.kind == "postgres" else [late.no, early.no]
    assert (await desk.stored(**end(one.no))).started == order[:1]
    assert (await desk.stored(**end(order[0]))).started == order[1:]


async def test_admitting_follows_the_flows_rule_and_the_order_of_units(place: Place) -> None:
    desk = await place.open()
    one, two, three = (desk.run(status=Status.NEW) for _ in range(3))
    mine, queued = desk.run(), desk.run()
    await desk.stored(lanes=(), runs=[new(one), new(two), new(three)])
    outcomes = await desk.together(
        [
            {"runs": [new(mine), new(queued)]},
            {"writes": [("admit", (one.no, Busy.SKIP)), ("admit", (two.no, Busy.LATEST))]},
            {"writes": [("admit", (three.no, Busy.QUEUE))]},
        ]
    )
    assert [outcome.statuses for outcome in outcomes] == [
        {mine.no: Status.RUNNING, queued.no: Status.SUPERSEDED},
        {one.no: Status.SKIPPED, two.no: Status.QUEUED},
        {three.no: Status.QUEUED},
    ]
    rows = await desk.store.runs([one.no, two.no])
    assert [rows[one.no].ended, rows[two.no].ended] == [1000.0, None]


async def test_what_is_in_line_can_be_seen(place: Place) -> None:
    desk = await place.open()
    one, two, other = desk.run(), desk.run(), desk.run(keyhash=6, flow="ship", version=2)
    await desk.stored(runs=[new(one), new(two), new(other)])
    assert [row[0] for row in await desk.store.fetch("runs_of_key", (5,))] == [one.no, two.no]
    assert await desk.store.fetch("unfinished_versions") == [("fulfil", 1, 2), ("ship", 2, 1)]
    assert await desk.store.fetch("run_counts", ("shop",)) == [
        ("fulfil", Status.QUEUED, 1), ("fulfil", Status.RUNNING, 1), ("ship", Status.RUNNING, 1),
    ]  # fmt: skip
    page = await desk.store.fetch("runs_page", ("shop", "fulfil", -1, 10**9, 10))
    assert [row[0] for row in page] == [two.no, one.no]
    page = await desk.store.fetch("runs_page", ("shop", "", Status.RUNNING, other.no, 10))
    assert [row[0] for row in page] == [one.no]


async def test_ready_runs_come_by_priority_then_number_page_by_page(place: Place) -> None:
    desk = await place.open()
    rows = [desk.run(keyhash=None, priority=priority, status=Status.NEW) for priority in (2, 1, 2, 0)]
    running = desk.run(keyhash=None)
    await desk.stored(runs=[NewRun(row) for row in (*rows, running)])
    order = [rows[3], rows[1], rows[0], rows[2]]
    assert await desk.store.ready_runs(ALL, 10) == order
    assert await desk.store.ready_runs(ALL, 3) == order[:3]
    assert await desk.store.ready_runs(ALL, 10, after=(1, rows[1].no)) == order[2:]
    assert await desk.store.ready_runs(ALL, 10, max_priority=1) == order[:2]
    assert await desk.store.ready_runs([9], 10) == []


async def test_journals_come_in_order(place: Place) -> None:
    desk = await place.open()
    one, two, none = await desk.running(), await desk.running(), desk.run()
    rows = [JournalRow(one.no, seq, 2, 9, bytes([seq])) for seq in range(3)]
    await desk.stored(journal=[rows[0], journal(two.no)])
    await desk.stored(journal=rows[1:])
    assert await desk.store.journals([two.no, one.no, none.no]) == {
        two.no: [journal(two.no)],
        one.no: rows,
        none.no: [],
    }
