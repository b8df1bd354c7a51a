"""Orders that missed their carrier: one question for each pick-up and reason, not one for each order."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pawline.flows.collecting import next_pickup
from pawline.model import LateOrders, Missed, PickupDecided, PickupMissed
from pawline.ports import LateOnes, Orders
from pawline.runtime import Question, ask, flow, now, publish, sleep_until, use

GATHER = timedelta(seconds=30)
"""After which they are counted again: all that missed a pick-up say so at about the same moment."""
LONGEST = timedelta(minutes=15)
"""By when all have: before they say so, the warehouse is asked for each."""
REASONS: Final = {
    Missed.NOT_SENT: "the warehouse did not send them",
    Missed.NOT_ASKED: "the warehouse could not be reached",
    Missed.NOT_BOOKED: "the carrier could not be reached",
}


@flow(on=PickupMissed, busy="skip")
async def missed_pickup(missed: PickupMissed) -> LateOrders:
    """Who missed the same pick-up is one question. Unanswered it ends when the next one is over, and so they go on."""
    following = await next_pickup()  # the orders' own next one: before the others are waited for
    found = await _counted(missed)
    # Nobody can have sent what the warehouse never heard of: there is only something to know.
    choices = tuple(LateOrders) if missed.why is Missed.NOT_SENT else (LateOrders.NEXT,)
    decision = await ask(
        Question(
            f"{found.count} order{'s' if found.count > 1 else ''} missed the carrier of {missed.day}:"
            f" {REASONS[missed.why]}", choices=choices, answer=LateOrders, suggested=LateOrders.NEXT,
            evidence={"cut-off": missed.cut_off, "orders": found.orders}, cause=missed.cause,
            until=None if following is None else max(following.told_by, now() + GATHER), otherwise=LateOrders.NEXT,
        )
    )  # fmt: skip
    await publish(PickupDecided(cause=missed.cause, decision=decision))
    return decision


async def _counted(missed: PickupMissed) -> LateOnes:
    """Those that missed it, once they are no more than a moment before."""
    last, before = now() + LONGEST, 0
    while True:
        await sleep_until(now() + GATHER)
        found = await use(Orders).missed(missed.cause)
        if found.count == before or now() >= last:
            return found
        before = found.count
