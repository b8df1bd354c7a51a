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
from pawline.lab.rows import Back, Fate, Left, Round, Way

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence

    from pawline.lab.day import Plan, Shopper
    from pawline.lab.judging import Known
    from pawline.lab.rows import Lag, OrderRow, Visit

REST: Final = 90.0
"""Seconds after the last shopper in which all must come to an end: more than a circuit's pause, and its probes."""
MIND: Final = 1.0
"""Seconds from its answer until an order is called off; made up: no log of a real day is so fast."""
QUIET: Final = 3.0
"""Seconds without any effect after which nothing more comes of a script that keeps nothing."""


class Side(Protocol):
    """Whoever takes the orders of a column."""

    by_hand: int

    async def start(self, skus: Mapping[str, int]) -> Till: ...
    async def kill(self) -> None: ...
    async def end(self) -> None: ...
    async def known(self, begun: float) -> dict[str, Known]: ...
    async def cases(self) -> tuple[str, ...]: ...
    async def count_views(self) -> int: ...
    async def call_off(self, order: str) -> None: ...
    async def send_back(self, order: str) -> None: ...
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
            back = any(one.called_off or one.sent_back for one in plan.shoppers)
            side: Any = HubColumn(way, Path(folder), sandbox, back=back) if way.ours else HandColumn(sandbox)
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
        if shopper.called_off and found.left is Left.BOUGHT:
            group.create_task(called_off(found.orders[-1]))
        return found

    async def called_off(order: str) -> None:
        await asyncio.sleep(MIND)
        await stage.side.call_off(order)

    async with asyncio.TaskGroup() as group:
        visits = [group.create_task(visit(one)) for one in plan.shoppers]
        troubles = group.create_task(played(plan, stage.sandbox, clock, stage.side.kill))
        watching = group.create_task(stage.side.watch(clock, plan.seconds))
    over()
    tell("shoppers left; until all is done", done)
    orders = await _ended(stage, begun)
    if await _sent_back(stage, [task.result() for task in visits], orders):
        orders = await _ended(stage, begun)
    effects = await stage.sandbox.effects()
    tell("done", done)
    return Round(
        visits=tuple(_with_orders([task.result() for task in visits], orders)),
        orders=tuple(orders), troubles=troubles.result(), lags=watching.result(),
        cases=await stage.side.cases(), oversold=oversold(effects, plan.stock), seconds=round(clock.now(), 3),
        by_hand=stage.side.by_hand,
    )  # fmt: skip


def _with_orders(visits: Sequence[Visit], orders: Sequence[OrderRow]) -> Iterator[Visit]:
    """By the ledgers, whether they know them or not."""
    of: dict[int, list[str]] = {}
    for one in orders:
        of.setdefault(one.number, []).append(one.order)
    for each in visits:
        yield msgspec.structs.replace(each, orders=tuple(of.get(each.number, ())))


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


async def _sent_back(stage: Stage, visits: Sequence[Visit], orders: Sequence[OrderRow]) -> bool:
    """What its shopper sends back, by the day's log, once all of it arrived; whether anything was."""
    wanted = {one.number for one in stage.plan.shoppers if one.sent_back}
    arrived = {one.order for one in orders if one.arrived}
    back = [one.orders[-1] for one in visits if one.number in wanted and one.left is Left.BOUGHT]
    for order in back:
        if order in arrived:
            await stage.side.send_back(order)
    return bool(back)


def _closed(row: OrderRow) -> bool:
    gone = row.refused or row.back is Back.CALLED_OFF
    return row.fate is Fate.WHOLE or (gone and row.fate in {Fate.UNDONE, Fate.NOTHING})
