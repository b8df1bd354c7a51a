"""The CRM and marketing know an adopted order: beside what sends it, so that neither keeps a parcel waiting."""

from __future__ import annotations

from datetime import datetime, timedelta

from pawline.flows.acquainting import acquaint
from pawline.flows.urgency import of_order
from pawline.model import (
    Checkout,
    HouseholdId,
    Order,
    OrderCancelled,
    OrderPlaced,
    ShipmentDispatched,
    Skipped,
)
from pawline.ports import Marketing, Occurrence, Orders
from pawline.runtime import flow, use, wait_for

SENT = timedelta(days=19)
"""After which nobody waits any more to hear that it left."""


@flow(on=OrderPlaced, cancel_on=OrderCancelled, priority=of_order, version=2)
async def introduce_order(placed: OrderPlaced) -> str | Skipped:
    """The CRM knows the household, and marketing what happened; its own flows decide what to write."""
    order = placed.order
    if order.checkout is Checkout.OWN:
        return Skipped("our own checkout sees to it")
    if order.household is None:
        return Skipped("nobody said whose it is")
    if await use(Orders).called_off(order.id):  # webhooks come in any order
        return Skipped("it was called off before we heard that it was placed")
    await acquaint(order, order.household)
    await happened("Placed Order", order, order.household, order.placed_at)
    if order.ship_to is None:
        return "placed"
    at = await use(Orders).left(order.id)  # it may have left before anybody told that it was placed
    if at is None:
        left = await wait_for(ShipmentDispatched, key=order.id, until=order.placed_at + SENT)
        at = None if left is None else left.at
    if at is None:
        return "placed"
    await happened("Shipped Order", order, order.household, at)
    return "shipped"


async def happened(name: str, order: Order, household: HouseholdId, at: datetime) -> None:
    """Marketing hears of it, once however often it is told."""
    values: dict[str, str | int | bool] = {"order": order.id, "total": order.total.minor, "currency": order.currency}
    key = f"{name.lower().replace(' ', '.')}/{order.id}"
    await use(Marketing).track(Occurrence(name=name, key=key, at=at, household=household, values=values))
