"""Runs leave memory and come back: by time, by event, by their key, after a death; never with a destroyed key."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pawline.model import UnknownEvent, decode_event
from pawline.runtime import flow, sleep_until, use, wait_for
from pawline.runtime.records import Done
from pawline.store import HouseholdErased, Status, WaitKind
from tests.unit.runtime.clerk import Begun, Paid, Shelf
from tests.unit.runtime.hub import Hub
from tests.unit.runtime.virtual import NOON

DAY = 86400.0


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(NOON + seconds, UTC)


@flow(on=Begun)
async def wins_back(begun: Begun) -> str:
    shelf = use(Shelf)
    await shelf.put("cart")
    paid = await wait_for(Paid, key=begun.id, until=at(DAY))
    return await shelf.put("nothing" if paid is None else f"{paid.amount}")


async def test_a_run_that_waits_is_two_rows_and_no_memory(hub: Hub) -> None:
    await hub.up(wins_back)
    no = await hub.begin(Begun())
    assert (await hub.status(no), hub.engine.live) == (Status.WAITING, {})
    (wait,) = await hub.waits(no)
    assert (wait.kind, wait.path, wait.type, wait.subject, wait.due, wait.looked) == (
        WaitKind.EVENT,
        "2",
        "test.paid@1",
        "o1",
        NOON + DAY,
        1,
    )


@pytest.mark.parametrize("death", [False, True])
async def test_it_wakes_by_its_event_at_once(hub: Hub, death: bool) -> None:
    await hub.up(wins_back)
    no = await hub.begin(Begun())
    if death:
        await hub.die()
        await hub.up()
        await hub.quiet()
    before = hub.clock()
    event = await hub.record(Paid(amount=7))
    await asyncio.sleep(0.01)  # no look is needed
    assert (await hub.status(no), await hub.outcome(no)) == (Status.DONE, "7!")
    assert hub.clerk.heard[-1].at - before < 0.01
    assert [one.event for one in await hub.journal(no) if isinstance(one, Done) and one.event] == [event]


@pytest.mark.parametrize("death", [False, True])
async def test_it_wakes_by_time(hub: Hub, death: bool) -> None:
    await hub.up(wins_back)
    no = await hub.begin(Begun())
    if death:
        await hub.die()
        hub.clock.jump(DAY)
        await hub.up()
        await hub.quiet()
    else:
        await hub.later(DAY)
    assert await hub.outcome(no) == "nothing!"
    assert hub.clerk.did == [("put", "cart"), ("put", "nothing")]


async def test_an_event_that_came_before_the_wait_counts(hub: Hub) -> None:
    await hub.up(wins_back)
    hub.clerk.says["put"] = [timedelta(seconds=5)]
    no = await hub.begin(Begun())
    await hub.record(Paid(amount=7))
    await hub.quiet(5)
    assert await hub.outcome(no) == "7!"


async def test_an_event_in_time_wins_though_nobody_looked_until_after_its_deadline(hub: Hub) -> None:
    await hub.up(wins_back)
    no = await hub.begin(Begun())
    await hub.record(Paid(amount=7))
    await hub.die()
    hub.clock.jump(2 * DAY)
    await hub.up()
    await hub.quiet()
    assert await hub.outcome(no) == "7!"


async def test_an_event_after_the_deadline_is_too_late_though_nobody_looked(hub: Hub) -> None:
    await hub.up(wins_back)
    no = await hub.begin(Begun())
    await hub.die()
    hub.clock.jump(2 * DAY)
    await hub.up()
    await hub.record(Paid(amount=7))
    await hub.quiet()
    assert await hub.outcome(no) == "nothing!"


async def test_a_thousand_that_are_due_at_once_all_wake_once(hub: Hub) -> None:
    @flow(on=Begun)
    async def naps(begun: Begun) -> str:
        await sleep_until(at(DAY))
        return await use(Shelf).put(begun.id)

    hub.settings = replace(hub.settings, live=50)
    await hub.up(naps)
    await asyncio.gather(*(hub.record(Begun(id=f"o{number}")) for number in range(1000)))
    await hub.quiet(5)
    assert (Counter(await hub.statuses()), hub.engine.live) == ({Status.WAITING: 1000}, {})
    await hub.later(DAY)
    await hub.quiet(10)
    assert Counter(await hub.statuses()) == {Status.DONE: 1000}
    assert Counter(Counter(one.argument for one in hub.clerk.heard).values()) == {1: 1000}


async def test_memory_is_bounded_and_what_finds_no_room_runs_later(hub: Hub) -> None:
    hub.settings = replace(hub.settings, live=10)
    hub.clerk.says["put"] = [timedelta(seconds=1)] * 100

    @flow(on=Begun)
    async def puts(begun: Begun) -> str:
        return await use(Shelf).put(begun.id)

    await hub.up(puts)
    await asyncio.gather(*(hub.record(Begun(id=f"o{number}")) for number in range(100)))
    most = 0
    for _ in range(200):
        await hub.quiet(0.1)
        most = max(most, len(hub.engine.live))
    assert most <= 10 + 10 // 4
    assert Counter(await hub.statuses()) == {Status.DONE: 100}
    assert Counter(Counter(one.argument for one in hub.clerk.heard).values()) == {1: 100}


async def test_a_death_in_the_middle_loses_nothing_and_repeats_under_the_same_key(hub: Hub) -> None:
    await hub.up(wins_back)
    hub.clerk.says["put"] = [timedelta(seconds=5)]
    no = await hub.begin(Begun())
    await hub.die()
    await hub.up()
    await hub.record(Paid(amount=1))
    await hub.quiet()
    assert await hub.outcome(no) == "1!"
    assert hub.clerk.did == [("put", "cart"), ("put", "cart"), ("put", "1")]
    assert hub.clerk.keys[0] == hub.clerk.keys[1] != hub.clerk.keys[2]


async def test_a_run_whose_unit_was_not_stored_is_read_again(hub: Hub) -> None:
    await hub.up(wins_back)
    hub.clerk.says["put"] = [timedelta(seconds=2)]
    no = await hub.begin(Begun())

    def fails(units: object) -> None:
        hub.store.hooks.before_commit = None
        raise RuntimeError("the database said no")

    await hub.quiet(1)
    hub.store.hooks.before_commit = fails
    await hub.quiet(3)
    assert (await hub.status(no), hub.engine.live) == (Status.WAITING, {})
    await hub.record(Paid(amount=1))
    await hub.quiet()
    assert await hub.outcome(no) == "1!"
    assert Counter(hub.clerk.did) == {("put", "cart"): 2, ("put", "1"): 1}
    assert hub.clerk.keys[0] == hub.clerk.keys[1]


# -- erased ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("death", [False, True])
async def test_an_erased_household_is_never_driven_again(hub: Hub, death: bool) -> None:
    await hub.up(wins_back)
    hub.clerk.says["put"] = ["cart", timedelta(seconds=3)]
    waiting = await hub.begin(Begun(id="o1", house="h1"))
    flying = await hub.begin(Begun(id="o2", house="h1"))
    other = await hub.begin(Begun(id="o3", house="h2"))
    assert await hub.statuses() == [Status.WAITING, Status.RUNNING, Status.WAITING]
    calls = len(hub.clerk.heard)
    if death:
        await hub.store.keys.destroy("s", "h1")
        await hub.die()
        await hub.up()
    else:
        await hub.engine.erase("s", "h1")
    await hub.quiet(4)
    await hub.record(Paid(id="o1"))
    await hub.record(Paid(id="o2"))
    await hub.later(2 * DAY)
    assert [await hub.status(no) for no in (waiting, flying, other)] == [
        Status.CANCELLED,
        Status.CANCELLED,
        Status.DONE,
    ]
    assert len(hub.clerk.heard) == calls + 1  # what the other household's run did
    assert (await hub.waits(waiting), await hub.waits(flying), await hub.cases()) == ([], [], [])
    assert hub.engine.live == {}
    with pytest.raises(HouseholdErased):
        await hub.record(Begun(id="o4", house="h1"))
    assert len(await hub.runs()) == 3


async def test_an_event_that_was_erased_before_its_dispatch_begins_nothing(hub: Hub) -> None:
    await hub.up(wins_back)
    hub.engine.intake.dispatching.add(-1, 0)
    no = await hub.record(Begun(house="h1"), priority="bulk")
    await hub.store.keys.destroy("s", "h1")
    await hub.quiet()
    assert (await hub.runs(), hub.clerk.did) == ([], [])
    assert (await hub.store.events([no]))[no].seq is not None


async def test_a_parked_run_of_an_erased_household_is_over_and_its_case_closed(hub: Hub) -> None:
    @flow(on=Begun)
    async def breaks(begun: Begun) -> str:
        raise KeyError(begun.id)

    await hub.up(breaks)
    no = await hub.begin(Begun(house="h1"))
    queued = await hub.begin(Begun(house="h1"))
    await hub.engine.erase("s", "h1")
    await hub.quiet()
    assert [await hub.status(one) for one in (no, queued)] == [Status.CANCELLED, Status.CANCELLED]
    assert await hub.case_states() == [("code", "closed")]


# -- bad input ---------------------------------------------------------------------------------------------------


def test_a_body_that_does_not_fit_its_event_says_where() -> None:
    with pytest.raises(ValueError, match=r"this is no test.paid@1: Expected `int`, got `str` - at `\$.amount`"):
        decode_event("test.paid@1", b'{"type":"test.paid@1","amount":"much"}')
    with pytest.raises(UnknownEvent, match=r"no event is called 'test.payd@1' here"):
        decode_event("test.payd@1", b"{}")
    assert decode_event("test.paid@1", b'{"type":"test.paid@1","id":"o9","new":1}') == Paid(id="o9")


async def test_a_run_that_cannot_be_read_is_parked_and_harms_no_other(hub: Hub) -> None:
    await hub.up(wins_back)
    broken = await hub.begin(Begun(id="o1"))
    sound = await hub.begin(Begun(id="o2"))
    await hub._select("update journal set body = zeroblob(40) where run = ?", broken)
    await hub.record(Paid(id="o1", amount=1))
    await hub.record(Paid(id="o2", amount=2))
    await hub.quiet(2)
    assert (await hub.status(broken), await hub.status(sound)) == (Status.PARKED, Status.DONE)
    assert (await hub.case()).kind == "code"
    assert await hub.outcome(sound) == "2!"
    assert hub.engine.live == {}
