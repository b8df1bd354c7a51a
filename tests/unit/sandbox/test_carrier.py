"""The pretended carrier: what was called off is not found again, and what has left is not called off."""

from __future__ import annotations

from itertools import count
from typing import Any

import msgspec
import pytest

from pawline.model import Address, Item, OrderId, SkuId
from pawline.ports import Code, Consignment, Fulfilment, FulfilmentRequest, Parcel, Rejected, Shipping
from pawline.sandbox.trades import NOWHERE, Carrier
from tests.unit.sandbox.scenes import Sandboxed, played, raised

NUMBERS = count(1)
ITEMS = (Item(SkuId("dog"), 1),)


def note(*_: Any, **__: Any) -> str:
    return f"s{next(NUMBERS)}"


def consignment(postcode: str = "10115") -> Consignment:
    home = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", postcode=postcode, country="DE")
    return Consignment(order=OrderId("o1"), part="all", ship_from=home, ship_to=home, parcels=(Parcel(weight=1),))


def test_what_was_called_off_is_not_found_and_booked_anew() -> None:
    carrier, wanted = Carrier(lambda *_: False), consignment()
    (rate,) = carrier.rates(wanted)
    first = carrier.book(note, wanted, rate)
    assert carrier.find_shipment(wanted, rate) == first
    for _ in range(2):
        carrier.cancel(note, first)
    assert carrier.find_shipment(wanted, rate) is None
    second = carrier.book(note, wanted, rate)
    assert carrier.find_shipment(wanted, rate) == second != first
    states = [(one.shipment.reference, one.state) for one in carrier.booked()]
    assert states == [(first.reference, "called off"), (second.reference, "booked")]


def test_what_has_left_is_not_called_off_and_a_place_that_is_none_not_booked() -> None:
    carrier = Carrier(lambda order, part: (order, part) == ("o1", "all"))
    (rate,) = carrier.rates(consignment())
    with pytest.raises(Rejected) as late:
        carrier.cancel(note, carrier.book(note, consignment(), rate))
    assert late.value.code is Code.TOO_LATE
    assert [one.state for one in carrier.booked()] == ["left"]
    back = carrier.book(note, msgspec.structs.replace(consignment(), part="return-r1"), rate)
    carrier.cancel(note, back)  # what comes back is another parcel
    assert [one.state for one in carrier.booked()] == ["left", "called off"]
    with pytest.raises(Rejected) as nowhere:
        carrier.book(note, consignment(NOWHERE), rate)
    assert nowhere.value.code is Code.INVALID


class Scene(Sandboxed):
    """A shop that sells elsewhere, and asks the carrier and the warehouse here."""

    async def shipped(self) -> None:
        wanted = consignment()
        with self.trying("k1"):
            (rate,) = await self.account.plays[Shipping].rates(wanted)
            await self.account.plays[Shipping].book(wanted, rate)
        request = FulfilmentRequest(order=wanted.order, part="all", items=ITEMS, ship_to=wanted.ship_to)
        with self.trying("k2"):
            await self.account.plays[Fulfilment].request(request)

    async def booked(self) -> list[tuple[str, str, str]]:
        told = await self.http.get("desk", "booked", into=list[dict[str, Any]])
        return [(one["shipment"]["order"], one["shipment"]["service"], one["state"]) for one in told]


def test_the_desk_shows_what_was_booked_and_sends_what_was_sold_elsewhere() -> None:
    async def play(one: Scene) -> None:
        assert await one.booked() == []
        await one.shipped()
        assert await one.booked() == [("o1", "next day", "booked")]
        with one.trying("k3"):
            await one.http.post("desk", "dispatch", json={"order": "o1"}, into=list[str])
        assert await one.booked() == [("o1", "next day", "left")]
        with one.trying("k4"):
            refused = await raised(one.http.post("desk", "dispatch", json={"order": "o2"}, into=list[str]))
        assert refused.code is Code.NOT_FOUND

    played(Scene, play)
