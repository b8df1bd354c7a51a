"""A limit on a step that waits as a row: late in time, and no memory for as long as it lasts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pawline.ports import Code, Limits, Transient
from pawline.runtime import UNLIMITED, Account, Late, RuntimeSettings, flow, now, use, within
from pawline.store import Status
from tests.unit.runtime.clerk import Begun, Clerk, Paid, Shelf
from tests.unit.runtime.hub import Hub

HOURS = timedelta(hours=9)


@flow(on=Begun)
async def ships(begun: Begun) -> str:
    try:
        return await within(HOURS, use(Shelf, Account("shelf/eu")).put(begun.id))
    except Late:
        return "late"


@flow(on=Paid)
async def others(paid: Paid) -> str:
    return await use(Shelf, Account("shelf/us")).put(paid.id)


async def test_an_account_that_rests_for_hours_fills_no_memory_with_those_who_have_a_limit(hub: Hub) -> None:
    well = Clerk(hub.clock)
    hub.settings = RuntimeSettings(live=100)
    hub.bindings = (hub.shelf(limits=Limits(concurrency=8)), hub.shelf("shelf/us", well))
    await hub.up(ships, others)
    hub.clerk.says["put"] = [Transient("maintenance", Code.RATE_LIMITED, retry_after=timedelta(hours=12))]
    for number in range(301):
        await hub.record(Begun(id=f"o{number}"))
    await hub.quiet(5)
    assert hub.engine.live == {}
    for number in range(20):
        await hub.record(Paid(id=f"p{number}"))
    await hub.quiet(5)
    assert len(well.heard) == 20
    hub.clock.jump(HOURS.total_seconds() - 20)
    await hub.quiet(60)
    assert [row.status for row in await hub.runs()] == [Status.DONE] * 321
    assert [await hub.outcome(row.no) for row in await hub.runs() if row.flow == "ships"] == ["late"] * 301
    assert len(hub.clerk.heard) == 1


@pytest.mark.parametrize("death", [False, True])
@pytest.mark.parametrize("first", [False, True])
async def test_a_read_with_a_limit_is_late_though_its_account_rests_for_longer(
    hub: Hub, first: bool, death: bool
) -> None:
    @flow(on=Begun)
    async def looks(begun: Begun) -> str:
        if not first:
            await use(Shelf).put("something on record before")
        since = now()
        try:
            await within(timedelta(seconds=50), use(Shelf).count(begun.id))
        except Late:
            return f"late after {(now() - since).total_seconds() // 10 * 10:g} s"
        return "answered"

    @flow(on=Paid)
    async def other(paid: Paid) -> int:
        return await use(Shelf).count(paid.id)

    hub.bindings = (hub.shelf(limits=Limits(concurrency=8)),)
    hub.clerk.says["count"] = [Transient("slow", Code.RATE_LIMITED, retry_after=timedelta(minutes=30))]
    hub.clerk.says["put"] = [timedelta(seconds=1), "ok"]
    await hub.up(looks, other)
    if not first:
        no = await hub.record(Begun(id="x"))
    await hub.record(Paid(id="y"))
    await hub.quiet(1.5)
    if first:
        no = await hub.record(Begun(id="x"))
    await hub.quiet(5)
    if death:
        await hub.die()
        await hub.up()
    await hub.quiet(60)
    (row,) = [row for row in await hub.runs() if row.event == no]
    assert await hub.outcome(row.no) == "late after 50 s"


async def test_a_line_behind_an_account_without_limits_goes_as_soon_as_it_is_well(hub: Hub) -> None:
    @flow(on=Begun, priority="shopper")
    async def puts(begun: Begun) -> str:
        return await use(Shelf).put(begun.id)

    hub.bindings = (hub.shelf(limits=UNLIMITED),)
    hub.clerk.says["put"] = [Transient("slow", Code.RATE_LIMITED, retry_after=timedelta(seconds=1.5))]
    await hub.up(puts)
    await hub.record(Begun(id="o0"))
    await hub.quiet(0.1)
    for number in range(1, 1001):
        await hub.record(Begun(id=f"o{number}"))
    await hub.quiet(4)
    assert await hub.statuses() == [Status.DONE] * 1001
    assert len(hub.clerk.heard) == 1002
    assert all(not gate.rows for gate in hub.engine.gates._accounts.values())
