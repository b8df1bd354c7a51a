"""A household that one process erased is driven by no other, though its key was in memory there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from pawline.model import Envelope
from pawline.runtime import UNLIMITED, Binding, Bindings, RuntimeSettings, flow, use
from pawline.store import HouseholdErased, Status
from pawline.testing import runs
from tests.databases import databases
from tests.promises.owners import EVEN, ODD, House, until
from tests.unit.runtime.clerk import FOR_EVER, Begun, Clerk, Shelf

PATIENT = RuntimeSettings(look=0.05, lease=60.0)


@flow(on=Begun)
async def puts_twice(begun: Begun) -> None:
    await use(Shelf).put(f"{begun.id} first")
    await use(Shelf).put(f"{begun.id} second")


@pytest.fixture(scope="module")
def new_database() -> Iterator[Callable[[], str]]:
    with databases() as new:
        yield new


def test_other_owners_let_go_of_what_was_erased(new_database: Callable[[], str]) -> None:
    async def story() -> None:
        clerk = Clerk(time.time)
        slow, names = timedelta(seconds=6), [f"o{n}" for n in range(8)]
        clerk.says |= {("put", f"{name} first"): [slow] for name in names}
        played = Bindings([Binding("s/eu", Shelf, clerk, dict.fromkeys(("put", "take", "weigh"), FOR_EVER), UNLIMITED)])
        async with House(new_database()) as house:
            owners = [await house.owner([puts_twice], played, half, settings=PATIENT) for half in (EVEN, ODD)]
            recorder = await house.recorder()
            for at, name in enumerate(names):
                event = Begun(id=name, house=f"h{at % 2}")
                now = datetime.now(UTC)
                await recorder.engine.record(Envelope(shop="s", source="test", id=name, at=now, event=event))

            async def all_fly() -> bool:
                return len(clerk.heard) == 8

            await until(all_fly)
            assert all(owner.engine.live for owner in owners)
            left = await recorder.engine.erase("s", "h0", 0, recorder.store.now())
            assert len(left) == 4

            async def all_ended() -> bool:
                found = sorted(run.status for run in await runs(recorder.store, "s"))
                return found == [Status.DONE] * 4 + [Status.CANCELLED] * 4

            await until(all_ended)
            seconds = sorted(one.argument for one in clerk.heard if one.argument.endswith("second"))
            assert seconds == [f"{name} second" for name in names[1::2]]
            for owner in owners:
                assert owner.store.keys.cached("s", "h0") is None
            with pytest.raises(HouseholdErased):
                await recorder.store.keys.obtain("s", "h0")

    asyncio.run(story())
