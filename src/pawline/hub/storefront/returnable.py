"""How many units of each line may be sent back: reckoned from what is known, and nothing else."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pawline.hub.storefront.returned import FREE, refund_name
from pawline.model import LineId, ShipmentBooked, ShipmentDelivered, ShipmentDispatched, SkuId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pawline.hub.storefront.returned import Back, Bill
    from pawline.model import Event, Line, Order

Units = Counter[LineId]


def asked_of(returns: Iterable[Back], bill: Bill) -> tuple[Units, Units]:
    """Units of each line that come back or came: all of them, and those of them that the bill does not know yet."""
    every, unbilled, known = Units(), Units(), {one.id for one in bill.order.refunds}
    for one in returns:
        if one.stage in FREE:
            continue
        refunded = refund_name(one.asked) in known
        for line in one.lines:
            every[line.line] += line.quantity
            if not refunded:
                unbilled[line.line] += line.quantity
    return every, unbilled


def sent_units(order: Order, booked: Iterable[Event], gone: Iterable[Event]) -> Counter[SkuId] | None:
    """Units of each SKU that have left; None where not all of it is known: then all of the order counts as sent.

    Parcels that say nothing of what is in them, or name what the order does not have, leave that open.
    """
    inside = {one.shipment: one.packed for one in booked if isinstance(one, ShipmentBooked)}
    left = {one.shipment for one in gone if isinstance(one, ShipmentDispatched | ShipmentDelivered)}
    ours = {item.sku for line in order.lines for item in line.items()}
    found = Counter[SkuId]()
    for shipment in left:
        if not inside.get(shipment):
            return None
        for packed in inside[shipment]:
            found[packed.sku] += packed.quantity
    return found if left and ours.issuperset(found) else None


def left_of(order: Order, asked: tuple[Units, Units], sent: Counter[SkuId] | None) -> dict[LineId, int]:
    """Of each line; of lines that share a SKU the first has what has left first."""
    every, unbilled = asked
    credited = Units()
    for refund in order.refunds:
        for one in refund.credits:
            if one.line is not None:
                credited[one.line] += one.quantity
    return {
        line.id: max(0, min(line.quantity - credited[line.id] - unbilled[line.id], _sent(line, sent) - every[line.id]))
        for line in order.lines
    }


def _sent(line: Line, sent: Counter[SkuId] | None) -> int:
    """So many units of the line have left, as far as anybody said; takes them out of `sent`."""
    if sent is None or not line.quantity:
        return line.quantity
    parts = {item.sku: item.quantity // line.quantity for item in line.items()}
    units = min(line.quantity, *(sent[sku] // each for sku, each in parts.items()))
    for sku, each in parts.items():
        sent[sku] -= units * each
    return units
