"""Webhooks come in any order, and some twice: a view is what the events come to in the order in which they happened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from pawline.model import (
    Edit,
    EditId,
    Event,
    HouseholdId,
    Item,
    Line,
    LineId,
    Money,
    Order,
    OrderCancelled,
    OrderEdited,
    OrderId,
    OrderPaid,
    OrderPlaced,
    OrderRefused,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentId,
    SkuId,
    Subscription,
    SubscriptionChanged,
    SubscriptionEnded,
    SubscriptionId,
    SubscriptionRenewalDue,
    SubscriptionStarted,
    SubscriptionState,
    edited,
)  # fmt: skip
from pawline.testing.orders import order
from pawline.views import ALL
from tests.unit.views.desk import SHOP, Desk, at

Row = tuple[Any, ...]
BAG, CHEW, LITTER = SkuId("kibble-10"), SkuId("chew-1"), SkuId("litter-5")
HOUSEHOLD = HouseholdId("h1")


class Heard(NamedTuple):
    """What happened, when, and in which order it is heard: some of it twice, and the views look in between."""

    truth: list[tuple[float, Event]]
    arrivals: list[list[int]]


def line(number: int, sku: SkuId, quantity: int, parts: tuple[Item, ...] = ()) -> Line:
    return Line(
        id=LineId(f"l{number}"), sku=sku, title=sku, quantity=quantity, price=Money(500, "EUR"), components=parts
    )


LINES = st.builds(
    line, st.integers(1, 3), st.sampled_from([BAG, CHEW, LITTER]), st.integers(0, 3),
    st.sampled_from([(), (Item(BAG, 2), Item(CHEW, 1)), (Item(LITTER, 1), Item(CHEW, 3), Item(LITTER, 1))]),
)  # fmt: skip
EDITS = st.lists(st.lists(LINES, min_size=1, max_size=3, unique_by=lambda one: one.id), max_size=4)


@st.composite
def heard(draw: st.DrawFn, truth: Callable[[st.DrawFn], list[tuple[float, Event]]]) -> Heard:
    happened = truth(draw)
    numbers = range(len(happened))
    twice = draw(st.lists(st.sampled_from(numbers), max_size=3))
    arrivals = draw(st.permutations([*numbers, *twice]))
    cut = draw(st.integers(0, len(arrivals)))
    return Heard(happened, [arrivals[:cut], arrivals[cut:]])


def an_order(draw: st.DrawFn) -> list[tuple[float, Event]]:
    """Placed, changed and followed to an end. The shop may tell of the placing as the order stood a few edits later."""
    one = order(1, placed_at=at(0))
    bought = draw(st.lists(LINES.filter(lambda any_: any_.quantity > 0), min_size=1, unique_by=lambda any_: any_.id))
    one = msgspec.structs.replace(one, lines=tuple(bought), total=Money(500 * sum(x.quantity for x in bought), "EUR"))
    edits = [
        Edit(id=EditId(f"e{n}"), at=at(n), reason="asked for", lines=tuple(lines))
        for n, lines in enumerate(draw(EDITS), 1)
    ]
    as_told = one
    for edit in edits[: draw(st.integers(0, len(edits)))]:
        as_told = edited(as_told, edit)
    truth: list[tuple[float, Event]] = [(0, OrderPlaced(order=as_told))]
    truth += [(edit.at.timestamp(), OrderEdited(order=one.id, edit=edit)) for edit in edits]
    later: list[Event] = [
        OrderPaid(order=one.id, at=at(10), paid=one.total),
        OrderCancelled(order=one.id, at=at(11), by="shopper", because="changed my mind"),
        OrderRefused(order=one.id, because="nothing left"),
    ]
    for parcel in (1, 2):
        later += [
            ShipmentDispatched(shipment=ShipmentId(f"s{parcel}"), order=one.id, at=at(11 + parcel)),
            ShipmentDelivered(shipment=ShipmentId(f"s{parcel}"), order=one.id, at=at(20 + parcel)),
        ]
    chosen = draw(st.lists(st.sampled_from(later), unique_by=repr))
    return truth + [(at(15).timestamp(), event) for event in chosen]


def renamed(event: Any, name: str) -> Any:
    """The same of another order or autoship: every example has its own on one store."""
    changes: dict[str, Any] = {}
    if hasattr(event, "order"):
        changes["order"] = (
            msgspec.structs.replace(event.order, id=OrderId(name)) if isinstance(event.order, Order) else OrderId(name)
        )
    if hasattr(event, "shipment"):
        changes["shipment"] = ShipmentId(f"{name}-{event.shipment}")
    if hasattr(event, "subscription"):
        one = event.subscription
        changes["subscription"] = (
            msgspec.structs.replace(one, id=SubscriptionId(name)) if isinstance(one, Subscription) else name
        )
    return msgspec.structs.replace(event, **changes)


def order_as_is(truth: list[tuple[float, Event]], name: str) -> tuple[list[Row], list[Row]]:
    """The order's row and its items, by the model alone."""
    events = [event for _, event in truth]
    told = next(one.order for one in events if isinstance(one, OrderPlaced))
    since = {one.id: told.placed_at for one in told.lines}
    now = told
    for edit in [*told.edits, *(one.edit for one in events if isinstance(one, OrderEdited))]:
        now = edited(now, edit)
        since |= {one.id: edit.at for one in edit.lines}
    items = {
        (SHOP, name, one.id, item.sku, sum(x.quantity for x in one.items() if x.sku == item.sku),
         since[one.id].timestamp())
        for one in now.lines for item in one.items()
    }  # fmt: skip
    times = [
        max((moment(event, when) for when, event in truth if isinstance(event, kind)), default=None)
        for kind in (OrderPaid, ShipmentDispatched, ShipmentDelivered, (OrderCancelled, OrderRefused))
    ]
    row = (SHOP, name, told.household, told.number, told.placed_at.timestamp(), "web", 0, "EUR", told.total.minor)
    return [(*row, *times)], sorted(items)


def moment(event: Any, when: float) -> float:
    return float(event.at.timestamp()) if hasattr(event, "at") else when


def an_autoship(draw: st.DrawFn) -> list[tuple[float, Event]]:
    """Begun, changed and charged, and ended perhaps: in any order, each a minute after the one before."""
    began = autoship(draw)
    days = draw(st.lists(st.integers(1, 28), max_size=2, unique=True))
    events: list[Event] = [
        SubscriptionRenewalDue(subscription=began.id, household=HOUSEHOLD, on=date(2026, 5, day)) for day in days
    ]
    events += [SubscriptionChanged(subscription=autoship(draw)) for _ in range(draw(st.integers(0, 3)))]
    if draw(st.booleans()):
        events.append(SubscriptionEnded(subscription=began.id, household=HOUSEHOLD))
    later = draw(st.permutations(events))
    return [(at(n).timestamp(), event) for n, event in enumerate([SubscriptionStarted(subscription=began), *later])]


def autoship(draw: st.DrawFn) -> Subscription:
    skus = draw(st.lists(st.sampled_from([BAG, CHEW, LITTER]), min_size=1, max_size=3))
    active = draw(st.booleans())
    return Subscription(
        id=SubscriptionId("a1"), household=HOUSEHOLD, every_days=30, items=tuple(Item(sku, 1) for sku in skus),
        state=SubscriptionState.ACTIVE if active else SubscriptionState.PAUSED,
        next_on=date(2026, 6, draw(st.integers(1, 28))) if active else None,
    )  # fmt: skip


def autoship_as_is(truth: list[tuple[float, Event]], name: str) -> tuple[list[Row], list[Row]]:
    """Whose it is, whether it renews, when next, and what it takes: one event after the other."""
    state, next_on, items = "", None, tuple[Item, ...]()
    for _, event in truth:
        if isinstance(event, SubscriptionStarted | SubscriptionChanged):
            one = event.subscription
            state, next_on, items = one.state.value, one.next_on, one.items
        elif isinstance(event, SubscriptionRenewalDue):
            next_on = event.on
        else:
            state, next_on = "ended", None
    sums = {(SHOP, name, x.sku, sum(y.quantity for y in items if y.sku == x.sku)) for x in items}
    return [(SHOP, name, HOUSEHOLD, state, None if next_on is None else next_on.isoformat())], sorted(sums)


AsIs = Callable[[list[tuple[float, Event]], str], tuple[list[Row], list[Row]]]


class Told:
    """A desk to which examples are told, each under its own name, and what its tables must hold of them."""

    def __init__(self, desk: Desk, as_is: AsIs, head: str, parts: str) -> None:
        self.desk, self._as_is, self._head, self._parts = desk, as_is, head, parts
        self._expected: dict[str, tuple[list[Row], list[Row]]] = {}

    async def told(self, heard: Heard) -> None:
        name = f"x{len(self._expected):03}"
        self._expected[name] = self._as_is(heard.truth, name)
        for arrivals in heard.arrivals:
            for number in arrivals:
                when, event = heard.truth[number]
                await self.desk.tell(renamed(event, name), when=datetime.fromtimestamp(when, UTC), known=True)
            await self.desk.rows("view_cursor")
        await self.check(name)

    async def check(self, name: str) -> None:
        head = await self.desk.rows(f"{self._head} where id = '{name}'")
        key = "ord" if self._parts.startswith("view_item") else "autoship"
        parts = await self.desk.rows(f"{self._parts} where {key} = '{name}'")
        rows, items = self._expected[name]
        assert [row[: len(rows[0])] for row in head] == rows
        assert [row[: len(items[0])] for row in parts] == items if items else parts == []

    async def rebuilt(self) -> None:
        """Read again on top of what is there, and into empty tables."""
        for empty in (False, True):
            for table in ("view_edit", self._head, self._parts) if empty else ():
                await self.desk.raw(f"delete from {table} returning 1")  # noqa: S608 - our own names
            for view in ALL:
                await self.desk.views.rebuild(view.name)
            for name in self._expected:
                await self.check(name)


def lived(desk: Desk, truth: Callable[[st.DrawFn], list[tuple[float, Event]]], told: Told) -> None:
    """Examples one after the other, over one store: a new one for each would be a new database."""
    with asyncio.Runner() as runner:
        runner.run(desk.open())
        try:

            @settings(max_examples=60, deadline=None, derandomize=True)
            @given(heard(truth))
            def example(one: Heard) -> None:
                runner.run(told.told(one))

            example()
            runner.run(told.rebuilt())
        finally:
            runner.run(desk.close())


def test_an_order_is_what_it_is_whatever_is_heard_first(desk: Desk) -> None:
    lived(desk, an_order, Told(desk, order_as_is, "view_order", "view_item"))


def test_an_autoship_is_what_it_is_whatever_is_heard_first(desk: Desk) -> None:
    lived(desk, an_autoship, Told(desk, autoship_as_is, "view_autoship", "view_autoship_item"))


async def test_an_edit_that_was_heard_before_its_order_takes_its_line_out_for_good(desk: Desk) -> None:
    await desk.open()
    one = order(1, placed_at=at(0))
    out = msgspec.structs.replace(one.lines[0], quantity=0)
    edit = Edit(id=EditId("e1"), at=at(5), reason="asked for", lines=(out,))
    await desk.tell(OrderEdited(order=one.id, edit=edit))
    assert await desk.rows("view_item") == []
    await desk.tell(OrderPlaced(order=one))
    assert await desk.rows("view_item") == []


async def test_an_older_word_of_an_autoship_changes_nothing(desk: Desk) -> None:
    await desk.open()
    old = Subscription(
        id=SubscriptionId("a1"), household=HOUSEHOLD, state=SubscriptionState.ACTIVE, items=(Item(CHEW, 1),),
        every_days=30, next_on=date(2026, 5, 9),
    )  # fmt: skip
    new = msgspec.structs.replace(old, items=(Item(BAG, 2),), state=SubscriptionState.PAUSED, next_on=None)
    await desk.tell(SubscriptionChanged(subscription=new), when=at(9))
    await desk.tell(SubscriptionStarted(subscription=old), when=at(1))
    assert [row[1:5] for row in await desk.rows("view_autoship")] == [("a1", "h1", "paused", None)]
    assert [row[1:4] for row in await desk.rows("view_autoship_item")] == [("a1", BAG, 2)]
