"""Retention removes what nobody needs, in bounded batches, and leaves what an unfinished run may still ask for."""

from __future__ import annotations

import pytest

from pawline.model.event import event_names
from pawline.store import PURGED, Look, Move, NewRun, Purged, Retention, Status, purge
from pawline.store.retention import LASTING
from tests.unit.store.desk import Desk, Place, digest, journal, wait

DAY = 86_400.0
NOW = 100 * DAY
OLD, RECENT = NOW - 31 * DAY, NOW - 29 * DAY


async def ended(desk: Desk, at: float, event: int = 0) -> int:
    row = await desk.running(event=event)
    outcome = (1, None, b"outcome")
    move = Move(row.no, (Status.RUNNING,), Status.DONE, 0, 1, at, *outcome)
    await desk.stored(journal=[journal(row.no)], moves=[move])
    return row.no


async def opened(place: Place) -> Desk:
    return await place.open(clock=lambda: NOW)


async def test_ended_runs_keep_their_row_and_lose_journal_and_outcome_after_their_time(place: Place) -> None:
    desk = await opened(place)
    old, recent = await ended(desk, OLD), await ended(desk, RECENT)
    assert await purge(desk.store) == Purged(runs=1)
    rows, journals = await desk.store.runs([old, recent]), await desk.store.journals([old, recent])
    assert (rows[old].codec, rows[old].outcome, rows[old].status, rows[old].ended) == (PURGED, None, Status.DONE, OLD)
    assert (rows[recent].codec, rows[recent].outcome) == (1, b"outcome")
    assert journals == {old: [], recent: [journal(recent)]}
    assert await purge(desk.store) == Purged()


async def test_an_event_keeps_its_body_while_an_unfinished_run_or_a_wait_may_need_it(place: Place) -> None:
    desk = await opened(place)
    names = ("begun", "ended", "awaited", "taken", "recent", "waiting")
    events = {name: desk.event(recorded=OLD, about=n, subject=name) for n, name in enumerate(names)}
    events["recent"] = events["recent"]._replace(recorded=RECENT)
    told = [(one.no, 3, one.about) for name, one in events.items() if name != "waiting"]
    await desk.stored(events=[(one, ()) for one in events.values()])
    await desk.stored(dispatched=told)
    running = await desk.running(event=events["begun"].no)
    await ended(desk, OLD, events["ended"].no)
    waits = [wait(running.no, "1", about=2, subject="awaited"), wait(running.no, "2", event=events["taken"].no)]
    await desk.stored(writes=[("insert_wait", one) for one in waits])
    assert await purge(desk.store) == Purged(runs=1, events=1)
    codecs = {name: (await desk.store.events([one.no]))[one.no].codec for name, one in events.items()}
    assert codecs == dict.fromkeys(names, 0) | {"ended": PURGED}


async def test_a_purged_event_answers_no_wait(place: Place) -> None:
    desk = await opened(place)
    event = desk.event(recorded=OLD)
    await desk.stored(events=[(event, ())])
    await desk.stored(dispatched=[(event.no, 3, event.about)])
    assert (await purge(desk.store)).events == 1
    run = await desk.running()
    await desk.stored(writes=[("insert_wait", wait(run.no))])
    outcome = await desk.stored(looks=[Look(run.no, "1", event.about, 0.0, ())])
    assert outcome.taken == []


async def test_digests_are_kept_for_sixty_days(place: Place) -> None:
    desk = await opened(place)
    old, recent = desk.event(recorded=NOW - 61 * DAY), desk.event(recorded=NOW - 59 * DAY)
    await desk.stored(events=[(old, (digest("a"), digest("b"))), (recent, (digest("c"),))])
    assert (await purge(desk.store)).facts == 2
    again = [desk.event(), desk.event()]
    outcome = await desk.stored(events=[(again[0], (digest("a"),)), (again[1], (digest("c"),))])
    assert outcome.duplicates == {again[1].no: recent.no}


async def test_answered_cases_and_done_commands_lose_what_they_held(place: Place) -> None:
    desk = await opened(place)
    numbers = [desk.store.next_no() for _ in range(4)]
    for no, state, at in ((numbers[0], "answered", OLD), (numbers[1], "open", None)):
        row = (
            no,
            "shop",
            3,
            None,
            "",
            "ask",
            "?",
            "f",
            "ops",
            state,
            OLD,
            None,
            None,
            0,
            None,
            b"body",
            b"yes",
            "ada",
            at,
        )
        await desk.stored(writes=[("insert_case", row)])
    for no, state in ((numbers[2], "done"), (numbers[3], "pending")):
        command = (no, "shop", 3, "edit", "run:1", "ada", "why", OLD, b"[secret]", state, None)
        await desk.stored(writes=[("insert_command", command)])
    assert await purge(desk.store) == Purged(cases=1, commands=1)
    cases = [await desk.store.case(no) for no in numbers[:2]]
    assert [(one.codec, one.body, one.answer) for one in cases if one] == [(PURGED, b"", None), (0, b"body", b"yes")]
    bodies = [(await desk.store.fetch("command", (no,)))[0][8] for no in numbers[2:]]
    assert bodies == [b"{}", b"[secret]"]
    assert await purge(desk.store) == Purged()


async def test_batches_are_bounded_and_reach_everything(place: Place) -> None:
    desk = await opened(place)
    numbers = [await ended(desk, OLD) for _ in range(7)]
    assert (await purge(desk.store, Retention(batch=2))).runs == 7
    assert {row.codec for row in (await desk.store.runs(numbers)).values()} == {PURGED}


@pytest.mark.parametrize("days", [{"facts": 59.0}, {"payloads": -1.0}, {"batch": 0}])
def test_a_retention_that_would_double_orders_is_refused(days: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="`facts` is at least 60 days"):
        Retention(**days)  # type: ignore[arg-type]


async def test_a_run_that_queues_is_not_purged(place: Place) -> None:
    desk = await opened(place)
    row = desk.run(status=Status.READY, keyhash=None, created=OLD)
    await desk.stored(runs=[NewRun(row)])
    assert await purge(desk.store) == Purged()


async def test_what_somebody_said_of_themselves_goes_with_them_and_not_before(place: Place) -> None:
    desk = await opened(place)
    said = [desk.event(recorded=OLD, about=n)._replace(type=name) for n, name in enumerate((*sorted(LASTING), "a@1"))]
    await desk.stored(events=[(one, ()) for one in said])
    await desk.stored(dispatched=[(one.no, 3, one.about) for one in said])
    assert await purge(desk.store) == Purged(events=1)
    codecs = [(await desk.store.events([one.no]))[one.no].codec for one in said]
    assert codecs == [0] * len(LASTING) + [PURGED]
    assert set(event_names()) >= LASTING  # under the names that they have


async def test_of_what_is_told_anew_the_newest_is_kept_by_its_own_time(place: Place) -> None:
    desk = await opened(place)
    told = [("rex", 5.0), ("rex", 9.0), ("rex", 7.0), ("mia", 1.0)]
    changed = [
        desk.event(recorded=OLD, about=1)._replace(type="pet.changed@1", subject=pet, at=at) for pet, at in told
    ]  # fmt: skip
    await desk.stored(events=[(one, ()) for one in changed])
    await desk.stored(dispatched=[(one.no, 3, one.about) for one in changed])
    assert await purge(desk.store) == Purged(events=2)
    codecs = [(await desk.store.events([one.no]))[one.no].codec for one in changed]
    assert codecs == [PURGED, 0, PURGED, 0]
    assert await purge(desk.store) == Purged()
