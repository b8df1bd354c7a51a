"""An order of the shop's own checkout: it arrives placed and stock-committed, and only what comes after is ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from pawline.flows.collecting import asked_for, had_left, has_left
from pawline.flows.recalling import cleared
from pawline.flows.settle_booking import CalledOff, by_hand, refusal
from pawline.flows.urgency import of_order
from pawline.flows.wanted import still_wanted
from pawline.model import (
    Address,
    BookingRefused,
    Checkout,
    Confirmed,
    Item,
    Order,
    OrderBooked,
    OrderCancelled,
    OrderPaid,
    OrderPlaced,
    Skipped,
    TenderState,
    left_to_send,
)
from pawline.ports import Booking, Erp, FulfilmentRequest, Orders, Rejected
from pawline.runtime import (
    Account,
    Question,
    Undo,
    accounts,
    ask,
    flow,
    now,
    sleep_until,
    together,
    undoing,
    use,
    wait_for,
)  # fmt: skip

PAID = timedelta(days=14)
"""Bank transfers take days; what is not paid by then is the shop's to cancel."""
LEFT = timedelta(days=5)
"""A parcel that has not left by then is somebody's question."""


@flow(on=OrderPlaced, cancel_on=OrderCancelled, priority=of_order, version=11)
async def adopt_order(placed: OrderPlaced) -> Confirmed | Skipped:
    """An adopted order is in the books and leaves the warehouse once; cancelled before, it is out of both.

    In the books it is when they say so: handed over and not heard of for too long, it is a person's.

    Nothing is reserved, authorised or confirmed by mail: the shop did all that. Whoever else is to know of it is told
    by `introduce_order`: a CRM that is down keeps no parcel waiting, nor do books that refuse the order: a person is
    asked meanwhile. Goods of a recall are not asked for.
    """
    order = placed.order
    if order.checkout is Checkout.OWN:
        return Skipped("our own checkout sees to it")
    if await use(Orders).called_off(order.id):  # webhooks come in any order; a later one cancels this run
        return Skipped("it was called off before we heard that it was placed")
    if unpaid(order) and await wait_for(OrderPaid, key=order.id, until=order.placed_at + PAID) is None:
        return Skipped(f"not paid within {PAID.days} days")
    books = accounts(Erp)
    try:
        async with undoing() as undo:
            handed = [(one, await booked(order, one, undo)) for one in books]
            questions = [settled(order, one, no, undo) for one, no in handed if isinstance(no, Rejected)]
            left, *_ = await together(gone(order), in_the_books(order, handed), *questions)
            if books and not left:
                await sleep_until(now() + PAID)  # no parcel ends the time in which it may be called off
    except CalledOff:
        return Skipped("it was called off")
    return Confirmed(order.id)


def unpaid(order: Order) -> bool:
    """Whether money is on its way, or none of what was tried came to anything (it was declined, or has expired)."""
    states = {tender.state for tender in order.tenders}
    there = states & {TenderState.AUTHORISED, TenderState.CAPTURED}
    return TenderState.PENDING in states or (bool(states) and not there and order.total.minor > 0)


async def booked(order: Order, books: Account, undo: Undo) -> Booking | Rejected:
    """Handed over to the books, or what they have against it."""
    erp = use(Erp, books)
    try:
        return await undo.step(erp.book(order), back=erp.cancel)
    except Rejected as no:
        return no


async def in_the_books(order: Order, handed: Sequence[tuple[Account, Booking | Rejected]]) -> None:
    """Those that tell it have it; what they say nothing of for too long is a question, what they refuse is one already.

    Handed over is only a file in a folder: whoever takes it from there may have died.
    """
    within = {one: it.told_within for one, it in handed if isinstance(it, Booking) and it.told_within is not None}
    until = now() + max(within.values(), default=timedelta())
    waits = set(within)
    while waits and (has := await wait_for(OrderBooked, key=order.id, until=until)) is not None:
        waits -= within.keys() if has.books is None else {Account(has.books)}
    while waits and (no := await wait_for(BookingRefused, key=order.id, until=now())) is not None:
        waits -= within.keys() if no.books is None else {Account(no.books)}
    if waits:
        await ask(
            Question(
                f"order {order.id} was handed over and is not in the books", evidence={"books": sorted(waits)},
                choices=("it is in the books", "it was settled"), cause=f"not in the books: {', '.join(sorted(waits))}",
            )
        )  # fmt: skip


async def settled(order: Order, books: Account, no: Rejected, undo: Undo) -> None:
    """A person mends what keeps it from the books; booked late, it is undone with the rest."""
    await by_hand(order.id, books, refusal(no), no.text, undo)


async def gone(order: Order) -> bool:
    """Out of the house as it stands by then, if anything is to be sent: False if not. Raises CalledOff.

    From then on only the question about the books may be open. The shop is asked once more before the warehouse is: it
    may have called it off, and nobody heard.
    """
    goods = left_to_send(order, ())
    if order.ship_to is None:
        return False
    if not goods:  # or it was gone before anybody told that it was placed
        return await use(Orders).left(order.id) is not None
    await cleared(order)
    heard = await use(Orders).to_send(order.id)  # with what was edited and taken off the bill meanwhile
    if not (goods := goods if heard is None else heard):
        return False
    if not await still_wanted(order.id):
        raise CalledOff(order.id)
    async with undoing() as undo:
        await sent(order, goods, order.ship_to, undo)
    return True


async def sent(order: Order, goods: tuple[Item, ...], ship_to: Address, undo: Undo) -> None:
    """Asked of the warehouse, for the next pick-up; called off there if the order is cancelled before it left."""
    wanted = FulfilmentRequest(order=order.id, part="all", items=goods, ship_to=ship_to)
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
    if not (await had_left(asked) or await has_left(asked, pickup, order.placed_at + PAID + LEFT)):
        await ask(
            Question(
                f"order {order.id} is paid and has not left", choices=("it left", "it was settled"),
                cause="orders are paid and have not left",
            )
        )  # fmt: skip
