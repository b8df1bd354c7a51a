"""An own order's bill: what stands in it, once and in order, and never two refunds reckoned with the same bill."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from pawline.model import (
    Address,
    Checkout,
    Contact,
    Credit,
    Edit,
    EditId,
    Line,
    LineId,
    Money,
    Order,
    OrderEdited,
    OrderId,
    OrderPlaced,
    Payout,
    PetId,
    Refund,
    RefundId,
    RefundIssued,
    SkuId,
    TenderId,
    bare,
)
from pawline.ports import Code, OwnBill, Receipt, Rejected
from pawline.testing.orders import order
from pawline.views.bills import OwnBills
from tests.unit.views.desk import SHOP, Desk, at

O1 = OrderId("o1")


def own(**more: Any) -> Order:
    one = order(1, quantity=3, tenders=2, household=True)
    line = msgspec.structs.replace(one.lines[0], pets=(PetId("momo"),))
    home = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", country="DE")
    return msgspec.structs.replace(one, lines=(line,), ship_to=home, contact=Contact(email="ann@example.org"), **more)


def back(name: str, minor: int = 1_000, quantity: int = 0, pays: bool = True) -> Refund:
    payouts = (Payout(TenderId("t0"), Money(minor, "EUR")),) if pays else ()
    credit = Credit(amount=Money(minor, "EUR"), line=LineId("l1"), quantity=quantity)
    return Refund(id=RefundId(name), at=at(5), reason="Ann's dog does not like it", payouts=payouts, credits=(credit,))


async def bills_of(desk: Desk) -> OwnBills:
    await desk.open()
    await desk.tell(OrderPlaced(order=own()))
    return OwnBills(SHOP, desk.store, desk.views)


async def test_a_bill_is_the_order_without_a_name_or_a_word(desk: Desk) -> None:
    bills = await bills_of(desk)
    bill = await bills.of(O1)
    assert bill == OwnBill(order=msgspec.structs.replace(bare(own()), household=own().household), entries=1)
    (row,) = await desk.rows("bill")
    assert row[:5] == (SHOP, "o1", "placed", None, "placed")
    for word in ("Ann", "Berlin", "ann@", "food", "momo", "h1", "card-0"):
        assert word not in row[6]
    assert bill.order.lines[0].total() == own().lines[0].total()


async def test_what_others_keep_is_in_no_bill_of_ours(desk: Desk) -> None:
    bills = await bills_of(desk)
    edit = Edit(id=EditId("e1"), at=at(1), reason="x", lines=own().lines)
    await desk.tell(
        OrderPlaced(order=order(2, checkout=Checkout.ADOPTED)), OrderEdited(order=OrderId("o2"), edit=edit),
        RefundIssued(order=OrderId("o2"), refund=back("r")),
    )  # fmt: skip
    with pytest.raises(Rejected, match=r"^order o2 is none of our own checkout$") as no:
        await bills.of(OrderId("o2"))
    assert no.value.code is Code.NOT_FOUND
    with pytest.raises(Rejected):
        await OwnBills("another", desk.store, desk.views).of(O1)
    assert len(await desk.rows("bill")) == 1


async def test_edits_are_in_it_in_their_order(desk: Desk) -> None:
    bills = await bills_of(desk)
    line = own().lines[0]
    for number, (minutes, quantity) in enumerate(((2, 2), (1, 5))):  # webhooks come in any order
        new = msgspec.structs.replace(line, quantity=quantity)
        more = Line(id=LineId(f"l{number + 2}"), sku=SkuId("chew-1"), title="secret", quantity=1, price=Money(5, "EUR"))
        edit = Edit(id=EditId(f"e{number}"), at=at(minutes), reason="Ann called", lines=(new, more))
        await desk.tell(OrderEdited(order=O1, edit=edit))
    bill = await bills.of(O1)
    assert [(one.id, one.quantity) for one in bill.order.lines] == [("l1", 2), ("l3", 1), ("l2", 1)]
    assert (bill.order.total, bill.entries) == (Money(4_010, "EUR"), 3)
    assert [one.id for one in bill.order.edits] == ["e1", "e0"]
    assert not any("secret" in row[6] or "Ann" in row[6] for row in await desk.rows("bill"))


async def test_a_refund_is_under_way_until_it_is_paid_and_keeps_others_out_until_then(desk: Desk) -> None:
    bills = await bills_of(desk)
    made = await bills.refund(O1, back("r1"), 1, ())
    assert made == msgspec.structs.replace(back("r1"), reason="")
    assert await bills.refund(O1, back("r1", 7), 99, ()) == made  # it stands, whatever was seen
    bill = await bills.of(O1)
    assert (bill.order.refunds, bill.entries, bill.under_way, bill.known) == ((made,), 2, "r1", ())
    for seen in (1, 2):
        with pytest.raises(Rejected, match=r"^order o1: its bill has changed since it was reckoned$") as no:
            await bills.refund(O1, back("r2"), seen, ())
        assert no.value.code is Code.CONFLICT
    for _ in range(2):
        assert await bills.paid(O1, RefundId("r1"), ("re_1", "re_2")) == Receipt()
    bill = await bills.of(O1)
    assert (bill.entries, bill.under_way, bill.known) == (3, None, ("re_1", "re_2"))
    await bills.refund(O1, back("r2"), 3, ())
    assert (await bills.of(O1)).order.owed() == Money(4_000, "EUR")


async def test_what_was_made_by_hand_or_pays_nothing_out_is_never_under_way(desk: Desk) -> None:
    bills = await bills_of(desk)
    await bills.refund(O1, back("hand"), 1, ("re_9",))
    bill = await bills.of(O1)
    assert (bill.entries, bill.under_way, bill.known) == (3, None, ("re_9",))
    await bills.refund(O1, back("r2", pays=False), 3, ())
    assert (await bills.of(O1)).under_way is None


@pytest.mark.parametrize(
    ("refund", "why"),
    [
        (back("r", quantity=4), "order o1: more of line l1 than is left of it"),
        (back("r", 6_001), "order o1: its refunds credit more than its total"),
        (back("r", 3_001), "order o1: t0 is refunded more than it paid"),
    ],
)
async def test_more_than_there_is_is_refused(desk: Desk, refund: Refund, why: str) -> None:
    bills = await bills_of(desk)
    with pytest.raises(Rejected) as no:
        await bills.refund(O1, refund, 1, ())
    assert (no.value.text, no.value.code) == (why, Code.INVALID)
    assert (await bills.of(O1)).entries == 1


async def test_of_two_that_saw_one_bill_one_is_taken(desk: Desk) -> None:
    """Also where both have looked before either is on disk, and in two processes: the number is taken once."""
    bills = await bills_of(desk)

    async def tried(name: str) -> str:
        try:
            return (await bills.refund(O1, back(name), 1, ())).id
        except Rejected as no:
            return no.code

    found = await asyncio.gather(*(tried(f"r{n}") for n in range(5)))
    taken = [one for one in found if one.startswith("r")]
    assert (len(taken), found.count(Code.CONFLICT)) == (1, 4)
    bill = await bills.of(O1)
    assert ([one.id for one in bill.order.refunds], bill.under_way) == (taken, taken[0])


async def test_a_rebuild_and_the_event_of_our_own_refund_change_nothing(desk: Desk) -> None:
    """Nor what a provider tells of it by a name of its own: it would count twice."""
    bills = await bills_of(desk)
    made = await bills.refund(O1, back("r1"), 1, ())
    await bills.paid(O1, made.id, ("re_1",))
    await desk.tell(RefundIssued(order=O1, refund=back("r1")), RefundIssued(order=O1, refund=back("re_1")))
    rows = await desk.rows("bill")
    await desk.views.rebuild("bills@1")
    assert await desk.rows("bill") == rows
    assert len(rows) == 3


async def test_a_refund_that_was_paid_in_the_moment_it_was_made_is_not_under_way(desk: Desk) -> None:
    bills = await bills_of(desk)
    moment = desk.store.now() + 1
    desk.store.now = lambda: moment  # type: ignore[method-assign]  # as a clock that was put back stands still
    await bills.refund(O1, back("hand"), 1, ("re_9",))
    assert (await bills.of(O1)).under_way is None
    await bills.refund(O1, back("ours"), 3, ())
    assert (await bills.of(O1)).under_way == RefundId("ours")
    await bills.paid(O1, RefundId("ours"), ("re_8",))
    bill = await bills.of(O1)
    assert (bill.under_way, sorted(bill.known)) == (None, ["re_8", "re_9"])


@pytest.mark.parametrize("minutes", [1, 10_000_000])
async def test_an_edit_to_less_than_was_paid_back_makes_it_a_persons(desk: Desk, minutes: int) -> None:
    bills = await bills_of(desk)
    await bills.refund(O1, back("r1", 2_000, 1), 1, ())
    await bills.paid(O1, RefundId("r1"), ("re_9",))
    gone = msgspec.structs.replace(own().lines[0], quantity=0)
    edit = Edit(id=EditId("e1"), at=at(minutes), reason="x", lines=(gone,))
    await desk.tell(OrderEdited(order=O1, edit=edit))
    bill = await bills.of(O1)
    assert bill.wrong == "order o1: its refunds credit more than its total"
    assert (bill.entries, bill.known, bill.under_way) == (4, ("re_9",), None)
    with pytest.raises(Rejected, match=r"^order o1: its refunds credit more than its total$") as no:
        await bills.refund(O1, back("r2"), 4, ())
    assert no.value.code is Code.INVALID
