"""Two hubs over one Postgres and one listener: each event once, also when one takes over from the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from pawline.hub import Hub, load_settings
from pawline.model.events.listeners import Reopening
from pawline.store import LANES
from pawline.testing.counter import counter
from tests.databases import databases
from tests.journeys.around import until
from tests.journeys.listening import AGENCY, Agency, Town, settings
from tests.journeys.test_listeners import confirmed


@pytest.fixture(scope="module")
def new_database() -> Iterator[Callable[[], str]]:
    with databases() as new:
        yield new


async def test_a_hub_that_takes_over_goes_on_where_the_other_was_and_knows_who_is_off(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    async with asyncio.timeout(120), counter(Agency(), 120) as agency:
        assert isinstance(agency, Agency)
        read = load_settings(settings(tmp_path, agency.port), {"PAWLINE_STORE": new_database()})
        first = await Hub.open(read)
        async with await Hub.open(read) as second:
            here, there = Town(first, agency), Town(second, agency)
            await here.tell(*[confirmed(no) for no in range(15)])
            await there.tell(*[confirmed(no) for no in range(15, 30)])
            await here.rest()
            assert sorted(one["subject"] for one in agency.told) == sorted(f"o{no}" for no in range(30))
            agency.status = 410
            await there.tell(*[confirmed(no) for no in range(30, 40)])
            await until(here.cases)
            for town in (here, there):  # the other hears of it a moment later, and may have told more meanwhile
                await until(partial(_off, town))
            late = [f"o{no}" for no in range(40, 50)]
            await here.tell(*[confirmed(no) for no in range(40, 50)])
            await first.close()
            await until(lambda: len(second.engine.lanes) == LANES)
            await until(lambda: _off(there))
            assert [one["subject"] for one in agency.told if one["subject"] in late] == []
            before, agency.status = len(agency.heard), 200
            await there.answer("send what waits")
            await there.rest()
            told = [one["subject"] for one in agency.told[before:]]
            assert sorted(told) == sorted(f"o{no}" for no in range(30, 50))
            assert await there.cases() == []


async def _off(town: Town) -> bool:
    return (await town.fares())["off"] is not None


async def test_what_one_hub_opens_again_the_other_does_not_take_for_off(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    """A run that did would wait for the next opening, and be dropped after a month."""
    async with asyncio.timeout(120), counter(Agency(), 120) as agency:
        assert isinstance(agency, Agency)
        read = load_settings(settings(tmp_path, agency.port), {"PAWLINE_STORE": new_database()})
        async with await Hub.open(read) as first, await Hub.open(read) as second:
            here, there = Town(first, agency), Town(second, agency)
            agency.status = 410
            await here.tell(*[confirmed(no) for no in range(9)])
            await until(here.cases)
            await here.answer(Reopening.LEAVE.value)
            await until(lambda: _off(there))
            before, agency.status = len(agency.heard), 200
            await there.ask("reopen", account=AGENCY, by="ann", reason="they are back")
            await here.rest()
            assert sorted(one["subject"] for one in agency.told[before:]) == sorted(f"o{no}" for no in range(9))
