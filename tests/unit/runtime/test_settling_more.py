"""What is unknown, read, counted or undone, when brakes, gates, people and other runs of the key come in between."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from pawline.ports import Limits, Rejected
from pawline.runtime import flow, undoing, use
from pawline.store import Status
from tests.unit.runtime.clerk import Begun, Shelf
from tests.unit.runtime.hub import Hub


@flow(on=Begun)
async def puts(begun: Begun) -> str:
    return await use(Shelf).put("first")


@flow(on=Begun)
async def puts_back(begun: Begun) -> str:
    shelf = use(Shelf)
    async with undoing() as undo:
        await undo.step(shelf.put("a"), back=shelf.take)
        await shelf.weigh(["x"])
    return "ok"


# -- cancelling while something is undone ------------------------------------------------------------------------------


async def test_a_cancel_does_not_forget_an_undo_that_waits_for_its_gate(hub: Hub) -> None:
    hub.bindings = (hub.shelf(limits=Limits(rate=0.7, burst=2)),)
    await hub.up(puts_back)
    hub.clerk.says["weigh"] = [Rejected("no")]
    await hub.record(Begun())
    await asyncio.sleep(0.2)
    (run,) = await hub.runs()
    assert hub.engine.live[run.no].held
    assert await hub.told("cancel", f"run:{run.no}") == "done"
    await hub.quiet(10)
    assert hub.clerk.did[-1] == ("take", "a!")
    assert await hub.status(run.no) >= Status.DONE


async def test_a_cancel_does_not_forget_an_undo_behind_a_brake(hub: Hub) -> None:
    await hub.up(puts_back)
    hub.clerk.says["weigh"] = [timedelta(seconds=1), Rejected("no")]
    await hub.record(Begun())
    await hub.quiet(0.5)
    await hub.told("stop", "shop", scope="all")
    await hub.quiet(3)
    (run,) = await hub.runs()
    assert await hub.told("cancel", f"run:{run.no}") == "done"
    assert ("take", "a!") not in hub.clerk.did
    await hub.told("go_on", "shop", scope="all")
    await hub.quiet(10)
    assert hub.clerk.did.count(("take", "a!")) == 1
    assert await hub.status(run.no) >= Status.DONE


async def test_a_cancel_opens_a_new_case_for_an_undo_that_was_parked_before_it_left(hub: Hub) -> None:
    await hub.up(puts_back)
    hub.clerk.says["weigh"] = [timedelta(seconds=5), Rejected("no")]
    await hub.record(Begun())
    await hub.quiet(1)
    bindings = hub.engine.bindings
    real = bindings.get
    bindings.get = lambda port, account: None  # type: ignore[method-assign]
    await hub.quiet(10)
    bindings.get = real  # type: ignore[method-assign]
    (run,) = await hub.runs()
    assert await hub.told("cancel", f"run:{run.no}") == "done"
    case = await hub.case()
    assert case.title == f"cancelled, but is step {case.path}, an undo, done?"
    assert await hub.told("retry", f"run:{run.no}", path=case.path) == "done"
    assert hub.clerk.did[-1] == ("take", "a!")
    assert await hub.cases() == []
