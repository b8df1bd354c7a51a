"""Limits where several things come together: branches, look-ups, stops, accounts that rest, calls that never began."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pawline.ports import Code, Limits, Operation, Settle, Transient
from pawline.runtime import Engine, Late, flow, now, reading, reviving, settling, together, use, wait_for, within
from pawline.store import Status
from tests.unit.runtime.clerk import Begun, Paid, Shelf
from tests.unit.runtime.hub import Hub

HOUR = 3600.0


async def outcome(hub: Hub) -> object:
    """How the only run ended."""
    (run,) = await hub.runs()
    return await hub.outcome(run.no)


LOOKED_UP = Operation(settle=Settle.LOOK_UP, look_up="find", timeout=timedelta(seconds=10))


@pytest.mark.parametrize("beside", [False, True])
async def test_what_another_branch_hears_does_not_move_a_limit(hub: Hub, beside: bool) -> None:
    @flow(on=Begun)
    async def two(begun: Begun) -> tuple[str, str]:
        async def sends() -> str:
            try:
                return await within(timedelta(hours=5), use(Shelf).put("goods"))
            except Late:
                return "late"

        async def hears() -> str:
            found = await wait_for(Paid, key="p", until=now() + timedelta(hours=9))
            return "nothing" if found is None else "paid"

        await use(Shelf).weigh(["x"])
        one, other = await together(sends(), hears())
        return one, other

    await hub.up(two)
    hub.clerk.says["weigh"] = [timedelta(seconds=1), 1]
    await hub.record(Begun())
    await hub.quiet(0.5)
    await hub.told("stop", "shop", scope="all")
    await hub.quiet(3)
    await hub.later(4 * HOUR)
    if beside:
        await hub.record(Paid(id="p"))
    await hub.quiet(3)
    await hub.later(3 * HOUR)
    await hub.told("go_on", "shop", scope="all")
    await hub.quiet(10)
    await hub.later(3 * HOUR)
    assert await outcome(hub) == ["late", "paid" if beside else "nothing"]
    assert [heard.method for heard in hub.clerk.heard] == ["weigh"]


@flow(on=Begun)
async def limited(begun: Begun) -> str:
    try:
        return await within(timedelta(minutes=5), use(Shelf).put(begun.id))
    except Late as late:
        return f"late, happened: {late.happened}"


async def test_what_did_not_happen_and_was_held_past_its_limit_is_late(hub: Hub) -> None:
    hub.bindings = (hub.shelf(operations=dict.fromkeys(("put", "take", "weigh"), LOOKED_UP)),)
    await hub.up(limited)
    hub.clerk.says["put"] = [timedelta(seconds=60), "never"]
    hub.clerk.says["find"] = [timedelta(seconds=3), None]
    await hub.record(Begun())
    while not any(heard.method == "find" for heard in hub.clerk.heard):
        await hub.quiet(0.1)
    await hub.told("stop", "shop", scope="all")
    await hub.quiet(5)
    await hub.later(2 * HOUR)
    await hub.told("go_on", "shop", scope="all")
    await hub.quiet(10)
    assert await outcome(hub) == "late, happened: False"
    assert [heard.method for heard in hub.clerk.heard] == ["put", "find"]


@pytest.mark.parametrize("seconds", [0, -5])
@pytest.mark.parametrize("effect", [False, True])
async def test_a_limit_that_is_over_already_sends_nothing(hub: Hub, seconds: int, effect: bool) -> None:
    @flow(on=Begun)
    async def negative(begun: Begun) -> str:
        shelf = use(Shelf)
        try:
            await within(timedelta(seconds=seconds), shelf.put(begun.id) if effect else shelf.count(begun.id))
        except Late as late:
            return f"late, happened: {late.happened}"
        return "sent"

    await hub.up(negative)
    await hub.begin(Begun())
    assert await outcome(hub) == "late, happened: False"
    assert hub.clerk.heard == []


@pytest.mark.parametrize("how", [Settle.LOOK_UP, Settle.KEY])
async def test_who_may_have_happened_and_is_past_its_limit_waits_for_its_account_like_others(
    hub: Hub, how: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled = Operation(settle=how, look_up="find" if how is Settle.LOOK_UP else None, timeout=timedelta(seconds=10))
    hub.bindings = (
        hub.shelf(limits=Limits(concurrency=8), operations=dict.fromkeys(("put", "take", "weigh"), settled)),
    )

    @flow(on=Begun)
    async def short(begun: Begun) -> str:
        try:
            return await within(timedelta(seconds=8), use(Shelf).put(begun.id))
        except Late as late:
            return f"late, happened: {late.happened}"

    @flow(on=Paid)
    async def other(paid: Paid) -> str:
        return await use(Shelf).take(paid.id)

    await hub.up(short, other)
    hub.clerk.says["put"] = [timedelta(seconds=60), "never"]
    hub.clerk.says["take"] = [Transient("rest", Code.RATE_LIMITED, retry_after=timedelta(hours=1)), "taken"]
    await hub.record(Begun())
    await hub.quiet(1)
    (limited_run,) = await hub.runs()
    await hub.record(Paid())
    await hub.quiet(20)
    back: list[int] = []
    revive = reviving.revive

    def revived(engine: Engine, stored: reviving.Stored) -> None:
        back.append(stored.row.no)
        revive(engine, stored)

    monkeypatch.setattr(reviving, "revive", revived)
    await hub.quiet(600)
    assert back.count(limited_run.no) <= 1
    await hub.later(2 * HOUR)
    await hub.quiet(60)
    assert [row.status for row in await hub.runs()] == [Status.DONE] * 2


async def test_a_read_that_is_late_before_its_task_began_gives_its_place_back(hub: Hub) -> None:
    @flow(on=Begun)
    async def looks(begun: Begun) -> str:
        try:
            await within(timedelta(minutes=5), use(Shelf).count(begun.id))
        except Late:
            return "late"
        return "answered"

    hub.bindings = (hub.shelf(limits=Limits(concurrency=1)),)
    hub.clerk.says["count"] = [Transient("no line", Code.UNREACHABLE)]
    await hub.up(looks)
    await hub.record(Begun())
    while not hub.clerk.heard:
        await hub.quiet(0.01)
    (run,) = hub.engine.live.values()
    (pending,) = run.driver.pending.values()
    run.timers.pop(pending.path).cancel()
    reading.read(run, pending)
    gate = hub.engine.gates._accounts["shelf/eu"]
    assert gate.flying == {(run.no, pending.path)}
    settling._too_late(run, pending)
    await hub.quiet()
    assert (await outcome(hub), gate.flying) == ("late", set())
    assert len(hub.clerk.heard) == 1
