"""A limit on a read through an account that is stopped: it is late once that is let go on, and not before."""

from __future__ import annotations

from datetime import timedelta

from pawline.ports import Unauthorised
from pawline.runtime import Late, flow, use, within
from pawline.store import Status
from tests.unit.runtime.clerk import Begun, Shelf
from tests.unit.runtime.hub import Hub


@flow(on=Begun)
async def looks(begun: Begun) -> str:
    try:
        await within(timedelta(seconds=20), use(Shelf).count(begun.id))
    except Late:
        return "late"
    return "answered"


async def test_a_read_whose_account_refuses_the_credential_waits_for_a_person_past_its_limit(hub: Hub) -> None:
    await hub.up(looks)
    hub.clerk.says["count"] = [Unauthorised("no")]
    for one in ("o1", "o2"):
        await hub.record(Begun(id=one))
        await hub.quiet(5)
    await hub.later(3600.0)
    assert await hub.statuses() == [Status.WAITING] * 2
    assert await hub.told("go_on", "shop", scope="account", name="shelf/eu") == "done"
    await hub.quiet(5)
    assert [await hub.outcome(row.no) for row in await hub.runs()] == ["late"] * 2
    assert len(hub.clerk.heard) == 1
