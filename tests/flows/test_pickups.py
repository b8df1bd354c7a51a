"""An adopted order is asked for with the day of its pick-up; those that miss it are one question, and go on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.flows.adopt_order import adopt_order
from pawline.flows.missed_pickup import missed_pickup
from pawline.model import (
    Checkout,
    Confirmed,
    Event,
    LateOrders,
    Missed,
    OrderCancelled,
    OrderId,
    OrderPlaced,
    PickupMissed,
    ShipmentDispatched,
    ShipmentId,
)
from pawline.ports import Fulfilment, FulfilmentStatus, Progress
from pawline.runtime import Question, Said, command, rehearsing, sealed
from pawline.sandbox.faults import Fault, Faults
from pawline.testing import NOON, Crash, Place, Vendors, VirtualTime, counts, places, players
from pawline.testing.orders import SHOP, order
from tests.flows.carriers import HOME, THRICE, TOLD, Street, rehearsed, said

THURSDAY, FRIDAY = date(2026, 1, 1), date(2026, 1, 2)
ORDERS = [order(number, checkout=Checkout.ADOPTED, paid=True, ship_to=HOME) for number in range(1, 4)]
ADOPTED = ORDERS[0]
FIRST = "pickup/2026-01-01T12:01Z/not sent"
SECOND = "pickup/2026-01-01T12:05Z/not sent"
NOT_SENT = "the warehouse did not send them"


def left(of: OrderId) -> ShipmentDispatched:
    return ShipmentDispatched(shipment=ShipmentId(f"s-{of}"), order=of, at=NOON)


class Rehearsed:
    """What the flow published, whom it asked, and the day that the warehouse was told."""

    def __init__(self, settings: Any, events: Sequence[Event] = (), more: dict[Any, Any] | None = None) -> None:
        self.asked: list[str] = []
        self.vendors = Vendors(now=VirtualTime())
        fakes = players(self.vendors) | ({} if settings is None else rehearsed(settings)) | (more or {})
        with rehearsing(fakes, events=events, answers=self.answer) as self.done:
            self.result = asyncio.run(self.rehearse())

    async def rehearse(self) -> object:
        return await adopt_order(OrderPlaced(order=ADOPTED))

    def answer(self, question: Question[Any]) -> str:
        self.asked.append(question.title)
        return "it left"

    @property
    def ship_by(self) -> list[date | None]:
        return asked_for(self.vendors, ADOPTED.id)


def asked_for(vendors: Vendors, of: OrderId) -> list[date | None]:
    return [vendors.depot._asked[one].ship_by for one in vendors.depot.asked_for(of)]


@pytest.mark.parametrize(
    ("settings", "day"),
    [(said("14:00"), THURSDAY), (said("12:59"), FRIDAY), (said("12:59", holidays=[FRIDAY]), date(2026, 1, 5))],
)
def test_the_warehouse_hears_the_day_of_the_pick_up_that_it_can_still_make(settings: Any, day: date) -> None:
    seen = Rehearsed(settings, [left(ADOPTED.id)])
    assert (seen.ship_by, seen.result) == ([day], Confirmed(ADOPTED.id))
    assert seen.done.steps == [
        "Orders.called_off",
        "Stock.recalls",
        "Orders.to_send",
        "Shop.wanted",
        "Pickups.next",
        "Fulfilment.request",
        "Orders.left",
    ]
    assert (seen.asked, seen.done.published) == ([], [])


def test_a_shop_that_says_nothing_is_told_and_asked_as_before() -> None:
    seen = Rehearsed(None, [left(ADOPTED.id)])
    assert seen.ship_by == [None]
    assert seen.done.steps == [
        "Orders.called_off",
        "Stock.recalls",
        "Orders.to_send",
        "Shop.wanted",
        "Fulfilment.request",
        "Orders.left",
    ]
    never = Rehearsed(None)
    assert (never.asked, never.done.published) == (["order o1 is paid and has not left"], [])
    assert never.done.slept == [NOON + timedelta(days=19)]


def test_each_pick_up_that_it_misses_is_told_and_none_on_days_on_which_nobody_comes() -> None:
    never = Rehearsed(said("14:00"))
    missed = [one for one in never.done.published if isinstance(one, PickupMissed)]
    assert missed == never.done.published
    assert [one.day.day for one in missed] == [1, 2, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 19]
    assert {(one.order, one.why) for one in missed} == {("o1", Missed.NOT_SENT)}
    assert never.done.steps.count("Fulfilment.status") == len(missed)
    assert never.asked == ["order o1 is paid and has not left"]


class Depot:
    """A warehouse that says how far it is, and tells nothing by itself."""

    def __init__(self, vendors: Any, progress: Progress) -> None:
        self._vendors, self._progress = vendors, progress

    async def request(self, request: Any) -> Any:
        return await self._vendors.request(request)

    async def status(self, _: Any) -> FulfilmentStatus:
        return FulfilmentStatus(progress=self._progress)


@pytest.mark.parametrize(
    ("progress", "asked"), [(Progress.SHIPPED, []), (Progress.ON_HOLD, ["order o1 is paid and has not left"])]
)
def test_a_word_that_was_lost_and_what_is_held_on_purpose_are_no_miss(progress: Progress, asked: list[str]) -> None:
    depot = Depot(players(Vendors(now=VirtualTime()))[Fulfilment], progress)
    seen = Rehearsed(said("14:00"), more={Fulfilment: depot})
    assert (seen.result, seen.asked, seen.done.published) == (Confirmed(ADOPTED.id), asked, [])


async def answer(street: Street, case: int, value: str) -> None:
    found = await street.engine.store.case(case)
    assert found is not None
    told = Said(value=msgspec.Raw(msgspec.json.encode(value)))
    row = command(
        street.engine.store, SHOP, "answer", f"case:{case}", by="ann", reason="seen", said=told, lane=found.lane
    )
    await street.engine.intake.write(*await sealed(street.engine.store, row))
    street.engine.nudge()


def test_those_that_miss_it_are_one_question_which_ends_with_the_next(tmp_path: Path) -> None:
    street = Street(tmp_path, [adopt_order, missed_pickup])

    async def scene() -> None:
        await street.tell(*(OrderPlaced(order=one) for one in ORDERS))
        await street.until(90)
        assert (await street.cases(), await street.heard("pickup.missed@1")) == ([], [])
        await street.until(170)
        (case,) = await street.cases()
        assert case.title == f"3 orders missed the carrier of 2026-01-01: {NOT_SENT}"
        await street.tell(left(ORDERS[0].id))
        await street.until(330)
        assert [one.no for one in await street.cases()] == [case.no]
        await street.until(400)
        (again,) = await street.cases()
        assert again.title == f"2 orders missed the carrier of 2026-01-01: {NOT_SENT}"
        assert await street.heard("pickup.missed@1") == [FIRST] * 3 + [SECOND] * 2
        assert await street.heard("pickup.decided@1") == [FIRST]
        await answer(street, again.no, LateOrders.LEFT)
        await street.until(700)
        assert await street.cases() == []
        assert await street.heard("pickup.missed@1") == [FIRST] * 3 + [SECOND] * 2
        assert await street.heard("pickup.decided@1") == [FIRST, SECOND]
        counted = await street.engine.store.fetch("run_counts", (SHOP,))
        assert {flow for flow, _, _ in counted} == set()

    street.live(scene)
    assert counts(street.vendors.effects()) == {"Fulfilment.request": 3}


def test_the_question_outlives_the_household_whose_order_was_the_first(tmp_path: Path) -> None:
    street = Street(tmp_path, [adopt_order, missed_pickup])

    async def scene() -> None:
        await street.tell(*(OrderPlaced(order=one) for one in ORDERS))
        await street.until(170)
        (case,) = await street.cases()
        for one in ORDERS[:2]:
            await street.engine.erase(SHOP, str(one.household))
        assert [one.no for one in await street.cases()] == [case.no]
        await answer(street, case.no, LateOrders.NEXT)
        await street.until(250)
        assert (await street.cases(), await street.heard("pickup.decided@1")) == ([], [FIRST])

    street.live(scene)


@pytest.mark.parametrize(("fault", "at_once"), [(Fault.LIMITED, True), (Fault.UNAVAILABLE, False)])
def test_a_warehouse_that_is_down_until_the_cut_off_is_asked_for_the_next(
    tmp_path: Path, fault: Fault, at_once: bool
) -> None:
    """What it said no to is known not to be asked for; of what broke that is known when it answers again."""
    street = Street(tmp_path, [adopt_order, missed_pickup], said("13:01"))
    street.vendors.faults = Faults(rates={fault: 1.0})

    async def scene() -> None:
        await street.tell(*(OrderPlaced(order=one) for one in ORDERS[:2]))
        await street.until(59)
        assert await street.heard("pickup.missed@1") == []
        await street.until(61)
        cause = "pickup/2026-01-01T12:01Z/not asked"
        assert await street.heard("pickup.missed@1") == ([cause, cause] if at_once else [])
        street.vendors.faults = Faults()
        await street.until(600)
        assert await street.heard("pickup.missed@1") == [cause, cause]
        (case,) = await street.cases()
        assert case.title == "2 orders missed the carrier of 2026-01-01: the warehouse could not be reached"
        assert case.until == datetime(2026, 1, 2, 12, 1, int(TOLD), tzinfo=UTC).timestamp()

    street.live(scene)
    assert [asked_for(street.vendors, one.id) for one in ORDERS] == [[FRIDAY], [FRIDAY], []]
    assert counts(street.vendors.effects()) == {"Fulfilment.request": 2}


CANCELLED = OrderCancelled(order=ADOPTED.id, at=NOON, by="shopper", because="ordered twice")


def lived(folder: Path, place: Place | None = None) -> tuple[Crash, dict[str, int], list[str]]:
    """An order that misses a pick-up and is called off; a second life where the first one died."""
    street = Street(folder, [adopt_order, missed_pickup], THRICE)
    told: list[str] = []

    async def scene() -> None:
        for at, event in ((0.0, OrderPlaced(order=ADOPTED)), (130.0, CANCELLED)):
            await street.until(at)
            await street.tell(event)
        await street.until(200)
        told.extend(await street.heard("pickup.missed@1"))

    crash = street.live(scene, place)
    if crash.fired:
        told.clear()
        street.live(scene)
    return crash, counts(one for one in street.vendors.effects() if not one.again), told


def test_killed_at_every_place_it_is_asked_for_once_and_its_miss_is_told_once(tmp_path: Path) -> None:
    clean, effects, told = lived(tmp_path / "clean")
    assert (effects, told) == ({"Fulfilment.request": 1, "Fulfilment.cancel": 1}, [FIRST])
    every = places(clean.commits, clean.requests)
    assert len(every) > 10
    for place in every:
        crash, effects, told = lived(tmp_path / str(place).replace(":", "-"), place)
        assert crash.fired, place
        assert effects == {"Fulfilment.request": 1, "Fulfilment.cancel": 1}, place
        assert told == [FIRST], place
