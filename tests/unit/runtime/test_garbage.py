"""What runs leave is freed by itself: the collector, while it looks for circles, lets nobody else do anything."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from pawline.ports import Limits, Rejected, Transient
from pawline.runtime import flow, publish, undoing, use, wait_for
from tests.unit.runtime.clerk import Begun, Paid, Shelf
from tests.unit.runtime.hub import Hub
from tests.unit.runtime.virtual import NOON


@contextmanager
def garbage() -> Iterator[list[Any]]:
    """What of ours only the collector would have found, once the block has ended."""
    found = list[Any]()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield found
        gc.collect()
        ours = (one for one in gc.garbage if type(one).__module__.startswith("pawline."))
        found += [type(one) for one in ours if not isinstance(one, type)]  # a class always is: some test's own flow's
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


TOMORROW = datetime.fromtimestamp(NOON + 86_400, UTC)


@flow(on=Begun)
async def sells(begun: Begun) -> str:
    async with undoing() as undo:
        await undo.step(use(Shelf).put(begun.id), back=use(Shelf).take)
        paid = await wait_for(Paid, key=begun.id, until=TOMORROW)
        if paid is None:
            return "nothing"
        await publish(Begun(id=f"{begun.id}/again", body="more"))
        return await use(Shelf).put(str(paid.amount))


def _busy(_: str) -> str:
    raise Transient("busy")  # made here: a clerk that keeps what it raises would be in a circle with it


def _no(_: str) -> str:
    raise Rejected("no")


async def test_runs_and_what_wrote_them_are_in_no_circle(hub: Hub) -> None:
    hub.bindings = (hub.shelf(limits=Limits(concurrency=2)),)
    hub.clerk.says["put"] = [_busy, timedelta(seconds=1), _no]
    await hub.up(sells)
    with garbage() as found:
        for number in range(20):
            await hub.record(Begun(id=f"o{number}"))
        await hub.quiet(60)
        for number in range(15):
            await hub.record(Paid(id=f"o{number}", amount=7))
        await hub.quiet(60)
        await hub.later(2 * 86_400)
        await hub.quiet(60)
        assert len(hub.clerk.did) > 40
        assert hub.engine.live == {}
    assert found == []
