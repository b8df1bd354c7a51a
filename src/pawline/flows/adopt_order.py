"""An order of the shop's own checkout: it arrives placed and stock-committed, and only what comes after is ours."""

from __future__ import annotations

from datetime import datetime, timedelta

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
from pawline.ports import Crm, Erp, Fulfilment, FulfilmentRequest, Marketing, Occurrence, Orders, Rejected
from pawline.runtime import Question, Undo, accounts, ask, flow, undoing, use, wait_for

PAID = timedelta(days=14)
"""Bank transfers take days; what is not paid by then is the shop's to cancel."""
LEFT = timedelta(days=5)
"""A parcel that has not left by then is somebody's question."""


@flow(on=OrderPlaced, cancel_on=OrderCancelled, version=2)
async def adopt_order(placed: OrderPlaced) -> Confirmed | Skipped:
    """An adopted order is in the books and leaves the warehouse once; cancelled before, it is out of both.

    Nothing is reserved, authorised or confirmed by mail: the shop did all that.
    """
    order = placed.order
    if order.checkout is Checkout.OWN:
        return Skipped("our own checkout sees to it")
    if await use(Orders).called_off(order.id):  # webhooks come in any order; a later one cancels this run
        return Skipped("it was called off before we heard that it was placed")
    if order.household is not None:
        await known(order, order.household)
    pending = any(tender.state is TenderState.PENDING for tender in order.tenders)
    if pending and await wait_for(OrderPaid, key=order.id, until=order.placed_at + PAID) is None:
        return Skipped(f"not paid within {PAID.days} days")
    async with undoing() as undo:
        for books in accounts(Erp):
            erp = use(Erp, books)
            await undo.step(erp.book(order), back=erp.cancel)
        if order.ship_to is not None:
            await sent(order, order.ship_to, undo)
    return Confirmed(order.id)


async def known(order: Order, household: HouseholdId) -> None:
    """The CRM knows the household, and marketing its order: its own flows decide what to write."""
    addresses = () if order.ship_to is None else (order.ship_to,)
    await use(Crm).upsert(Household(id=household, addresses=addresses))
    await happened("Placed Order", order, household, order.placed_at)


async def happened(name: str, order: Order, household: HouseholdId, at: datetime) -> None:
    """Marketing hears of it, once however often it is told."""
    values: dict[str, str | int | bool] = {"order": order.id, "total": order.total.minor, "currency": order.currency}
    key = f"{name.lower().replace(' ', '.')}/{order.id}"
    await use(Marketing).track(Occurrence(name=name, key=key, at=at, household=household, values=values))


async def sent(order: Order, ship_to: Address, undo: Undo) -> None:
    """Asked of the warehouse; called off there if the order is cancelled before the parcel left."""
    warehouse = use(Fulfilment)
    wanted = FulfilmentRequest(order=order.id, part="all", items=order.demand(), ship_to=ship_to)
    try:
        await undo.step(warehouse.request(wanted), back=warehouse.cancel)
    except Rejected as no:
        await ask(
            Question(
                f"the warehouse does not take order {order.id}", evidence=no.text, choices=("settled",),
                cause=f"the warehouse does not take orders: {no.code.value}",
            )
        )  # fmt: skip
        return
    left = await wait_for(ShipmentDispatched, key=order.id, until=order.placed_at + PAID + LEFT)
    if left is None:
        await ask(
            Question(
                f"order {order.id} is paid and has not left", choices=("it left", "it was settled"),
                cause="orders are paid and have not left",
            )
        )  # fmt: skip
    elif order.household is not None:
        await happened("Shipped Order", order, order.household, left.at)
