"""Which pick-up an order goes with: the first that it can still make, and what it does when it missed one."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from pawline.model import LateOrders, Missed, OrderId, PickupDecided, PickupMissed, ShipmentDispatched
from pawline.ports import Fulfilment, FulfilmentOrder, FulfilmentRequest, Orders, Pickup, Pickups, Progress, Rejected
from pawline.runtime import Late, Undo, accounts, now, publish, use, wait_for, within

LOOK = timedelta(minutes=10)
"""How long the warehouse is asked what became of an order, before a person is."""


async def next_pickup() -> Pickup | None:
    """The first that can still be made; None where the shop does not say when its carrier comes."""
    return await use(Pickups, accounts(Pickups)[0]).next() if accounts(Pickups) else None


async def asked_for(wanted: FulfilmentRequest, undo: Undo) -> tuple[FulfilmentOrder, Pickup | None]:
    """Asked of the warehouse once, for the pick-up that it goes with: the warehouse hears its day. Raises Rejected.

    A warehouse that cannot be reached until the cut-off is asked for the next pick-up instead.
    """
    warehouse = use(Fulfilment)
    while (pickup := await next_pickup()) is not None:
        step = warehouse.request(msgspec.structs.replace(wanted, ship_by=pickup.day))
        try:
            return await undo.step(within(pickup.cut_off - now(), step), back=warehouse.cancel), pickup
        except Late as late:
            if late.happened:  # on the dot: whether it goes today is seen when the carrier was there
                asked: FulfilmentOrder = late.result
                return asked, pickup
        await publish(missed(wanted.order, pickup, Missed.NOT_ASKED))
    return await undo.step(warehouse.request(wanted), back=warehouse.cancel), None


async def had_left(asked: FulfilmentOrder) -> bool:
    """Whether it left before anybody told that it was placed: a look may have read it while it was still there.

    A wait does not see what was recorded before its run began. Where only a part had left, the rest is waited for.
    """
    return await use(Orders).left(asked.order) is not None and await _progress(asked) is Progress.SHIPPED


async def has_left(asked: FulfilmentOrder, pickup: Pickup | None, until: datetime) -> bool:
    """Whether it left until then, or a person said so. Each pick-up that it misses is an event of its own.

    Before that the warehouse is asked: its word may be lost, and what it holds on purpose is another question already.
    """
    told: PickupMissed | None = None
    while pickup is not None and pickup.told_by < until:
        if await wait_for(ShipmentDispatched, key=asked.order, until=pickup.told_by) is not None:
            return True
        progress = await _progress(asked)
        if progress is Progress.SHIPPED or (told is not None and await _said_left(told)):
            return True
        if progress is not Progress.ON_HOLD:
            told = missed(asked.order, pickup, Missed.NOT_SENT)
            await publish(told)
        pickup = await next_pickup()
    if await wait_for(ShipmentDispatched, key=asked.order, until=until) is not None:
        return True
    return told is not None and await _said_left(told)


def missed(order: OrderId, pickup: Pickup, why: Missed) -> PickupMissed:
    """That an order did not go with a pick-up."""
    return PickupMissed(order=order, day=pickup.day, cut_off=pickup.cut_off, why=why)


async def _progress(asked: FulfilmentOrder) -> Progress | None:
    """None where the warehouse does not answer, or does not know it any more."""
    try:
        return (await within(LOOK, use(Fulfilment).status(asked))).progress
    except (Rejected, Late):
        return None


async def _said_left(told: PickupMissed) -> bool:
    """Whether a person said so: asked for when the next pick-up is over, for a run waits for one thing at a time."""
    decided = await wait_for(PickupDecided, key=told.cause, until=now())
    return decided is not None and decided.decision is LateOrders.LEFT
