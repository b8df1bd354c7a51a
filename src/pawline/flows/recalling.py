"""What a recall means for one order: it waits until a person decided, and is not sent against the decision."""

from __future__ import annotations

from datetime import datetime, timedelta

from pawline.model import Order, RecallDecided, RecallId, RecallReached, SkuId
from pawline.ports import Stock
from pawline.runtime import Question, ask, now, publish, sleep_until, use, wait_for

DECIDE = timedelta(days=30)
"""After which nobody will say any more what becomes of the orders that are held."""
LOOK = timedelta(minutes=1)
"""To the first look at what was decided before anybody waited; the later ones are further and further apart."""
SELDOM = timedelta(hours=6)
CALLED_OFF = timedelta(hours=1)
"""What is called off by then needs no person."""


async def decision(recall: RecallId, until: datetime, pause: timedelta = LOOK) -> bool | None:
    """Whether a person had its orders cancelled (True) or released (False); None if nobody said so until then.

    `pause` is that to the first look; the later ones are further apart.
    """
    decided = await use(Stock).decided(recall)
    while decided is None and now() < until:
        told = await wait_for(RecallDecided, key=recall, until=min(now() + pause, until))
        decided = await use(Stock).decided(recall) if told is None else told.cancel
        pause = min(2 * pause, SELDOM)
    return decided


async def cleared(order: Order) -> None:
    """Returns once no recall keeps the order back: it is asked for right before the goods are.

    While nobody has decided it waits, and is a person's once nobody will. Where only some lots are meant it goes on
    then: what is packed then is of others. Where every lot is, it is among those that the decision is about, and what
    comes later is a person's.
    """
    skus: tuple[SkuId, ...] = tuple(dict.fromkeys(item.sku for item in order.demand()))
    passed: set[RecallId] = set()
    while standing := [one for one in await use(Stock).recalls(skus) if one.recall not in passed]:
        one = standing[0]
        passed.add(one.recall)
        cancel = one.cancel
        if cancel is None:
            if one.whole:
                await publish(RecallReached(recall=one.recall, order=order.id, left=False, household=order.household))
            cancel = await decision(one.recall, now() + DECIDE)
            if one.whole and cancel:
                await sleep_until(now() + CALLED_OFF)
        if cancel is None or (one.whole and cancel):
            await ask(
                Question(
                    f"order {order.id} is kept back: {one.sku} is recalled ({one.recall})", choices=("send it",),
                    cause=f"recall {one.recall}: orders that are kept back",
                )
            )  # fmt: skip
