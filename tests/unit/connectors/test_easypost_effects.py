"""Every write of the connector, broken off wherever it may be: settled as its card says, it is once at EasyPost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from pawline.connectors.easypost import connector
from pawline.connectors.easypost.client import TIMEOUT
from pawline.ports import Consignment, Parcel, PortError, Rate, Settle, Shipment, Shipping, Transient
from pawline.sandbox import Fault, Faults
from tests.unit.connectors.easypost_scene import Scene, consignment, run

WANTED = consignment()
THREE = consignment(order="1003", parcels=(Parcel(weight=20_000), Parcel(weight=30_000), Parcel(weight=9_000)))
FAULTS = (Fault.BROKEN, Fault.LATE, Fault.STORED_ERROR, Fault.UNAVAILABLE, Fault.UNHEARD, Fault.LIMITED)
MOST = 5
"""Requests of one write, and one more."""
Write = Callable[[Scene, Any], Awaitable[Any]]


async def to_book(here: Scene) -> Rate:
    return await here.cheapest(WANTED)


async def to_cancel(here: Scene) -> Shipment:
    return await here.booked(WANTED)


async def to_book_three(here: Scene) -> Rate:
    return await here.cheapest(THREE)


async def to_cancel_three(here: Scene) -> Shipment:
    return await here.booked(THREE)


WRITES: Mapping[str, tuple[Callable[[Scene], Awaitable[Any]], Write, int]] = {
    "book": (to_book, lambda here, rate: here.shipping.book(WANTED, rate), 2),
    "cancel": (to_cancel, lambda here, made: here.shipping.cancel(made), 2),
    "book/three": (to_book_three, lambda here, rate: here.shipping.book(THREE, rate), 2),
    "cancel/three": (to_cancel_three, lambda here, made: here.shipping.cancel(made), 4),
}
"""Of each: what comes before it, the call, and its requests."""


def test_every_write_is_here_and_settled_as_it_is_tried() -> None:
    operations = connector.offers[Shipping].operations
    assert {name.partition("/")[0] for name in WRITES} == set(operations)
    assert {name: one.settle for name, one in operations.items()} == {"book": Settle.LOOK_UP, "cancel": Settle.REPEAT}
    for one in operations.values():  # who looks, looks when the call has certainly ended
        assert one.timeout > TIMEOUT


async def settled(here: Scene, name: str, given: Any) -> Any:
    """As the runtime does it after an outcome that is unknown."""
    wanted = THREE if name.endswith("three") else WANTED
    if name.startswith("book") and (there := await here.shipping.find_shipment(wanted, given)) is not None:
        return there
    return await here.step(WRITES[name][1](here, given))


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("fault", FAULTS)
def test_broken_off_at_whichever_request_and_settled_it_is_once(name: str, fault: Fault) -> None:
    before, write, requests = WRITES[name]

    async def told(here: Scene, at: int) -> tuple[list[str], bool, Any]:
        given = await before(here)
        here.desk.vendors.faults = Faults(at={at: fault}, late_after=0.02, retry_after=0.0)
        try:
            found = await here.step(write(here, given))
            broken = False
        except Transient:
            broken = True
        await asyncio.sleep(0.06 if fault is Fault.LATE else 0)
        here.desk.vendors.faults = Faults()
        if broken:
            found = await settled(here, name, given)
        return here.did(), broken, found

    names = [f"pawline:paws:1003:all#{n}" for n in (1, 2, 3)] if name.endswith("three") else ["pawline:paws:1001:all"]
    done = ["buy", "refund"] if name.startswith("cancel") else ["buy"]
    wanted = [f"{what} {one}" for what in done for one in names]
    reached = 0
    for at in range(1, MOST + 1):
        did, broken, found = run(lambda here, at=at: told(here, at))  # type: ignore[misc]
        assert did == wanted, f"at request {at}"
        assert isinstance(found, Shipment) == name.startswith("book")
        reached += broken
    assert reached == requests


def test_a_purchase_that_goes_on_after_it_was_looked_up_is_not_made_twice() -> None:
    async def told(here: Scene) -> None:
        rate = await here.cheapest(WANTED)
        here.desk.vendors.faults = Faults(at={2: Fault.LATE}, late_after=0.3)
        with pytest.raises(Transient):
            await here.step(here.shipping.book(WANTED, rate))
        assert await here.shipping.find_shipment(WANTED, rate) is None  # too early: EasyPost is still at it
        here.desk.vendors.faults = Faults()
        made = await here.step(here.shipping.book(WANTED, rate))
        await asyncio.sleep(0.4)
        assert here.did() == ["buy pawline:paws:1001:all"]
        assert await here.shipping.find_shipment(WANTED, rate) == made

    run(told)


def test_two_that_buy_at_the_same_moment_have_one_label() -> None:
    async def told(here: Scene) -> None:
        rate = await here.cheapest(WANTED)

        async def book() -> object:
            try:
                return await here.step(here.shipping.book(WANTED, rate))
            except PortError as problem:
                return problem

        found = await asyncio.gather(*(book() for _ in range(4)))
        made = [one for one in found if isinstance(one, Shipment)]
        others = [one for one in found if not isinstance(one, Shipment)]
        assert made != []
        assert all(repr(one).startswith("Transient") and "POSTAGE.EXISTS" in repr(one) for one in others)
        assert await here.shipping.find_shipment(WANTED, rate) == made[0]
        assert here.did() == ["buy pawline:paws:1001:all"]

    run(told)


def test_rates_that_were_asked_for_and_lost_cost_nothing() -> None:
    async def told(here: Scene) -> None:
        for at in (1, 2):
            here.desk.vendors.faults = Faults(at={at: Fault.BROKEN})
            with pytest.raises(Transient):
                await here.shipping.rates(WANTED)
        here.desk.vendors.faults = Faults()
        assert len(await here.shipping.rates(WANTED)) == 3
        assert here.did() == []

    run(told)


def test_a_consignment_of_an_order_with_an_odd_name_finds_its_shipment() -> None:
    async def told(here: Scene) -> None:
        for order, part in (("gid://shop/Order/1", "all"), ("a:b%20c", "return-r:1"), ("ü 1", "x/y")):
            wanted: Consignment = consignment(order=order, part=part)
            rate = await here.cheapest(wanted)
            made = await here.step(here.shipping.book(wanted, rate))
            assert (made.order, made.part) == (order, part)
            assert await here.shipping.find_shipment(wanted, rate) == made

    run(told)
