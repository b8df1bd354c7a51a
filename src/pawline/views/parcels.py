"""Parcels: which lots went to whom, for the day of a recall."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pawline.model import ShipmentBooked
from pawline.views.view import Seen, View, Write


def _booked(seen: Seen) -> Iterable[Write]:
    event = seen.event
    units: dict[tuple[str, str], int] = {}
    for packed in event.packed:
        what = (packed.sku, packed.lot or "")
        units[what] = units.get(what, 0) + packed.quantity
    for (sku, lot), quantity in units.items():
        yield "view_packed", (seen.shop, sku, lot, event.shipment, event.order, event.household, quantity, seen.at)


PARCELS: Final = View("parcels@1", "which lots went to whom", {ShipmentBooked: _booked})
