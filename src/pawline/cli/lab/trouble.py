"""What goes wrong in a day, by plan: vendors that change their manner, and the end of whoever takes the orders."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pawline.lab.day import AFTER_KILL, KILL, KILLED, TROUBLES
from pawline.lab.rows import Span

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pawline.cli.lab.sandbox_process import SandboxProcess
    from pawline.cli.lab.shopping import Clock
    from pawline.lab.day import Plan, Trouble


async def healthy(plan: Plan, sandbox: SandboxProcess) -> None:
    """Each vendor takes its usual time."""
    for vendor, draws in plan.draws.items():
        await sandbox.behave(vendor, {"latencies": draws})


async def played(
    plan: Plan, sandbox: SandboxProcess, clock: Clock, kill: Callable[[], Awaitable[object]]
) -> tuple[Span, ...]:
    """All of it; when it really was, the end being when all was well again."""
    vendors = [_vendors(one, plan, sandbox, clock) for one in TROUBLES]
    return tuple(await asyncio.gather(*vendors, _killed(plan, clock, kill)))


async def _vendors(trouble: Trouble, plan: Plan, sandbox: SandboxProcess, clock: Clock) -> Span:
    await clock.until(trouble.begin * plan.seconds)
    begin = clock.now()
    for vendor in trouble.vendors:
        usual = {} if "latency" in trouble.manner else {"latencies": plan.draws[vendor]}
        await sandbox.behave(vendor, usual | dict(trouble.manner))
    await clock.until(trouble.end * plan.seconds)
    for vendor in trouble.vendors:
        await sandbox.behave(vendor, {"latencies": plan.draws[vendor]})
    return Span(name=trouble.name, begin=round(begin, 3), end=round(clock.now(), 3))


async def _killed(plan: Plan, clock: Clock, kill: Callable[[], Awaitable[object]]) -> Span:
    await clock.until(KILL * plan.seconds)
    begin = clock.now()
    await kill()
    end = max(clock.now(), begin + AFTER_KILL * plan.seconds)
    return Span(name=KILLED, begin=round(begin, 3), end=round(end, 3))
