"""A recall lets an order go, unless another recall keeps it: the warehouse does not count who holds."""

from __future__ import annotations

from pawline.flows.recalling import CALLED_OFF, DECIDE, decision
from pawline.model import RecallId, RecallReached
from pawline.ports import Code, Fulfilment, FulfilmentHold, Recalls, Rejected, Stock
from pawline.runtime import Account, Question, ask, now, sleep_until, use

Held = list[tuple[Account, FulfilmentHold]]
Passed = set[tuple[RecallId, bool]]
"""Recalls that keep the order no more, as they were: one that has reached it since may."""


async def let_go(reached: RecallReached, held: Held) -> str:
    """Released, once no other recall keeps it. What one comes to keep while it is being released is held again."""
    passed: Passed = set()
    while True:
        await _nobody_keeps(reached, held, passed)
        for account, hold in held:
            try:
                await use(Fulfilment, account).release(hold)
            except Rejected as no:
                if no.code is not Code.TOO_LATE:  # it was called off meanwhile
                    raise
        if not await _keeping(reached, passed):
            return "released"
        for account, hold in held:
            try:
                await use(Fulfilment, account).hold(hold.fulfilment, f"recall {reached.recall}: another keeps it")
            except Rejected as no:
                if no.code is not Code.TOO_LATE:  # the other recall tells who has it
                    raise


async def _nobody_keeps(reached: RecallReached, held: Held, passed: Passed) -> None:
    """Waits until every other recall is decided, and what it calls off is off; what is not then is a person's."""
    while keeping := await _keeping(reached, passed):
        other = keeping[0]
        if other.cancel is None and await decision(other.recall, now() + DECIDE) is not None:
            continue
        passed.add((other.recall, other.reached))
        await sleep_until(now() + CALLED_OFF)
        if await _still_there(reached, held):
            await ask(
                Question(
                    f"order {reached.order} is held: recall {reached.recall} released it, {other.recall} did not",
                    choices=("release it",), cause=f"recall {other.recall}: orders that another recall released",
                )
            )  # fmt: skip


async def _keeping(reached: RecallReached, passed: Passed) -> list[Recalls]:
    """The recalls of what is in it that may keep it. Once decided, of those of some lots only what reached it."""
    return [
        one
        for one in await use(Stock).recalls_of(reached.order)
        if one.recall != reached.recall
        and (one.recall, one.reached) not in passed
        and (one.cancel is None or (one.cancel and (one.whole or one.reached)))
    ]


async def _still_there(reached: RecallReached, held: Held) -> bool:
    there = [one for account, _ in held for one in await use(Fulfilment, account).of(reached.order)]
    return any(hold.fulfilment in there for _, hold in held)
