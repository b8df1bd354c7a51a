"""Webhooks over one PostgreSQL: whoever lets them in, the owner of their lane takes them apart, each once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest

from pawline.hub import Hearing
from pawline.hub.tray import Tray
from pawline.runtime import Bindings, Engine
from tests.databases import databases
from tests.promises.owners import EVEN, ODD, House, Recorder, until
from tests.unit.web.bell import EAR, said, signed

BELLS = [f"b{n:02}" for n in range(40)]


@pytest.fixture(scope="module")
def new_database() -> Iterator[Callable[[], str]]:
    with databases() as new:
        yield new


def tray_of(engine: Engine) -> Tray:
    return Tray(engine, Hearing(engine.record, [EAR]))


async def told(tray: Tray, bell: str) -> None:
    body = said(bell)
    headers = [(name.encode(), value.encode()) for name, value in signed(body, f"m-{bell}").items()]
    await tray.accept("sandbox/eu", headers, body, time.time())


async def started(engine: Engine) -> Tray:
    tray = tray_of(engine)
    tray.start()
    return tray


async def rung(recorder: Recorder) -> list[str]:
    return sorted(row[5] for row in await recorder.store.fetch("events_page", ("pets", "", 2**62, 200)))


async def gone(recorder: Recorder) -> bool:
    return bool((await recorder.store.fetch("deliveries_waiting"))[0][0] == 0)


def test_who_owns_no_lane_lets_in_and_others_take_apart(new_database: Callable[[], str]) -> None:
    asyncio.run(by_others(new_database()))


async def by_others(url: str) -> None:
    async with House(url) as house:
        owners = [await house.owner([], Bindings([]), lanes) for lanes in (EVEN, ODD)]
        recorder = await house.recorder()
        for owner in owners:
            await owner.call(started(owner.engine))
        door = tray_of(recorder.engine)
        await asyncio.gather(*(told(door, bell) for bell in BELLS))
        await until(lambda: gone(recorder))
        assert await rung(recorder) == BELLS


def test_what_was_let_in_by_an_owner_that_is_gone_is_taken_apart_by_its_heir(new_database: Callable[[], str]) -> None:
    asyncio.run(by_the_heir(new_database()))


async def by_the_heir(url: str) -> None:
    async with House(url) as house:
        first = await house.owner([], Bindings([]), EVEN)
        second = await house.owner([], Bindings([]), ODD)
        recorder = await house.recorder()
        heir = await second.call(started(second.engine))
        door = tray_of(first.engine)  # it lets in, and is gone before it takes anything apart
        for bell in BELLS:
            await first.call(told(door, bell))
        assert await rung(recorder) == []
        await first.down()
        await until(lambda: gone(recorder))
        assert await rung(recorder) == BELLS
        assert await second.call(heir.rest())
