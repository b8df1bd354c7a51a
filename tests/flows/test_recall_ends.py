"""How a recall ends for one order: also where it left meanwhile, left in part, or is held by two."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import pytest

from pawline.flows.adopt_order import adopt_order
from pawline.flows.refund_cancelled import refund_cancelled
from pawline.model import (
    Checkout,
    Item,
    LotId,
    LotRecalled,
    Order,
    OrderId,
    OrderPlaced,
    Recall,
    RecallId,
    ShipmentDispatched,
    ShipmentId,
)
from pawline.ports import Code, FulfilmentOrder, FulfilmentRequest, Rejected
from pawline.sandbox import messages
from pawline.testing.orders import order
from tests.flows.house import House
from tests.flows.test_act_on_recall import CHEW, FLOWS, HOME, RECALL, placed

O2 = OrderId("o2")
WHOLE = msgspec.structs.replace(RECALL, lots=())
OTHER = msgspec.structs.replace(RECALL, id=RecallId("r2"), lots=(LotId("L9"),))
WAITING = ("act_on_recall", "stop_recalled_order")


def asked(house: House, one: Order, part: str = "all", quantity: int = 1) -> None:
    wanted = FulfilmentRequest(order=one.id, part=part, items=(Item(CHEW, quantity),), ship_to=HOME)
    house.vendors.depot.request(partial(house.vendors.did, "Fulfilment.request"), wanted)


async def bought(house: House, quantity: int = 1) -> Order:
    one = order(2, checkout=Checkout.ADOPTED, paid=True, quantity=quantity, ship_to=HOME)
    house.vendors.shop.place(one)
    await house.tell(OrderPlaced(order=one))
    return one


def did(house: House) -> dict[str, int]:
    """What changed something, but what the shop did by itself and what the warehouse was asked for."""
    effects = Counter(one.operation for one in house.vendors.effects() if not one.again)
    return {name: count for name, count in effects.items() if name not in ("Shop.charged", "Fulfilment.request")}


async def ended(house: House) -> list[str]:
    return [status for flow, _, status in await house.runs() if flow == "stop_recalled_order"]


async def in_two_parcels(house: House) -> int:
    """One has left and one is held; the number of the recall's case."""
    one = await bought(house, quantity=2)
    for part in ("a", "b"):
        asked(house, one, part)
    house.vendors.depot.dispatch(house.vendors.depot.ready(O2)[0])
    await house.tell(LotRecalled(recall=RECALL))
    (case,) = await house.until_asked(1)
    await house.rest(but=WAITING)
    return int(case.no)


async def test_who_has_a_part_is_told_before_anybody_decided_about_the_rest() -> None:
    async with asyncio.timeout(60), House(FLOWS) as house:
        await in_two_parcels(house)
        while not messages(house.vendors.effects()):  # noqa: ASYNC110 - a flow of the house does it
            await asyncio.sleep(0.02)
        assert list(messages(house.vendors.effects())) == ["o2/recall_notice"]
        assert len(await house.cases()) == 1


async def test_the_rest_of_an_order_that_left_in_part_is_paid_back_by_a_person() -> None:
    async with asyncio.timeout(60), House((*FLOWS, refund_cancelled)) as house:
        number = await in_two_parcels(house)
        await house.answer(number, "cancel")
        while (case := (await house.until_asked(1))[0]).no == number:  # noqa: ASYNC110 - flows get on
            await asyncio.sleep(0.02)
        assert case.title == "order o2: recall r1 stopped the part that had not left; pay it back by hand"
        await house.answer(case.no, "paid back")
        await house.rest()
        assert did(house) == {"Fulfilment.hold": 1, "Fulfilment.cancel": 1, "Marketing.send": 1, "Crm.note": 1}
        assert await house.cases() == []


@pytest.mark.parametrize("recall", [RECALL, WHOLE], ids=["lots", "whole"])
@pytest.mark.parametrize("answer", ["cancel", "release"])
async def test_what_left_between_the_last_look_and_the_decision_is_told(
    recall: Recall, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("act_on_recall", "recalling"):  # as far apart as looks are by the seventh
        monkeypatch.setattr(f"pawline.flows.{name}.LOOK", timedelta(hours=1))
    async with asyncio.timeout(60), House((*FLOWS, refund_cancelled)) as house:
        one = await bought(house)
        await house.tell(LotRecalled(recall=recall))
        (case,) = await house.until_asked(1)
        await house.rest(but=WAITING)
        asked(house, one)  # by whoever passed its look before the recall
        house.vendors.shop.dispatch(one.id)
        await house.tell(ShipmentDispatched(shipment=ShipmentId("s1"), order=one.id, at=datetime.now(UTC)))
        await house.answer(case.no, answer)
        await house.rest()
        assert did(house) == {"Marketing.send": 1, "Crm.note": 1}
        assert list(messages(house.vendors.effects())) == ["o2/recall_notice"]
        assert await house.cases() == []


async def test_what_the_shop_sent_by_other_ways_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with asyncio.timeout(60), House((*FLOWS, refund_cancelled)) as house:
        one = await bought(house)
        await house.tell(LotRecalled(recall=WHOLE))
        (case,) = await house.until_asked(1)
        await house.rest(but=WAITING)
        asked(house, one)
        house.vendors.shop.dispatch(one.id)
        monkeypatch.setattr(house.vendors.depot, "of", lambda _: ())  # no warehouse of ours was asked for it
        await house.answer(case.no, "cancel")
        await house.rest()
        assert did(house) == {"Marketing.send": 1, "Crm.note": 1}


@pytest.mark.parametrize("recall", [RECALL, WHOLE], ids=["lots", "whole"])
@pytest.mark.parametrize(("known", "told"), [(True, 0), (False, 1)])
async def test_a_part_called_off_between_the_look_and_the_hold_did_not_leave(
    recall: Recall, known: bool, told: int
) -> None:
    """One that the warehouse does not know any more did: nobody can say that it is not on its way."""
    async with asyncio.timeout(60), House(FLOWS) as house:
        one = await bought(house, quantity=2)
        for part in ("a", "b"):
            asked(house, one, part)
        depot: Any = house.vendors.depot
        first, real = depot.of(O2)[0], (depot.hold, depot.status)

        def hold(note: Any, there: FulfilmentOrder, because: str) -> Any:
            if there == first:
                depot.cancel(lambda *_, **__: "", there)
            return real[0](note, there, because)

        def status(there: FulfilmentOrder) -> Any:
            if not known and there == first:
                raise Rejected("no such request", Code.NOT_FOUND)
            return real[1](there)

        depot.hold, depot.status = hold, status
        await house.tell(LotRecalled(recall=recall))
        (case,) = await house.until_asked(1)
        await house.rest(but=WAITING)
        await house.answer(case.no, "cancel")
        await house.rest()
        assert len(messages(house.vendors.effects())) == told
        assert [name for name in did(house) if name.startswith("Fulfilment")] == [
            "Fulfilment.hold",
            "Fulfilment.cancel",
        ]
        assert depot.of(O2) == ()


@pytest.mark.parametrize("answer", ["release", "cancel"])
async def test_what_the_shopper_called_off_while_it_was_held_is_nobody_s(answer: str) -> None:
    async with asyncio.timeout(60), House(FLOWS) as house:
        await placed(house, 2, asked=True)
        await house.tell(LotRecalled(recall=RECALL))
        (case,) = await house.until_asked(1)
        await house.rest(but=WAITING)
        (there,) = house.vendors.depot.of(O2)
        house.vendors.depot.cancel(lambda *_, **__: "", there)
        await house.answer(case.no, answer)
        await house.rest()
        assert (await ended(house), await house.cases(), messages(house.vendors.effects())) == (["done"], [], {})


@pytest.mark.parametrize(("answer", "operation"), [("cancel", "Fulfilment.cancel"), ("release", "Fulfilment.release")])
async def test_what_nobody_decided_for_a_month_is_a_person_s_order_by_order(
    answer: str, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("act_on_recall", "recalling"):
        monkeypatch.setattr(f"pawline.flows.{name}.DECIDE", timedelta(seconds=1))
        monkeypatch.setattr(f"pawline.flows.{name}.LOOK", timedelta(seconds=0.2))
    async with asyncio.timeout(60), House(FLOWS) as house:
        await placed(house, 2, asked=True)
        await house.tell(LotRecalled(recall=RECALL))
        cases = {case.title: case.no for case in await house.until_asked(2)}
        assert did(house) == {"Fulfilment.hold": 1}
        await house.answer(cases["recall r1: nobody decided what becomes of order o2"], answer)
        await house.rest(but=("act_on_recall",))
        assert did(house) == {"Fulfilment.hold": 1, operation: 1}


@pytest.mark.parametrize("recall", [RECALL, WHOLE], ids=["lots", "whole"])
async def test_what_is_kept_back_and_nobody_decided_about_is_neither_sent_nor_called_off(
    recall: Recall, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("act_on_recall", "recalling"):
        monkeypatch.setattr(f"pawline.flows.{name}.DECIDE", timedelta(seconds=1))
        monkeypatch.setattr(f"pawline.flows.{name}.LOOK", timedelta(seconds=0.2))
    async with asyncio.timeout(60), House((*FLOWS, adopt_order)) as house:
        await house.tell(OrderPlaced(order=order(5)), LotRecalled(recall=recall))
        await house.until_asked(1)
        await bought(house)
        whole = [
            "recall r1: nobody decided what becomes of order o2",
            "recall r1: nobody decided what becomes of order o5",
        ]
        asking = ["order o2 is kept back: chew-1 is recalled (r1)", "recall r1: 1 order(s) are kept back"]
        expected = sorted(asking + (whole if recall is WHOLE else []))
        titles = sorted(case.title for case in await house.until_asked(len(expected)))
        assert (titles, did(house)) == (expected, {})
