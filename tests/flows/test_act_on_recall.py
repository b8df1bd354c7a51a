"""A recall: what waits is held and decided once, who has it is told, and nobody else hears of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import pytest

from pawline.flows.act_on_recall import act_on_recall, search_recall, stop_recalled_order
from pawline.flows.adopt_order import adopt_order
from pawline.model import (
    Address,
    Checkout,
    HouseholdId,
    LotId,
    LotRecalled,
    Order,
    OrderId,
    OrderPlaced,
    Packed,
    Recall,
    RecallClass,
    RecallId,
    ShipmentBooked,
    ShipmentDispatched,
    ShipmentId,
    SkuId,
)
from pawline.ports import FulfilmentRequest, How, Sender
from pawline.sandbox import messages
from pawline.testing.orders import order
from tests.flows.house import House

FLOWS = (act_on_recall, search_recall, stop_recalled_order)
HOME = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", postcode="10115", country="DE")
CHEW = SkuId("chew-1")
RECALL = Recall(
    id=RecallId("r1"), severity=RecallClass.CLASS_I, skus=(SkuId("litter-5"), CHEW), lots=(LotId("L1"),),
    reason="salmonella", source="maker",
)  # fmt: skip


async def placed(house: House, number: int, *, household: bool = True, asked: bool = False) -> None:
    one = order(number, household=household)
    await house.tell(OrderPlaced(order=one))
    if asked:
        wanted = FulfilmentRequest(order=one.id, part="all", items=one.demand(), ship_to=HOME)
        house.vendors.depot.request(partial(house.vendors.did, "Fulfilment.request"), wanted)


async def left(house: House, number: int, lot: str | None = "", sku: SkuId = CHEW) -> None:
    """It left; what was in the parcel was written down, unless `lot` is ''."""
    o, s, h = OrderId(f"o{number}"), ShipmentId(f"s{number}"), HouseholdId(f"h{number}")
    if lot != "":
        packed = (Packed(sku=sku, quantity=1, lot=None if lot is None else LotId(lot)),)
        await house.tell(ShipmentBooked(shipment=s, order=o, carrier="van", packed=packed, household=h))
    await house.tell(ShipmentDispatched(shipment=s, order=o, at=datetime.now(UTC), household=h))


async def play(answer: str) -> tuple[House, dict[str, Any]]:
    async with asyncio.timeout(60), House(FLOWS) as house:
        for number in (2, 5):
            await placed(house, number, asked=True)  # wait at the warehouse
        for number in (8, 11, 14, 17):
            await placed(house, number)
        await placed(house, 3)  # of another SKU
        await left(house, 8, "L1")
        await left(house, 11, "L2")
        await left(house, 14, None)  # an unknown lot counts as affected
        await left(house, 17)  # and so does what nobody wrote down
        await left(house, 3, "L1", SkuId("kibble-10"))
        await house.tell(LotRecalled(recall=RECALL))
        (case,) = await house.until_asked(1)
        assert case.title == "recall r1: 2 order(s) are kept back"
        await house.rest(but=("act_on_recall", "stop_recalled_order"))
        assert held(house) == ["o2/all", "o5/all"]
        await house.answer(case.no, answer)
        await house.rest()
        return house, await house.outcomes()


def held(house: House) -> list[str]:
    return sorted(one.business for one in house.vendors.effects() if one.operation == "Fulfilment.hold")


@pytest.mark.parametrize(("answer", "operation"), [("cancel", "Fulfilment.cancel"), ("release", "Fulfilment.release")])
async def test_what_waits_is_held_once_and_decided_once_and_who_has_it_is_told(answer: str, operation: str) -> None:
    house, outcomes = await play(answer)
    effects = [one for one in house.vendors.effects() if not one.again]
    assert Counter(one.operation for one in effects) == {
        "Fulfilment.request": 2, "Fulfilment.hold": 2, operation: 2, "Marketing.send": 3, "Crm.note": 3
    }  # fmt: skip
    assert messages(effects) == {f"o{number}/recall_notice": ["Marketing.send"] for number in (14, 17, 8)}
    ends = {key: told for key, told in outcomes.items() if key.startswith("act_on_recall")}
    assert ends == {
        "act_on_recall r1": {"type": "recalled", "recall": "r1", "held": 2, "left": 3, "decision": answer}
    }  # fmt: skip


async def test_a_recall_that_nobody_has_asks_nobody() -> None:
    async with asyncio.timeout(30), House(FLOWS) as house:
        await placed(house, 3)
        await house.tell(LotRecalled(recall=RECALL))
        await house.rest()
        assert (await house.cases(), house.vendors.effects()) == ([], ())
        outcome = (await house.outcomes())["act_on_recall r1"]
        assert outcome == {"type": "recalled", "recall": "r1", "held": 0, "left": 0, "decision": "nothing was held"}


def gone(house: House, number: int) -> None:
    """It left, and nobody has told the hub yet."""
    (reference,) = house.vendors.depot.ready(OrderId(f"o{number}"))
    house.vendors.depot.dispatch(reference)


async def test_an_order_that_left_meanwhile_is_told_and_one_of_nobody_is_a_persons() -> None:
    async with asyncio.timeout(30), House(FLOWS) as house:
        await placed(house, 2, asked=True)
        await placed(house, 5, household=False, asked=True)
        gone(house, 2)
        gone(house, 5)
        await house.tell(LotRecalled(recall=RECALL))
        titles = sorted(case.title for case in await house.until_asked(2))
        assert titles == [
            "recall r1: 2 order(s) are kept back",
            "recall r1: who has order o5 is not told: nobody knows whose it is",
        ]
        await house.rest(but=("act_on_recall", "stop_recalled_order"))
        assert list(messages(house.vendors.effects())) == ["o2/recall_notice"]


async def test_what_could_not_be_looked_through_in_time_is_released_by_nobody_but_a_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pawline.flows.act_on_recall.SEARCH", timedelta(seconds=0.2))
    async with asyncio.timeout(30), House((act_on_recall,)) as house:  # whatever searches is stopped
        await placed(house, 2, asked=True)
        await house.tell(LotRecalled(recall=RECALL))
        (case,) = await house.until_asked(1)
        assert case.title == "recall r1: 0 order(s) are kept back"


async def test_a_notice_that_nobody_sends_is_a_persons_and_one_that_another_sends_is_none() -> None:
    nobody = Sender(message="recall_notice", how=How.NOBODY)
    itself = Sender(message="recall_notice", how=How.ITSELF, account="klaviyo/main")
    for sender, titles in ((nobody, ["recall r1: who has order o8 is not told: it is switched off"]), (itself, [])):
        async with asyncio.timeout(30), House(FLOWS, senders={"recall_notice": sender}) as house:
            await placed(house, 8)
            await left(house, 8, "L1")
            await house.tell(LotRecalled(recall=RECALL))
            await house.rest(but=("stop_recalled_order",))
            if titles:
                await house.until_asked(1)
            assert [case.title for case in await house.cases()] == titles
            assert house.vendors.effects() == ()


def adopted(house: House, number: int) -> Order:
    return order(number, checkout=Checkout.ADOPTED, paid=True, ship_to=HOME)


@pytest.mark.parametrize("lots", [(), (LotId("L1"),)])
@pytest.mark.parametrize("answer", ["cancel", "release"])
async def test_what_comes_while_nobody_has_decided_is_kept_back(answer: str, lots: tuple[LotId, ...]) -> None:
    """And called off with the others where every lot is recalled; else it is of another lot, and leaves."""
    async with asyncio.timeout(60), House((*FLOWS, adopt_order)) as house:
        await placed(house, 2)
        await house.tell(LotRecalled(recall=msgspec.structs.replace(RECALL, lots=lots)))
        (case,) = await house.until_asked(1)
        late = adopted(house, 5)
        house.vendors.shop.place(late)
        await house.tell(OrderPlaced(order=late))
        await house.rest(but=("act_on_recall", "stop_recalled_order", "adopt_order"))
        assert Counter(one.operation for one in house.vendors.effects()) == {"Shop.charged": 1}  # by the shop; no more
        await house.answer(case.no, answer)
        await house.rest(but=("adopt_order",))
        did = Counter(one.operation for one in house.vendors.effects() if one.order == late.id and not one.again)
        if answer == "cancel" and not lots:
            assert did == {"Shop.charged": 1, "Shop.cancel": 1}
        else:
            while not house.vendors.depot.asked_for(late.id):  # noqa: ASYNC110 - a flow of the house does it
                await asyncio.sleep(0.02)
        assert messages(house.vendors.effects()) == {}


async def test_an_order_that_waits_for_its_money_is_not_sent_once_every_lot_was_withdrawn() -> None:
    whole = msgspec.structs.replace(RECALL, lots=())
    async with asyncio.timeout(60), House((*FLOWS, adopt_order)) as house:
        await house.tell(LotRecalled(recall=whole))
        (case,) = await house.until_asked(1)
        assert case.title == "recall r1: 0 order(s) are kept back"  # nothing is, and still: what becomes of the next?
        await house.answer(case.no, "cancel")
        await house.rest()
        await house.tell(OrderPlaced(order=adopted(house, 5)))
        titles = [one.title for one in await house.until_asked(1)]
        assert titles == ["order o5 is kept back: chew-1 is recalled (r1)"]
        assert house.vendors.effects() == ()


async def test_of_an_order_that_left_in_part_the_rest_is_held_and_its_household_is_told_once() -> None:
    async with asyncio.timeout(60), House(FLOWS) as house:
        one = order(2, quantity=3)
        await house.tell(OrderPlaced(order=one))
        wanted = FulfilmentRequest(order=one.id, part="rest", items=one.demand(), ship_to=HOME)
        house.vendors.depot.request(partial(house.vendors.did, "Fulfilment.request"), wanted)
        await left(house, 2, "L1")  # one of three
        await house.tell(LotRecalled(recall=RECALL))
        (case,) = await house.until_asked(1)
        await house.answer(case.no, "cancel")
        await house.rest()
        assert held(house) == ["o2/rest"]
        assert messages(house.vendors.effects()) == {"o2/recall_notice": ["Marketing.send"]}


async def test_pages_are_gone_through_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pawline.views.answers.PAGE", 3)
    async with asyncio.timeout(60), House(FLOWS) as house:
        for number in range(2, 26, 3):
            await placed(house, number)
            await left(house, number, "L1")
        await house.tell(LotRecalled(recall=RECALL))
        await house.rest()
        assert len(messages(house.vendors.effects())) == 8
        assert {who for sent in messages(house.vendors.effects()).values() for who in sent} == {"Marketing.send"}
