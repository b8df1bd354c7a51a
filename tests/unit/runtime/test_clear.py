"""What stands in the clear holds a code, never what a vendor said: that may be about a person, and outlives erasure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pawline.ports import Malformed, PortError, Rejected, Transient, Unauthorised
from pawline.runtime import RuntimeSettings, flow, sleep_until, undoing, use
from tests.unit.runtime.clerk import BY_KEY, LOOK_UP, Begun, Paid, Shelf
from tests.unit.runtime.hub import Hub
from tests.unit.runtime.virtual import NOON

JANE = "no reply for jane@example.com"


@flow(on=Begun)
async def puts(begun: Begun) -> str:
    async with undoing() as undo:
        await undo.step(use(Shelf).put("first"), back=use(Shelf).take)
        await use(Shelf).weigh(["x"])
    return "ok"


async def _nowhere_in_the_clear(hub: Hub) -> None:
    case = await hub.case()
    assert "jane" not in case.title
    await hub.engine.erase("s", "h1")
    await hub.quiet(2)
    assert b"jane@example.com" not in hub.store.image()


@pytest.mark.parametrize("error", [Malformed(JANE), Unauthorised(JANE)])
async def test_what_a_vendor_said_is_not_in_a_title_or_a_brake(hub: Hub, error: PortError) -> None:
    await hub.up(puts)
    hub.clerk.says["put"] = [error]
    await hub.begin(Begun(house="h1"))
    if isinstance(error, Malformed):
        assert JANE in (await hub.case_body(await hub.case())).detail
    await _nowhere_in_the_clear(hub)


async def test_nor_when_an_undo_is_refused(hub: Hub) -> None:
    await hub.up(puts)
    hub.clerk.says["weigh"], hub.clerk.says["take"] = [Rejected("no")], [Rejected(JANE)]
    await hub.begin(Begun(house="h1"))
    await _nowhere_in_the_clear(hub)


async def test_nor_when_retries_run_out(hub: Hub) -> None:
    hub.settings = RuntimeSettings(give_up=1.0)
    await hub.up(puts)
    hub.clerk.says["put"] = [Transient(JANE) for _ in range(100)]
    await hub.begin(Begun(house="h1"))
    await hub.quiet(60)
    await _nowhere_in_the_clear(hub)


async def test_nor_when_a_look_up_fails(hub: Hub) -> None:
    hub.bindings = (hub.shelf(operations={**BY_KEY, "put": LOOK_UP}),)
    await hub.up(puts)
    hub.clerk.says["put"], hub.clerk.says["find"] = [Transient("broke")], [Rejected(JANE)]
    await hub.begin(Begun(house="h1"))
    await hub.quiet(timedelta(minutes=2).total_seconds())
    await _nowhere_in_the_clear(hub)


async def test_a_cancel_by_an_event_does_not_name_its_subject_in_the_audit(hub: Hub) -> None:
    @flow(on=Begun, cancel_on=Paid)
    async def sleeps(begun: Begun) -> None:
        await sleep_until(datetime.fromtimestamp(NOON + 10**6, UTC))

    await hub.up(sleeps)
    await hub.begin(Begun(id="jane@example.com"))
    await hub.record(Paid(id="jane@example.com"))
    await hub.quiet(2)
    audit = await hub.audit()
    assert audit
    assert not any("jane" in word for row in audit for word in row)
