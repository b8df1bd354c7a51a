"""Analytics counts what happens to an order: each thing once for each account, and nothing waits for it.

Each event is a run of its own, behind everything else, and the accounts are told side by side: one that is down keeps
neither another account nor what happens next from being counted. See docs/why/0045.
"""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime

import msgspec

from pawline.model import (
    Channel,
    Checkout,
    Event,
    Order,
    OrderCancelled,
    OrderConfirmed,
    OrderId,
    OrderPlaced,
    RefundIssued,
    ReturnReceived,
    ShipmentDelivered,
    ShipmentDispatched,
    Skipped,
)
from pawline.ports import Analytics, Occurrence, OrderOccurrence, Orders, Rejected
from pawline.runtime import Account, accounts, flow, now, together, use

NOBODY = Skipped("nobody counts")


class Counted(msgspec.Struct, frozen=True, tag="counted"):
    """A flow's result: which accounts were told, and what others had against it."""

    told: tuple[str, ...]
    refused: tuple[str, ...] = ()


def _fact(event: Event) -> str:
    """What happens next to the same order does not stand in line behind it."""
    assert event.fact is not None  # noqa: S101 - of all that is counted there is one
    return event.fact


@flow(on=OrderPlaced, key=_fact, priority="bulk")
async def count_placed(placed: OrderPlaced) -> Counted | Skipped:
    """An order of the shop's own checkout is counted when it was placed."""
    if placed.order.checkout is Checkout.OWN:
        return Skipped("it is counted once it is confirmed")
    return await _bought(placed.order, placed.order.placed_at)


@flow(on=OrderConfirmed, key=_fact, priority="bulk")
async def count_confirmed(confirmed: OrderConfirmed) -> Counted | Skipped:
    """An order of our own checkout is counted once stock and money are certain: what is refused then never was one."""
    if not accounts(Analytics):
        return NOBODY
    order = await use(Orders).order(confirmed.order)
    if order is None:
        return Skipped("nothing says any more what it was")
    if order.checkout is not Checkout.OWN:
        return Skipped("it was counted when it was placed")
    return await _bought(order, now())


@flow(on=OrderCancelled, key=_fact, priority="bulk")
async def count_cancelled(cancelled: OrderCancelled) -> Counted | Skipped:
    """An order that was called off; one of our own checkout only if it had been counted."""
    if not accounts(Analytics):
        return NOBODY
    order = await use(Orders).order(cancelled.order)
    if await _never_counted(order):
        return Skipped("it was never counted")
    return await _counted(OrderOccurrence.CANCELLED, cancelled.order, order, cancelled.at)


@flow(on=RefundIssued, key=_fact, priority="bulk")
async def count_refunded(issued: RefundIssued) -> Counted | Skipped:
    """Money that went back, by the refund.

    What came off the bill of one of ours before it was paid is counted, too: nothing follows. At a shop's own checkout
    goods leave the bill by one refund, and their money by another one after it: counted is that one.
    """
    if not accounts(Analytics):
        return NOBODY
    order, refund = await use(Orders).order(issued.order), issued.refund
    own = order is not None and order.checkout is Checkout.OWN
    money = refund.credited() if own and not refund.payouts else refund.paid_out()
    if not money.minor:
        return Skipped("no money went back by it")
    if await _never_counted(order):
        return Skipped("its order was never counted")
    more: dict[str, str | int | bool] = {"refund": refund.id, "total": money.minor, "currency": money.currency}
    return await _counted(OrderOccurrence.REFUNDED, refund.id, order, refund.at, more)


@flow(on=ShipmentDispatched, key=_fact, priority="bulk")
async def count_dispatched(left: ShipmentDispatched) -> Counted | Skipped:
    """A parcel that left."""
    return await _about(OrderOccurrence.SHIPPED, left.shipment, left.order, left.at, {"shipment": left.shipment})


@flow(on=ShipmentDelivered, key=_fact, priority="bulk")
async def count_delivered(there: ShipmentDelivered) -> Counted | Skipped:
    """A parcel that arrived."""
    return await _about(OrderOccurrence.DELIVERED, there.shipment, there.order, there.at, {"shipment": there.shipment})


@flow(on=ReturnReceived, key=_fact, priority="bulk")
async def count_returned(back: ReturnReceived) -> Counted | Skipped:
    """Goods that came back."""
    units = sum(line.quantity for line in back.lines)
    return await _about(OrderOccurrence.RETURNED, back.id, back.order, back.at, {"return": back.id, "units": units})


async def _never_counted(order: Order | None) -> bool:
    """Whether it is of our own checkout and was never certain: called off before, its bill is cleared by a refund."""
    return order is not None and order.checkout is Checkout.OWN and not await use(Orders).confirmed(order.id)


async def _bought(order: Order, at: datetime) -> Counted | Skipped:
    renewed = order.channel is Channel.SUBSCRIPTION
    what = OrderOccurrence.RENEWED if renewed else OrderOccurrence.PLACED
    units = sum(line.quantity for line in order.lines)
    return await _counted(what, order.id, order, at, {"units": units})


async def _about(
    what: OrderOccurrence, one: str, order: OrderId, at: datetime, more: dict[str, str | int | bool]
) -> Counted | Skipped:
    """Of an order that is asked for, where anybody counts."""
    if not accounts(Analytics):
        return NOBODY
    return await _counted(what, one, await use(Orders).order(order), at, more)


async def _counted(
    what: OrderOccurrence, one: str, order: Order | None, at: datetime, more: dict[str, str | int | bool] | None = None
) -> Counted | Skipped:
    """Each account is told. No name, no address and no line leaves: ids, amounts and figures do."""
    tools = accounts(Analytics)
    if not tools:
        return NOBODY
    if order is None:
        return Skipped("nothing says any more what it was")
    if order.household is None:
        return Skipped("nobody said whose it is")
    if order.test:
        return Skipped("it was a test")
    occurrence = Occurrence(
        name=what.value, key=f"{what.value.lower().replace(' ', '.')}/{one}", at=at, household=order.household,
        values={
            "order": order.id, "number": order.number, "total": order.total.minor, "currency": order.currency,
            "channel": order.channel.value, **(more or {}),
        },
    )  # fmt: skip
    said = await together(*[_refusal(tool, use(Analytics, tool).record((occurrence,))) for tool in tools])
    refused = tuple(no for no in said if no)
    told = tuple(tool for tool, no in zip(tools, said, strict=True) if not no)
    return Counted(told, refused)


async def _refusal(tool: Account, told: Awaitable[object]) -> str:
    """What an account has against it: that is its own, and no other's."""
    try:
        await told
    except Rejected as no:
        return f"{tool}: {no.text}"
    return ""
