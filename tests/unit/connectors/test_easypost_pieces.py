"""Several parcels of one consignment: bought as one, named by the order, each followed and each given back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from pawline.connectors.easypost.hook import about
from pawline.connectors.easypost.looking import parcels
from pawline.model import Money, ShipmentDispatched, ShipmentId, ShipmentTracked
from pawline.ports import Code, Parcel, PortError, Rate, Receipt, Rejected, Shipment, TrackingState
from tests.unit.connectors.easypost_scene import Scene, consignment, run

BOXES = (Parcel(weight=20_000), Parcel(weight=30_000, length=600, width=400, height=300), Parcel(weight=9_000))
WANTED = consignment(parcels=BOXES)
NAMES = [f"pawline:paws:1001:all#{n}" for n in (1, 2, 3)]


async def refused(call: Any) -> PortError:
    with pytest.raises(PortError) as no:
        await call
    return no.value


async def booked(here: Scene) -> tuple[Rate, Shipment]:
    rate = await here.cheapest(WANTED)
    return rate, await here.step(here.shipping.book(WANTED, rate))


def test_rates_are_of_all_parcels_and_name_the_order() -> None:
    async def told(here: Scene) -> None:
        found = await here.shipping.rates(WANTED)
        (order,) = here.books.orders.values()
        assert [(one.carrier, one.service, one.price, one.reference) for one in found] == [
            ("USPS", "GroundAdvantage", Money(1821, "USD"), f"{order.id}/USPS GroundAdvantage"),
            ("USPS", "Priority", Money(2226, "USD"), f"{order.id}/USPS Priority"),
            ("USPS", "Express", Money(10245, "USD"), f"{order.id}/USPS Express"),
        ]
        assert [one.given["parcel"]["weight"] for one in order.parcels] == [705.5, 1058.3, 317.5]
        assert [one.given["options"] for one in order.parcels] == [{"label_format": "PDF"}] * 3
        assert order.reference == "pawline:paws:1001:all"
        heavy = consignment(parcels=(Parcel(weight=1_000), Parcel(weight=40_000)))
        assert await here.shipping.rates(heavy) == ()

    run(told)


def test_labels_are_those_of_the_parcels_in_their_order_and_bought_once() -> None:
    async def told(here: Scene) -> None:
        rate, made = await booked(here)
        (order,) = here.books.orders.values()
        assert (made.reference, made.service, made.price) == (order.id, "GroundAdvantage", Money(1821, "USD"))
        assert [one.tracking for one in made.labels] == [str(one.tracking) for one in order.parcels]
        assert await here.shipping.find_shipment(WANTED, rate) == made
        assert await here.step(here.shipping.book(WANTED, rate)) == made
        assert here.did() == [f"buy {one}" for one in NAMES]

    run(told)


def test_an_order_that_forgets_its_reference_is_bought_and_given_back_all_the_same() -> None:
    async def told(here: Scene) -> None:
        rate = await here.cheapest(WANTED)
        (order,) = here.books.orders.values()
        order.reference = ""
        made = await here.step(here.shipping.book(WANTED, rate))
        assert len(made.labels) == 3
        assert await here.shipping.find_shipment(WANTED, rate) == made
        assert (await parcels(here.http, here.settings, "")).sightings == ()  # nobody knows whose they are
        assert await here.step(here.shipping.cancel(made)) == Receipt(order.id)

    run(told)


def test_labels_of_which_only_some_are_there_are_a_persons() -> None:
    async def told(here: Scene) -> None:
        rate = await here.cheapest(WANTED)
        (order,) = here.books.orders.values()
        here.books.buy(order.parcels[1], "GroundAdvantage")
        says = f"Rejected('1 of 3 labels of {order.id} are there: see to them at EasyPost', conflict)"
        assert repr(await refused(here.shipping.find_shipment(WANTED, rate))) == says
        assert repr(await refused(here.step(here.shipping.book(WANTED, rate)))) == says
        assert here.did() == [f"buy {NAMES[1]}"]
        other = consignment(parcels=BOXES[:1])  # as if a parcel was taken out meanwhile: the reference is the same
        for one in (order.parcels[0], order.parcels[2]):
            here.books.buy(one, "GroundAdvantage")
        assert (await refused(here.shipping.find_shipment(other, rate))).code is Code.CONFLICT

    run(told)


def test_a_purchase_that_breaks_off_in_the_middle_is_a_persons() -> None:
    async def told(here: Scene) -> None:
        rate = await here.cheapest(WANTED)
        (order,) = here.books.orders.values()
        order.parcels[2].rates.pop("GroundAdvantage")
        no = await refused(here.step(here.shipping.book(WANTED, rate)))
        assert isinstance(no, Rejected)
        assert no.text == f"2 of 3 labels of {order.id} are there: see to them at EasyPost"
        assert here.did() == [f"buy {one}" for one in NAMES[:2]]

    run(told)


def test_all_labels_are_given_back_or_none_where_the_carrier_has_one() -> None:
    async def told(here: Scene) -> None:
        rate, made = await booked(here)
        (order,) = here.books.orders.values()
        here.act("move", shipment=order.parcels[2].id, status="in_transit")
        assert (await refused(here.step(here.shipping.cancel(made)))).code is Code.TOO_LATE
        assert here.did() == [f"buy {one}" for one in NAMES]
        order.parcels[2].status = "pre_transit"
        for _ in range(2):
            assert await here.step(here.shipping.cancel(made)) == Receipt(order.id)
        assert here.did() == [*(f"buy {one}" for one in NAMES), *(f"refund {one}" for one in NAMES)]
        assert await here.shipping.find_shipment(WANTED, rate) is None
        assert (await refused(here.step(here.shipping.book(WANTED, rate)))).code is Code.EXPIRED

    run(told)


def test_each_parcel_is_where_its_own_tracker_says() -> None:
    async def told(here: Scene) -> None:
        _, made = await booked(here)
        (order,) = here.books.orders.values()
        here.act("move", shipment=order.parcels[1].id, status="delivered")
        assert [(one.tracking, one.state) for one in await here.shipping.track(made)] == [
            (label.tracking, state)
            for label, state in zip(
                made.labels, (TrackingState.UNKNOWN, TrackingState.DELIVERED, TrackingState.UNKNOWN), strict=True
            )
        ]

    run(told)


def test_a_parcel_is_its_orders_by_ring_and_by_look_also_where_its_order_is_gone() -> None:
    async def told(here: Scene) -> None:
        await booked(here)
        (order,) = here.books.orders.values()
        one = order.parcels[0]
        here.act("move", shipment=one.id, status="in_transit")
        rung = [each.event for each in await about(here.http, here.settings, one.id)]
        at = datetime.fromtimestamp(int(one.words[0].at), UTC)
        assert rung == [
            ShipmentTracked(
                shipment=ShipmentId(one.id), order=WANTED.order, carrier="USPS", tracking=str(one.tracking),
                url=f"https://track.easypost.com/{one.id[4:]}",
            ),
            ShipmentDispatched(shipment=ShipmentId(one.id), order=WANTED.order, at=at),
        ]  # fmt: skip
        seen = await parcels(here.http, here.settings, "")
        assert sorted(type(each.event).__name__ for each in seen.sightings) == [
            "ShipmentDispatched", *["ShipmentTracked"] * 3
        ]  # fmt: skip
        assert {each.event.subject for each in seen.sightings} == {"1001"}
        here.books.orders.clear()
        for each in order.parcels:
            each.order = order.id
        one.given["reference"] = "pawline:paws:1001:all"  # as it is where EasyPost keeps a parcel's own
        seen = await parcels(here.http, here.settings, "")
        assert sorted(type(each.event).__name__ for each in seen.sightings) == ["ShipmentDispatched", "ShipmentTracked"]

    run(told)


def test_an_order_of_another_consignment_is_not_bought() -> None:
    async def told(here: Scene) -> None:
        rate = await here.cheapest(WANTED)
        other = msgspec.structs.replace(WANTED, part="second")
        assert (await refused(here.step(here.shipping.book(other, rate)))).code is Code.CONFLICT
        strange = msgspec.structs.replace(rate, reference=f"{str(rate.reference).partition('/')[0]}/UPS Ground")
        assert (await refused(here.step(here.shipping.book(WANTED, strange)))).code is Code.EXPIRED
        assert here.did() == []

    run(told)
