"""An own order is booked before the cut-off and asked for once; called off in time it is neither."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.flows.fulfil_order import fulfil_order
from pawline.flows.missed_pickup import missed_pickup
from pawline.flows.ship_order import Booked, ship_order
from pawline.flows.short_of_goods import BACK, OTHER, PARTS
from pawline.hub.alarms.settings import DAYS
from pawline.model import (
    Checkout,
    Edit,
    EditId,
    Event,
    Money,
    Order,
    OrderCancelled,
    OrderConfirmed,
    OrderId,
    OrderPlaced,
    Packed,
    PickupMissed,
    RecallId,
    ShipmentDispatched,
    ShipmentId,
    ShippingCharge,
    Skipped,
    edited,
    total_owed,
)
from pawline.ports import Code, Declared, Fulfilment, Orders, Parcel, Rate, Recalls, Rejected, Shipping, Stock
from pawline.runtime import Question, rehearsing
from pawline.sandbox.faults import Fault, Faults
from pawline.sandbox.trades import NOWHERE
from pawline.testing import NOON, Crash, Own, Place, Vendors, VirtualTime, counts, places, players
from pawline.testing.orders import order
from tests.flows.carriers import HOME, Street, played, rehearsed, said
from tests.flows.house import House

OFFICE = said("14:00", deliver_in=4, deliver_in_by={"express": 1})
THURSDAY, FRIDAY = date(2026, 1, 1), date(2026, 1, 2)
OWN = order(1, quantity=2, ship_to=HOME)
SKU = OWN.demand()[0].sku
BOTH = {"Shipping.book": 1, "Fulfilment.request": 1}
UNDONE = BOTH | {"Fulfilment.cancel": 1, "Shipping.cancel": 1}
CANCELLED = OrderCancelled(order=OWN.id, at=NOON, by="shopper", because="ordered twice")
DONE = [
    "Pickups.next", "Pickups.origin", "Shipping.rates", "Shipping.book", "Pickups.next", "Fulfilment.request",
    "Orders.called_off",
]  # fmt: skip
BEGUN = ["Orders.order", "Orders.called_off", "Stock.recalls", "Orders.order"]


def confirmed(one: Order = OWN) -> OrderConfirmed:
    return OrderConfirmed(order=one.id, household=one.household)


def left(of: OrderId = OWN.id) -> ShipmentDispatched:
    return ShipmentDispatched(shipment=ShipmentId(f"s-{of}"), order=of, at=NOON)


class Van:
    """A carrier that keeps what it was asked, and refuses what it is told to refuse."""

    def __init__(self, vendors: Any, refusals: Sequence[Rejected] = (), rates: tuple[Rate, ...] | None = None) -> None:
        self._vendors, self._refusals, self._rates = vendors, list(refusals), rates
        self.lacks: Rejected | None = None
        self.asked: list[Any] = []
        self.booked: list[Any] = []

    async def rates(self, consignment: Any) -> tuple[Rate, ...]:
        self.asked.append(consignment)
        if self.lacks is not None:
            raise self.lacks
        found: tuple[Rate, ...] = await self._vendors.rates(consignment)
        return found if self._rates is None else self._rates

    async def book(self, consignment: Any, rate: Rate) -> Any:
        if self._refusals:
            raise self._refusals.pop(0)
        self.booked.append(rate)
        return await self._vendors.book(consignment, rate)

    async def cancel(self, shipment: Any) -> Any:
        return await self._vendors.cancel(shipment)


class Rehearsed:
    """What the flow answered, what it did, and whom it asked."""

    def __init__(
        self, one: Order = OWN, answers: Sequence[str] = (), refusals: Sequence[Rejected] = (), *,
        events: Sequence[Event] = (left(),), rates: tuple[Rate, ...] | None = None, settings: Any = OFFICE,
        more: dict[Any, Any] | None = None, lacks: Rejected | None = None,
    ) -> None:  # fmt: skip
        self.asked: list[str] = []
        self.evidence: list[object] = []
        self._answers = list(answers)
        self.vendors = Vendors(now=VirtualTime())
        fakes = players(self.vendors) | rehearsed(settings)
        self.van = Van(fakes[Shipping], refusals, rates)
        self.van.lacks = lacks
        fakes |= {Shipping: self.van, Orders: Own(orders=[one])} | (more or {})
        with rehearsing(fakes, events=events, answers=self.answer) as self.done:
            self.result = asyncio.run(self.rehearse(one))
        self.effects = counts(self.vendors.effects())

    async def rehearse(self, one: Order) -> Any:
        return await ship_order(confirmed(one))

    def answer(self, question: Question[Any]) -> str:
        self.asked.append(question.title)
        self.evidence.append(question.evidence)
        return self._answers.pop(0)


def test_it_is_booked_asked_for_and_on_its_way() -> None:
    seen = Rehearsed()
    assert seen.effects == BOTH
    assert seen.done.steps == BEGUN + DONE
    (tracking,) = seen.result.tracking
    assert seen.result == Booked(OWN.id, "van", "next day", Money(490, "EUR"), (tracking,))
    assert (seen.asked, seen.done.published) == ([], [])
    (consignment,) = seen.van.asked
    assert (consignment.ship_on, consignment.ship_to, consignment.ship_from.city) == (THURSDAY, HOME, "Hamburg")
    assert consignment.parcels == (Parcel(weight=2_000, contents=(Packed(sku=SKU, quantity=2),)),)
    (reference,) = seen.vendors.depot.asked_for(OWN.id)
    request = seen.vendors.depot._asked[reference]
    assert (request.ship_by, request.items, request.ship_to) == (THURSDAY, OWN.demand(), HOME)
    assert (request.service, request.note) == ("van next day", f"labels: {tracking}")


def test_what_leaves_the_country_says_what_is_in_it_and_what_is_not_known_of_it_is_a_persons() -> None:
    zurich = msgspec.structs.replace(HOME, city="Zürich", postcode="8001", country="CH")
    one = msgspec.structs.replace(OWN, ship_to=zurich)
    lacks = Rejected(f"the customs are to be told more, in `customs.goods`: {SKU} (hs)", Code.INVALID)
    seen = Rehearsed(one, ["seen to"], lacks=lacks)
    assert (seen.asked, seen.effects) == (["order o1 cannot be shipped: no carrier takes it: invalid"], {})
    assert seen.evidence == [lacks.text]
    (consignment,) = seen.van.asked
    (parcel,) = consignment.parcels
    assert parcel.goods == (
        Declared(sku=SKU, title="food", quantity=2, value=Money(2_000, "EUR"), weight=2_000),
    )  # fmt: skip


RATES = tuple(
    Rate(carrier="van", service=name, price=Money(price, "EUR"), delivers_on=THURSDAY + timedelta(days=days))
    for name, price, days in (("slow", 290, 7), ("economy", 390, 4), ("express", 900, 1))
)


def test_it_takes_the_cheapest_that_keeps_what_the_shopper_chose() -> None:
    charge = ShippingCharge(title="Express", price=Money(0, "EUR"), method="express")
    fast = msgspec.structs.replace(
        OWN, shipping=(charge,), total=total_owed(OWN.lines, (charge,), currency=OWN.currency)
    )
    assert [rate.service for rate in Rehearsed(rates=RATES).van.booked] == ["economy"]
    assert [rate.service for rate in Rehearsed(fast, rates=RATES).van.booked] == ["express"]
    unpromised = Rehearsed(fast, rates=RATES, settings=said("14:00"))
    assert [rate.service for rate in unpromised.van.booked] == ["slow"]


NOTHING_SENT = "nothing of it is sent"
THEIRS = order(1, checkout=Checkout.ADOPTED, ship_to=HOME)


@pytest.mark.parametrize(
    ("one", "more", "because"),
    [
        (THEIRS, {}, "the shop's own checkout confirmed it: adopt_order sends it"),
        (order(1), {}, NOTHING_SENT),
        (OWN, {Orders: Own(ended=[OWN.id], orders=[OWN])}, "it was called off before it was confirmed"),
    ],
)  # fmt: skip
def test_what_is_not_ours_to_send_is_left_alone(one: Order, more: dict[Any, Any], because: str) -> None:
    seen = Rehearsed(one, more=more)
    assert (seen.result, seen.effects, seen.asked) == (Skipped(because), {}, [])


def test_lines_without_a_parcel_are_not_asked_for() -> None:
    card = msgspec.structs.replace(OWN.lines[0], ships=False)
    none = msgspec.structs.replace(OWN, lines=(card,))
    assert Rehearsed(none).result == Skipped(NOTHING_SENT)


def test_an_order_that_is_not_on_record_any_more_is_a_persons() -> None:
    seen = Rehearsed(answers=["seen to"], more={Orders: Own()})
    assert seen.asked == ["order o1 cannot be shipped: what is in it is not on record any more"]
    assert (seen.result, seen.effects) == (Skipped("a person saw to it"), {})


def test_goods_under_recall_are_neither_booked_nor_asked_for_until_a_person_says_so() -> None:
    recall = Recalls(sku=SKU, recall=RecallId("r1"), whole=True, cancel=True)
    seen = Rehearsed(answers=["send it"], more={Stock: Own(recalled=[recall])})
    assert seen.asked == [f"order o1 is kept back: {SKU} is recalled (r1)"]
    assert seen.done.steps == [*BEGUN[:-1], "Stock.recalls", "Orders.order", *DONE]


EXPIRED, NOWHERE_TO_GO = Rejected("too old", Code.EXPIRED), Rejected("no such street", Code.INVALID)


def test_a_rate_that_expired_is_asked_for_anew_and_one_that_always_does_is_a_persons() -> None:
    twice = Rehearsed(refusals=[EXPIRED, EXPIRED])
    assert (twice.effects, twice.asked, len(twice.van.asked)) == (BOTH, [], 3)
    always = Rehearsed(answers=["seen to"], refusals=[EXPIRED] * 9)
    assert always.asked == ["order o1 cannot be shipped: no carrier takes it: expired"]
    assert (always.effects, len(always.van.asked)) == ({}, 5)


@pytest.mark.parametrize(("answer", "effects"), [("try again", BOTH), ("seen to", {})])
def test_an_impossible_address_is_a_persons(answer: str, effects: dict[str, int]) -> None:
    seen = Rehearsed(answers=[answer], refusals=[NOWHERE_TO_GO])
    assert seen.asked == ["order o1 cannot be shipped: no carrier takes it: invalid"]
    assert seen.effects == effects
    assert isinstance(seen.result, Booked if effects else Skipped)


def test_without_a_rate_and_without_an_address_to_ship_from_it_is_a_persons() -> None:
    nobody = Rehearsed(answers=["seen to"], rates=())
    assert nobody.asked == ["order o1 cannot be shipped: no carrier takes it: not_found"]
    bare = msgspec.structs.replace(OFFICE, ship_from=None)
    nowhere = Rehearsed(answers=["try again", "seen to"], settings=bare)
    assert nowhere.asked == ["order o1 cannot be shipped: `pickups` in the settings has no `ship_from`"] * 2
    assert (nobody.effects, nowhere.effects) == ({}, {})


@pytest.mark.parametrize("left_over", [1, 0])
def test_what_was_edited_while_a_person_thought_is_sent_as_it_stands(left_over: int) -> None:
    line = msgspec.structs.replace(OWN.lines[0], quantity=left_over)
    edit = Edit(id=EditId("e1"), at=NOON, reason="fewer", lines=(line,))
    kept = Own(orders=[OWN])

    class Thinks(Rehearsed):
        def answer(self, question: Question[Any]) -> str:
            vars(kept).update(vars(Own(orders=[edited(OWN, edit)])))
            return super().answer(question)

    seen = Thinks(answers=["try again"], refusals=[NOWHERE_TO_GO], more={Orders: kept})
    asked = [seen.vendors.depot._asked[one].items for one in seen.vendors.depot.asked_for(OWN.id)]
    assert (asked, seen.effects) == (([edited(OWN, edit).demand()], BOTH) if left_over else ([], {}))
    assert isinstance(seen.result, Booked if left_over else Skipped)


def test_what_makes_hundreds_of_parcels_is_a_persons() -> None:
    heavy = msgspec.structs.replace(OWN.lines[0], weight=OFFICE.parcel_grams, quantity=101, price=Money(0, "EUR"))
    pallet = msgspec.structs.replace(OWN, lines=(heavy,), total=Money(0, "EUR"), shipping=())
    seen = Rehearsed(pallet, answers=["seen to"])
    assert seen.asked == ["order o1 cannot be shipped: no carrier takes it: invalid"]
    assert (seen.effects, seen.van.asked) == ({}, [])


class Full:
    """A warehouse that refuses the first request."""

    def __init__(self, vendors: Any) -> None:
        self._vendors, self._refused = vendors, False

    async def request(self, request: Any) -> Any:
        if not self._refused:
            self._refused = True
            raise Rejected("none left", Code.OUT_OF_STOCK)
        return await self._vendors.request(request)


@pytest.mark.parametrize(
    ("answer", "effects"), [("try again", BOTH | {"Shipping.book": 2}), ("seen to", {"Shipping.book": 1})]
)
def test_what_the_warehouse_refuses_has_no_label_until_a_person_says_so(answer: str, effects: dict[str, int]) -> None:
    vendors = Vendors(now=VirtualTime())
    theirs = players(vendors)
    more = {Fulfilment: Full(theirs[Fulfilment]), Shipping: Van(theirs[Shipping])}
    seen = Rehearsed(answers=[answer], more=more)
    assert seen.asked == ["order o1 cannot be shipped: the warehouse does not take it: out_of_stock"]
    assert counts(vendors.effects()) == effects | {"Shipping.cancel": 1}


@pytest.mark.parametrize("answer", [PARTS, OTHER, BACK])
def test_what_the_warehouse_has_too_little_of_a_person_sees_to_or_it_is_called_off_and_paid_back(answer: str) -> None:
    vendors = Vendors(now=VirtualTime())
    theirs = players(vendors)
    more = {Fulfilment: Full(theirs[Fulfilment]), Shipping: Van(theirs[Shipping])}
    seen = Rehearsed(answers=[answer], more=more)
    assert isinstance(seen.result, Skipped)
    assert counts(vendors.effects()) == {"Shipping.book": 1, "Shipping.cancel": 1}
    off = [(one.order, one.by) for one in seen.done.published if isinstance(one, OrderCancelled)]
    assert off == ([(OWN.id, "pawline")] if answer == BACK else [])


def test_what_never_leaves_is_late_at_each_pick_up_and_a_persons_in_the_end() -> None:
    never = Rehearsed(answers=["it was settled"], events=())
    assert never.asked == ["order o1 cannot be shipped: it has not left within 19 days"]
    assert [one.day.day for one in never.done.published if isinstance(one, PickupMissed)] == [
        1, 2, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 19,
    ]  # fmt: skip
    assert never.effects == BOTH


def street(folder: Path, *orders: Order, settings: Any = OFFICE) -> Street:
    return Street(folder, [ship_order, missed_pickup], settings, orders)


def test_a_carrier_that_is_down_until_the_cut_off_is_one_case_and_they_go_with_the_next(tmp_path: Path) -> None:
    orders = [order(number, ship_to=HOME) for number in (1, 2, 3)]
    here = street(tmp_path, *orders, settings=said("13:01"))
    here.vendors.faults = Faults(rates={Fault.LIMITED: 1.0})

    async def scene() -> None:
        await here.tell(*map(confirmed, orders))
        await here.until(61)
        assert await here.heard("pickup.missed@1") == ["pickup/2026-01-01T12:01Z/not booked"] * 3
        here.vendors.faults = Faults()
        await here.until(600)
        (case,) = await here.cases()
        assert case.title == "3 orders missed the carrier of 2026-01-01: the carrier could not be reached"
        assert await here.heard("pickup.missed@1") == ["pickup/2026-01-01T12:01Z/not booked"] * 3

    here.live(scene)
    assert counts(here.vendors.effects()) == {"Shipping.book": 3, "Fulfilment.request": 3}
    asked = [here.vendors.depot._asked[ref] for one in orders for ref in here.vendors.depot.asked_for(one.id)]
    assert [one.ship_by for one in asked] == [FRIDAY] * 3


def test_a_place_that_the_carrier_does_not_know_is_one_question_for_all_that_go_there(tmp_path: Path) -> None:
    lost = msgspec.structs.replace(HOME, postcode=NOWHERE)
    orders = [order(number, ship_to=lost) for number in (1, 2)]
    here = street(tmp_path, *orders)

    async def scene() -> None:
        await here.tell(*map(confirmed, orders))
        await here.until(30)
        told = await here.cases()
        assert [one.title for one in told] == [
            f"order o{number} cannot be shipped: no carrier takes it: invalid" for number in (1, 2)
        ]
        assert len({one.fingerprint for one in told}) == 1

    here.live(scene)
    assert here.vendors.effects() == ()


def test_called_off_before_it_left_it_is_off_at_the_warehouse_and_then_at_the_carrier(tmp_path: Path) -> None:
    here = street(tmp_path, OWN)

    async def scene() -> None:
        await here.tell(confirmed())
        await here.until(10)
        await here.tell(CANCELLED)
        await here.until(20)
        assert await here.cases() == []

    here.live(scene)
    assert [one.operation for one in here.vendors.effects()] == list(UNDONE)


def test_called_off_when_it_had_left_unheard_it_keeps_its_label_and_is_a_persons(tmp_path: Path) -> None:
    here = street(tmp_path, OWN)

    async def scene() -> None:
        await here.tell(confirmed())
        await here.until(10)
        here.vendors.depot.dispatch(*here.vendors.depot.ready(OWN.id))
        await here.tell(CANCELLED)
        await here.until(60)
        (case,) = await here.cases()
        assert (case.team, case.title.endswith("was refused: too_late")) == ("operations", True)

    here.live(scene)
    assert counts(here.vendors.effects()) == BOTH


def lived(folder: Path, at: float, place: Place | None = None) -> tuple[Crash, dict[str, int]]:
    """An own order that is called off after so many seconds; a second life where the first one died."""
    folder.mkdir()
    here = street(folder, OWN, settings=said("13:01", "13:05"))

    async def scene() -> None:
        for moment, event in ((0.0, confirmed()), (at, CANCELLED)):
            await here.until(moment)
            await here.tell(event)
        await here.until(at + 60)
        assert await here.cases() == []

    crash = here.live(scene, place)
    if crash.fired:
        here.live(scene)
    return crash, counts(one for one in here.vendors.effects() if not one.again)


@pytest.mark.parametrize("at", [0.0, 30.0])
def test_killed_at_every_place_it_is_booked_asked_for_and_called_off_once(tmp_path: Path, at: float) -> None:
    clean, effects = lived(tmp_path / "clean", at)
    assert effects in ({}, UNDONE)
    every = places(clean.commits, clean.requests)
    for place in every:
        crash, effects = lived(tmp_path / str(place).replace(":", "-"), at, place)
        assert crash.fired, place
        for done, back in (("Shipping.book", "Shipping.cancel"), ("Fulfilment.request", "Fulfilment.cancel")):
            assert effects.get(done, 0) == effects.get(back, 0) <= 1, place
        assert at == 0.0 or effects == UNDONE, place
    assert at == 0.0 or len(every) > 20


async def test_from_the_checkout_to_the_label_with_the_hubs_own_record() -> None:
    flows = (fulfil_order, ship_order)
    always = said("00:00", "06:00", "12:00", "18:00", "23:59", days=DAYS)
    async with asyncio.timeout(60), House(flows, more=[played(always, time.time)]) as house:
        house.vendors.warehouse.free[SKU] = 5
        await house.tell(OrderPlaced(order=OWN))
        await house.rest(but=("ship_order",))
        while not house.vendors.depot.asked_for(OWN.id):  # noqa: ASYNC110 - the flow gets on
            await asyncio.sleep(0.02)
        await house.tell(CANCELLED)
        await house.rest()
        assert await house.cases() == []
        assert await house.runs() == [("fulfil_order", "o1", "done"), ("ship_order", "o1", "cancelled")]
        done = counts(house.vendors.effects())
        assert {name: done[name] for name in UNDONE} == UNDONE


def lived_in_trouble(folder: Path, place: Place | None = None) -> tuple[Crash, list[str], list[str], Any]:
    """An order whose carrier is down until the cut-off; a second life where the first one died."""
    folder.mkdir()
    here = street(folder, OWN, settings=said("13:01"))
    told: list[str] = []
    cases: list[str] = []

    async def scene() -> None:
        if here.time() < NOON.timestamp() + 60:
            here.vendors.faults = Faults(rates={Fault.LIMITED: 1.0}, retry_after=25.0)
        await here.tell(confirmed())
        await here.until(62)
        here.vendors.faults = Faults()
        await here.until(125)
        told[:] = await here.heard("pickup.missed@1")
        cases[:] = [one.title for one in await here.cases()]

    crash = here.live(scene, place)
    if crash.fired:
        here.live(scene)
    return crash, told, cases, here


def test_killed_at_every_place_of_a_missed_cut_off_it_goes_once_with_the_next_and_is_told_once(tmp_path: Path) -> None:
    title = "1 order missed the carrier of 2026-01-01: the carrier could not be reached"
    clean, told, cases, _ = lived_in_trouble(tmp_path / "clean")
    assert (told, cases) == (["pickup/2026-01-01T12:01Z/not booked"], [title])
    every = places(clean.commits, clean.requests)
    assert len(every) > 20
    for place in every:
        crash, told, cases, here = lived_in_trouble(tmp_path / str(place).replace(":", "-"), place)
        assert crash.fired, place
        assert (told, cases) == (["pickup/2026-01-01T12:01Z/not booked"], [title]), place
        assert counts(here.vendors.effects()) == BOTH, place
        (reference,) = here.vendors.depot.asked_for(OWN.id)
        assert here.vendors.depot._asked[reference].ship_by == FRIDAY, place
