"""First."""
from __future__ import annotations

from datetime import timedelta
from pawline.runtime import flow, now, sleep_until, together, use
from pawline.store import Status
from tests.unit.runtime.clerk import Begun, Shelf
from tests.unit.runtime.hub import Hub


@flow(on=Begun)
async def plain(begun: Begun) -> str:
    shelf = use(Shelf)
    a = await shelf.put("a")
    await sleep_until(now() + timedelta(days=1))
    return a + await shelf.put("b")


async def test_it_runs(hub: Hub) -> None:
    await hub.up(plain)
    no = await hub.begin(Begun())
    assert await hub.status(no) == Status.WAITING
    assert hub.engine.live == {}
    await hub.later(86400)
    assert await hub.status(no) == Status.DONE
    assert await hub.outcome(no) == "a!b!"
    assert hub.clerk.did == [("put", "a"), ("put", "b")]
