"""An order of the shop's own checkout: it arrives placed and stock-committed, and only what comes after is ours."""

from __future__ import annotations

from datetime import timedelta

from pawline.flows.collecting import asked_for, has_left
from pawline.flows.recalling import cleared
from pawline.flows.settle_booking import refusal
from pawline.model import (
    Address,
    BookingRefused,
    Checkout,
    Confirmed,
    Order,
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    Skipped,
    TenderState,
)
from pawline.ports import Erp, FulfilmentRequest, Orders, Rejected
from pawline.runtime import Account, Question, Undo, accounts, ask, flow, now, publish, undoing, use, wait_for

PAID = timedelta(days=14)
"""Bank transfers take days; what is not paid by then is the shop's to cancel."""
LEFT = timedelta(days=5)
"""A parcel that has not left by then is somebody's question."""


@flow(on=OrderPlaced, cancel_on=OrderCancelled, version=6)
async def adopt_order(placed: OrderPlaced) -> Confirmed | Skipped:
    """An adopted order is in the books and leaves the warehouse once; cancelled before, it is out of both.

    Nothing is reserved, authorised or confirmed by mail: the shop did all that. Whoever else is to know of it is told
    by `introduce_order`: a CRM that is down keeps no parcel waiting. Goods of a recall are not asked for.
    """
    order = placed.order
    if order.checkout is Checkout.OWN:
        return Skipped("our own checkout sees to it")
    if await use(Orders).called_off(order.id):  # webhooks come in any order; a later one cancels this run
        return Skipped("it was called off before we heard that it was placed")
    pending = any(tender.state is TenderState.PENDING for tender in order.tenders)
    if pending and await wait_for(OrderPaid, key=order.id, until=order.placed_at + PAID) is None:
        return Skipped(f"not paid within {PAID.days} days")
    async with undoing() as undo:
        for books in accounts(Erp):
            await booked(order, books, undo)
        if order.ship_to is not None:
            await cleared(order)
            await sent(order, order.ship_to, undo)
    return Confirmed(order.id)


async def booked(order: Order, books: Account, undo: Undo) -> None:
    """In the books; where they refuse on the spot it is as if they had refused later: `settle_booking` sees to it."""
    erp = use(Erp, books)
    try:
        await undo.step(erp.book(order), back=erp.cancel)
    except Rejected as no:
        await publish(BookingRefused(order=order.id, cause=refusal(no), at=now(), says=no.text, books=books))


async def sent(order: Order, ship_to: Address, undo: Undo) -> None:
    """Asked of the warehouse, for the next pick-up; called off there if the order is cancelled before it left."""
    wanted = FulfilmentRequest(order=order.id, part="all", items=order.demand(), ship_to=ship_to)
    try:
        asked, pickup = await asked_for(wanted, undo)
    except Rejected as no:
        await ask(
            Question(
                f"the warehouse does not take order {order.id}", evidence=no.text, choices=("settled",),
                cause=f"the warehouse does not take orders: {no.code.value}",
            )
        )  # fmt: skip
        return
    if not await has_left(asked, pickup, order.placed_at + PAID + LEFT):
        await ask(
            Question(
                f"order {order.id} is paid and has not left", choices=("it left", "it was settled"),
                cause="orders are paid and have not left",
            )
        )  # fmt: skip
