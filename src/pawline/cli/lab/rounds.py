"""One day of one column: vendors and whoever takes the orders in processes of their own, shoppers in this one."""

from __future__ import annotations

import asyncio
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from pawline.cli.lab.hand_column import HandColumn
from pawline.cli.lab.hub_column import HubColumn
from pawline.cli.lab.sandbox_process import SandboxProcess
from pawline.cli.lab.shopping import Clock, Till, Visitor
from pawline.cli.lab.trouble import healthy, played
from pawline.lab.judging import judged, oversold
from pawline.lab.rows import Fate, Round, Way

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from pawline.lab.day import Plan, Shopper
    from pawline.lab.judging import Known
    from pawline.lab.rows import Lag, OrderRow, Visit

REST: Final = 90.0
"""Seconds after the last shopper in which all must come to an end: more than a circuit's pause, and its probes."""
QUIET: Final = 3.0
"""Seconds without any effect after which nothing more comes of a script that keeps nothing."""


class Side(Protocol):
    """Whoever takes the orders of a column."""

    async def start(self, skus: Mapping[str, int]) -> Till: ...
    async def kill(self) -> None: ...
    async def end(self) -> None: ...
    async def known(self, begun: float) -> dict[str, Known]: ...
    async def cases(self) -> tuple[str, ...]: ...
    async def count_views(self) -> int: ...
    async def watch(self, clock: Clock, until: float) -> tuple[Lag, ...]: ...


class Stage:
    """A column's processes, while a block lasts."""

    def __init__(self, way: Way, plan: Plan, sandbox: SandboxProcess, side: Side, till: Till) -> None:
        self.way, self.plan, self.sandbox, self.side, self.till = way, plan, sandbox, side, till


@asynccontextmanager
async def staged(way: Way, plan: Plan) -> AsyncIterator[Stage]:
    """Vendors as usual, and whoever takes the orders. Raises HubRefused where one does not start."""
    sandbox = SandboxProcess(plan.stock)
    with tempfile.TemporaryDirectory(prefix="pawline-lab-") as folder:
        try:
            await sandbox.start()
            await healthy(plan, sandbox)
            side: Any = HubColumn(way, Path(folder), sandbox) if way.ours else HandColumn(sandbox)
            try:
                yield Stage(way, plan, sandbox, side, await side.start(plan.stock))
            finally:
                await side.end()
        finally:
            await sandbox.end()


async def a_day(stage: Stage, tell: Callable[[str, int], None], over: Callable[[], None]) -> Round:
    """From the first shopper until everything came to an end; `tell` hears what is going on, and of how many.

    `over` is called once the last shopper left: what comes then is waiting, mostly.
    """
    plan, done = stage.plan, 0
    begun, clock = time.time() + 0.2, Clock(asyncio.get_running_loop().time() + 0.2)

    async def visit(shopper: Shopper) -> Visit:
        nonlocal done
        found = await Visitor(stage.till, shopper, clock).visit()
        done += 1
        tell("shoppers", done)
        return found

    async with asyncio.TaskGroup() as group:
        visits = [group.create_task(visit(one)) for one in plan.shoppers]
        troubles = group.create_task(played(plan, stage.sandbox, clock, stage.side.kill))
        watching = group.create_task(stage.side.watch(clock, plan.seconds))
    over()
    tell("shoppers left; until all is done", done)
    orders = await _ended(stage, begun)
    effects = await stage.sandbox.effects()
    tell("done", done)
    of: dict[int, list[str]] = {}
    for one in orders:
        of.setdefault(one.number, []).append(one.order)
    return Round(
        visits=tuple(
            msgspec.structs.replace(each, orders=tuple(of.get(each.number, ())))
            for each in (task.result() for task in visits)
        ),
        orders=tuple(orders), troubles=troubles.result(), lags=watching.result(),
        cases=await stage.side.cases(), oversold=oversold(effects, plan.stock), seconds=round(clock.now(), 3),
    )  # fmt: skip


async def _ended(stage: Stage, begun: float) -> list[OrderRow]:
    """Once every order is whole or undone; for a script, once nothing happens any more."""
    until, seen, since = time.monotonic() + REST, -1, time.monotonic()
    while True:
        effects, known = await stage.sandbox.effects(), await stage.side.known(begun)
        rows = judged(effects, known, begun)
        if len(effects) != seen:
            seen, since = len(effects), time.monotonic()
        open_ = [one for one in rows if not _closed(one)]
        quiet = time.monotonic() - since > QUIET
        if (not open_ if stage.way.ours else quiet) or time.monotonic() > until:
            return rows
        await asyncio.sleep(0.5)


def _closed(row: OrderRow) -> bool:
    return row.fate is Fate.WHOLE or (row.refused and row.fate in {Fate.UNDONE, Fate.NOTHING})
