"""An adopted order is told and sent, never reserved or charged; cancelled in time it does not leave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.flows.adopt_order import adopt_order
from pawline.flows.fulfil_order import fulfil_order
from pawline.flows.introduce_order import introduce_order
from pawline.flows.settle_booking import settle_booking
from pawline.model import (
    Address,
    BookingRefused,
    CauseId,
    Checkout,
    Confirmed,
    Credit,
    Edit,
    EditId,
    Envelope,
    Event,
    Item,
    LineId,
    Order,
    OrderBooked,
    OrderCancelled,
    OrderId,
    OrderPaid,
    OrderPlaced,
    RecallId,
    Refund,
    RefundId,
    ShipmentDispatched,
    ShipmentId,
    Skipped,
    SkuId,
    Tender,
    TenderId,
    TenderKind,
    TenderState,
    edited,
)
from pawline.ports import (
    Booking,
    Code,
    Erp,
    Fulfilment,
    FulfilmentOrder,
    FulfilmentRequest,
    FulfilmentStatus,
    Operation,
    Orders,
    Progress,
    Recalls,
    Receipt,
    Rejected,
    Settle,
    Stock,
    to_record,
)
from pawline.runtime import Binding, Flows, Question, Rehearsal, rehearsing
from pawline.sandbox import Reply, Request
from pawline.testing import (
    NOON,
    Crash,
    Day,
    Lives,
    Own,
    Place,
    Told,
    Vendors,
    VirtualTime,
    bindings,
    counts,
    places,
    players,
)
from pawline.testing.orders import SHOP, order, placed
from tests.flows.house import House

HOME = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", postcode="10115", country="DE")
ADOPTED = order(1, checkout=Checkout.ADOPTED, paid=True, ship_to=HOME)


def dispatched(order: OrderId, hours: float = 5) -> ShipmentDispatched:
    return ShipmentDispatched(shipment=ShipmentId("s1"), order=order, at=NOON + timedelta(hours=hours))


def paid(one: Order) -> OrderPaid:
    return OrderPaid(order=one.id, at=NOON + timedelta(hours=1), paid=one.total)


class Rehearsed:
    """What the flow answered, what it did, and whom it asked."""

    done: Rehearsal

    def __init__(
        self, one: Order, events: Sequence[Event] = (), answer: str | None = None, more: dict[Any, Any] | None = None,
        flow: Any = adopt_order, before: Callable[[Vendors], object] = lambda _: None,
    ) -> None:  # fmt: skip
        self.asked: list[str] = []
        self._says, self._flow = answer, flow
        self.vendors = Vendors(now=VirtualTime())
        before(self.vendors)
        with rehearsing(players(self.vendors) | (more or {}), events=events, answers=self.answer) as self.done:
            self.result = asyncio.run(self._rehearse(one))
        self.effects = counts(self.vendors.effects())

    async def _rehearse(self, one: Order) -> Any:
        return await self._flow(OrderPlaced(order=one))

    def answer(self, question: Question[Any]) -> Any:
        self.asked.append(question.title)
        assert self._says is not None
        return self._says


def test_it_is_known_and_sent_and_nothing_is_charged_or_mailed() -> None:
    seen = Rehearsed(ADOPTED, [dispatched(ADOPTED.id)])
    assert seen.result == Confirmed(ADOPTED.id)
    assert seen.effects == {"Fulfilment.request": 1}
    assert (seen.asked, seen.done.published) == ([], [])


def test_an_order_that_is_not_paid_yet_waits_for_the_money() -> None:
    unpaid = order(1, checkout=Checkout.ADOPTED, ship_to=HOME)
    assert Rehearsed(unpaid, [paid(unpaid), dispatched(unpaid.id)]).effects["Fulfilment.request"] == 1
    never = Rehearsed(unpaid)
    assert never.result == Skipped("not paid within 14 days")
    assert never.effects == {}


def test_what_does_not_travel_is_not_asked_of_the_warehouse() -> None:
    card = msgspec.structs.replace(ADOPTED.lines[0], id=LineId("gift"), sku=SkuId("gift-card"), ships=False)
    total = ADOPTED.total + card.total()
    both = Rehearsed(
        msgspec.structs.replace(ADOPTED, lines=(*ADOPTED.lines, card), total=total), [dispatched(ADOPTED.id)]
    )
    assert both.vendors.depot._asked[both.vendors.depot.asked_for(ADOPTED.id)[0]].items == ADOPTED.demand()
    alone = Rehearsed(msgspec.structs.replace(ADOPTED, lines=(card,), total=card.total()), more={Erp: Books()})
    assert (alone.result, alone.effects, alone.asked) == (Confirmed(ADOPTED.id), {}, [])


@pytest.mark.parametrize("left_over", [3, 0])
def test_what_was_edited_before_the_warehouse_is_asked_is_sent_as_it_stands(left_over: int) -> None:
    line = msgspec.structs.replace(ADOPTED.lines[0], quantity=left_over)
    now_ = edited(ADOPTED, Edit(id=EditId("e1"), at=NOON, reason="they rang", lines=(line,)))
    seen = Rehearsed(ADOPTED, [dispatched(ADOPTED.id)], more={Orders: Own(orders=[now_])})
    asked = [seen.vendors.depot._asked[one].items for one in seen.vendors.depot.asked_for(ADOPTED.id)]
    assert (asked, seen.asked) == ([now_.demand()] if left_over else [], [])


def test_what_was_taken_off_the_bill_before_the_warehouse_is_asked_is_not_sent() -> None:
    line = msgspec.structs.replace(ADOPTED.lines[0], quantity=3)
    three = msgspec.structs.replace(ADOPTED, lines=(line,), total=line.total(), tenders=())
    off = Refund(
        id=RefundId("r1"), at=NOON, reason="no", credits=(Credit(line=line.id, quantity=2, amount=line.price),)
    )
    seen = Rehearsed(
        three, [dispatched(three.id)], more={Orders: Own(orders=[msgspec.structs.replace(three, refunds=(off,))])}
    )
    (asked,) = [seen.vendors.depot._asked[one].items for one in seen.vendors.depot.asked_for(three.id)]
    assert asked == (Item(line.sku, 1),)


@pytest.mark.parametrize(
    ("states", "sent"),
    [
        ([], 1), (["captured"], 1), (["failed", "captured"], 1), (["authorised"], 1), (["failed"], 0), (["voided"], 0),
        (["captured", "pending"], 0),
    ],
)  # fmt: skip
def test_what_nobody_paid_is_not_sent(states: list[str], sent: int) -> None:
    tenders = tuple(
        Tender(id=TenderId(f"t{at}"), kind=TenderKind.CARD, amount=ADOPTED.total, state=TenderState(state))
        for at, state in enumerate(states)
    )
    seen = Rehearsed(msgspec.structs.replace(ADOPTED, tenders=tenders), [dispatched(ADOPTED.id)])
    assert seen.effects.get("Fulfilment.request", 0) == sent
    assert (seen.result == Skipped("not paid within 14 days")) is not bool(sent)


class Books:
    """The company's books: what was handed over, and taken out again."""

    def __init__(self, refusals: int = 0, told_within: timedelta | None = None) -> None:
        self.did: list[str] = []
        self.refusals, self.told_within = refusals, told_within

    async def book(self, order: Order) -> Booking:
        if self.refusals:
            self.refusals -= 1
            raise Rejected("Ann Smith is on our list", Code.INVALID)
        self.did.append(f"book {order.id}")
        return Booking(order=order.id, reference="B1", told_within=self.told_within)

    async def cancel(self, booking: Booking) -> Receipt:
        self.did.append(f"cancel {booking.reference}")
        return Receipt()


def test_it_is_booked_before_the_warehouse_is_asked() -> None:
    books = Books()
    seen = Rehearsed(ADOPTED, [dispatched(ADOPTED.id)], more={Erp: books})
    assert (books.did, seen.result) == (["book o1"], Confirmed(ADOPTED.id))
    assert seen.done.steps == [
        "Orders.called_off",
        "Erp.book",
        "Stock.recalls",
        "Orders.to_send",
        "Shop.wanted",
        "Fulfilment.request",
        "Orders.left",
    ]


def test_an_order_that_was_called_off_before_we_heard_of_it_goes_nowhere() -> None:
    seen = Rehearsed(ADOPTED, more={Orders: Own(ended=(ADOPTED.id,))})
    assert seen.result == Skipped("it was called off before we heard that it was placed")
    assert (seen.effects, seen.done.steps) == ({}, ["Orders.called_off"])


def called_off(vendors: Vendors) -> None:
    """In the shop, which tells; nobody hears it."""
    vendors.shop.place(ADOPTED)
    vendors.shop.call_off(ADOPTED.id, "shopper", "changed my mind")


def test_what_the_shop_called_off_and_nobody_heard_of_is_not_asked_of_the_warehouse_and_leaves_the_books() -> None:
    books = Books()
    seen = Rehearsed(ADOPTED, before=called_off, more={Erp: books})
    assert (seen.result, seen.asked) == (Skipped("it was called off"), [])
    assert books.did == ["book o1", "cancel B1"]
    assert "Fulfilment.request" not in seen.effects
    assert seen.done.steps[-2:] == ["Shop.wanted", "Erp.cancel"]


def test_an_order_that_stands_in_the_shop_is_asked_of_the_warehouse() -> None:
    seen = Rehearsed(ADOPTED, [dispatched(ADOPTED.id)], before=lambda vendors: vendors.shop.place(ADOPTED))
    assert (seen.result, seen.effects["Fulfilment.request"]) == (Confirmed(ADOPTED.id), 1)


@pytest.mark.parametrize("left", [True, False])
def test_what_had_left_before_we_heard_that_it_was_placed_is_neither_sent_nor_waited_for(left: bool) -> None:
    """Its lines travel no more: so it came to us. It is in the books, and its run ends."""
    gone = msgspec.structs.replace(ADOPTED, lines=(msgspec.structs.replace(ADOPTED.lines[0], ships=False),))
    own = Own(left={gone.id: NOON} if left else {})
    seen = Rehearsed(gone, more={Erp: Books(), Orders: own})
    assert (seen.result, seen.effects) == (Confirmed(gone.id), {})
    assert seen.done.steps == ["Orders.called_off", "Erp.book", "Orders.left"]
    assert (seen.done.slept == []) is left


class Warehouse:
    """One that has heard of the order before, and of which something had left."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    async def request(self, wanted: FulfilmentRequest) -> FulfilmentOrder:
        return FulfilmentOrder(order=wanted.order, part=wanted.part, reference="w1")

    async def status(self, _: FulfilmentOrder) -> FulfilmentStatus:
        return FulfilmentStatus(progress=self.progress)


@pytest.mark.parametrize(
    ("progress", "waits"), [(Progress.SHIPPED, False), (Progress.ACCEPTED, True)], ids=["all of it", "a part"]
)
def test_what_left_between_the_look_that_read_it_and_our_hearing_of_it_is_not_waited_for(
    progress: Progress, waits: bool
) -> None:
    """It came to us with goods to send: a look read it right before it left."""
    more = {Orders: Own(left={ADOPTED.id: NOON}), Fulfilment: Warehouse(progress)}
    seen = Rehearsed(ADOPTED, [], "it left", more)
    assert seen.done.steps[-3:] == ["Fulfilment.request", "Orders.left", "Fulfilment.status"]
    assert (seen.result, seen.asked) == (Confirmed(ADOPTED.id), ["order o1 is paid and has not left"] if waits else [])


DAY = timedelta(days=1)
NOT_BOOKED = "order o1 was handed over and is not in the books"
IN_BOOKS = OrderBooked(order=ADOPTED.id, reference="B1", at=NOON)
NOT_TAKEN = BookingRefused(order=ADOPTED.id, cause=CauseId("x"), at=NOON)


@pytest.mark.parametrize(
    ("within", "events", "asked"),
    [
        (DAY, (IN_BOOKS,), []),
        (DAY, (), [NOT_BOOKED]),
        (DAY, (NOT_TAKEN,), []),  # `settle_booking` asks about that
        (None, (), []),  # these books never say
    ],
)
def test_that_it_is_in_the_books_is_waited_for_and_a_person_hears_if_it_is_not(
    within: timedelta | None, events: tuple[Event, ...], asked: list[str]
) -> None:
    seen = Rehearsed(
        ADOPTED, [dispatched(ADOPTED.id), *events], "it is in the books", more={Erp: Books(told_within=within)}
    )
    assert (seen.result, seen.asked) == (Confirmed(ADOPTED.id), asked)
    assert seen.effects == {"Fulfilment.request": 1}


@pytest.mark.parametrize(
    ("events", "missing"),
    [
        ((), ["books/a", "books/b"]),
        ((msgspec.structs.replace(IN_BOOKS, books="books/b"),), ["books/a"]),
        ((msgspec.structs.replace(IN_BOOKS, books="books/b"), msgspec.structs.replace(IN_BOOKS, books="books/a")), []),
        ((msgspec.structs.replace(NOT_TAKEN, books="books/a"),), ["books/b"]),
        ((msgspec.structs.replace(IN_BOOKS, books="books/b"), msgspec.structs.replace(NOT_TAKEN, books="books/a")), []),
        ((NOT_TAKEN,), []),  # nobody wrote down whose: a person is asked that already
    ],
)
async def test_each_of_several_books_is_waited_for_beside_the_parcel(
    events: tuple[Event, ...], missing: list[str]
) -> None:
    soon = timedelta(seconds=1)
    books = {name: Books(told_within=soon if name != "books/c" else None) for name in ("books/a", "books/b", "books/c")}
    operations = dict.fromkeys(("book", "cancel"), Operation(settle=Settle.REPEAT))
    more = [Binding(name, Erp, one, operations) for name, one in books.items()]
    async with asyncio.timeout(30), House((adopt_order,), more=more) as house:
        today = msgspec.structs.replace(ADOPTED, placed_at=datetime.now(UTC))
        house.vendors.shop.place(today)
        await house.tell(OrderPlaced(order=today))
        await house.until_waits("adopt_order", "o1")
        await house.tell(*events, dispatched(ADOPTED.id))
        if missing:
            (case,) = await house.until_asked(1)
            assert case.title == NOT_BOOKED
            assert await house.evidence(case) == {"books": missing}
            await house.answer(case.no, "it was settled")
        await house.rest()
        assert (await house.cases(), await house.runs()) == ([], [("adopt_order", "o1", "done")])
        assert [one.did for one in books.values()] == [["book o1"]] * 3
        assert len(house.vendors.depot.asked_for(ADOPTED.id)) == 1


async def test_what_the_books_refuse_at_once_is_sent_and_booked_once_a_person_mended_it() -> None:
    books = Books(refusals=2)
    operations = dict.fromkeys(("book", "cancel"), Operation(settle=Settle.REPEAT))
    erp = Binding("books/main", Erp, books, operations)
    async with asyncio.timeout(30), House((adopt_order, settle_booking), more=[erp]) as house:
        today = msgspec.structs.replace(ADOPTED, placed_at=datetime.now(UTC))  # else it has not left for weeks
        house.vendors.shop.place(today)
        await house.tell(OrderPlaced(order=today))
        for _ in range(2):
            (case,) = await house.until_asked(1)
            assert case.title == "the books do not take order o1: refused at once (invalid)"
            assert b"Ann" not in case.body
            await house.rest(but=("adopt_order", "settle_booking"))  # beside the question it goes to the warehouse
            assert (books.did, len(house.vendors.depot.asked_for(ADOPTED.id))) == ([], 1)
            await house.answer(case.no, "book it again")
            while [one.no for one in await house.cases()] == [case.no]:  # noqa: ASYNC110 - the flow gets on
                await asyncio.sleep(0.02)
        await house.tell(dispatched(ADOPTED.id))
        await house.rest()
        assert (await house.cases(), books.did) == ([], ["book o1"])
        assert await house.runs() == [("adopt_order", "o1", "done")]


async def test_an_introduction_that_failed_is_made_good_as_its_case_says_and_no_parcel_leaves_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with asyncio.timeout(30), House((adopt_order, introduce_order)) as house:
        ask, mended = house.vendors.ask, asyncio.Event()

        async def no_such_field(request: Request) -> Reply:
            if request.method == "Crm.upsert" and not mended.is_set():
                return Reply(error=to_record(Rejected("no such field", Code.INVALID)))
            return await ask(request)

        monkeypatch.setattr(house.vendors, "ask", no_such_field)
        today = msgspec.structs.replace(ADOPTED, placed_at=datetime.now(UTC))
        await house.tell(OrderPlaced(order=today))
        (case,) = await house.until_asked(1)
        (event,) = [row[0] for row in await house.store.fetch("events_page", (SHOP, "order.placed@1", 2**62, 2))]
        assert f"`pawline events replay {event} --flow introduce_order`" in await house.detail(case)
        mended.set()
        await house.rest(but=("adopt_order",))  # which waits for the parcel to leave
        whole = await house.said("replay", f"event:{event}")
        assert whole.startswith(f"refused: event {event} began ")
        assert "adopt_order (waiting)" in whole
        await house.tell(dispatched(ADOPTED.id))
        await house.rest()
        assert "adopt_order (done)" in await house.said("replay", f"event:{event}")
        assert await house.said("replay", f"event:{event}", name="introduce_order") == "done"
        await house.rest()
        did = {"Fulfilment.request": 1, "Crm.upsert": 1, "Marketing.track": 2}  # placed, and shipped
        assert counts(house.vendors.effects()) == did
        every = [("adopt_order", "done"), ("introduce_order", "done"), ("introduce_order", "failed")]
        assert sorted((flow, status) for flow, _, status in await house.runs()) == every


async def test_the_question_about_a_booking_ends_with_its_order() -> None:
    books = Books()
    operations = dict.fromkeys(("book", "cancel"), Operation(settle=Settle.REPEAT))
    erp = Binding("books/main", Erp, books, operations)
    async with asyncio.timeout(30), House((settle_booking,), more=[erp]) as house:
        house.vendors.shop.place(ADOPTED)
        await house.tell(OrderPlaced(order=ADOPTED), BookingRefused(order=ADOPTED.id, cause=CauseId("x"), at=NOON))
        await house.until_asked(1)
        await house.tell(OrderCancelled(order=ADOPTED.id, at=NOON, by="shopper", because="changed their mind"))
        await house.rest()
        assert (await house.cases(), books.did) == ([], [])


def recalled(*, whole: bool, cancel: bool) -> dict[Any, Any]:
    sku = ADOPTED.demand()[0].sku
    return {Stock: Own(recalled=(Recalls(sku=sku, recall=RecallId("r1"), whole=whole, cancel=cancel),))}


@pytest.mark.parametrize(
    ("whole", "cancel", "asked"),
    [(True, True, ["order o1 is kept back: {sku} is recalled (r1)"]), (True, False, []), (False, True, [])],
)
def test_what_is_withdrawn_is_not_asked_for_unless_a_person_says_so(
    whole: bool, cancel: bool, asked: list[str]
) -> None:
    more = recalled(whole=whole, cancel=cancel)
    seen = Rehearsed(ADOPTED, [dispatched(ADOPTED.id)], "send it", more)
    assert seen.asked == [one.format(sku=ADOPTED.demand()[0].sku) for one in asked]
    assert seen.effects["Fulfilment.request"] == 1
    assert seen.done.steps[-2:] == ["Fulfilment.request", "Orders.left"]


@pytest.mark.parametrize(("says", "did"), [("book it again", ["book o1"]), ("leave it", [])])
def test_what_the_books_refuse_is_booked_again_once_a_person_says_so(says: str, did: list[str]) -> None:
    books, vendors = Books(), Vendors(now=VirtualTime())
    vendors.shop.place(ADOPTED)
    asked: list[tuple[str, str]] = []

    def answer(question: Question[Any]) -> Any:
        asked.append((question.title, question.cause))
        return says

    async def refused() -> object:
        cause = CauseId("chew-9 is not in the books")
        return await settle_booking(BookingRefused(order=ADOPTED.id, cause=cause, at=NOON))

    with rehearsing(players(vendors) | {Erp: books}, answers=answer):
        assert asyncio.run(refused()) == says
    with rehearsing(players(vendors) | {Erp: books, Orders: Own(ended=(ADOPTED.id,))}, answers=answer):
        called_off = says if says == "leave it" else Skipped("it was called off")
        assert asyncio.run(refused()) == called_off
    assert asked[1:] == asked[:1]
    assert asked[:1] == [("the books do not take order o1: chew-9 is not in the books", "chew-9 is not in the books")]
    assert books.did == did


def test_what_did_not_leave_is_asked_about_once() -> None:
    seen = Rehearsed(ADOPTED, answer="it left")
    assert (seen.result, seen.asked) == (Confirmed(ADOPTED.id), ["order o1 is paid and has not left"])


@pytest.mark.parametrize("household", [True, False])
def test_what_needs_no_parcel_is_only_told(household: bool) -> None:
    one = order(1, checkout=Checkout.ADOPTED, paid=True, household=household)
    assert Rehearsed(one).effects == {}
    told = {"Crm.upsert": 1, "Marketing.track": 1} if one.household else {}
    assert Rehearsed(one, flow=introduce_order).effects == told


def test_the_crm_and_marketing_know_what_happened() -> None:
    seen = Rehearsed(ADOPTED, [dispatched(ADOPTED.id)], flow=introduce_order)
    assert (seen.result, seen.effects) == ("shipped", {"Crm.upsert": 1, "Marketing.track": 2})
    assert seen.done.steps == ["Orders.called_off", "Crm.upsert", "Marketing.track", "Orders.left", "Marketing.track"]
    before = Rehearsed(ADOPTED, more={Orders: Own(left={ADOPTED.id: NOON})}, flow=introduce_order)
    assert (before.result, before.effects) == ("shipped", {"Crm.upsert": 1, "Marketing.track": 2})
    never = Rehearsed(ADOPTED, flow=introduce_order)
    assert (never.result, never.effects, never.asked) == ("placed", {"Crm.upsert": 1, "Marketing.track": 1}, [])
    off = Rehearsed(ADOPTED, more={Orders: Own(ended=(ADOPTED.id,))}, flow=introduce_order)
    assert (off.result, off.effects) == (Skipped("it was called off before we heard that it was placed"), {})


def test_every_order_has_exactly_one_flow_that_takes_it() -> None:
    own = order(1, ship_to=HOME)
    assert (
        Rehearsed(own).result == Rehearsed(own, flow=introduce_order).result == Skipped("our own checkout sees to it")
    )

    async def adopted() -> object:
        return await fulfil_order(OrderPlaced(order=ADOPTED))

    with rehearsing(players(Vendors(now=VirtualTime()))) as done:
        assert isinstance(asyncio.run(adopted()), Skipped)
    assert done.steps == []


def told(event: Event, at: float, source: str) -> Told:
    moment = NOON + timedelta(seconds=at)
    return Told(at, Envelope(shop=SHOP, source=source, id=f"{source}-{at:g}", at=moment, event=event))


def lived(folder: Path, *events: Told, place: Place | None = None) -> tuple[Crash, dict[str, int]]:
    """What the vendors did in a day of a real engine, on virtual time; a second life where the first one died."""
    time = VirtualTime()
    vendors = Vendors(now=time)
    lives = Lives(folder / f"{place}.db", time, vendors, Flows([adopt_order]), bindings)
    day, crash = Day(time(), [Told(0.0, placed(ADOPTED)), *events]), Crash(place)
    lives.live(day.live, crash)
    if crash.fired:
        lives.live(day.live)
    return crash, counts(one for one in vendors.effects() if not one.again)


SENT = {"Fulfilment.request": 1}
CANCELLED = OrderCancelled(order=ADOPTED.id, at=NOON, by="shopper", because="ordered twice")


def test_cancelled_before_it_left_it_is_called_off_at_the_warehouse(tmp_path: Path) -> None:
    _, effects = lived(tmp_path, told(CANCELLED, 5, "shop"))
    assert effects == SENT | {"Fulfilment.cancel": 1}


def test_cancelled_after_it_left_it_is_not_touched(tmp_path: Path) -> None:
    left = told(dispatched(ADOPTED.id), 5, "warehouse")
    _, effects = lived(tmp_path, left, told(CANCELLED, 8, "shop"))
    assert effects == SENT


@pytest.mark.parametrize("late", [True, False])
def test_killed_at_every_place_whatever_was_sent_is_called_off_once(tmp_path: Path, late: bool) -> None:
    events = (told(CANCELLED, 120 if late else 1, "shop"),)  # early, it may come before the warehouse was asked
    clean, _ = lived(tmp_path, *events)
    every = places(clean.commits, clean.requests)
    assert len(every) == 2 * clean.commits + 3 * clean.requests > 10
    for place in every:
        crash, effects = lived(tmp_path, *events, place=place)
        assert crash.fired, place
        assert effects.get("Fulfilment.request", 0) == effects.get("Fulfilment.cancel", 0) <= 1, place
        if late:
            assert effects == SENT | {"Fulfilment.cancel": 1}, place
