"""An order of our own checkout leaves: a parcel booked before the carrier's cut-off, and the warehouse asked for it."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from pawline.flows.collecting import asked_for, has_left, missed
from pawline.flows.recalling import cleared
from pawline.flows.settle_booking import CalledOff
from pawline.flows.short_of_goods import BACK, OTHER, PARTS, call_off
from pawline.insight.parcels import chosen, packed
from pawline.model import (
    Address,
    Checkout,
    Missed,
    Money,
    Order,
    OrderCancelled,
    OrderConfirmed,
    OrderId,
    Skipped,
    demand,
)
from pawline.ports import (
    Code,
    Consignment,
    FulfilmentRequest,
    Orders,
    Origin,
    Pickup,
    Pickups,
    Rejected,
    Shipment,
    Shipping,
)
from pawline.runtime import Late, Question, Undo, ask, flow, now, publish, undoing, use, within

LEFT = timedelta(days=19)
"""After which it is asked about by itself, whatever its pick-ups came to."""
RATES = 5
"""How often rates are asked for anew, one after the other, before their expiry is a person's."""
AGAIN, SEEN_TO = "try again", "seen to"
SHORT = (AGAIN, PARTS, OTHER, BACK, SEEN_TO)
"""Where the warehouse has too little of it: tried again once it is there, or one of the others."""
GONE = Skipped("a person saw to it")


class Booked(msgspec.Struct, frozen=True, tag="booked"):
    """A flow's result: what the order left with."""

    order: OrderId
    carrier: str
    service: str
    price: Money
    tracking: tuple[str, ...]


@flow(on=OrderConfirmed, cancel_on=OrderCancelled, version=3)
async def ship_order(confirmed: OrderConfirmed) -> Booked | Skipped:
    """An own order has one label and is asked of the warehouse once; called off before it left it has neither.

    Stock and money are `fulfil_order`'s, which confirmed it. Goods of a recall are neither booked nor asked for.
    """
    order = await use(Orders).order(confirmed.order)
    if order is None:
        await a_person(confirmed.order, "what is in it is not on record any more", choices=(SEEN_TO,))
        return GONE
    if order.checkout is Checkout.ADOPTED:
        return Skipped("the shop's own checkout confirmed it: adopt_order sends it")
    if await use(Orders).called_off(order.id):  # before it was confirmed; later, it cancels this run
        return Skipped("it was called off before it was confirmed")
    if confirmed.by_hand or order.ship_to is None or not _goods(order):
        return Skipped("a person sent it" if confirmed.by_hand else "nothing of it is sent")
    while True:
        await cleared(order)
        order = await _anew(order)  # a person may have thought for days
        try:
            async with undoing() as undo:
                return await _sent(order, undo)
        except CalledOff:
            return Skipped("it was called off")
        except Rejected as no:  # the warehouse's: the label is called off by now
            choices = SHORT if no.code is Code.OUT_OF_STOCK else (AGAIN, SEEN_TO)
            why = f"the warehouse does not take it: {no.code.value}"
            answer = await a_person(order.id, why, no.text, choices=choices)
            if answer == BACK:
                await call_off(order)
            if answer != AGAIN:
                return GONE


def _goods(order: Order) -> bool:
    return any(line.ships and line.quantity for line in order.lines)


async def _anew(order: Order) -> Order:
    """With the edits that were heard of meanwhile."""
    return await use(Orders).order(order.id) or order


async def _sent(order: Order, undo: Undo) -> Booked | Skipped:
    booked = await _booked(order, undo)
    if booked is None:
        return GONE
    shipment, order, ship_to = booked
    tracking = tuple(label.tracking for label in shipment.labels)
    wanted = FulfilmentRequest(
        order=order.id, part="all", items=demand(line for line in order.lines if line.ships), ship_to=ship_to,
        service=f"{shipment.carrier} {shipment.service}", note=f"labels: {', '.join(tracking)}",
    )  # fmt: skip
    asked, pickup = await asked_for(wanted, undo)
    if await use(Orders).called_off(order.id):  # just before it was confirmed, by what was dispatched only now
        raise CalledOff(order.id)
    if not await has_left(asked, pickup, now() + LEFT):
        await a_person(order.id, f"it has not left within {LEFT.days} days", choices=("it left", "it was settled"))
    return Booked(order.id, shipment.carrier, shipment.service, shipment.price, tracking)


async def _booked(order: Order, undo: Undo) -> tuple[Shipment, Order, Address] | None:
    """Booked for the first pick-up that it can still make, as it stood then; None if a person sees to it.

    A carrier that cannot be reached until the cut-off is asked for the next pick-up instead.
    """
    expired = 0
    method = order.shipping[0].method if order.shipping else None
    while True:
        if (ship_to := order.ship_to) is None or not _goods(order):
            raise CalledOff(order.id)  # edited to nothing meanwhile
        pickup, origin = await use(Pickups).next(), await use(Pickups).origin(method)
        if origin is None:
            if await a_person(order.id, "`pickups` in the settings has no `ship_from`") == SEEN_TO:
                return None
            order = await _anew(order)
            continue
        try:
            return await _bought(order, ship_to, (pickup, origin), undo), order, ship_to
        except Late as late:
            if late.happened and isinstance(late.result, Shipment):
                return late.result, order, ship_to
            await publish(missed(order.id, pickup, Missed.NOT_BOOKED))
        except Rejected as no:
            expired += no.code is Code.EXPIRED
            if no.code is Code.EXPIRED and expired < RATES:
                continue
            if await a_person(order.id, f"no carrier takes it: {no.code.value}", no.text) == SEEN_TO:
                return None
            expired, order = 0, await _anew(order)


async def _bought(order: Order, ship_to: Address, at: tuple[Pickup, Origin], undo: Undo) -> Shipment:
    """The label of the cheapest that is on time. Raises Rejected, and Late at the cut-off."""
    shipping, (pickup, origin) = use(Shipping), at
    try:
        parcels = packed(order.lines, origin, abroad=ship_to.country != origin.ship_from.country)
    except ValueError as problem:
        raise Rejected(str(problem), Code.INVALID) from None
    consignment = Consignment(
        order=order.id, part="all", ship_from=origin.ship_from, ship_to=ship_to,
        parcels=parcels, ship_on=pickup.day,
    )  # fmt: skip
    rates = await within(pickup.cut_off - now(), shipping.rates(consignment))
    rate = chosen(rates, None if origin.deliver_in is None else pickup.day + timedelta(days=origin.deliver_in))
    if rate is None:
        raise Rejected("no carrier offers to take it there", Code.NOT_FOUND)
    return await undo.step(within(pickup.cut_off - now(), shipping.book(consignment, rate)), back=shipping.cancel)


async def a_person(order: OrderId, why: str, says: object = None, choices: tuple[str, ...] = (AGAIN, SEEN_TO)) -> str:
    """One question for all orders that share the reason, answered together."""
    return await ask(
        Question(f"order {order} cannot be shipped: {why}", evidence=says, choices=choices, cause=f"own orders: {why}")
    )
