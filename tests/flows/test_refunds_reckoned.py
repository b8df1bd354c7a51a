"""A refund is reckoned with the order as it stands: whatever its shop's people change while we read, ask and wait."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pawline.flows.refund_return import ANOTHER
from pawline.model import (
    Bill,
    Credit,
    Edit,
    EditId,
    Event,
    Money,
    OrderId,
    RefundId,
    Repaid,
    ReturnReceived,
    bill_of,
    credits_of,
    refund_of,
)
from pawline.ports import Code, Rejected, Shop
from pawline.runtime.port import methods_of
from pawline.testing import NOON, Vendors, VirtualTime
from tests.flows.test_refunds import LINE, Rehearsed, back, bought, by_hand, cancelled, kept, meanwhile


def note(*_: Any, **__: Any) -> str:
    return ""


def cheaper(vendors: Vendors) -> None:
    """The shop's people take 2.00 off each unit."""
    known = vendors.shop.order(OrderId("o1"))
    line = msgspec.structs.replace(known.lines[0], price=Money(800, "EUR"))
    vendors.shop.edit(note, known.id, Edit(id=EditId("e1"), at=NOON, reason="goodwill", lines=(line,)))


def sorry(vendors: Vendors) -> None:
    one = vendors.shop.order(OrderId("o1"))
    made = refund_of(one, RefundId("sorry"), NOON, "they called", (Credit(amount=Money(1_000, "EUR")),))
    assert made is not None
    vendors.shop.refund_by_hand(one.id, made)


def refused(vendors: Vendors, codes: list[Code]) -> None:
    """What the shop says no to is noted."""
    real = vendors.shop.refund

    def refund(*given: Any) -> Any:
        try:
            return real(*given)
        except Rejected as no:
            codes.append(no.code)
            raise

    shop: Any = vendors.shop
    shop.refund = refund


def test_what_is_changed_while_a_person_is_asked_is_reckoned_with() -> None:
    codes: list[Code] = []

    def before(vendors: Vendors) -> None:
        by_hand(vendors)
        refused(vendors, codes)

    seen = Rehearsed(back(1), before=before, says=ANOTHER, later=cheaper)
    assert seen.result == Repaid(RefundId("return-r1"), Money(1_400, "EUR"))  # 8.00, and 6.00 too much was paid
    assert seen.asked == ["return r1 of order o1: something was paid back by hand before"]
    assert seen.did == {
        "Shop.refunded_by_hand": 1, "Shop.refund": 1, "Shop.paid_back": 3, "Marketing.send": 1,
    }  # fmt: skip
    assert codes == []


def test_what_is_paid_back_by_hand_while_a_person_is_asked_is_asked_about_too() -> None:
    seen = Rehearsed(back(1), before=sorry, says=ANOTHER, later=by_hand)
    assert seen.asked == ["return r1 of order o1: something was paid back by hand before"] * 2
    assert seen.result == Repaid(RefundId("return-r1"), Money(1_000, "EUR"))
    assert seen.did["Shop.refund"] == 1


@pytest.mark.parametrize("event", [back(1), cancelled("pawline")], ids=["return", "called off"])
def test_what_is_changed_between_our_reading_and_our_refund_is_refused_and_reckoned_again(event: Event) -> None:
    codes: list[Code] = []

    def before(vendors: Vendors) -> None:
        meanwhile(vendors, cheaper)
        refused(vendors, codes)

    seen = Rehearsed(event, before=before)
    owed = 1_600 if isinstance(event, ReturnReceived) else 0
    assert seen.result == Repaid(seen.order.refunds[0].id, Money(3_000 - owed, "EUR"))
    assert (seen.order.owed(), len(seen.order.refunds), seen.asked) == (Money(owed, "EUR"), 1, [])
    assert (codes, seen.did["Shop.refund"]) == ([Code.CONFLICT], 1)


@pytest.mark.parametrize("changed", ["refunds", "edits", "total", "captured"])
def test_the_shop_refuses_what_was_reckoned_with_another_bill(changed: str) -> None:
    vendors = Vendors(now=VirtualTime())
    vendors.shop.place(bought(3))
    by_hand(vendors)
    cheaper(vendors)
    known = vendors.shop.order(OrderId("o1"))
    bill = bill_of(known)
    assert bill == Bill(
        refunds=(RefundId("hand"),), edits=(EditId("e1"),), total=Money(2_400, "EUR"), captured=Money(3_000, "EUR")
    )
    refund = refund_of(known, RefundId("return-r1"), NOON, "x", credits_of(known, [(LINE, 1)]))
    assert refund is not None
    other = () if changed in ("refunds", "edits") else Money(1, "EUR")
    before = vendors.effects()
    with pytest.raises(Rejected) as no:
        vendors.shop.refund(note, known.id, refund, msgspec.structs.replace(bill, **{changed: other}))
    assert no.value.code == Code.CONFLICT
    assert (vendors.shop.order(known.id), vendors.effects()) == (known, before)
    for seen in (bill, msgspec.structs.replace(bill, total=Money(1, "EUR")), ()):  # once it is there, it is there
        assert vendors.shop.refund(note, known.id, refund, seen) == refund
    assert kept(vendors.effects()) == {"o1": vendors.shop.order(known.id).owed().minor}


def test_whoever_saw_the_refunds_only_is_held_to_them_alone() -> None:
    """As a step recorded it before there was a bill: it is retried after an upgrade."""
    vendors = Vendors(now=VirtualTime())
    vendors.shop.place(bought(3))
    by_hand(vendors)
    known = vendors.shop.order(OrderId("o1"))
    refund = refund_of(known, RefundId("return-r1"), NOON, "x", credits_of(known, [(LINE, 1)]))
    assert refund is not None
    method = methods_of(Shop)["refund"]
    recorded = msgspec.json.encode((known.id, refund, ["hand"]))
    assert method.decode_args(recorded) == (known.id, refund, ("hand",))
    with pytest.raises(Rejected, match=r"^hand was paid back since it was reckoned$"):
        vendors.shop.refund(note, known.id, refund, ())
    assert vendors.shop.refund(note, known.id, refund, (RefundId("hand"),)) == refund
