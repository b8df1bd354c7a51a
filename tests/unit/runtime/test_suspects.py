"""What people say of a run that is a suspect, because its process died often while it was in memory."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from pawline.ports import Code, Transient
from pawline.runtime import flow, now, sleep_until, use
from pawline.store import Status
from tests.unit.runtime.clerk import Begun, Paid, Shelf, Withdrawn
from tests.unit.runtime.hub import Hub


@flow(on=Begun, cancel_on=Withdrawn)
async def puts(begun: Begun) -> str:
    await use(Shelf).put(begun.id)
    return await use(Shelf).take(begun.id)


@flow(on=Paid)
async def sleeps(paid: Paid) -> str:
    await sleep_until(now() + timedelta(seconds=30))
    return "woke"


async def states(hub: Hub) -> list[tuple[str, Status]]:
    return [(row.run_key, Status(row.status)) for row in await hub.runs()]


@pytest.mark.parametrize("deaths", [2, 3])
async def test_one_that_waits_as_a_row_takes_its_command_and_holds_up_nobody(hub: Hub, deaths: int) -> None:
    await hub.up(puts, sleeps)
    hub.clerk.says["put"] = [timedelta(seconds=100)]
    await hub.record(Begun(id="o1"))
    await hub.quiet(0.5)
    for death in range(1, deaths + 1):
        if death == deaths:
            hub.clerk.says["put"] = [Transient("rest", Code.RATE_LIMITED, retry_after=timedelta(hours=2))]
        else:
            hub.clerk.says["put"] = [timedelta(seconds=100)]
        await hub.die()
        await hub.up()
        await hub.quiet(1)
    assert await states(hub) == [("o1", Status.WAITING)]
    await hub.record(Paid(id="p"))
    await hub.quiet(2)
    await hub.record(Withdrawn(id="o1"))
    await hub.quiet(60)
    assert await hub._select("select action, state from command") == [("cancel", "done"), ("cancel", "done")]
    assert ("p", Status.DONE) in await states(hub)
    await hub.later(3 * 3600)
    await hub.quiet(60)
    assert [status for _, status in await states(hub)] == [Status.CANCELLED, Status.DONE]
    assert hub.engine.live == {}
    assert "take" not in {heard.method for heard in hub.clerk.heard}


async def test_one_that_is_not_tried_yet_is_cancelled_once_it_is(hub: Hub) -> None:
    await hub.up(puts)
    for name in ("a", "b"):
        hub.clerk.says["put", name] = [timedelta(seconds=9)]
        await hub.record(Begun(id=name))
    await hub.quiet(0.5)
    for _ in range(5):
        await hub.die()
        hub.clerk.says |= {("put", name): [timedelta(seconds=9)] for name in ("a", "b")}
        await hub.up()
        await hub.quiet(0.7)
    (tried,) = [run.row.run_key for run in hub.engine.live.values()]
    other = "b" if tried == "a" else "a"
    await hub.record(Withdrawn(id=other))
    await hub.quiet(2)
    assert await hub._select("select state from command where target like 'run:%'") == [("pending",)]
    await hub.quiet(200)
    assert sorted(await states(hub)) == sorted([(tried, Status.DONE), (other, Status.CANCELLED)])
    assert await hub._select("select state from command") == [("done",), ("done",)]
    assert [heard.argument for heard in hub.clerk.heard if heard.method == "take"] == [tried]


@pytest.mark.parametrize("level", [0, 1])
async def test_one_that_is_not_tried_yet_is_looked_for_at_each_look_only(hub: Hub, level: int) -> None:
    @flow(on=Begun, priority=lambda _: "bulk" if level else "work")
    async def slow(begun: Begun) -> str:
        return await use(Shelf).put(begun.id)

    await hub.up(slow)

    async def slowly(thing: str) -> str:
        await asyncio.sleep(9)
        return thing

    hub.clerk.put = slowly  # type: ignore[method-assign]
    for name in "ab":
        await hub.record(Begun(id=name))
    await hub.quiet(0.5)
    for _ in range(5):
        await hub.die()
        await hub.up()
        await hub.quiet(1.2)
    assert len(hub.engine.live) == 1
    looked: list[float] = []
    look = hub.engine.loading.look

    async def looks() -> None:
        looked.append(hub.clock())
        await look()

    hub.engine.loading.look = looks  # type: ignore[method-assign]
    await hub.quiet(5)
    assert 1 <= len(looked) <= 5 / hub.engine.settings.look + 1
