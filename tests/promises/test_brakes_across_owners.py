"""Caps count what every owner spent, and going on goes for all of them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from itertools import count

import pytest

from pawline.ports import EffectKind, Operation, Settle
from pawline.runtime import Binding, Bindings, Caps, RuntimeSettings, Said, command, flow, use
from pawline.store import Status
from pawline.testing import open_cases, runs
from tests.databases import databases
from tests.promises.owners import EVEN, ODD, House, until
from tests.promises.test_across_lanes import lane, said
from tests.unit.runtime.clerk import Begun, Clerk, Shelf

CAPPED = RuntimeSettings(look=0.05, lease=60.0, caps=Caps({EffectKind.REFUND: 5}))


@flow(on=Begun)
async def refund(begun: Begun) -> None:
    await use(Shelf).put(begun.id)


@pytest.fixture(scope="module")
def new_database() -> Iterator[Callable[[], str]]:
    with databases() as new:
        yield new


def orders(rest: int, many: int) -> list[str]:
    """In lanes that leave this rest by 2."""
    found = (f"o{n}" for n in count() if lane(f"o{n}") % 2 == rest)
    return [next(found) for _ in range(many)]


def test_a_cap_counts_all_owners_and_is_lifted_for_all(new_database: Callable[[], str]) -> None:
    async def story() -> None:
        clerk = Clerk(time.time)
        refunds = {name: Operation(settle=Settle.KEY, kind=EffectKind.REFUND) for name in ("put", "take", "weigh")}
        played = Bindings([Binding("shelf/eu", Shelf, clerk, refunds)])
        async with House(new_database()) as house:
            await house.owner([refund], played, EVEN, settings=CAPPED)
            second = await house.owner([refund], played, ODD, settings=CAPPED)
            recorder = await house.recorder()

            def reached(puts: int, cases: int, *wanted: tuple[Status, int]) -> Callable[[], Awaitable[bool]]:
                async def found() -> bool:
                    statuses = Counter(Status(run.status) for run in await runs(recorder.store, "s"))
                    opened = len(await open_cases(recorder.store, "s"))
                    return (len(clerk.heard), opened, statuses) == (puts, cases, dict(wanted))

                return found

            async def heard_of_them() -> bool:
                return sum(second.engine.brakes._others.values()) == 4

            for order in orders(0, 4):
                await recorder.record(said(Begun(id=order)))
            await until(reached(4, 0, (Status.DONE, 4)))
            await until(heard_of_them)
            for order in orders(1, 10):
                await recorder.record(said(Begun(id=order)))
            await until(reached(5, 1, (Status.DONE, 5), (Status.WAITING, 9)))
            row = command(
                recorder.store, "s", "go_on", "shop", by="ann", reason="meant", lane=0,
                said=Said(scope="cap", name="refund/refund"),
            )  # fmt: skip
            await recorder.engine.intake.write(("insert_command", row))
            await until(reached(10, 1, (Status.DONE, 10), (Status.WAITING, 4)))
            assert len({one.argument for one in clerk.heard}) == 10

    asyncio.run(story())
