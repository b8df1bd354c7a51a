"""A unit becomes true as a whole or not at all, and fails alone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pawline.store import (
    CaseRow,
    CommandRow,
    Conflict,
    Move,
    NewRun,
    Outcome,
    Status,
    StoreBroken,
    StoreError,
    Unit,
    Unstorable,
)
from tests.unit.store.desk import ALL, Desk, Place, journal, wait

RUNNING, DONE, READY, WAITING = (Status.RUNNING,), (Status.DONE,), (Status.READY,), (Status.WAITING,)


def case(desk: Desk, **given: Any) -> CaseRow:
    row = CaseRow(
        desk.store.next_no(), "shop", 3, 1, "4", "ask", "Refund?", "f", "care", "open", 10.0, 99.0, "h1", 1, 2, b"q",
        None, None, None,
    )  # fmt: skip
    return row._replace(**given)


async def test_a_move_goes_from_an_allowed_state_only(place: Place) -> None:
    desk = await place.open()
    run = await desk.running()
    await desk.stored(moves=[Move(run.no, (Status.READY, Status.RUNNING), Status.WAITING, 1, 4)])
    outcome = await desk.commit(moves=[Move(run.no, RUNNING, Status.DONE, 0, 5, 1000.0)])
    assert isinstance(outcome.error, Conflict)
    assert (await desk.store.runs([run.no]))[run.no] == run._replace(status=Status.WAITING, deaths=1, records=4)
    await desk.stored(moves=[Move(run.no, WAITING, Status.FAILED, 2, 6, 1000.5, 3, 8, b"out")])
    assert (await desk.store.runs([run.no]))[run.no] == run._replace(
        status=Status.FAILED, deaths=2, records=6, ended=1000.5, codec=3, key=8, outcome=b"out"
    )
    assert isinstance((await desk.commit(moves=[Move(999_999, RUNNING, Status.DONE, 0, 0)])).error, Conflict)


async def test_a_run_may_move_several_times_in_one_batch_in_order(place: Place) -> None:
    desk = await place.open()
    run, other = await desk.running(), await desk.running()
    outcomes = await desk.together(
        [
            {"moves": [Move(run.no, RUNNING, Status.WAITING, 0, 1), Move(other.no, RUNNING, Status.WAITING, 0, 1)]},
            {"moves": [Move(run.no, WAITING, Status.READY, 0, 2)]},
            {"moves": [Move(run.no, READY, Status.RUNNING, 0, 3)]},
            {"moves": [Move(run.no, WAITING, Status.DONE, 0, 4, 1.0)]},
        ]
    )
    assert [type(outcome.error) for outcome in outcomes] == [type(None), type(None), type(None), Conflict]
    rows = await desk.store.runs([run.no, other.no])
    assert [(row.status, row.records) for row in rows.values()] == [(Status.RUNNING, 3), (Status.WAITING, 1)]


@pytest.mark.parametrize("bad", [0, 7, 16])
async def test_a_bad_unit_fails_alone_wherever_it_stands_and_leaves_nothing(place: Place, bad: int) -> None:
    desk = await place.open()
    runs = [await desk.running() for _ in range(17)]
    units: list[dict[str, Any]] = [
        {
            "events": [(desk.event(subject=str(at)), ())],
            "journal": [journal(run.no)],
            "writes": [("insert_wait", wait(run.no))],
            "moves": [Move(run.no, RUNNING if at != bad else DONE, Status.WAITING, 0, 1)],
        }
        for at, run in enumerate(runs)
    ]
    outcomes = await desk.together(units)
    good = [run.no for at, run in enumerate(runs) if at != bad]
    assert [at for at, outcome in enumerate(outcomes) if outcome.error is not None] == [bad]
    assert isinstance(outcomes[bad].error, Conflict)
    journals, waits = (
        await desk.store.journals([run.no for run in runs]),
        await desk.store.waits([run.no for run in runs]),
    )
    assert [no for no, rows in journals.items() if rows] == good
    assert [no for no, rows in waits.items() if rows] == good
    assert [event.subject for event in await desk.store.pending_events(ALL, 99)] == [
        str(n) for n in range(17) if n != bad
    ]
    assert await desk.status(runs[bad].no) == Status.RUNNING


async def test_many_bad_units_of_several_kinds_in_one_batch(place: Place) -> None:
    desk = await place.open()
    run = await desk.running()
    await desk.stored(journal=[journal(run.no, 0)])
    outcomes = await desk.together(
        [
            {"journal": [journal(run.no, 1)]},
            {"journal": [journal(run.no, 1)]},  # a history has one row of a number
            {"writes": [("no_such_statement", (1,))]},
            {"writes": [("runs", (1,))]},
            {"writes": [("set_cursor", ("v", 3, None))]},  # null where nothing may be null
            {"runs": [NewRun(run)]},
            {"journal": [journal(run.no, 2)]},
        ]
    )
    assert [type(outcome.error) for outcome in outcomes] == [
        type(None), Conflict, Unstorable, StoreError, Unstorable, Conflict, type(None),
    ]  # fmt: skip
    assert [row.seq for row in (await desk.store.journals([run.no]))[run.no]] == [0, 1, 2]


async def test_a_lone_bad_unit_fails_and_the_next_batch_goes_on(place: Place) -> None:
    desk = await place.open()
    assert isinstance((await desk.commit(moves=[Move(5, RUNNING, Status.DONE, 0, 0)])).error, Conflict)
    assert (await desk.commit(journal=[journal(5)])).error is None


async def test_a_units_writes_are_done_in_order(place: Place) -> None:
    desk = await place.open()
    runs = [await desk.running() for _ in range(3)]
    again = [("insert_wait", wait(runs[0].no, "2")), ("delete_waits", (runs[0].no,)), ("insert_wait", wait(runs[0].no))]
    outcomes = await desk.together(
        [
            {"writes": [("insert_wait", wait(runs[1].no)), *again]},
            {"writes": [("delete_wait", (runs[1].no, "1")), ("insert_wait", wait(runs[2].no))]},
            {"writes": [("delete_waits", (runs[2].no,)), ("insert_wait", wait(runs[1].no, "3"))]},
        ]
    )
    assert [outcome.error for outcome in outcomes] == [None, None, None]
    waits = await desk.store.waits([run.no for run in runs])
    assert [[row.path for row in rows] for rows in waits.values()] == [["1"], ["3"], []]


async def test_settings_written_twice_in_a_batch_keep_the_last(place: Place) -> None:
    desk = await place.open()
    link = ("shop", "a", "order", "o1")
    outcomes = await desk.together(
        [
            {"writes": [("set_mode", ("shop", "f", "a", "observe", None)), ("set_schedule", ("shop", "day", 5.0))]},
            {"writes": [("set_mode", ("shop", "f", "a", "live", 7.5)), ("set_cursor", ("v", 3, 1))]},
            {"writes": [("set_cursor", ("v", 3, 2)), ("set_schedule", ("shop", "day", 6.0))]},
            {"writes": [("set_brake", ("shop", "all", "*", "ann", 1.0, "fire")), ("drop_brake", ("shop", "all", "*"))]},
            {"writes": [("set_brake", ("shop", "sku", "x", "bob", 2.0, "recall"))]},
            {"writes": [("insert_link", (*link, "t1")), ("insert_link", (*link, "t2"))]},
        ]
    )
    assert [outcome.error for outcome in outcomes] == [None] * 6
    fetch = desk.store.fetch
    assert await fetch("modes") == [("shop", "f", "a", "live", 7.5)]
    assert await fetch("schedules") == [("shop", "day", 6.0)]
    assert await fetch("cursors", ("v",)) == [(3, 2)]
    assert await fetch("brakes") == [("shop", "sku", "x", "bob", 2.0, "recall")]
    assert await fetch("theirs", ("shop", "a", "order", "o1")) == [("t2",)]
    assert await fetch("ours", ("shop", "a", "order", "t2")) == [("o1",)]
    assert await fetch("ours", ("shop", "a", "order", "t1")) == []
    assert await fetch("links_of", ("shop", "order", "o1")) == [("a", "t2")]
    assert isinstance((await desk.commit(writes=[("insert_link", ("shop", "a", "order", "o2", "t2"))])).error, Conflict)


async def test_what_is_spent_adds_up_within_a_batch_and_over_owners(place: Place) -> None:
    desk = await place.open()
    spend = ("shop", "refund", "money", "", 10, 1)
    units = [{"writes": [("spend", (*spend, 5))]}, {"writes": [("spend", (*spend, 7)), ("spend", (*spend[:-1], 2, 1))]}]
    await desk.together(units)
    await desk.stored(writes=[("spend", (*spend, 100)), ("spend", (*spend[:4], 9, 1, 1000))])
    assert await desk.store.fetch("spent", ("shop", "refund", "money", "", 10)) == [(113,)]
    assert await desk.store.fetch("spent", ("shop", "refund", "money", "", 9)) == [(1113,)]
    assert await desk.store.fetch("spent", ("shop", "refund", "money", "x", 0)) == [(0,)]
    assert await desk.store.fetch("spent_by_others", (10, 0)) == [("shop", "refund", "money", "", 10, 113)]
    assert await desk.store.fetch("spent_by_others", (10, 2)) == [("shop", "refund", "money", "", 10, 112)]


async def test_a_case_is_answered_once(place: Place) -> None:
    desk = await place.open()
    one, two, three, other = (case(desk, run=run) for run in (1, 1, 2, 3))
    await desk.stored(writes=[("insert_case", row) for row in (one, two, three, other)])
    assert await desk.store.open_cases("shop", 10) == [one, two, three, other]
    assert await desk.store.open_cases("shop", 2, after=one.no) == [two, three]
    answer = {"writes": [("answer_case", (one.no, b"yes", "ann", 12.0))]}
    first, second = await desk.together([answer, answer])
    assert first.error is None
    assert isinstance(second.error, Conflict)
    await desk.stored(writes=[("end_case", (three.no, "expired", 13.0)), ("close_cases_of", (1, 14.0))])
    assert isinstance((await desk.commit(writes=[("end_case", (three.no, "closed", 13.0))])).error, Conflict)
    assert await desk.store.open_cases("shop", 10) == [other]
    assert await desk.store.cases_of(3) == [other]
    assert await desk.store.case(one.no) == one._replace(
        state="answered", answer=b"yes", answered_by="ann", answered=12.0
    )
    assert await desk.store.case(two.no) == two._replace(state="closed", answered=14.0)
    assert await desk.store.case(three.no) == three._replace(state="expired", answered=13.0)
    assert await desk.store.case(99_999) is None


async def test_a_command_is_taken_once(place: Place) -> None:
    desk = await place.open()
    row = CommandRow(desk.store.next_no(), "shop", 3, "retry", "run:5", "ann", "why", 1.0, b"{}", "pending", None)
    await desk.stored(lanes=(), writes=[("insert_command", row)])
    assert await desk.store.pending_commands(ALL, 10) == [row]
    assert await desk.store.pending_commands([9], 10) == []
    finish = {"writes": [("finish_command", (row.no, "done", "ok"))]}
    first, second = await desk.together([finish, finish])
    assert first.error is None
    assert isinstance(second.error, Conflict)
    assert await desk.store.pending_commands(ALL, 10) == []
    assert await desk.store.fetch("command", (row.no,)) == [row._replace(state="done", result="ok")]


async def test_bulk_gives_way_and_takes_a_small_share_of_each_batch(place: Place) -> None:
    desk = await place.open()
    order: list[str] = []

    def unit(name: str, bulk: bool) -> Unit:
        return Unit(lambda _: order.append(name), desk.lane(), bulk=bulk)

    before = desk.store.commits
    for n in range(130):
        desk.store.commit(unit(f"bulk {n}", True))
    desk.store.commit(unit("shopper", False))
    await desk.store.close()
    assert order == ["shopper", *[f"bulk {n}" for n in range(130)]]
    assert desk.store.commits == before + 3


async def test_a_done_that_raises_is_reported_and_harms_nobody(place: Place) -> None:
    desk = await place.open()
    told: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))

    def fail(_: Outcome) -> None:
        raise ValueError

    desk.store.commit(Unit(fail, desk.lane()))
    assert (await desk.commit()).error is None
    assert told == ["a unit's done() failed"]


async def test_more_units_than_a_batch_holds_are_told_in_order(place: Place) -> None:
    desk = await place.open()
    before, told = desk.store.commits, list[int]()
    answers = [desk.begin(journal=[journal(n)]) for n in range(5000)]
    for n, answer in enumerate(answers):
        answer.add_done_callback(lambda _, n=n: told.append(n))  # type: ignore[misc]
    assert {type(outcome.error) for outcome in await asyncio.gather(*answers)} == {type(None)}
    assert told == list(range(5000))
    assert desk.store.commits == before + 2
    assert len(await desk.store.journals(range(5000))) == 5000


async def test_closing_writes_what_was_queued_and_tells_all(place: Place) -> None:
    desk = await place.open()
    answers = [desk.begin(journal=[journal(n)]) for n in range(1000)]
    await desk.store.close()
    assert [answer.result().error for answer in answers] == [None] * 1000
    with pytest.raises(StoreBroken, match="closed"):
        desk.begin()
    with pytest.raises(StoreBroken, match="closed"):
        await desk.store.runs([1])
    await desk.store.close()


@pytest.mark.only("memory")
async def test_closing_without_patience_is_a_kill(place: Place) -> None:
    desk = await place.open()
    answer = desk.begin(journal=[journal(1)])
    await desk.store.close(patience=0)
    await asyncio.sleep(0.01)
    assert not answer.done()
