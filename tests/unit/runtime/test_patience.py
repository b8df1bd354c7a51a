"""For how long an effect that keeps failing is tried: the hub's word, unless its card has its own."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from pawline.ports import Code, Operation, Settle, Transient
from pawline.runtime import RuntimeSettings, flow, use
from pawline.store import Status
from tests.unit.runtime.clerk import BY_KEY, Begun, Shelf
from tests.unit.runtime.hub import Hub


@flow(on=Begun)
async def puts_it(begun: Begun) -> str:
    return await use(Shelf).put("thing")


@pytest.mark.parametrize(
    ("patience", "tried"), [(None, False), (timedelta(minutes=5), True), (timedelta(seconds=5), False)]
)
async def test_its_own_patience_counts_and_else_the_hubs(hub: Hub, patience: timedelta | None, tried: bool) -> None:
    hub.settings = RuntimeSettings(give_up=20.0, last_retry=4.0)
    put = msgspec.structs.replace(Operation(settle=Settle.REPEAT), patience=patience)
    hub.bindings = (hub.shelf(operations={**BY_KEY, "put": put}),)
    await hub.up(puts_it)
    hub.clerk.says["put"] = [Transient("not yet", Code.NOT_TAKEN) for _ in range(1_000)]
    await hub.begin(Begun())
    await hub.quiet(120)
    assert (await hub.statuses(), bool(await hub.cases())) == ([Status.WAITING if tried else Status.PARKED], not tried)


def test_patience_is_above_zero() -> None:
    with pytest.raises(ValueError, match="patience is above zero"):
        Operation(settle=Settle.REPEAT, patience=timedelta(0))
