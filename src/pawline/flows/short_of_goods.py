"""An own order that is paid, and whose goods are not there any more: a person chooses, and nobody is silent."""

from __future__ import annotations

from datetime import timedelta

from pawline.model import Order, OrderCancelled
from pawline.ports import Code, Inventory, Rejected, Reservation, Stock
from pawline.runtime import Question, Undo, ask, now, publish, sleep_until, use

PARTS, OTHER = "it was sent in parts", "something else of the same diet was sent"
LATER, BACK = "wait until it is there again", "call it off and pay it back"
CHOICES = (PARTS, OTHER, LATER, BACK)
"""The first two a person has done; the last two are done here."""
EVERY = timedelta(hours=3)
"""Between two tries for goods that were waited for."""
PATIENCE = timedelta(days=30)
"""After which the person is asked anew."""
US = "pawline"


async def held_anew(order: Order, undo: Undo) -> Reservation | None:
    """Its goods set aside, whatever became of the first time; None where a person saw to them.

    Raises Rejected(out_of_stock) where it is to be paid back: what is set aside of its money is the caller's to undo.
    """
    answer, until = "", now()
    inventory = use(Inventory)
    while True:
        try:
            return await undo.step(inventory.reserve(order.id, order.demand()), back=inventory.release)
        except Rejected as no:
            if no.code is not Code.OUT_OF_STOCK:
                raise
            why = no.text
        if answer != LATER or now() >= until:
            answer, until = await _asked(order, f"it was paid late, and is {why}"), now() + PATIENCE
        if answer == BACK:
            raise Rejected(f"it was paid late, and is {why}", Code.OUT_OF_STOCK)
        if answer != LATER:
            return None
        await sleep_until(now() + EVERY)


async def sold(order: Order, stock: Reservation | None) -> bool:
    """Its goods are taken off for good. Where whoever counts them says no by now, a person chooses what becomes of it.

    None: a person saw to them already. False where it was called off. What only ran out (the hub was down meanwhile) is
    asked for once more before anybody is.

    To be paid back, a confirmed order is called off: `refund_cancelled` sees to the money, and nothing leaves.
    """
    inventory, answer, until, again = use(Inventory), "", now(), True
    while stock is not None:
        try:
            await inventory.commit(stock)
            break
        except Rejected as no:
            why, again = no.text, again and no.code is Code.EXPIRED
        if again:
            again = False
            try:
                stock = await inventory.reserve(order.id, order.demand())
                continue
            except Rejected as no:
                why = f"is {no.text}"
        if answer != LATER or now() >= until:
            answer, until = await _asked(order, f"it is confirmed, and {why}"), now() + PATIENCE
        if answer == BACK:
            await call_off(order)
            return False
        if answer != LATER:
            break
        await sleep_until(now() + EVERY)
        try:
            stock = await inventory.reserve(order.id, order.demand())
        except Rejected:
            continue  # the commit says it again
    return True


async def call_off(order: Order) -> None:
    """A confirmed order whose goods are not there: its money goes back, and nothing leaves."""
    because = "its goods were not there any more"
    await publish(OrderCancelled(order=order.id, at=now(), by=US, because=because, household=order.household))


async def _asked(order: Order, why: str) -> str:
    """The choice, shown beside what there is of each of its SKUs."""
    wanted = order.demand()
    there = {one.sku: one.quantity for one in await use(Stock).sellable(tuple(item.sku for item in wanted))}
    goods = [{"sku": item.sku, "ordered": item.quantity, "there": there.get(item.sku)} for item in wanted]
    return await ask(
        Question(
            f"order {order.id} cannot be sent as it is", evidence={"why": why, "goods": goods}, choices=CHOICES,
            suggested=LATER, cause="own orders whose goods are not there any more",
        )
    )  # fmt: skip
