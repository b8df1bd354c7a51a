"""The number of a parcel is told once, whenever it comes and however often."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from pawline.flows.follow_parcel import follow_parcel
from pawline.model import HouseholdId, OrderId, OrderPlaced, ShipmentBooked, ShipmentId, ShipmentTracked
from pawline.testing import counts
from pawline.testing.orders import order
from tests.flows.house import House

BOOKED = ShipmentBooked(shipment=ShipmentId("p1"), order=OrderId("o1"), carrier="DHL", packed=())
TRACKED = ShipmentTracked(
    shipment=ShipmentId("p1"), order=OrderId("o1"), carrier="DHL", tracking="T1", household=HouseholdId("h1")
)


async def test_each_number_is_told_once_with_its_label_or_later() -> None:
    async with asyncio.timeout(30), House((follow_parcel,)) as house:
        await house.tell(BOOKED)
        await house.rest()
        assert counts(house.vendors.effects()) == {}
        await house.tell(TRACKED, TRACKED, replace(TRACKED, carrier="DHL Express"))
        await house.rest()
        assert counts(house.vendors.effects()) == {"Crm.note": 1, "Marketing.track": 1}
        await house.tell(replace(TRACKED, tracking="T2", url="https://dhl.example/T2"))
        await house.rest()
        assert counts(house.vendors.effects()) == {"Crm.note": 2, "Marketing.track": 2}
        assert await house.cases() == []


async def test_whose_it_is_says_the_order_where_the_parcel_does_not() -> None:
    async with asyncio.timeout(30), House((follow_parcel,)) as house:
        placed = order(1)
        nobodys = replace(TRACKED, order=placed.id, household=None)
        await house.tell(nobodys)
        await house.rest()
        assert counts(house.vendors.effects()) == {}  # the order is not known, or nobody's
        await house.tell(OrderPlaced(order=placed), replace(nobodys, shipment=ShipmentId("p2")))
        await house.rest()
        assert counts(house.vendors.effects()) == {"Crm.note": 1, "Marketing.track": 1}
