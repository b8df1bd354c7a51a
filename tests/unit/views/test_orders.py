"""An order as it stands, from its own events: for flows that begin with its name alone."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from pawline.model import (
    Credit,
    Edit,
    EditId,
    Envelope,
    Event,
    Item,
    LineId,
    Missed,
    OrderCancelled,
    OrderConfirmed,
    OrderEdited,
    OrderId,
    OrderPlaced,
    PickupMissed,
    Refund,
    RefundId,
    RefundIssued,
    ReturnId,
    ReturnWithdrawn,
    SkuId,
    edited,
)
from pawline.ports import LateOnes
from pawline.store import Outcome, Unit
from pawline.testing.orders import order
from pawline.views.answers import OwnOrders
from tests.unit.views.desk import NOON, SHOP, Desk, at

ONE, OTHER = order(1), order(2)


def edit(number: int, quantity: int) -> Edit:
    line = msgspec.structs.replace(ONE.lines[0], quantity=quantity)
    return Edit(id=EditId(f"x{number}"), at=at(number), reason="they rang", lines=(line,))


async def placed(desk: Desk, *events: Event) -> OwnOrders:
    await desk.open()
    await desk.tell(*events)
    return OwnOrders(SHOP, desk.store, desk.views)


@pytest.mark.parametrize("heard", [(0, 1), (1, 0)])
async def test_it_is_what_was_placed_with_its_edits_in_their_order(desk: Desk, heard: tuple[int, int]) -> None:
    changes = [edit(1, 5), edit(2, 3)]
    told = [OrderEdited(order=ONE.id, edit=changes[one], household=ONE.household) for one in heard]
    orders = await placed(desk, OrderPlaced(order=ONE), OrderPlaced(order=OTHER), *told)
    assert await orders.order(ONE.id) == edited(edited(ONE, changes[0]), changes[1])
    assert await orders.order(OTHER.id) == OTHER


async def test_what_travels_is_without_gift_cards_and_what_was_taken_off_the_bill(desk: Desk) -> None:
    food = msgspec.structs.replace(ONE.lines[0], quantity=4)
    card = msgspec.structs.replace(food, id=LineId("card"), sku=SkuId("gift-card"), quantity=1, ships=False)
    both = msgspec.structs.replace(ONE, lines=(food, card), total=food.total() + card.total(), tenders=())
    orders = await placed(desk, OrderPlaced(order=both))
    assert await orders.to_send(ONE.id) == (Item(food.sku, 4),)
    for number, units in enumerate((1, 2, 9), 1):
        credit = Credit(line=food.id, quantity=units, amount=food.price)
        off = Refund(id=RefundId(f"r{number}"), at=at(number), reason="x", credits=(credit,))
        await desk.tell(RefundIssued(order=ONE.id, refund=off, household=ONE.household))
        left = {1: 3, 2: 1, 3: 0}[number]
        assert await orders.to_send(ONE.id) == ((Item(food.sku, left),) if left else ())
    assert await orders.to_send(OrderId("o9")) is None


async def test_what_nobody_placed_or_another_shop_did_is_not_known(desk: Desk) -> None:
    orders = await placed(desk, OrderEdited(order=OrderId("o9"), edit=edit(1, 5)))
    await desk.tell(OrderPlaced(order=OTHER), shop="claws")
    assert (await orders.order(OrderId("o9")), await orders.order(OTHER.id)) == (None, None)


async def test_what_was_erased_is_gone(desk: Desk) -> None:
    orders = await placed(desk, OrderPlaced(order=ONE), OrderPlaced(order=OTHER))
    found: Any = ONE.household
    await desk.engine.erase(SHOP, found)
    assert (await orders.order(ONE.id), await orders.order(OTHER.id)) == (None, OTHER)


async def test_who_missed_a_pick_up_is_counted_by_cause_and_the_last_are_named(desk: Desk) -> None:
    def missed(number: int, why: Missed = Missed.NOT_SENT) -> PickupMissed:
        return PickupMissed(order=OrderId(f"o{number}"), day=at(0).date(), cut_off=at(0), why=why)

    orders = await placed(desk, *map(missed, range(1, 4)), missed(1, Missed.NOT_ASKED))
    await desk.tell(missed(9), shop="claws")
    three = tuple(OrderId(f"o{number}") for number in range(1, 4))
    assert await orders.missed(missed(1).cause) == LateOnes(count=3, orders=three)
    assert await orders.missed(missed(1, Missed.NOT_ASKED).cause) == LateOnes(count=1, orders=(OrderId("o1"),))
    assert await orders.missed(missed(1, Missed.NOT_BOOKED).cause) == LateOnes(count=0)


async def test_what_was_called_off_or_withdrawn_is_known_before_what_it_ends(desk: Desk) -> None:
    off = OrderCancelled(order=ONE.id, at=at(1), by="shopper", because="no")
    kept = ReturnWithdrawn(id=ReturnId("r1"), order=OTHER.id, at=at(1))
    orders = await placed(desk, off, kept)
    assert [await orders.called_off(one.id) for one in (ONE, OTHER)] == [True, False]
    assert [await orders.withdrawn(ReturnId(one)) for one in ("r1", "r2")] == [True, False]
    elsewhere = OwnOrders("claws", desk.store, desk.views)
    assert (await elsewhere.called_off(ONE.id), await elsewhere.withdrawn(ReturnId("r1"))) == (False, False)


async def test_what_was_confirmed_is_known_by_its_shop(desk: Desk) -> None:
    orders = await placed(desk, OrderConfirmed(order=ONE.id))
    assert [await orders.confirmed(one.id) for one in (ONE, OTHER)] == [True, False]
    assert not await OwnOrders("claws", desk.store, desk.views).confirmed(ONE.id)


async def test_what_another_process_recorded_and_nobody_dispatched_is_called_off_all_the_same(desk: Desk) -> None:
    orders = await placed(desk)
    off = OrderCancelled(order=ONE.id, at=at(1), by="shopper", because="no", household=ONE.household)
    envelope = Envelope(shop=SHOP, source="web", id="c1", at=NOON, event=off)
    key = await desk.engine.keys.obtain(SHOP, off.household)
    row, _ = desk.engine.intake._row(envelope, key, 1)
    foreign = row._replace(lane=999)  # of a lane that is nobody's: nothing dispatches it
    outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    desk.store.commit(Unit(outcome.set_result, events=[(foreign, ())], writes=key.fresh_writes()))
    assert (await outcome).error is None
    assert await orders.called_off(ONE.id)
    assert await desk.rows("view_order") == []
