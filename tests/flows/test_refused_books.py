"""Books that refuse an order at once: a person has it booked; called off, it is taken out of them exactly once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.flows.adopt_order import adopt_order
from pawline.flows.settle_booking import settle_booking
from pawline.model import (
    Address,
    BookingRefused,
    CauseId,
    Checkout,
    Envelope,
    Event,
    OrderCancelled,
    OrderId,
    OrderPlaced,
    ShipmentDispatched,
    ShipmentId,
    Skipped,
)
from pawline.ports import Code, Erp, Operation, Orders, Rejected, Settle, to_record
from pawline.runtime import Binding, Bindings, Engine, Flow, Flows, rehearsing
from pawline.runtime.port import methods_of
from pawline.sandbox.vendors import Line, Reply, Request
from pawline.store import Status
from pawline.testing import NOON, Crash, Day, Lives, Own, Place, Told, Vendors, VirtualTime, bindings, places, players
from pawline.testing.orders import SHOP, order, placed
from pawline.testing.players import Player
from tests.flows.house import House

HOME = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", postcode="10115", country="DE")
ADOPTED = order(1, checkout=Checkout.ADOPTED, paid=True, ship_to=HOME)
CANCELLED = OrderCancelled(order=ADOPTED.id, at=NOON, by="shopper", because="ordered twice")
TITLE = "the books do not take order o1: refused at once (invalid)"
LATER = "the books do not take order o1: x"
SLOW = 4.0
"""Seconds that the books take, once they take the order."""


class Company:
    """All vendors and the books, over one line. The books refuse what comes before a person was asked."""

    def __init__(self, time: VirtualTime, *, refuses: bool = True, takes: float = SLOW) -> None:
        self.vendors = Vendors(now=time)
        self.vendors.shop.place(ADOPTED)
        self.did: list[str] = []
        self.refuses, self._takes = refuses, takes
        self._there = False

    async def ask(self, request: Request) -> Reply:
        if not request.method.startswith("Erp."):
            if request.method == "Shop.order":  # a person mended it
                self.refuses = False
            return await self.vendors.ask(request)
        (of,) = msgspec.json.decode(request.args)
        where = of["id"] if "id" in of else of["order"]
        if request.method == "Erp.book":
            return await self._book(where)
        if request.method == "Erp.cancel":
            if self._there:
                self.did.append(f"cancel {where}")
            self._there = False
            return Reply(msgspec.Raw(b"{}"))
        return self._booking(where) if self._there else Reply()

    async def _book(self, where: str) -> Reply:
        if self.refuses:
            return Reply(error=to_record(Rejected("Ann Smith is on our list", Code.INVALID)))
        self.did.append(f"book {where}")
        self._there = True
        await asyncio.sleep(self._takes)
        return self._booking(where)

    @staticmethod
    def _booking(where: str) -> Reply:
        return Reply(msgspec.Raw(msgspec.json.encode({"order": where, "reference": "B1"})))


class Clerk(Player):
    """The books' player: what is unknown of a booking is looked up."""

    def __init__(self, line: Line) -> None:
        super().__init__(Erp, line)
        self.find_booking = self._asks("Erp.find_booking", methods_of(Erp)["book"], look_up=True)


OPERATIONS = {
    "book": Operation(settle=Settle.LOOK_UP, look_up="find_booking"), "cancel": Operation(settle=Settle.REPEAT),
}  # fmt: skip


def play(line: Line) -> Bindings:
    return Bindings([*bindings(line), Binding("books/main", Erp, Clerk(line), OPERATIONS)])


def told(event: Event, at: float) -> Told:
    moment = NOON + timedelta(seconds=at)
    return Told(at, Envelope(shop=SHOP, source="shop", id=f"e-{at:g}", at=moment, event=event))


def lived(
    folder: Path,
    *events: Told,
    answered: bool,
    place: Place | None = None,
    flows: tuple[Flow[Any, Any], ...] = (adopt_order, settle_booking),
) -> tuple[Crash, list[str], list[str]]:
    """What the books and the warehouse did in a day of a real engine; a second life where the first one died."""
    time = VirtualTime()
    company = Company(time)
    lives = Lives(folder / f"{place}.db", time, company, Flows(list(flows)), play)
    answers = dict.fromkeys((TITLE, LATER), "book it again") if answered else {}
    day, crash = Day(time(), [Told(0.0, placed(ADOPTED)), *events], answers=answers), Crash(place)

    async def live(engine: Engine) -> None:
        going_on = asyncio.create_task(day.live(engine))
        while not going_on.done() and not company.did:  # a person answers before the day's last event
            await day._moving(engine)
            await asyncio.sleep(0.1)
        await going_on
        await asyncio.sleep(5)  # what ends with its question open does so now
        await day.rest(engine, 60)

    lives.live(live, crash)
    if crash.fired:
        lives.live(live)
    effects = [one.operation for one in company.vendors.effects() if not one.again]
    return crash, company.did, [one for one in effects if one.startswith("Fulfilment")]


SENT, STOPPED = ["Fulfilment.request"], ["Fulfilment.request", "Fulfilment.cancel"]
BOOKED, OUT = ["book o1"], ["book o1", "cancel o1"]
LEFT = told(ShipmentDispatched(shipment=ShipmentId("s1"), order=ADOPTED.id, at=NOON), 1)


@pytest.mark.parametrize(
    ("events", "answered", "books", "warehouse"),
    [
        ([told(CANCELLED, 30)], False, [], STOPPED),
        ([told(CANCELLED, 2)], True, OUT, STOPPED),
        ([told(CANCELLED, 30)], True, OUT, STOPPED),
        ([LEFT, told(CANCELLED, 2)], True, OUT, SENT),
        ([LEFT, told(CANCELLED, 30)], False, [], SENT),
        ([LEFT], True, BOOKED, SENT),
    ],
    ids=["before", "during", "after", "left, during", "left, before", "not"],
)
def test_called_off_it_is_in_no_books(
    tmp_path: Path, events: list[Told], answered: bool, books: list[str], warehouse: list[str]
) -> None:
    assert lived(tmp_path, *events, answered=answered)[1:] == (books, warehouse)


@pytest.mark.parametrize(("at", "answered"), [(5, False), (2, True), (30, True)], ids=["before", "during", "after"])
def test_killed_at_every_place_it_is_taken_out_once(tmp_path: Path, at: float, answered: bool) -> None:
    clean, *_ = lived(tmp_path, told(CANCELLED, at), answered=answered)
    every = places(clean.commits, clean.requests)
    assert len(every) == 2 * clean.commits + 3 * clean.requests > 25
    for place in every:
        crash, books, warehouse = lived(tmp_path, told(CANCELLED, at), answered=answered, place=place)
        assert crash.fired, place
        assert books in ([OUT] if at > 20 else [[], OUT]), place
        assert sorted(warehouse) in ([], sorted(STOPPED)), place


def test_killed_at_every_place_what_is_refused_later_is_not_booked_for_an_order_that_is_called_off(
    tmp_path: Path,
) -> None:
    """`adopt_order`, which handed it over, may have taken it out before it is booked anew."""
    later = told(BookingRefused(order=ADOPTED.id, cause=CauseId("x"), at=NOON), 1)
    events, flows = (later, told(CANCELLED, 3)), (settle_booking,)
    clean, *did = lived(tmp_path, *events, answered=True, flows=flows)
    assert did == [OUT, []]
    for place in places(clean.commits, clean.requests):
        crash, books, _ = lived(tmp_path, *events, answered=True, flows=flows, place=place)
        assert crash.fired, place
        assert books in ([], OUT), place


async def test_what_needs_no_parcel_may_be_called_off_once_it_is_booked() -> None:
    company = Company(VirtualTime(), refuses=False, takes=0.0)
    erp = Binding("books/main", Erp, Clerk(company), OPERATIONS)
    async with asyncio.timeout(30), House((adopt_order, settle_booking), more=[erp]) as house:
        await house.tell(OrderPlaced(order=msgspec.structs.replace(ADOPTED, ship_to=None)))
        while not await house.runs(Status.WAITING):  # noqa: ASYNC110 - the hub gets on
            await asyncio.sleep(0.02)
        assert company.did == BOOKED
        await house.tell(CANCELLED)
        await house.rest()
        assert (company.did, await house.runs()) == (OUT, [("adopt_order", "o1", "cancelled")])


@pytest.mark.parametrize("flow", [adopt_order, settle_booking])
def test_what_is_known_to_be_called_off_once_it_is_booked_is_undone_by_the_run_itself(flow: Any) -> None:
    """Though the run has not heard of it: who asks after the booking knows."""
    company = Company(VirtualTime(), takes=0.0)

    class Known(Own):
        async def called_off(self, order: OrderId) -> bool:
            return company.did == BOOKED

    async def run() -> object:
        if flow is adopt_order:
            return await adopt_order(OrderPlaced(order=ADOPTED))
        return await settle_booking(BookingRefused(order=ADOPTED.id, cause=CauseId("x"), at=NOON))

    left = [ShipmentDispatched(shipment=ShipmentId("s1"), order=ADOPTED.id, at=NOON)]
    plays = players(company) | {Erp: Clerk(company), Orders: Known()}
    with rehearsing(plays, events=left, answers=lambda _: "book it again"):
        assert asyncio.run(run()) == Skipped("it was called off")
    assert company.did == OUT
