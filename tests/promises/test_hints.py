"""Hints make other processes quick; without them all is found by looking, only later."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest

from pawline.runtime import RuntimeSettings
from pawline.store import Status
from pawline.testing import runs
from tests.databases import databases
from tests.promises.owners import EVEN, ODD, SETTINGS, House, Recorder, until
from tests.promises.test_across_lanes import CROSSING, in_line, is_paid, said, shelf
from tests.unit.runtime.clerk import Begun, Clerk, Paid

BLIND = RuntimeSettings(look=600.0, lease=600.0)
"""Whoever is not told finds nothing in the time of a test."""


@pytest.fixture(scope="module")
def new_database() -> Iterator[Callable[[], str]]:
    with databases() as new:
        yield new


async def all_done(recorder: Recorder, many: int) -> bool:
    return [run.status for run in await runs(recorder.store, "s")] == [Status.DONE] * many


def test_who_is_told_needs_no_look(new_database: Callable[[], str]) -> None:
    """From a process that owns nothing to the event's owner, from there to the run's, and to the wait's."""

    async def story() -> None:
        clerk = Clerk(time.time)
        async with House(new_database()) as house:
            for lanes in (EVEN, ODD):
                await house.owner([in_line, is_paid], shelf(clerk), lanes, settings=BLIND, hints=house.url)
            recorder = await house.recorder(hints=house.url)
            for subject in CROSSING:
                await recorder.record(said(Begun(id=subject, body="x")))
                await recorder.record(said(Paid(id=subject, amount=7)))
            await until(lambda: all_done(recorder, 16))
            assert sorted(clerk.did) == sorted(
                [("put", f"{subject} x") for subject in CROSSING] + [("put", f"{subject} 7") for subject in CROSSING]
            )

    asyncio.run(story())


@pytest.mark.parametrize("deaf", ["all", "owners", "nobody listens"])
def test_who_is_not_told_finds_it_all_the_same(new_database: Callable[[], str], deaf: str) -> None:
    async def story() -> None:
        clerk, url = Clerk(time.time), new_database()
        nowhere = url.replace("/tried", "/nowhere")
        async with House(url) as house:
            for lanes in (EVEN, ODD):
                hints = "" if deaf == "nobody listens" else nowhere
                await house.owner([in_line], shelf(clerk), lanes, settings=SETTINGS, hints=hints)
            recorder = await house.recorder(hints=nowhere if deaf == "all" else url)
            for subject in CROSSING:
                await recorder.record(said(Begun(id=subject, body="x")))
            await until(lambda: all_done(recorder, 8))
            assert sorted(clerk.did) == sorted(("put", f"{subject} x") for subject in CROSSING)

    asyncio.run(story())
