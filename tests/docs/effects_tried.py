"""What becomes of one effect when nobody knows whether it happened: tried in the real runtime, by the card's own word.

The vendor is pretended as the card says it is: it knows a key for as long as that lives, can be asked, or does no more
when it is asked again. That a vendor is so is for its own connector's tests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import cache
from typing import Final

import msgspec

from pawline.ports import Code, Operation, Settle, Transient, current_attempt
from pawline.runtime import flow, use
from pawline.store import Status
from tests.unit.runtime.clerk import Begun, Clerk, Shelf
from tests.unit.runtime.hub import Hub
from tests.unit.runtime.virtual import Clock, run_virtual

SITUATIONS: Final = ("came twice", "timed out after it", "killed after it", "key forgotten")
HOUR: Final = 3_600.0


@flow(on=Begun)
async def one_effect(begun: Begun) -> str:
    """One step, which is an effect."""
    return await use(Shelf).put("thing")


class Vendor(Clerk):
    """Does what it is asked once for each key it knows, or (`again` is harmless) once at all."""

    def __init__(self, clock: Clock, operation: Operation) -> None:
        super().__init__(clock)
        self._operation, self._clock = operation, clock
        self.effects = 0
        self.breaks: list[Exception | timedelta] = []
        self._known: dict[str, float] = {}

    async def put(self, thing: str) -> str:
        """It happens, and then the answer may be lost."""
        key, life = current_attempt().key, self._operation.key_life
        forgotten = life is not None and key in self._known and self._clock() >= self._known[key] + life.total_seconds()
        by_key = self._operation.settle is Settle.KEY and key in self._known and not forgotten
        harmless = self._operation.settle is Settle.REPEAT and self.effects > 0
        if not (by_key or harmless):
            self.effects += 1
            self._known[key] = self._clock()
        if self.breaks:
            problem = self.breaks.pop(0)
            if isinstance(problem, Exception):
                raise problem
            await asyncio.sleep(problem.total_seconds())
        return f"{thing}!"

    async def find(self, thing: str) -> str | None:
        """Whether it happened."""
        return f"{thing}!" if self.effects else None


def tried(operation: Operation) -> tuple[str, str, str, str]:
    """Of this effect in each of SITUATIONS: `once`, `a case`, or `–` where it cannot be."""
    shape = msgspec.structs.replace(operation, kind=None, look_up=operation.look_up and "find")
    return _tried(shape)


@cache
def _tried(operation: Operation) -> tuple[str, str, str, str]:
    forgets = operation.settle is Settle.KEY and operation.key_life is not None
    return (
        _outcome(operation, _twice), _outcome(operation, _timed_out), _outcome(operation, _killed),
        _outcome(operation, _forgotten) if forgets else "–",
    )  # fmt: skip


Situation = Callable[[Hub, Vendor], Awaitable[None]]


def _outcome(operation: Operation, situation: Situation) -> str:
    hub, found = Hub(), list[str]()
    vendor = Vendor(hub.clock, operation)

    async def work() -> None:
        hub.bindings = (hub.shelf(clerk=vendor, operations={"put": operation, "take": operation, "weigh": operation}),)
        await hub.up(one_effect)
        try:
            await situation(hub, vendor)
            await hub.quiet(60 + (operation.timeout + operation.margin).total_seconds())
            ended, cases = await hub.statuses(), await hub.cases()
            assert len(ended) == 1, ended
            assert vendor.effects == 1, f"{vendor.effects} effects"
            assert (ended == [Status.DONE]) == (not cases), (ended, cases)
            found.append("a case" if cases else "once")
        finally:
            await hub.down()

    run_virtual(hub.clock, work)
    return found[0]


async def _twice(hub: Hub, _: Vendor) -> None:
    for _again in range(2):
        await hub.record(Begun(), id="one")


async def _timed_out(hub: Hub, vendor: Vendor) -> None:
    vendor.breaks = [Transient("no answer", Code.TIMED_OUT)]
    await hub.record(Begun())


async def _killed(hub: Hub, vendor: Vendor) -> None:
    vendor.breaks = [timedelta(seconds=5)]
    await hub.record(Begun())
    await asyncio.sleep(1)
    assert vendor.effects == 1
    await hub.die()
    await hub.up()


async def _forgotten(hub: Hub, vendor: Vendor) -> None:
    life = vendor._operation.key_life
    assert life is not None
    vendor.breaks = [timedelta(seconds=5)]
    await hub.record(Begun())
    await asyncio.sleep(1)
    await hub.die()
    hub.clock.jump(life.total_seconds() + HOUR)
    await hub.up()
