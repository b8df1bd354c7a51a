"""Runs that may wait: beside other work so many a second, alone at once, and none is forgotten."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from pawline.ports import Code, Limits, Transient
from pawline.runtime import Account, RuntimeSettings, flow, use
from pawline.runtime.readying import LATELY
from pawline.store import Status
from tests.unit.runtime.clerk import Begun, Clerk, Paid, Shelf
from tests.unit.runtime.hub import Hub
from tests.unit.runtime.virtual import NOON


@flow(on=Begun, priority=lambda begun: "bulk" if begun.body else "work")
async def puts(begun: Begun) -> str:
    return await use(Shelf).put(begun.id)


def began(hub: Hub, first: str) -> list[float]:
    """When each whose name begins so was put, in seconds."""
    return [round(one.at - NOON, 3) for one in hub.clerk.heard if one.argument.startswith(first)]


async def busy(hub: Hub, seconds: int) -> None:
    """Work comes twice a second."""
    for number in range(2 * seconds):
        await hub.record(Begun(id=f"w{number}/{hub.clock.elapsed:g}"))
        await asyncio.sleep(0.5)


async def renew(hub: Hub, count: int) -> None:
    for number in range(count):
        await hub.record(Begun(id=f"r{number}", body="renewal"))


async def test_beside_work_they_begin_so_many_a_second_and_then_at_once(hub: Hub) -> None:
    hub.settings = replace(hub.settings, later=10.0)
    await hub.up(puts)
    await hub.record(Begun(id="w"))
    await renew(hub, 100)
    await busy(hub, 4)
    times = began(hub, "r")
    assert 35 <= len(times) <= 40
    assert min(round(later - one, 3) for one, later in pairwise(times)) >= 0.1
    assert began(hub, "w") == [0.0, *(number / 2 for number in range(8))]
    await hub.quiet(2 * LATELY)
    assert len(began(hub, "r")) == 100
    assert await hub.statuses() == [Status.DONE] * 109


async def test_alone_they_begin_in_the_commit_that_records_them(hub: Hub) -> None:
    await hub.up(puts)
    await renew(hub, 20)
    await hub.quiet(0.01)
    assert began(hub, "r") == [0.0] * 20


async def test_a_death_forgets_none(hub: Hub) -> None:
    hub.settings = replace(hub.settings, later=1.0)
    await hub.up(puts)
    await hub.record(Begun(id="w"))
    await renew(hub, 300)
    await busy(hub, 2)
    await hub.die()
    await hub.up()
    await hub.quiet(30)
    assert await hub.statuses() == [Status.DONE] * 305
    assert sorted(set(map(str, hub.clerk.keys))) == sorted(map(str, hub.clerk.keys))


async def test_who_waits_for_accounts_that_rest_is_not_in_their_way(hub: Hub) -> None:
    @flow(on=Paid)
    async def held(paid: Paid) -> str:
        return await use(Shelf, Account("shelf/slow")).put(paid.id)

    @flow(on=Begun, priority=lambda _: "bulk")
    async def renews(begun: Begun) -> str:
        return await use(Shelf, Account("shelf/eu")).put(begun.id)

    slow = Clerk(hub.clock)
    slow.says["put"] = [timedelta(seconds=1), Transient("rest", Code.RATE_LIMITED, retry_after=timedelta(hours=12))]
    hub.settings = RuntimeSettings(live=1_000)
    hub.bindings = (hub.shelf(), hub.shelf("shelf/slow", slow, limits=Limits(concurrency=1)))
    await hub.up(renews, held)
    for number in range(60):
        await hub.record(Paid(id=f"p{number}"))
    await hub.quiet(10)
    assert len(hub.engine.live) > 1_000 // 20
    for number in range(20):
        await hub.record(Begun(id=f"o{number}"))
    await hub.quiet(10)
    assert [row.status for row in await hub.runs() if row.flow == "renews"] == [Status.DONE] * 20
