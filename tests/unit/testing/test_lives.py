"""The tools of the crash tests can fail: a death is a death, and what it must lose is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pawline.flows.fulfil_order import fulfil_order
from pawline.runtime import Engine, Flows
from pawline.store import StoreInUse
from pawline.testing import Crash, Day, Lives, Place, Told, Vendors, VirtualTime, bindings, places, runs
from pawline.testing.orders import SHOP, SKUS, order, placed

LATER = 5.0


@pytest.fixture
def lives(tmp_path: Path) -> Lives:
    time = VirtualTime()
    vendors = Vendors(now=time, stock=dict.fromkeys(SKUS, 3))
    return Lives(tmp_path / "hub.db", time, vendors, Flows([fulfil_order]), bindings)


async def record(engine: Engine) -> bool:
    return (await engine.record(placed(order(1)))).new


async def look(engine: Engine) -> int:
    return len(await runs(engine.store, SHOP))


def test_what_was_not_committed_is_lost_and_what_was_is_there(lives: Lives) -> None:
    before = Crash(Place("before-commit", 2))  # the first commit is the look of a hub that starts
    assert (lives.live(record, before), before.fired, lives.live(look)) == (None, True, 0)
    after = Crash(Place("after-commit", 2))
    assert (lives.live(record, after), after.fired) == (None, True)
    assert lives.live(record) is False
    assert lives.live(look) == 1


def test_a_life_that_does_not_die_is_closed_and_counted(lives: Lives) -> None:
    crash = Crash()
    assert lives.live(record, crash) is True
    assert not crash.fired
    assert crash.commits >= 1


def test_the_lock_is_free_after_a_death_and_held_in_life(lives: Lives) -> None:
    lives.live(record, Crash(Place("after-commit", 1)))

    async def open_again(_: Engine) -> None:
        with pytest.raises(StoreInUse):
            await lives._life(record, Crash(), [])

    lives.live(open_again)


def test_a_sender_repeats_until_it_is_accepted_and_no_longer(lives: Lives) -> None:
    day = Day(lives._time(), [Told(0.0, placed(order(1))), Told(LATER, placed(order(2)))])
    lives.live(day.live, Crash(Place("before-commit", 1)))
    assert day.accepted == set()
    lives.live(day.live)
    assert day.accepted == {"placed-o1", "placed-o2"}
    assert lives.live(look) == 2


def test_days_pass_in_no_time_and_nothing_to_wait_for_is_an_error() -> None:
    time = VirtualTime()
    loop = time.loop()
    try:
        loop.run_until_complete(asyncio.sleep(86_400))
        assert 86_400 <= time.passed < 86_401
        with pytest.raises(RuntimeError, match="waits for ever"):
            loop.run_until_complete(loop.create_future())
    finally:
        loop.close()


def test_places_are_two_for_a_commit_and_three_for_a_request_and_read_from_their_text() -> None:
    found = places(2, 1)
    assert [str(place) for place in found] == [
        "before-commit:1", "after-commit:1", "before-commit:2", "after-commit:2", "before-effect:1", "after-effect:1",
        "after-reply:1",
    ]  # fmt: skip
    assert [Place.parse(str(place)) for place in found] == found
    with pytest.raises(ValueError, match="no place to die at"):
        Place.parse("lunch:1")
