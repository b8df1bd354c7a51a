"""One refund is one refund, in the shop and at its processor, whoever is faster and whenever the hub dies."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.flows.refund_cancelled import refund_cancelled
from pawline.flows.refund_return import ANOTHER, SAME, refund_return
from pawline.model import (
    Checkout,
    Credit,
    Envelope,
    Event,
    LineId,
    Money,
    Order,
    OrderCancelled,
    OrderId,
    RefundId,
    Repaid,
    ReturnId,
    ReturnLine,
    ReturnReceived,
    Skipped,
    Tender,
    TenderId,
    TenderKind,
    TenderState,
    credits_of,
    refund_of,
)
from pawline.ports import Code, Rejected
from pawline.runtime import Flows, Question, rehearsing
from pawline.sandbox import Effect
from pawline.testing import NOON, Crash, Day, Lives, Place, Told, Vendors, VirtualTime, bindings, places, players
from pawline.testing.orders import SHOP, order

LINE = LineId("l1")


def bought(quantity: int = 3) -> Order:
    """Paid by a gift card and a card."""
    one = order(1, checkout=Checkout.ADOPTED, quantity=quantity)
    whole = one.total.minor
    parts = ((TenderKind.GIFT_CARD, 700), (TenderKind.CARD, whole - 700))
    tenders = tuple(
        Tender(id=TenderId(kind.value), kind=kind, amount=Money(minor, "EUR"), state=TenderState.CAPTURED)
        for kind, minor in parts
    )
    return msgspec.structs.replace(one, tenders=tenders)


def back(quantity: int, name: str = "r1", line: LineId = LINE, order_: str = "o1") -> ReturnReceived:
    lines = (ReturnLine(line=line, quantity=quantity),)
    return ReturnReceived(id=ReturnId(name), order=OrderId(order_), at=NOON, lines=lines)


def cancelled(by: str) -> OrderCancelled:
    return OrderCancelled(order=OrderId("o1"), at=NOON, by=by, because="recall R1")


def kept(effects: tuple[Effect, ...]) -> dict[str, int]:
    """What the processor has of each order: taken less paid back."""
    found: Counter[str] = Counter()
    for one in effects:
        if sign := {"Shop.charged": 1, "Shop.paid_back": -1}.get(one.operation, 0):
            found[one.order] += sign * one.amount
    return dict(found)


def did(vendors: Vendors) -> dict[str, int]:
    return dict(
        Counter(one.operation for one in vendors.effects() if not one.again and one.operation != "Shop.charged")
    )


class Rehearsed:
    """What the flow of an event answered, whom it asked, and what the vendors did."""

    def __init__(
        self, event: Event, *, before: Callable[[Vendors], object] = lambda _: None, says: str = "", quantity: int = 3,
        later: Callable[[Vendors], object] = lambda _: None,
    ) -> None:  # fmt: skip
        """`later` happens while a person is asked, days after we read the order."""
        self.asked: list[str] = []
        self._says, self._later = says, later
        self.vendors = Vendors(now=VirtualTime())
        self.vendors.shop.place(bought(quantity))
        before(self.vendors)
        flow: Any = refund_return if isinstance(event, ReturnReceived) else refund_cancelled

        async def whole() -> Any:
            return await flow(event)

        with rehearsing(players(self.vendors), answers=self.answer):
            self.result = asyncio.run(whole())
        self.did = did(self.vendors)
        self.order = self.vendors.shop.order(OrderId("o1"))
        assert kept(self.vendors.effects()) == {"o1": self.order.owed().minor}

    def answer(self, question: Question[Any]) -> Any:
        self.asked.append(question.title)
        if len(self.asked) == 1:
            self._later(self.vendors)
        return self._says


ONCE = {"Shop.refund": 1, "Shop.paid_back": 1, "Marketing.send": 1}


def test_a_return_is_credited_paid_back_and_told_once() -> None:
    seen = Rehearsed(back(1))
    assert seen.result == Repaid(RefundId("return-r1"), Money(1_000, "EUR"))
    assert (seen.did, seen.asked) == (ONCE, [])
    assert [payout.tender for payout in seen.order.refunds[0].payouts] == ["card"]


def test_all_of_it_goes_back_by_both_tenders_in_one_refund() -> None:
    seen = Rehearsed(back(3))
    assert seen.result == Repaid(RefundId("return-r1"), Money(3_000, "EUR"))
    assert seen.did == ONCE | {"Shop.paid_back": 2}
    assert seen.order.received() == Money(0, "EUR")


def by_hand(vendors: Vendors) -> None:
    one = vendors.shop.order(OrderId("o1"))
    made = refund_of(one, RefundId("hand"), NOON, "they called", credits_of(one, [(LINE, 1)]))
    assert made is not None
    vendors.shop.refund_by_hand(one.id, made)


HAND = {"Shop.refunded_by_hand": 1, "Shop.paid_back": 1}


@pytest.mark.parametrize(
    ("says", "more"), [(SAME, {}), (ANOTHER, {"Shop.refund": 1, "Shop.paid_back": 2, "Marketing.send": 1})]
)
def test_what_was_paid_back_by_hand_is_asked_about_and_not_paid_back_twice(says: str, more: dict[str, int]) -> None:
    seen = Rehearsed(back(1), before=by_hand, says=says)
    assert seen.asked == ["return r1 of order o1: something was paid back by hand before"]
    assert seen.did == HAND | more


def meanwhile(vendors: Vendors, does: Callable[[Vendors], object]) -> None:
    """Between our reading the order and our refund its shop's people do something, once."""
    real, first = vendors.shop.refund, [True]

    def refund(note: Any, id_: OrderId, made: Any, seen: Any) -> Any:
        if first[0] and made.id.startswith(("return-", "cancelled-")):
            first[0] = False
            does(vendors)
        return real(note, id_, made, seen)

    shop: Any = vendors.shop
    shop.refund = refund


@pytest.mark.parametrize(
    ("says", "more"), [(SAME, {}), (ANOTHER, {"Shop.refund": 1, "Shop.paid_back": 2, "Marketing.send": 1})]
)
def test_what_is_paid_back_by_hand_after_we_read_the_order_is_asked_about_too(says: str, more: dict[str, int]) -> None:
    seen = Rehearsed(back(1), before=lambda vendors: meanwhile(vendors, by_hand), says=says)
    assert seen.asked == ["return r1 of order o1: something was paid back by hand before"]
    assert seen.did == HAND | more


@pytest.mark.parametrize("code", [Code.NOT_ALLOWED, Code.TOO_LATE, Code.DECLINED])
def test_whatever_the_shop_refuses_is_a_persons(code: Code) -> None:
    def refuses(vendors: Vendors) -> None:
        def refund(*_: Any) -> Any:
            raise Rejected("we do not", code)

        shop: Any = vendors.shop
        shop.refund = refund

    seen = Rehearsed(back(1), before=refuses, says="settled")
    assert (seen.result, seen.did) == (Skipped("a person settled it"), {})
    assert seen.asked == ["order o1: return r1 cannot be paid back by itself"]


def test_who_cannot_be_written_to_has_the_money_all_the_same() -> None:
    def bounces(vendors: Vendors) -> None:
        def send(*_: Any) -> Any:
            raise Rejected("nobody is there", Code.UNDELIVERABLE)

        tool: Any = vendors.marketing
        tool.send = send

    seen = Rehearsed(back(1), before=bounces, says="seen to")
    assert seen.asked == ["refund_notice about order o1 cannot be sent: undeliverable"]
    assert seen.result == Repaid(RefundId("return-r1"), Money(1_000, "EUR"))
    assert seen.did == {"Shop.refund": 1, "Shop.paid_back": 1}


def test_what_comes_back_before_it_is_paid_leaves_the_bill() -> None:
    one = bought()
    unpaid = tuple(msgspec.structs.replace(tender, state=TenderState.PENDING) for tender in one.tenders)
    vendors = Vendors(now=VirtualTime())
    vendors.shop.place(msgspec.structs.replace(one, tenders=unpaid))

    async def whole() -> Any:
        return await refund_return(back(2))

    with rehearsing(players(vendors), answers=lambda _: "settled"):
        result = asyncio.run(whole())
    assert result == Skipped("it is off the bill; nothing was paid for it")
    assert (did(vendors), vendors.shop.order(one.id).owed()) == ({"Shop.refund": 1}, Money(1_000, "EUR"))


def goodwill(vendors: Vendors) -> None:
    one = vendors.shop.order(OrderId("o1"))
    made = refund_of(one, RefundId("hand"), NOON, "they called", (Credit(amount=Money(1_000, "EUR")),))
    assert made is not None
    vendors.shop.refund_by_hand(one.id, made)


def test_an_amount_without_lines_may_have_been_for_it_too() -> None:
    seen = Rehearsed(back(1), before=goodwill, says=SAME)
    assert (len(seen.asked), seen.did) == (1, HAND)


def test_more_than_was_bought_is_a_person_s() -> None:
    seen = Rehearsed(back(4), says="settled")
    assert (seen.result, seen.did) == (Skipped("a person settled it"), {})
    assert seen.asked == ["order o1: return r1 cannot be paid back by itself"]


def test_a_return_of_an_order_that_no_shop_keeps_is_a_person_s() -> None:
    seen = Rehearsed(back(1, order_="o9"), says="settled")
    assert (seen.result, seen.did) == (Skipped("a person settled it"), {})


def test_what_we_called_off_is_paid_back_and_what_others_did_is_theirs() -> None:
    ours = Rehearsed(cancelled("pawline"))
    assert ours.result == Repaid(RefundId("cancelled-o1"), Money(3_000, "EUR"))
    assert ours.did == ONCE | {"Shop.paid_back": 2}
    assert (ours.order.owed(), ours.order.received()) == (Money(0, "EUR"), Money(0, "EUR"))
    theirs = Rehearsed(
        cancelled("shopper"), before=lambda vendors: vendors.shop.call_off(OrderId("o1"), "shopper", "no")
    )
    assert theirs.result == Skipped("shopper called it off, in the shop, which paid it back")
    assert theirs.did == {"Shop.refunded_by_hand": 1, "Shop.paid_back": 2}


def test_after_a_refund_a_recall_pays_back_only_the_rest() -> None:
    seen = Rehearsed(cancelled("pawline"), before=by_hand)
    assert seen.result == Repaid(RefundId("cancelled-o1"), Money(2_000, "EUR"))


def lived(folder: Path, place: Place | None = None) -> tuple[Crash, Vendors]:
    """Two returns of an order and a recall of what is left, told twice, in a life that may end anywhere."""
    time = VirtualTime()
    vendors = Vendors(now=time)
    vendors.shop.place(bought(4))
    lives = Lives(folder / f"{place}.db", time, vendors, Flows([refund_return, refund_cancelled]), bindings)
    events = [(0.0, back(1), "a"), (0.5, back(1, "r2"), "b"), (3.0, back(1), "c"), (20.0, cancelled("pawline"), "d")]
    told = [
        Told(at, Envelope(shop=SHOP, source=source, id=source, at=NOON + timedelta(seconds=at), event=event))
        for at, event, source in events
    ]
    day, crash = Day(time(), told), Crash(place)
    lives.live(day.live, crash)
    if crash.fired:
        lives.live(day.live)
    return crash, vendors


def test_killed_at_every_place_each_refund_happens_once_and_the_processor_has_what_is_owed(tmp_path: Path) -> None:
    clean, vendors = lived(tmp_path)
    every = places(clean.commits, clean.requests)
    assert len(every) == 2 * clean.commits + 3 * clean.requests > 40
    for place in every:
        crash, vendors = lived(tmp_path, place)
        assert crash.fired, place
        assert did(vendors) == {"Shop.refund": 3, "Shop.paid_back": 4, "Marketing.send": 3}, place
        left = vendors.shop.order(OrderId("o1"))
        assert [one.id for one in left.refunds] == ["return-r1", "return-r2", "cancelled-o1"], place
        assert kept(vendors.effects()) == {"o1": 0} == {"o1": left.owed().minor}, place
