"""Orders that missed their carrier: one question for each pick-up and reason, not one for each order."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pawline.flows.collecting import next_pickup
from pawline.model import LateOrders, Missed, OrderId, PickupDecided, PickupMissed
from pawline.runtime import Question, ask, flow, now, publish, wait_for

GATHER = timedelta(minutes=1)
"""How long another one is waited for: all that missed a pick-up say so at about the same moment."""
LONGEST = timedelta(minutes=15)
"""By when all have: before they say so, the warehouse is asked for each."""
MOST = 500
"""Of more the question names no more; whatever is answered goes for all."""
REASONS: Final = {
    Missed.NOT_SENT: "the warehouse did not send them",
    Missed.NOT_ASKED: "the warehouse could not be reached",
    Missed.NOT_BOOKED: "the carrier could not be reached",
}


@flow(on=PickupMissed, busy="skip")
async def missed_pickup(missed: PickupMissed) -> LateOrders:
    """Who missed the same pick-up is one question. Unanswered it ends when the next one is over, and so they go on."""
    following = await next_pickup()  # the orders' own next one: before the others are waited for
    orders = await _gathered(missed)
    # Nobody can have sent what the warehouse never heard of: there is only something to know.
    choices = tuple(LateOrders) if missed.why is Missed.NOT_SENT else (LateOrders.NEXT,)
    count = f"{len(orders)}{' or more' if len(orders) == MOST else ''} order{'s' if len(orders) > 1 else ''}"
    decision = await ask(
        Question(
            f"{count} missed the carrier of {missed.day}: {REASONS[missed.why]}", choices=choices, answer=LateOrders,
            evidence={"cut-off": missed.cut_off, "orders": orders}, suggested=LateOrders.NEXT,
            until=None if following is None else max(following.told_by, now() + GATHER), otherwise=LateOrders.NEXT,
            cause=missed.cause,
        )
    )  # fmt: skip
    await publish(PickupDecided(cause=missed.cause, decision=decision))
    return decision


async def _gathered(missed: PickupMissed) -> list[OrderId]:
    """The orders that missed it, as far as they are known after a moment."""
    orders, last = {missed.order: None}, now() + LONGEST
    while len(orders) < MOST:
        more = await wait_for(
            PickupMissed, key=missed.subject, until=min(now() + GATHER, last)
        )  # its own event is the first
        if more is None:
            break
        orders[more.order] = None
    return list(orders)
