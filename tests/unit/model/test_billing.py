"""A bill without a word in it comes to what its order does; what was paid back by hand decides what comes off it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawline.model import (
    Credit,
    LineId,
    Order,
    Payout,
    RefundId,
    TenderId,
    TenderState,
    all_credits,
    as_taken,
    bare,
    credits_of,
    made_by_hand,
    total,
)
from pawline.testing.orders import order
from tests.unit.model.money_shapes import EUR, NOON, euro, orders


@given(orders(), st.data())
def test_a_bare_order_comes_to_the_same_whatever_comes_back(one: Order, data: st.DataObject) -> None:
    bill = bare(one)
    assert (bill.total, bill.owed(), bill.received()) == (one.total, one.owed(), one.received())
    assert all_credits(bill) == all_credits(one)
    units = [line.id for line in one.lines for _ in range(line.quantity)]
    some = data.draw(st.lists(st.sampled_from(units), max_size=3, unique=True)) if units else []
    assert credits_of(bill, [(name, 1) for name in some]) == credits_of(one, [(name, 1) for name in some])
    assert bare(bill) == bill
    kept = msgspec.json.encode(bill)
    for word in (b"Welcome", b"VAT", b"Parcel", b"Hauptstr", b"Berlin", b"Ann", b"2309.10"):
        assert word not in kept


def test_an_order_has_its_tenders_as_they_were_taken() -> None:
    one = order(1, quantity=2, tenders=3)  # 20.00 of each
    taken = as_taken(one, {TenderId("t0"): euro(2_000), TenderId("t2"): euro(700)})
    assert [(tender.id, tender.amount.minor, tender.state) for tender in taken.tenders] == [
        ("t0", 2_000, TenderState.CAPTURED), ("t1", 2_000, TenderState.PENDING), ("t2", 700, TenderState.CAPTURED)
    ]  # fmt: skip
    with pytest.raises(ValueError, match=r"^order o1: money was taken of t9, which is no tender of it$"):
        as_taken(one, {TenderId("t9"): euro(1)})


@given(
    st.integers(1, 3_000), st.lists(st.integers(0, 900), max_size=3), st.integers(1, 3), st.integers(1, 3)
)  # fmt: skip
def test_what_went_back_by_hand_is_what_comes_off_as_far_as_anything_is_left(
    amount: int, parts: list[int], payouts: int, pieces: int
) -> None:
    one = order(1, quantity=pieces)
    bill = one.owed().minor
    credited = [Credit(amount=euro(min(part, bill // 3)), line=LineId("l1")) for part in parts]
    wanted = sum(credit.amount.minor for credit in credited)
    back = [Payout(TenderId("t0"), part) for part in euro(amount).allocate([1] * payouts) if part.minor]
    made = made_by_hand(one, RefundId("r1"), NOON, credited, back)
    assert made.paid_out() == euro(amount)
    off = total((credit.amount for credit in made.credits), EUR).minor
    assert off == (amount if amount < wanted else max(wanted, min(amount, bill)))
    assert [credit.line for credit in made.credits[: len(credited)]] == [LineId("l1")] * len(credited)
    assert [credit.line for credit in made.credits[len(credited) :]] in ([], [None])
    assert (made.reason, made.at, made.id) == ("", NOON, "r1")
