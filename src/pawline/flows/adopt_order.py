"""An order of the shop's own checkout: it arrives placed and stock-committed, and only what comes after is ours."""

from __future__ import annotations

from datetime import timedelta

from pawline.model import (
    Address,
    Checkout,
    Confirmed,
    Household,
    HouseholdId,
    Order,
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    ShipmentDispatched,
    Skipped,
    TenderState,
)
from pawline.ports import Crm, Fulfilment, FulfilmentRequest, Marketing, Occurrence, Rejected
from pawline.runtime import Question, ask, flow, undoing, use, wait_for

PAID = timedelta(days=14)
"""Bank transfers take days; what is not paid by then is the shop's to cancel."""
LEFT = timedelta(days=5)
"""A parcel that has not left by then is somebody's question."""


@flow(on=OrderPlaced, cancel_on=OrderCancelled)
async def adopt_order(placed: OrderPlaced) -> Confirmed | Skipped:
    """An adopted order is known to the systems and leaves the warehouse once; cancelled before, it does not leave.

    Nothing is reserved, authorised or confirmed by mail: the shop did all that.
    """
    order = placed.order
    if order.checkout is Checkout.OWN:
        return Skipped("our own checkout sees to it")
    if order.household is not None:
        await known(order, order.household)
    pending = any(tender.state is TenderState.PENDING for tender in order.tenders)
    if pending and await wait_for(OrderPaid, key=order.id, until=order.placed_at + PAID) is None:
        return Skipped(f"not paid within {PAID.days} days")
    if order.ship_to is not None:
        await sent(order, order.ship_to)
    return Confirmed(order.id)


async def known(order: Order, household: HouseholdId) -> None:
    """The CRM knows the household, and marketing its order: its own flows decide what to write."""
    addresses = () if order.ship_to is None else (order.ship_to,)
    await use(Crm).upsert(Household(id=household, addresses=addresses))
    values: dict[str, str | int | bool] = {"order": order.id, "total": order.total.minor, "currency": order.currency}
    happened = Occurrence(
        name="Placed Order", key=f"order.placed/{order.id}", at=order.placed_at, household=household, values=values
    )
    await use(Marketing).track(happened)


async def sent(order: Order, ship_to: Address) -> None:
    """Asked of the warehouse; called off there if the order is cancelled before the parcel left."""
    warehouse = use(Fulfilment)
    wanted = FulfilmentRequest(order=order.id, part="all", items=order.demand(), ship_to=ship_to)
    async with undoing() as undo:
        try:
            await undo.step(warehouse.request(wanted), back=warehouse.cancel)
        except Rejected as no:
            await ask(Question(f"the warehouse does not take order {order.id}", evidence=no.text, choices=("settled",)))
            return
        left = await wait_for(ShipmentDispatched, key=order.id, until=order.placed_at + PAID + LEFT)
        if left is None:
            await ask(Question(f"order {order.id} is paid and has not left", choices=("it left", "it was settled")))
