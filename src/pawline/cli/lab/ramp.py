"""How many orders a second: shoppers come faster and faster, until answers are late or errors."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Final

from pawline.cli.lab.shopping import Says
from pawline.cli.lab.tills import FrontTill
from pawline.lab.cells import LIMIT
from pawline.lab.day import Shopper
from pawline.lab.figures import quantile
from pawline.lab.rows import Pace

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.cli.lab.rounds import Stage
    from pawline.cli.lab.shopping import Till
    from pawline.lab.day import Plan

RATES: Final = (10.0, 40.0, 80.0, 160.0, 320.0)
LATE: Final = 80.0
"""The highest rate that is tried where answers are late at the lowest already."""
SECONDS: Final = 1.5
"""That shoppers come at each rate."""
LONGEST: Final = 8.0
"""Seconds after which an answer is none."""


async def ramped(stage: Stage, plan: Plan, tell: Callable[[str, int], None]) -> tuple[Pace, ...]:
    """Rate after rate, until the p99 is over LIMIT and over twice that of the first one."""
    found, number = list[Pace](), 1_000_000
    for rate in RATES:
        tell(f"{rate:g} orders a second", 0)
        count = max(8, int(rate * SECONDS))
        found.append(await _paced(stage.till, rate, range(number, number + count), plan))
        number += count
        late = found[0].p99_ms > LIMIT and rate >= LATE
        if found[-1].broken or late or found[-1].p99_ms > max(LIMIT, 2 * found[0].p99_ms):
            break
    return tuple(found)


async def _paced(till: Till, rate: float, numbers: range, plan: Plan) -> Pace:
    sku, chance = next(iter(plan.stock)), random.Random(f"{plan.seed}/{rate}")  # noqa: S311 - chance to be repeated
    shoppers = [_anybody(number, sku) for number in numbers]
    ready = await _quotes(till, shoppers, sku)
    loop, waits, broken = asyncio.get_running_loop(), list[float](), 0

    async def press(shopper: Shopper, one: object, due: float) -> None:
        nonlocal broken
        await asyncio.sleep(max(0.0, due - loop.time()))
        try:
            async with asyncio.timeout(LONGEST):
                answer = await till.press(one, shopper, 1)
        except TimeoutError:
            broken += 1
        else:
            broken += answer.says not in {Says.BOUGHT, Says.HAVE_IT}
        waits.append(1_000 * (loop.time() - due))

    due = loop.time() + 0.1
    async with asyncio.TaskGroup() as group:
        for shopper, one in zip(shoppers, ready, strict=True):
            group.create_task(press(shopper, one, due))
            due += chance.expovariate(rate)
    return Pace(rate=rate, came=len(waits), broken=broken, p99_ms=round(quantile(sorted(waits), 0.99), 2))


async def _quotes(till: Till, shoppers: list[Shopper], sku: str) -> list[object]:
    """One for each, of the same cart: a quote makes one order. They are no part of the wait."""
    if not isinstance(till, FrontTill):
        return [await till.ready(one) for one in shoppers]
    cart = await till.cart(((sku, 1),))
    return [await till.quote(cart or "") for _ in shoppers]


def _anybody(number: int, sku: str) -> Shopper:
    return Shopper(
        number=number, due=0.0, part="ramp", sku=sku, quantity=1, declined=False, patience=LONGEST, returns=False
    )
