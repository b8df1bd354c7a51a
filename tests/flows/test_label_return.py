"""Who wants to send something back has one label for it; what the shop does not take back is asked of a person."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.flows.label_return import label_return
from pawline.flows.labelling import NOT, SEND
from pawline.hub.returning import ReturnSettings, SaidReturns, return_bindings
from pawline.model import (
    Address,
    Checkout,
    Credit,
    Envelope,
    Event,
    Household,
    HouseholdId,
    LineId,
    Message,
    MessageId,
    Money,
    Order,
    OrderId,
    Packed,
    RefundId,
    ReturnId,
    ReturnLine,
    ReturnReceived,
    ReturnRequested,
    ReturnWithdrawn,
    Skipped,
    SkuId,
    refund_of,
)
from pawline.ports import (
    Bills,
    Code,
    Consignment,
    Crm,
    Declared,
    How,
    Label,
    Marketing,
    Orders,
    Parcel,
    Rate,
    Receipt,
    Rejected,
    Returns,
    Sender,
    Senders,
    Shipment,
    Shipping,
    Tracking,
    TrackingState,
)
from pawline.runtime import Binding, Bindings, Flows, Question, rehearsing
from pawline.testing import (
    NOON,
    Crash,
    Day,
    Line,
    Lives,
    Own,
    Place,
    Told,
    Vendors,
    VirtualTime,
    bindings,
    open_cases,
    places,
    players,
)
from pawline.testing.orders import SHOP, order

HOME = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", postcode="10115", country="DE")
SAID = msgspec.convert(
    {
        "to": {"name": "Paws", "lines": ["Depot 1"], "city": "Erfurt", "postcode": "99084", "country": "DE"},
        "days": 30, "never": ["rx-1"], "unused_days": 21, "unit_grams": 700,
    },
    ReturnSettings,
)  # fmt: skip
DEPOT = Address(name="Paws", lines=("Depot 1",), city="Erfurt", postcode="99084", country="DE")
VAN = Rate(carrier="van", service="slow", price=Money(390, "EUR"), reference="q1")
TRAIN = Rate(carrier="train", service="next day", price=Money(490, "EUR"), reference="q2")
HERS = HouseholdId("h1")


def adopted(**more: Any) -> Order:
    return msgspec.structs.replace(order(1, checkout=Checkout.ADOPTED, quantity=3, ship_to=HOME, paid=True), **more)


def asked_for(quantity: int = 2, line: str = "l1", days: float = 1, **more: Any) -> ReturnRequested:
    return ReturnRequested(
        id=ReturnId("r1"), order=OrderId("o1"), at=NOON + timedelta(days=days),
        lines=(ReturnLine(line=LineId(line), quantity=quantity),), **({"household": HERS} | more),
    )  # fmt: skip


def came(name: str) -> ReturnReceived:
    lines = (ReturnLine(line=LineId("l1"), quantity=2),)
    return ReturnReceived(id=ReturnId(name), order=OrderId("o1"), at=NOON, lines=lines)


class Tool:
    """A marketing tool, as far as it is asked to send."""

    def __init__(self, no: Rejected | None = None) -> None:
        self.sent: list[Message] = []
        self._no = no

    async def send(self, message: Message) -> MessageId:
        if self._no is not None:
            raise self._no
        self.sent.append(message)
        return MessageId(f"m{len(self.sent)}")


class Van:
    """A carrier in the role of Shipping: quotes what it is given, and knows where each parcel is."""

    def __init__(self, *quotes: Sequence[Rate]) -> None:
        self.quotes, self.refusals = list(quotes or ((VAN, TRAIN),)), list[Rejected]()
        self.state, self.too_late = TrackingState.BOOKED, None
        self.asked: list[Consignment] = []
        self.booked: list[Rate] = []
        self.cancelled: list[str] = []
        self.no: Rejected | None = None

    async def rates(self, consignment: Consignment) -> tuple[Rate, ...]:
        self.asked.append(consignment)
        return tuple(self.quotes.pop(0) if len(self.quotes) > 1 else self.quotes[0])

    async def book(self, consignment: Consignment, rate: Rate) -> Shipment:
        if self.refusals:
            raise self.refusals.pop(0)
        self.booked.append(rate)
        return Shipment(
            order=consignment.order, part=consignment.part, carrier=rate.carrier, service=rate.service,
            price=rate.price, reference="s1", labels=(Label(tracking="T1", url="https://van.test/T1.pdf"),),
        )  # fmt: skip

    async def cancel(self, shipment: Shipment) -> Receipt:
        if self.no is not None:
            raise self.no
        self.cancelled.append(shipment.reference)
        return Receipt()

    async def track(self, shipment: Shipment) -> tuple[Tracking, ...]:
        return tuple(Tracking(tracking=one.tracking, state=self.state) for one in shipment.labels)


class Scene:
    """A return is asked for, and what became of it: `result`, whom we `asked`, what was `sent`, and the carrier."""

    def __init__(
        self, requested: ReturnRequested | None = None, *, bought: Order | None = None, van: Van | None = None,
        says: str = "seen to", events: Sequence[Event] = (), own: Own | None = None, returns: bool = True,
        households: Sequence[Household] = (), billed: Order | None = None, no: Rejected | None = None,
    ) -> None:  # fmt: skip
        self.van, self.tool, self.asked, self._says = van or Van(), Tool(no), list[str](), says
        vendors = Vendors(now=VirtualTime())
        hub = own or Own()
        ports = players(vendors) | {Shipping: self.van, Marketing: self.tool, Orders: hub, Senders: hub}
        if returns:
            ports[Returns] = SaidReturns(SAID)
        if bought is not None:
            vendors.shop.place(bought)
        if billed is not None:
            ports[Bills].billed(billed)
        ports[Crm] = Known(households)

        async def whole() -> Any:
            return await label_return(requested or asked_for())

        with rehearsing(ports, answers=self._answer, events=events, start=NOON) as self.done:
            self.result = asyncio.run(whole())

    def _answer(self, question: Question[Any]) -> Any:
        self.asked.append(question.title)
        self.cause = question.cause
        return self._says

    def nothing(self) -> bool:
        return not (self.van.booked or self.tool.sent or self.van.cancelled)


class Known:
    """A CRM that knows these households."""

    def __init__(self, households: Sequence[Household]) -> None:
        self._households = {one.id: one for one in households}

    async def household(self, household: HouseholdId) -> Household:
        if household not in self._households:
            raise Rejected("nobody", Code.NOT_FOUND)
        return self._households[household]


def test_the_cheapest_label_is_booked_and_its_link_is_told_once() -> None:
    seen = Scene(bought=adopted(), events=[came("r1")])
    assert (seen.result, seen.asked) == ("it came back", [])
    (wanted,) = seen.van.asked
    parcel = Parcel(weight=1_400, contents=(Packed(sku=SkuId("litter-5"), quantity=2),))
    assert wanted == Consignment(
        order=OrderId("o1"), part="return-r1", ship_from=HOME, ship_to=DEPOT, parcels=(parcel,)
    )
    assert (seen.van.booked, seen.van.cancelled) == ([VAN], [])
    (told,) = seen.tool.sent
    assert (told.name, told.household, told.order) == ("return_label", HERS, "o1")
    assert told.values == {
        "return": "r1", "carrier": "van", "tracking": "T1", "until": "2026-01-22", "url": "https://van.test/T1.pdf",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "title"),
    [
        (Code.NOT_ALLOWED, "return r1 has a label that nobody could be told of"),
        (Code.UNDELIVERABLE, "return_label about order o1 cannot be sent: undeliverable"),
    ],
)
def test_a_label_that_cannot_be_told_of_is_a_persons(code: Code, title: str) -> None:
    seen = Scene(bought=adopted(), events=[came("r1")], no=Rejected("no", code))
    assert (seen.result, seen.asked) == ("it came back", [title])
    assert (seen.van.booked, seen.van.cancelled) == ([VAN], [])


def test_what_is_known_of_a_unit_s_weight_is_not_guessed() -> None:
    heavy = msgspec.structs.replace(adopted().lines[0], weight=2_500)
    seen = Scene(bought=adopted(lines=(heavy,)), events=[came("r1")])
    assert [parcel.weight for one in seen.van.asked for parcel in one.parcels] == [5_000]


def test_what_comes_back_over_a_border_says_what_is_in_it() -> None:
    zurich = msgspec.structs.replace(HOME, city="Zürich", postcode="8001", country="CH")
    seen = Scene(bought=msgspec.structs.replace(adopted(), ship_to=zurich), events=[came("r1")])
    (wanted,) = seen.van.asked
    line = adopted().lines[0]
    assert wanted.parcels[0].goods == (
        Declared(sku=line.sku, title=line.title, quantity=2, value=Money(2_000, "EUR"), weight=1_400),
    )  # fmt: skip


def test_a_shop_that_does_not_say_where_returns_go_has_no_labels_of_ours() -> None:
    seen = Scene(bought=adopted(), returns=False)
    assert seen.result == Skipped("nobody says where returns of this shop go")
    assert (seen.asked, seen.nothing(), seen.done.steps) == ([], True, [])


@pytest.mark.parametrize(
    ("how", "because"), [(How.ITSELF, "tool/eu makes it"), (How.NOBODY, "labels are switched off")]
)
def test_who_sends_the_label_by_itself_makes_it(how: How, because: str) -> None:
    senders = {"return_label": Sender(message="return_label", how=how, account="tool/eu")}
    seen = Scene(bought=adopted(), own=Own(senders=senders))
    assert (seen.result, seen.asked, seen.nothing()) == (Skipped(because), [], True)


def test_a_return_that_was_withdrawn_before_its_request_was_heard_has_no_label() -> None:
    seen = Scene(bought=adopted(), own=Own(kept=[ReturnId("r1")]))
    assert seen.result == Skipped("it was withdrawn before we heard that it was asked for")
    assert (seen.asked, seen.nothing(), seen.done.steps) == ([], True, ["Senders.of", "Orders.withdrawn"])


# -- of a person ---------------------------------------------------------------------------------------------------


LATE = "return r1 of order o1: it is asked for after more than 30 days"


@pytest.mark.parametrize(
    ("requested", "title", "cause"),
    [
        (asked_for(days=31), LATE, "returns that are asked for too late"),
        (
            asked_for(4), "return r1 of order o1: 4 of line l1 are more than is left of it",
            "returns that do not fit their orders",
        ),
        (
            asked_for(1, "l9"), "return r1 of order o1: 1 of line l9 are more than is left of it",
            "returns that do not fit their orders",
        ),
    ],
)  # fmt: skip
def test_what_is_not_taken_back_by_itself_is_a_person_s(requested: ReturnRequested, title: str, cause: str) -> None:
    seen = Scene(requested, bought=adopted(), says=NOT)
    assert (seen.result, seen.asked, seen.cause) == (Skipped("a person saw to it"), [title], cause)
    assert seen.nothing()


@pytest.mark.parametrize("more", [{"sku": SkuId("rx-1")}, {"ships": False}])
def test_what_is_never_taken_back_or_never_left_is_a_person_s(more: dict[str, Any]) -> None:
    pills = msgspec.structs.replace(adopted().lines[0], **more)
    seen = Scene(bought=adopted(lines=(pills,)), says=NOT)
    assert (seen.asked, seen.nothing()) == ([f"return r1 of order o1: {pills.sku} is not taken back"], True)


def test_what_was_paid_back_before_is_not_left_to_come_back() -> None:
    one = adopted()
    gone = Credit(amount=Money(2_000, "EUR"), line=LineId("l1"), quantity=2)
    refund = refund_of(one, RefundId("hand"), NOON, "they called", (gone,))
    assert refund is not None
    seen = Scene(asked_for(2), bought=msgspec.structs.replace(one, refunds=(refund,)), says=NOT)
    assert seen.asked == ["return r1 of order o1: 2 of line l1 are more than is left of it"]


def test_a_person_may_send_a_label_all_the_same() -> None:
    seen = Scene(asked_for(days=31), bought=adopted(), says=SEND, events=[came("r1")])
    assert (seen.result, seen.asked, seen.van.booked, len(seen.tool.sent)) == ("it came back", [LATE], [VAN], 1)


@pytest.mark.parametrize(("arrived", "asked"), [(5, []), (0, [LATE])])
def test_the_days_count_from_the_arrival(arrived: int, asked: list[str]) -> None:
    own = Own(delivered={OrderId("o1"): NOON + timedelta(days=arrived)})
    seen = Scene(asked_for(days=34), bought=adopted(), own=own, says=NOT if asked else "seen to", events=[came("r1")])
    assert seen.asked == asked


def test_a_return_of_an_order_that_nobody_keeps_is_a_person_s() -> None:
    seen = Scene()
    assert (seen.result, seen.asked) == (
        Skipped("a person saw to it"), ["return r1 of order o1: nobody keeps the order"]
    )  # fmt: skip
    assert seen.nothing()


def test_an_own_order_is_sent_back_from_where_the_crm_has_its_household() -> None:
    known = Household(id=HERS, addresses=(HOME, DEPOT))
    seen = Scene(asked_for(household=None), billed=order(1, quantity=3), households=[known], events=[came("r1")])
    assert (seen.result, seen.asked, [one.ship_from for one in seen.van.asked]) == ("it came back", [], [HOME])
    assert [one.household for one in seen.tool.sent] == [HERS]


def test_an_own_order_is_sent_back_from_where_it_went() -> None:
    """Its bill says no address, and the CRM may know of another one."""
    placed = order(1, quantity=3, ship_to=HOME)
    known = Household(id=HERS, addresses=(DEPOT,))
    own = Own(orders=[placed])
    billed = order(1, quantity=3)
    seen = Scene(asked_for(household=None), billed=billed, own=own, households=[known], events=[came("r1")])
    assert (seen.result, seen.asked, [one.ship_from for one in seen.van.asked]) == ("it came back", [], [HOME])


@pytest.mark.parametrize("households", [[], [Household(id=HERS)]], ids=["unknown", "without an address"])
def test_a_return_from_nowhere_is_a_person_s(households: list[Household]) -> None:
    seen = Scene(billed=order(1, quantity=3), households=households)
    assert (seen.asked, seen.cause) == (
        ["return r1 of order o1: nobody knows where it is sent from"], "returns without an address"
    )  # fmt: skip
    assert seen.nothing()


def test_a_return_that_no_carrier_takes_is_a_person_s() -> None:
    seen = Scene(bought=adopted(), van=Van(()))
    assert (seen.asked, seen.cause) == (["return r1 of order o1: no carrier takes it"], "no carrier takes returns")
    assert seen.nothing()


def test_an_address_that_the_carrier_does_not_know_is_a_person_s() -> None:
    van = Van()
    van.refusals = [Rejected("there is no such place", Code.INVALID)]
    seen = Scene(bought=adopted(), van=van)
    assert (seen.asked, seen.cause) == (["return r1 of order o1: it has no label"], "labels of returns are refused")
    assert (seen.nothing(), len(van.asked)) == (True, 1)


def test_a_rate_that_has_expired_is_asked_for_again() -> None:
    van = Van((VAN,), (TRAIN,))
    van.refusals = [Rejected("too slow", Code.EXPIRED)]
    seen = Scene(bought=adopted(), van=van, events=[came("r1")])
    assert (van.booked, seen.asked, len(seen.tool.sent)) == ([TRAIN], [], 1)


def test_rates_that_always_expire_are_a_person_s() -> None:
    van = Van()
    van.refusals = [Rejected("too slow", Code.EXPIRED)] * 3
    seen = Scene(bought=adopted(), van=van)
    assert (seen.asked, seen.nothing()) == (["return r1 of order o1: it has no label"], True)


# -- what its shopper sees of it ------------------------------------------------------------------------------------


def test_a_label_is_seen_from_its_booking_on() -> None:
    assert Scene(bought=adopted(), events=[came("r1")]).done.milestones == ["labelled"]


def test_an_unused_label_is_seen_to_be_over() -> None:
    assert Scene(bought=adopted()).done.milestones == ["labelled", "lapsed"]


def test_a_parcel_that_the_carrier_has_is_seen_to_be_on_its_way() -> None:
    van = Van()
    van.state = TrackingState.IN_TRANSIT
    assert Scene(bought=adopted(), van=van).done.milestones == ["labelled", "on_its_way"]


def test_what_a_person_does_not_take_back_is_seen_to_be_so() -> None:
    assert Scene(asked_for(days=31), bought=adopted(), says=NOT).done.milestones == ["not_taken"]


def test_whoever_has_no_label_of_ours_is_told_by_the_shop() -> None:
    senders = {"return_label": Sender(message="return_label", how=How.ITSELF, account="tool/eu")}
    for seen in (
        Scene(), Scene(bought=adopted(), van=Van(())), Scene(bought=adopted(), returns=False),
        Scene(bought=adopted(), own=Own(senders=senders)), Scene(billed=order(1, quantity=3)),
    ):  # fmt: skip
        assert seen.done.milestones == ["by_hand"]


# -- what becomes of it --------------------------------------------------------------------------------------------


def test_a_label_that_nobody_used_is_called_off() -> None:
    seen = Scene(bought=adopted(), events=[came("r2")])  # of the same order, but another return
    assert (seen.result, seen.van.cancelled, seen.asked) == ("it was called off unused", ["s1"], [])
    assert seen.done.slept == [NOON + timedelta(days=21)]


@pytest.mark.parametrize("state", [TrackingState.IN_TRANSIT, TrackingState.DELIVERED, TrackingState.FAILED])
def test_a_parcel_that_has_moved_is_left_alone(state: TrackingState) -> None:
    van = Van()
    van.state = state
    seen = Scene(bought=adopted(), van=van)
    assert (seen.result, van.cancelled, seen.asked) == ("it is on its way", [], [])


@pytest.mark.parametrize("code", [Code.TOO_LATE, Code.UNSUPPORTED])
def test_a_label_that_has_not_moved_and_is_not_called_off_is_a_persons(code: Code) -> None:
    van = Van()
    van.no = Rejected("no", code)
    seen = Scene(bought=adopted(), van=van)
    assert (seen.result, seen.asked, van.cancelled) == (
        "a person saw to it", ["the unused label of return r1 cannot be called off"], []
    )  # fmt: skip
    assert seen.cause == "unused labels cannot be called off"


# -- with a hub that dies ------------------------------------------------------------------------------------------


def lived(folder: Path, ends: list[tuple[float, Event]], place: Place | None = None) -> tuple[Crash, Vendors]:
    """A return is asked for, twice; then what `ends` it, in a life that may end anywhere. If nothing: at once."""
    said = SAID if ends else msgspec.structs.replace(SAID, unused_days=0)
    time = VirtualTime()
    vendors = Vendors(now=time)
    vendors.shop.place(adopted())

    def play(line: Line) -> Bindings:
        return Bindings([*bindings(line), *return_bindings([said], [SHOP])])

    lives = Lives(folder / f"{place}.db", time, vendors, Flows([label_return]), play)
    happened = [(0.0, asked_for()), (0.5, asked_for()), *ends]
    told = [
        Told(at, Envelope(shop=SHOP, source=f"s{n}", id=f"e{n}", at=NOON + timedelta(seconds=at), event=event))
        for n, (at, event) in enumerate(happened)
    ]
    day, crash = Day(time(), told), Crash(place)

    async def work(engine: Any) -> None:
        await day.live(engine, patience=60)
        assert await open_cases(engine.store, SHOP) == []

    lives.live(work, crash)
    if crash.fired:
        lives.live(work)
    return crash, vendors


WITHDRAWN = ReturnWithdrawn(id=ReturnId("r1"), order=OrderId("o1"), at=NOON)
BOOKED = {"Shipping.book": 1, "Marketing.send": 1}


@pytest.mark.parametrize(
    ("ends", "did"),
    [
        ([(30.0, came("r1"))], BOOKED), ([], BOOKED | {"Shipping.cancel": 1}),
        ([(30.0, WITHDRAWN)], BOOKED | {"Shipping.cancel": 1}),
    ],
    ids=["it came back", "nobody used it", "it was withdrawn"],
)  # fmt: skip
def test_killed_at_every_place_there_is_one_label_told_once_and_called_off_once(
    ends: list[tuple[float, Event]], did: dict[str, int], tmp_path: Path
) -> None:
    clean, vendors = lived(tmp_path, ends)
    every = places(clean.commits, clean.requests)
    assert len(every) > 20
    for place in every:
        crash, vendors = lived(tmp_path, ends, place)
        assert crash.fired, place
        found = Counter(one.operation for one in vendors.effects() if not one.again and one.operation in did)
        assert found == did, place


def test_a_label_that_is_withdrawn_while_it_is_booked_is_called_off_and_told_to_nobody(tmp_path: Path) -> None:
    _, vendors = lived(tmp_path, [(0.0, WITHDRAWN)])
    did = Counter(one.operation for one in vendors.effects() if not one.again)
    assert (did["Shipping.book"], did["Marketing.send"]) in {(0, 0), (1, 0), (1, 1)}
    assert did["Shipping.book"] == did["Shipping.cancel"]


def test_only_shops_that_say_where_returns_go_have_the_port() -> None:
    some = msgspec.structs.replace(SAID, shops=["eu"])
    made = return_bindings([some], ["eu", "us"])
    assert [(one.account, one.shops) for one in made] == [("pawline/eu", frozenset(["eu"]))]
    every: list[Binding] = return_bindings([SAID], ["eu", "us"])
    assert [one.account for one in every] == ["pawline/eu", "pawline/us"]
