"""Whatever comes back, in whatever parts: tenders - refunds = total owed, and all of them are the bill."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawline.model import (
    Credit,
    LineId,
    Money,
    Order,
    Payout,
    Refund,
    RefundId,
    Tender,
    TenderId,
    TenderKind,
    TenderState,
    all_credits,
    credits_of,
    refund_of,
    total,
)
from pawline.model.order import outstanding
from pawline.testing.orders import order
from tests.unit.model.money_shapes import EUR, NOON, euro, orders


def paid(one: Order) -> Order:
    tenders = tuple(msgspec.structs.replace(tender, state=TenderState.CAPTURED) for tender in one.tenders)
    return msgspec.structs.replace(one, tenders=tenders)


def with_refund(one: Order, name: str, credits_: tuple[Credit, ...]) -> tuple[Order, Refund | None]:
    made = refund_of(one, RefundId(name), NOON, "test", credits_)
    return (one if made is None else msgspec.structs.replace(one, refunds=(*one.refunds, made))), made


@given(orders().map(paid), st.data())
def test_each_return_keeps_the_bill_and_the_money_equal_and_all_of_them_are_the_bill(
    one: Order, data: st.DataObject
) -> None:
    assert outstanding(one) == Money.zero(EUR)
    units = [line.id for line in one.lines for _ in range(line.quantity)]
    mixed = data.draw(st.permutations(units))
    at, number = 0, 0
    while at < len(mixed):
        size, number = data.draw(st.integers(1, len(mixed) - at)), number + 1
        one, _ = with_refund(one, f"part{number}", credits_of(one, [(line, 1) for line in mixed[at : at + size]]))
        assert outstanding(one) == Money.zero(EUR)
        at += size
    if not any(credit.line is None for refund in one.refunds for credit in refund.credits):  # no goodwill before
        for line in one.lines:
            came = [c.amount for refund in one.refunds for c in refund.credits if c.line == line.id]
            assert not line.quantity or total(came, EUR) == line.total()
    one, _ = with_refund(one, "rest", all_credits(one))
    assert (one.owed(), one.received()) == (Money.zero(EUR), Money.zero(EUR))


@given(orders().map(paid))
def test_all_at_once_is_the_whole_bill_and_again_is_nothing(one: Order) -> None:
    before = one.received()
    one, made = with_refund(one, "all", all_credits(one))
    assert (made is None) == (before == Money.zero(EUR) and not any(line.quantity for line in one.lines))
    assert (one.owed(), one.received(), outstanding(one)) == (Money.zero(EUR),) * 3
    assert refund_of(one, RefundId("again"), NOON, "test", all_credits(one)) is None


def split(*tenders: tuple[TenderKind, int, TenderState]) -> Order:
    whole = sum(minor for _, minor, _ in tenders)
    one = order(1)
    line = msgspec.structs.replace(one.lines[0], price=euro(whole))
    made = [
        Tender(id=TenderId(f"t{n}"), kind=kind, amount=euro(minor), state=state)
        for n, (kind, minor, state) in enumerate(tenders)
    ]
    return msgspec.structs.replace(one, lines=(line,), total=euro(whole), tenders=tuple(made))


TAKEN = TenderState.CAPTURED


def test_money_goes_back_before_what_is_only_good_in_the_shop() -> None:
    one = split((TenderKind.GIFT_CARD, 30_00, TAKEN), (TenderKind.CARD, 20_00, TAKEN))
    _, made = with_refund(one, "r", (Credit(amount=euro(25_00)),))
    assert made is not None
    assert made.payouts == (Payout(TenderId("t1"), euro(20_00)), Payout(TenderId("t0"), euro(5_00)))


def test_what_was_not_captured_is_not_paid_back() -> None:
    one = split((TenderKind.CARD, 30_00, TenderState.AUTHORISED), (TenderKind.WALLET, 20_00, TAKEN))
    _, made = with_refund(one, "r", all_credits(one))
    assert made is not None
    assert (made.payouts, made.credited()) == ((Payout(TenderId("t1"), euro(20_00)),), euro(50_00))


def test_a_third_of_a_line_three_times_is_the_line_to_the_cent() -> None:
    one = split((TenderKind.CARD, 10_00, TAKEN))
    one = msgspec.structs.replace(
        one, lines=(msgspec.structs.replace(one.lines[0], price=euro(3_34), quantity=3),), total=euro(10_02),
        tenders=(msgspec.structs.replace(one.tenders[0], amount=euro(10_02)),),
    )  # fmt: skip
    parts = []
    for n in range(3):
        one, made = with_refund(one, f"r{n}", credits_of(one, [(LineId("l1"), 1)]))
        parts.append(made.paid_out().minor if made else None)
    assert parts == [334, 334, 334]
    with pytest.raises(ValueError, match="order o1: 1 of line l1 came back, 0 are left to credit"):
        credits_of(one, [(LineId("l1"), 1)])
    with pytest.raises(ValueError, match="order o1 has no line l9"):
        credits_of(one, [(LineId("l9"), 1)])
    with pytest.raises(ValueError, match=r"1\.00 EUR more would be credited than is left of its bill"):
        refund_of(one, RefundId("r9"), NOON, "test", (Credit(amount=euro(1_00)),))
