"""Rows of alarms: one open row a cause, one sender a message, nothing lost between telling and seeing."""

from __future__ import annotations

from typing import Any

import pytest

from pawline.store import Conflict, Move, Purged, Status, StoreError, purge
from pawline.store.migrate import SCHEMA, migrate
from tests.unit.store.desk import KEYS_OF_SCHEMA_10, Desk, Place, wait

NOW = 10_000_000.0
DUE, TOLD, TIMES, MISSED, REACHED, SEEN_BY, CLOSED = 10, 12, 13, 14, 15, 17, 18


async def opened(place: Place) -> Desk:
    return await place.open(clock=lambda: NOW)


async def write(desk: Desk, name: str, *row: Any) -> Exception | None:
    return (await desk.commit(lanes=(), writes=[(name, row)])).error


async def open_(desk: Desk, subject: str = "paws", at: float = NOW) -> int:
    no = desk.store.next_no()
    row = (no, "paws", "no_orders", subject, "critical", "", at - 60.0, at, '{"weeks":8}')
    assert await write(desk, "open_alarm", *row) is None
    return no


async def row(desk: Desk, no: int) -> tuple[Any, ...]:
    [found] = await desk.store.fetch("alarm", (no,))
    return found


async def test_a_cause_has_one_open_alarm_and_a_new_one_after_its_end(place: Place) -> None:
    desk = await opened(place)
    first = await open_(desk)
    second = await open_(desk)
    assert [one[0] for one in await desk.store.fetch("alarms_open")] == [first]
    assert await desk.store.fetch("alarm", (second,)) == []
    assert await write(desk, "close_alarm", first, NOW + 1) is None
    third = await open_(desk)
    assert [one[0] for one in await desk.store.fetch("alarms_open")] == [third]  # of the first nobody was told
    assert [one[0] for one in await desk.store.fetch("alarms_page", (9,))] == [third, first]


async def test_one_claims_a_message_and_it_is_due_again_where_nobody_settles_it(place: Place) -> None:
    desk = await opened(place)
    no = await open_(desk)
    assert await write(desk, "claim_alarm", no, NOW, NOW + 300) is None
    assert isinstance(await write(desk, "claim_alarm", no, NOW, NOW + 300), Conflict)
    assert (await row(desk, no))[DUE] == NOW + 300
    assert await write(desk, "put_off_alarm", no, NOW, 1, "[0]", NOW + 15) is None  # not of this claim
    assert (await row(desk, no))[DUE] == NOW + 300
    assert await write(desk, "put_off_alarm", no, NOW + 300, 1, "[0]", NOW + 15) is None
    assert (await row(desk, no))[DUE : DUE + 2] == (NOW + 15, 1)


async def test_what_somebody_has_seen_is_not_due_whatever_is_under_way(place: Place) -> None:
    desk = await opened(place)
    no = await open_(desk)
    await write(desk, "claim_alarm", no, NOW, NOW + 300)
    assert await write(desk, "acknowledge_alarm", no, NOW + 1, "ann") is None
    assert isinstance(await write(desk, "acknowledge_alarm", no, NOW + 2, "bob"), Conflict)
    assert await write(desk, "tell_alarm", no, NOW + 3, 0, "[]", '{"team":"UTC"}', NOW + 1_800) is None
    found = await row(desk, no)
    assert (found[DUE], found[TOLD], found[TIMES], found[SEEN_BY]) == (None, NOW + 3, 1, "ann")


async def test_what_was_told_is_due_once_more_when_it_is_over(place: Place) -> None:
    desk = await opened(place)
    no = await open_(desk)
    await write(desk, "claim_alarm", no, NOW, NOW + 300)
    assert await write(desk, "tell_alarm", no, NOW, 0, "[]", '{"team":"UTC"}', NOW + 1_800) is None
    assert (await row(desk, no))[DUE] == NOW + 1_800
    assert await write(desk, "see_alarm", no, NOW + 5, '{"weeks":9}') is None
    assert await write(desk, "close_alarm", no, NOW + 9) is None
    found = await row(desk, no)
    assert (found[DUE], found[CLOSED], found[9]) == (NOW + 9, NOW + 9, '{"weeks":9}')
    assert isinstance(await write(desk, "acknowledge_alarm", no, NOW + 10, "ann"), Conflict)
    assert [one[0] for one in await desk.store.fetch("alarms_open")] == [no]
    assert await write(desk, "end_alarm", no, "[]") is None
    assert await desk.store.fetch("alarms_open") == []


async def test_what_is_over_while_it_is_told_is_told_as_over(place: Place) -> None:
    desk = await opened(place)
    no = await open_(desk)
    await write(desk, "claim_alarm", no, NOW, NOW + 300)
    await write(desk, "close_alarm", no, NOW + 1)
    assert (await row(desk, no))[DUE] is None
    await write(desk, "tell_alarm", no, NOW + 2, 0, "[]", '{"team":"UTC"}', NOW + 1_800)
    assert (await row(desk, no))[DUE] == NOW + 2


async def test_alarms_that_are_over_go_after_their_time(place: Place) -> None:
    desk = await opened(place)
    day = 86_400.0
    old, told, recent, open_still = [await open_(desk, f"s{n}", NOW - 90 * day) for n in range(4)]
    await write(desk, "tell_alarm", told, NOW - 90 * day, 0, "[]", '{"team":"UTC"}', NOW)
    for no, days in ((old, 31), (told, 31), (recent, 29)):
        await write(desk, "close_alarm", no, NOW - days * day)
    assert await purge(desk.store) == Purged(alarms=1)
    assert [one[0] for one in await desk.store.fetch("alarms_page", (9,))] == [open_still, recent, told]


async def test_what_rules_look_at(place: Place) -> None:
    desk = await opened(place)
    assert await desk.store.fetch("last_order", ("paws", NOW)) == [(None,)]
    orders = [("paws", f"o{n}", None, None, NOW - 60.0 * n, "web", 1, "EUR", 1) for n in range(5)]
    await desk.stored(writes=[("view_placed", one) for one in orders])
    assert await desk.store.fetch("last_order", ("paws", NOW - 1)) == [(NOW - 60.0,)]
    assert await desk.store.fetch("first_order", ("paws",)) == [(NOW - 240.0,)]
    assert await desk.store.fetch("orders_between", ("paws", NOW - 120.0, NOW)) == [(2,)]
    events = [desk.event(recorded=NOW - 9, priority=1), desk.event(recorded=NOW - 7, id="b"),
              desk.event(recorded=NOW - 99, priority=2, id="c")]  # fmt: skip
    await desk.stored(events=[(one, ()) for one in events])
    assert await desk.store.fetch("lanes_pending") == [(3, NOW - 9, 2)]
    driven = await desk.running(created=NOW - 100.0)
    tries, sleeps, held, parked = [await desk.running(created=NOW - 200.0) for _ in range(4)]
    await desk.running(created=NOW - 1.0)
    states = {tries: Status.WAITING, sleeps: Status.WAITING, held: Status.WAITING, parked: Status.PARKED}
    await desk.stored(moves=[Move(one.no, (Status.RUNNING,), status, 0, 0) for one, status in states.items()])
    waits = [wait(tries.no, "1", kind=3, due=NOW), wait(sleeps.no, "1", kind=0, due=NOW), wait(held.no, "1", kind=3)]
    await desk.stored(writes=[("insert_wait", one) for one in waits])
    assert await desk.store.fetch("runs_slow", (NOW - 50.0,)) == [
        ("shop", "fulfil", min(driven.no, tries.no), NOW - 200.0, 2)
    ]  # fmt: skip


async def test_a_store_of_the_schema_before_gets_the_table(place: Place) -> None:
    desk = await opened(place)
    dialect = desk.store.dialect
    await desk.store.job(lambda db: db.script([*KEYS_OF_SCHEMA_10, "drop table alarm", "drop index wait_retried"]))
    await desk.store.job(lambda db: db.many("set_meta", [("schema", "4"), ("oldest", "1")]))
    await desk.store.job(lambda db: migrate(db, dialect))
    assert ("schema", str(SCHEMA)) in await desk.store.fetch("meta")
    await open_(desk)
    await open_(desk)
    assert len(await desk.store.fetch("alarms_open")) == 1
    with pytest.raises(StoreError):  # it is there
        await desk.store.job(lambda db: db.script(["create index wait_retried on wait (run)"]))
