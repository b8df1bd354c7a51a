"""An order of our own checkout, from placed to confirmed and paid, or to refused with nothing left over."""

from __future__ import annotations

from pawline.flows.acquainting import acquaint
from pawline.flows.asking_shopper import Goods, set_aside
from pawline.flows.short_of_goods import held_anew, sold
from pawline.flows.telling import tell
from pawline.model import (
    CartBought,
    Checkout,
    Confirmed,
    Medium,
    Message,
    Order,
    OrderCancelled,
    OrderConfirmed,
    OrderPlaced,
    OrderRefused,
    Purpose,
    Refused,
    Skipped,
)  # fmt: skip
from pawline.ports import Authorisation, AuthorisationState, Inventory, Payments, Rejected
from pawline.runtime import Question, Step, ask, flow, publish, reached, together, undoing, use


@flow(on=OrderPlaced, cancel_on=OrderCancelled, priority="shopper", version=8)
async def fulfil_order(placed: OrderPlaced) -> Confirmed | Refused | Skipped:
    """An order is either on its way or fully undone.

    Called off before it is confirmed, it is undone; later than that `refund_cancelled` lets go of its money, or pays it
    back.
    """
    order = placed.order
    if order.checkout is Checkout.ADOPTED:
        return Skipped("the shop's own checkout reserved and charged it")
    inventory, payments = use(Inventory), use(Payments)
    try:
        async with undoing() as undo:
            cards = [undo.step(payments.authorize(order.id, one), back=payments.void) for one in order.tenders]
            reserve = undo.step(inventory.reserve(order.id, order.demand()), back=inventory.release)
            stock, authorised = await together(reserve, _heard(*cards))
            goods = Goods(stock)
            await set_aside(order.id, authorised, goods)
            held = await held_anew(order, undo) if goods.lapsed else goods.stock
    except Rejected as no:
        await publish(OrderRefused(order=order.id, because=no.text, household=order.household))
        await reached("refused", no.code)  # of what: whoever waits at the checkout may be told of stock
        return Refused(order.id, no.text)
    await publish(OrderConfirmed(order=order.id, household=order.household, by_hand=held is None))
    if placed.cart is not None:
        await publish(CartBought(cart=placed.cart, order=order.id, household=order.household))
    await reached("confirmed")
    try:
        taken = together(*(payments.capture(one, one.amount) for one in authorised))
        certain, _ = await together(sold(order, held), taken)
        if not certain:
            return Confirmed(order.id)  # and called off: nobody is told that it comes
    except Rejected as no:
        await ask(Question(f"order {order.id} is confirmed, but not settled", evidence=no.text, choices=("settled",)))
    await known(order)
    return Confirmed(order.id)


async def _heard(*cards: Step[Authorisation]) -> tuple[Authorisation, ...]:
    """What the providers say first; who waits at the checkout for no more than that is told."""
    authorised = await together(*cards)
    if all(one.state is AuthorisationState.AUTHORISED for one in authorised):
        await reached("authorised")
    return authorised


async def known(order: Order) -> None:
    """The CRM knows the household, and the household knows of its order. Nothing where nobody gave a name."""
    if order.household is None:
        return
    await acquaint(order, order.household)
    confirmation = Message(
        name="order_confirmation", household=order.household, purpose=Purpose.TRANSACTION, medium=Medium.EMAIL,
        order=order.id,
    )  # fmt: skip
    await tell(confirmation)
