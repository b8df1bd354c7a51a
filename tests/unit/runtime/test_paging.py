"""However much waits, it comes in pages, and people and shoppers get their turn in between."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pawline.runtime import RuntimeSettings, flow, loading, readying, sleep_until, turns, use, wait_for
from pawline.runtime.intake import Intake
from pawline.store import Status
from tests.unit.runtime.clerk import Begun, Paid, Shelf
from tests.unit.runtime.hub import Hub
from tests.unit.runtime.virtual import NOON


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(NOON + seconds, UTC)


async def test_a_shoppers_event_of_another_process_does_not_wait_behind_bulk_without_room(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    @flow(on=Begun, priority="bulk")
    async def bulk(begun: Begun) -> None: ...

    @flow(on=Paid, priority="shopper")
    async def pays(paid: Paid) -> str:
        return await use(Shelf).put(paid.id)

    await hub.up(bulk, pays)
    hub.clerk.says["put", "slow"] = [timedelta(seconds=9)]
    await hub.record(Paid(id="slow"), priority="shopper")  # a shopper in memory: no room for bulk
    await asyncio.sleep(0.3)
    for number in range(210):
        await hub.record(Begun(id=f"b{number}"), priority="bulk")
    dispatch = Intake.dispatch

    def unhinted(intake: Intake, *given: Any, hinted: bool = True) -> None:
        if not hinted:
            dispatch(intake, *given, hinted=False)

    monkeypatch.setattr(Intake, "dispatch", unhinted)
    begun = hub.clock.elapsed
    await hub.record(Paid(id="other"), priority="shopper")
    hub.engine.nudge()
    await hub.quiet(3)
    (took,) = [one.at - NOON - begun for one in hub.clerk.heard if one.argument == "other"]
    assert took < 1
    await hub.quiet(60)
    assert len(await hub.runs()) == 212


async def test_waits_that_are_over_wake_in_pages_while_there_is_room(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "PAGE", 5)
    monkeypatch.setattr(loading, "LAPSING", 20)

    @flow(on=Begun)
    async def waits(begun: Begun) -> None:
        await wait_for(Paid, key=begun.id, until=at(1000))
        await use(Shelf).put(begun.id)

    hub.settings = RuntimeSettings(live=10)
    await hub.up(waits)
    for number in range(60):
        await hub.record(Begun(id=f"o{number}"))
        await hub.quiet(0.1)
    await hub.quiet(3)
    most, read = [0], hub.store.runs

    async def runs(numbers: Any) -> Any:
        most[0] = max(most[0], len(list(numbers)))
        return await read(numbers)

    hub.store.runs = runs  # type: ignore[method-assign]
    await hub.later(2000)
    await hub.quiet(60)
    hub.store.runs = read  # type: ignore[method-assign]
    assert len(hub.clerk.did) == 60
    assert most[0] <= 5
    assert not hub.engine.loading._over
    assert not hub.engine.loading._lapsing


async def test_a_look_does_not_page_through_those_that_may_wait(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readying, "PAGE", 3)
    hub.settings = RuntimeSettings(later=0.1)

    @flow(on=Begun, priority="bulk")
    async def bulk(begun: Begun) -> None:
        await sleep_until(at(1.5))

    await hub.up(bulk)
    hub.engine.shoppers = 1
    for number in range(9):
        await hub.record(Begun(id=f"o{number}"))
    await hub.quiet(1)
    assert await hub.statuses() == [Status.READY] * 9
    asked: list[int] = []
    read = hub.store.ready_runs

    async def ready(*given: Any, **more: Any) -> Any:
        asked.append(more["max_priority"])
        return await read(*given, **more)

    hub.store.ready_runs = ready  # type: ignore[method-assign]
    await hub.quiet(1)
    assert set(asked) == {1}
    hub.engine.shoppers = 0
    await hub.quiet(15)
    assert await hub.statuses() == [Status.DONE] * 9


async def test_bulk_gets_its_turn_while_shoppers_are_always_under_way(hub: Hub) -> None:
    @flow(on=Begun, priority="bulk")
    async def bulk(begun: Begun) -> str:
        return await use(Shelf).put(begun.id)

    await hub.up(bulk)
    hub.engine.shoppers = 1  # one leaves, the next is there
    for number in range(300):
        await hub.record(Begun(id=f"o{number}"), priority="bulk")
    await hub.quiet(turns.TURN / 2)
    assert await hub.runs() == []
    await hub.quiet(120)
    assert len(set(hub.clerk.did)) == len(hub.clerk.did) == 300
    hub.engine.shoppers = 0


async def test_a_stop_is_heard_between_two_pages(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "PAGE", 3)

    @flow(on=Begun)
    async def sleeps(begun: Begun) -> None:
        await sleep_until(at(1000))

    await hub.up(sleeps)
    for number in range(12):
        await hub.record(Begun(id=f"o{number}"))
    await hub.quiet(5)
    heard: list[int] = []
    look = hub.engine.operators.look

    async def looks() -> None:
        heard.append(sum(status.name == "DONE" for status in await hub.statuses()))
        await look()

    monkeypatch.setattr(hub.engine.operators, "look", looks)
    await hub.later(2000)
    assert len({done for done in heard if 0 <= done <= 12}) > 1
    assert len(heard) >= 4


async def test_a_clock_put_back_and_a_restart_hide_no_event_from_a_wait(hub: Hub) -> None:
    @flow(on=Begun)
    async def waits(begun: Begun) -> bool:
        return await wait_for(Paid, key=begun.id, until=at(7200)) is not None

    await hub.up(waits)
    no = await hub.begin(Begun())
    await hub.die()
    told = hub.clock
    hub.clock = lambda: told() - 1800  # type: ignore[assignment]
    await hub.up()
    hub.clock = told
    await hub.record(Paid())
    await hub.quiet(5)
    assert await hub.outcome(no) is True
