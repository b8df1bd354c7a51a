"""What happens to an order is counted by each account of Analytics, once, and by none that is down in another's way."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from pawline.flows import count_orders
from pawline.model import (
    Channel,
    Checkout,
    Credit,
    Event,
    HouseholdId,
    LineId,
    Money,
    Order,
    OrderCancelled,
    OrderConfirmed,
    OrderId,
    OrderPlaced,
    Payout,
    Refund,
    RefundId,
    RefundIssued,
    ReturnId,
    ReturnLine,
    ReturnReceived,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentId,
    TenderId,
)
from pawline.ports import Analytics, Code, Occurrence, Operation, Receipt, Rejected, Settle, Transient, Unauthorised
from pawline.runtime import Binding, Flow, RuntimeSettings
from pawline.testing import NOON
from pawline.testing.orders import order
from tests.flows.house import House

FLOWS = [one for one in vars(count_orders).values() if isinstance(one, Flow)]
SEGMENT, GA4 = "segment/eu", "ga4/eu"
ADOPTED = order(1, checkout=Checkout.ADOPTED, paid=True)
O1 = ADOPTED.id


class Tool:
    """Counts what it is told, unless `no` is what it has against it."""

    def __init__(self) -> None:
        self.told = list[Occurrence]()
        self.no: Exception | None = None
        self.asked = 0

    async def record(self, occurrences: tuple[Occurrence, ...]) -> Receipt:
        self.asked += 1
        if self.no is not None:
            raise self.no
        self.told += occurrences
        return Receipt()

    @property
    def keys(self) -> list[str]:
        return sorted(one.key for one in self.told)


def bound(account: str, tool: Tool) -> Binding:
    return Binding(account, Analytics, tool, {"record": Operation(settle=Settle.REPEAT)})


@pytest.fixture
def tools() -> tuple[Tool, Tool]:
    return Tool(), Tool()


def house(tools: tuple[Tool, ...], **given: Any) -> House:
    return House(FLOWS, more=[bound(name, one) for name, one in zip((SEGMENT, GA4), tools, strict=False)], **given)


def refund(no: str = "f1", *, paid: int = 400, off: int = 0) -> RefundIssued:
    payouts = (Payout(tender=TenderId("t0"), amount=Money(paid, "EUR")),) if paid else ()
    credits_ = (Credit(amount=Money(off, "EUR")),) if off else ()
    one = Refund(id=RefundId(no), at=NOON, reason="it was broken", payouts=payouts, credits=credits_)
    return RefundIssued(order=O1, refund=one)


def all_that_happens() -> list[Event]:
    shipment = ShipmentId("s1")
    return [
        OrderPlaced(order=ADOPTED),
        ShipmentDispatched(shipment=shipment, order=O1, at=NOON + timedelta(hours=1)),
        ShipmentDelivered(shipment=shipment, order=O1, at=NOON + timedelta(hours=2)),
        ReturnReceived(
            id=ReturnId("r1"), order=O1, at=NOON + timedelta(hours=3),
            lines=(ReturnLine(line=LineId("l1"), quantity=1),),
        ),
        refund(),
        OrderCancelled(order=O1, at=NOON + timedelta(hours=4), by="shop", because="a mistake"),
    ]  # fmt: skip


async def test_each_account_is_told_each_thing_once(tools: tuple[Tool, Tool]) -> None:
    async with asyncio.timeout(30), house(tools) as here:
        for _ in range(2):
            await here.tell(*all_that_happens())
        await here.rest()
        every = [
            "cancelled.order/o1", "delivered.order/s1", "placed.order/o1", "refunded.order/f1", "returned.order/r1",
            "shipped.order/s1",
        ]  # fmt: skip
        assert [one.keys for one in tools] == [every, every]
        assert {status for *_, status in await here.runs()} == {"done"}
        assert here.vendors.effects() == ()
        assert (await here.outcomes())["count_placed order.placed/o1"] == {
            "type": "counted", "told": [GA4, SEGMENT], "refused": [],
        }  # fmt: skip


async def test_what_is_told_is_ids_amounts_and_figures(tools: tuple[Tool, Tool]) -> None:
    async with asyncio.timeout(30), house(tools) as here:
        await here.tell(*all_that_happens())
        await here.rest()
    one = {"order": "o1", "number": "1001", "total": 1_000, "currency": "EUR", "channel": "web"}
    assert {each.name: dict(each.values) for each in tools[0].told} == {
        "Placed Order": {**one, "units": 1}, "Cancelled Order": one, "Shipped Order": {**one, "shipment": "s1"},
        "Delivered Order": {**one, "shipment": "s1"}, "Returned Order": {**one, "return": "r1", "units": 1},
        "Refunded Order": {**one, "refund": "f1", "total": 400},
    }  # fmt: skip
    assert {each.household for each in tools[0].told} == {"h1"}
    assert {each.name: (each.at - NOON).total_seconds() / 3600 for each in tools[0].told} == {
        "Placed Order": 0, "Shipped Order": 1, "Delivered Order": 2, "Returned Order": 3, "Refunded Order": 0,
        "Cancelled Order": 4,
    }  # fmt: skip


async def test_where_nobody_counts_nothing_happens_and_nothing_is_asked() -> None:
    async with asyncio.timeout(30), house(()) as here:
        await here.tell(*all_that_happens(), OrderConfirmed(order=O1))
        await here.rest()
        ended = list((await here.outcomes()).values())
        assert ended == [{"type": "skipped", "because": "nobody counts"}] * 7
        assert (here.vendors.effects(), await here.cases()) == ((), [])


@pytest.mark.parametrize("no", [Transient("down", Code.UNAVAILABLE), Unauthorised("who?", Code.CREDENTIALS)])
async def test_one_that_is_down_keeps_nobody_from_being_counted(no: Exception, tools: tuple[Tool, Tool]) -> None:
    segment, ga4 = tools
    segment.no = no
    async with asyncio.timeout(30), house(tools, settings=RuntimeSettings(look=0.02, first_retry=0.02)) as here:
        await here.tell(*all_that_happens())
        while len(ga4.told) < 6:  # noqa: ASYNC110 - another task tells it
            await asyncio.sleep(0.02)
        assert segment.told == []
        assert segment.asked > 0
        assert "done" not in {status for *_, status in await here.runs()}


async def test_what_one_refuses_is_its_own_and_no_case(tools: tuple[Tool, Tool]) -> None:
    segment, ga4 = tools
    ga4.no = Rejected("it is too old", Code.TOO_LATE)
    async with asyncio.timeout(30), house(tools) as here:
        await here.tell(OrderPlaced(order=ADOPTED))
        await here.rest()
        assert (await here.outcomes())["count_placed order.placed/o1"] == {
            "type": "counted", "told": [SEGMENT], "refused": ["ga4/eu: it is too old"],
        }  # fmt: skip
        assert await here.cases() == []
    assert (segment.keys, ga4.keys, ga4.asked) == (["placed.order/o1"], [], 1)


async def test_an_own_order_is_counted_once_it_is_certain_and_never_if_it_was_refused(tools: tuple[Tool, Tool]) -> None:
    own, refused = order(1), order(2)
    async with asyncio.timeout(30), house(tools) as here:
        await here.tell(OrderPlaced(order=own), OrderPlaced(order=refused))
        await here.tell(OrderCancelled(order=refused.id, at=NOON, by="shopper", because="no"))
        await here.rest()
        assert tools[0].keys == []
        await here.tell(OrderConfirmed(order=own.id))
        await here.rest()
        assert tools[0].keys == ["placed.order/o1"]
        await here.tell(OrderCancelled(order=own.id, at=NOON, by="shopper", because="no"))
        await here.rest()
    assert [one.keys for one in tools] == [["cancelled.order/o1", "placed.order/o1"]] * 2


@pytest.mark.parametrize(
    ("one", "names"),
    [
        (ADOPTED, ["Placed Order"]), (replace(ADOPTED, channel=Channel.SUBSCRIPTION), ["Renewed Order"]),
        (replace(ADOPTED, test=True), []), (order(1, checkout=Checkout.ADOPTED, household=False), []),
    ],
    ids=["placed", "renewed", "test", "nobodys"],
)  # fmt: skip
async def test_an_autoship_is_named_so_and_tests_and_nobodys_are_not_told(
    one: Order, names: list[str], tools: tuple[Tool, Tool]
) -> None:
    async with asyncio.timeout(30), house(tools) as here:
        await here.tell(OrderPlaced(order=one))
        await here.rest()
        assert {status for *_, status in await here.runs()} == {"done"}
    assert [each.name for each in tools[0].told] == names


async def test_goods_that_left_the_bill_and_their_money_after_it_are_one_refund(tools: tuple[Tool, Tool]) -> None:
    """Shopify tells both as refunds: of an edit at once, and of the money once somebody sends it back."""
    edited, sent_back = refund("f1", paid=0, off=300), refund("f2", paid=300)
    async with asyncio.timeout(30), house(tools) as here:
        await here.tell(OrderPlaced(order=ADOPTED), edited, sent_back, refund("f3", paid=400, off=500))
        await here.tell(replace(refund("f4"), order=OrderId("o9")))  # of an order of which nothing is known
        await here.rest()
    told = {one.key: one.values["total"] for one in tools[0].told if one.name == "Refunded Order"}
    assert told == {"refunded.order/f2": 300, "refunded.order/f3": 400}


async def test_what_comes_off_an_own_bill_before_it_is_paid_is_a_refund_and_nothing_is_none(
    tools: tuple[Tool, Tool],
) -> None:
    async with asyncio.timeout(30), house(tools) as here:
        await here.tell(OrderPlaced(order=order(1)), OrderConfirmed(order=O1))
        await here.tell(refund("f1", paid=0, off=300))
        nothing = Refund(id=RefundId("f2"), at=NOON, reason="a fee", credits=(Credit(amount=Money(0, "EUR")),))
        await here.tell(RefundIssued(order=O1, refund=nothing))
        await here.rest()
    told = {one.key: one.values["total"] for one in tools[0].told if one.name == "Refunded Order"}
    assert told == {"refunded.order/f1": 300}


async def test_of_an_own_order_that_never_was_certain_no_refund_is_counted(tools: tuple[Tool, Tool]) -> None:
    """Its bill is cleared where it is called off: that takes nothing from what was never counted."""
    async with asyncio.timeout(30), house(tools) as here:
        await here.tell(OrderPlaced(order=order(1)), refund("f1", paid=0, off=1_000))
        await here.rest()
    assert [one.keys for one in tools] == [[], []]


async def test_behind_shoppers_and_side_by_side() -> None:
    levels = {one.priority(event) for one in FLOWS for event in [*all_that_happens(), OrderConfirmed(order=O1)]}
    assert levels == {FLOWS[0].priority(OrderPlaced(order=ADOPTED))}
    events = [*all_that_happens(), OrderConfirmed(order=O1, household=HouseholdId("h1"))]
    keys = {one.key(event) for event in events for one in FLOWS if isinstance(event, one.on)}
    assert len(keys) == len(events) == len(FLOWS)
    assert O1 not in keys
