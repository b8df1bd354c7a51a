"""The pretended carrier: what was called off is not found again, and what has left is not called off."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from pawline.model import Address, OrderId
from pawline.ports import Code, Consignment, Parcel, Rejected
from pawline.sandbox.trades import NOWHERE, Carrier

NUMBERS = count(1)


def note(*_: Any, **__: Any) -> str:
    return f"s{next(NUMBERS)}"


def consignment(postcode: str = "10115") -> Consignment:
    home = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", postcode=postcode, country="DE")
    return Consignment(order=OrderId("o1"), part="all", ship_from=home, ship_to=home, parcels=(Parcel(weight=1),))


def test_what_was_called_off_is_not_found_and_booked_anew() -> None:
    carrier, wanted = Carrier(lambda _: False), consignment()
    (rate,) = carrier.rates(wanted)
    first = carrier.book(note, wanted, rate)
    assert carrier.find_shipment(wanted, rate) == first
    for _ in range(2):
        carrier.cancel(note, first)
    assert carrier.find_shipment(wanted, rate) is None
    second = carrier.book(note, wanted, rate)
    assert carrier.find_shipment(wanted, rate) == second != first


def test_what_has_left_is_not_called_off_and_a_place_that_is_none_not_booked() -> None:
    carrier = Carrier(lambda order: order == "o1")
    (rate,) = carrier.rates(consignment())
    with pytest.raises(Rejected) as late:
        carrier.cancel(note, carrier.book(note, consignment(), rate))
    assert late.value.code is Code.TOO_LATE
    with pytest.raises(Rejected) as nowhere:
        carrier.book(note, consignment(NOWHERE), rate)
    assert nowhere.value.code is Code.INVALID
