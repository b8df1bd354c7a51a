"""An event is recorded, dispatched and given to its flow in one commit, where nothing speaks against it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pawline.ports import EffectKind, Operation, Settle
from pawline.runtime import Caps, RuntimeSettings, flow, use
from pawline.runtime.records import Intent
from pawline.store import LANES, HoldRow, OutOfStock, Status
from tests.unit.runtime.clerk import BY_KEY, Begun, Shelf
from tests.unit.runtime.hub import Hub


@flow(on=Begun)
async def puts(begun: Begun) -> str:
    return await use(Shelf).put(begun.id)


async def commits(hub: Hub, event: Begun, id: str | None = None) -> int:
    """How many commits the store had made since, when the event was told to be recorded."""
    before = hub.store.commits
    await hub.record(event, id=id)
    return hub.store.commits - before


async def test_one_commit_holds_event_place_run_and_first_intent(hub: Hub) -> None:
    await hub.up(puts)
    await hub.quiet()
    hub.clerk.says["put"] = [timedelta(seconds=9)]
    assert await commits(hub, Begun()) == 1
    (run,) = await hub.runs()
    assert (run.status, (await hub.store.events([run.event]))[run.event].seq) == (Status.RUNNING, 0)
    assert [record.path for record in await hub.journal(run.no) if isinstance(record, Intent)] == ["1"]


async def test_a_known_event_begins_nothing_and_spends_nothing(hub: Hub) -> None:
    message = {**BY_KEY, "put": Operation(settle=Settle.KEY, kind=EffectKind.MESSAGE)}
    hub.settings = RuntimeSettings(caps=Caps({EffectKind.MESSAGE: 2}))
    hub.bindings = (hub.shelf(operations=message),)
    await hub.up(puts)
    for _ in range(5):
        await hub.record(Begun(id="o1"), id="e1")
    await hub.record(Begun(id="o2"), id="e2")
    await hub.quiet()
    assert hub.clerk.did == [("put", "o1"), ("put", "o2")]
    assert (len(await hub.runs()), hub.engine.live, await hub.cases()) == (2, {}, [])
    await hub.record(Begun(id="o3"), id="e3")
    await hub.quiet()
    assert (len(hub.clerk.did), (await hub.case()).kind) == (2, "cap")


async def test_so_it_is_where_stock_is_held_and_where_there_is_none_nothing_is_begun_and_nothing_spent(
    hub: Hub,
) -> None:
    message = {**BY_KEY, "put": Operation(settle=Settle.KEY, kind=EffectKind.MESSAGE)}
    hub.settings = RuntimeSettings(caps=Caps({EffectKind.MESSAGE: 2}))
    hub.bindings = (hub.shelf(operations=message),)
    await hub.up(puts)
    await hub.store.written([("view_counted", ("s", "bowl", "main", 0.0, 2, 0.0, 0))])
    before = hub.store.commits
    await hub.record(Begun(id="o1"), holds=[HoldRow("s", "o1", "bowl", 1, 1.0, None)])
    assert hub.store.commits == before + 1
    for n in range(5):
        with pytest.raises(OutOfStock):
            await hub.record(Begun(id=f"n{n}"), holds=[HoldRow("s", f"n{n}", "bowl", 2, 1.0, None)])
    await hub.record(Begun(id="o2"), holds=[HoldRow("s", "o2", "bowl", 1, 1.0, None)])
    await hub.quiet()
    assert hub.clerk.did == [("put", "o1"), ("put", "o2")]
    assert (len(await hub.runs()), hub.engine.live, await hub.cases()) == (2, {}, [])
    assert not any(hub.engine.intake.dispatching.crowds(lane) for lane in range(LANES))


async def test_a_new_event_does_not_overtake_one_of_its_lane_that_waits_for_its_dispatch(hub: Hub) -> None:
    await hub.up(puts)
    first = await hub.record(Begun(id="o1"))
    await hub.quiet()
    lane = (await hub.store.events([first]))[first].lane
    hub.engine.intake.dispatching.add(-1, lane)
    second = await hub.record(Begun(id="o1"))
    assert (await hub.store.events([second]))[second].seq is None
    await hub.quiet()
    assert [row.seq for row in (await hub.store.events([first, second])).values()] == [0, 1]
    assert [run.status for run in await hub.runs()] == [Status.DONE] * 2
    hub.engine.intake.dispatching.discard(-1)
    assert not hub.engine.intake.dispatching.crowds(lane)


@pytest.mark.parametrize("change", ["epoch = epoch + 1", "owner = owner + 1"])
async def test_an_event_is_recorded_though_its_lane_was_taken_over_unnoticed(hub: Hub, change: str) -> None:
    await hub.up(puts)
    await hub.quiet()
    await hub._select(f"update lane set {change}")  # noqa: S608
    event = await hub.record(Begun())
    assert (await hub.store.events([event]))[event].seq is None
    assert (await hub.runs(), hub.clerk.did, hub.engine.live) == ([], [], {})
