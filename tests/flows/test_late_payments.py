"""A payment that is on its way for days: the goods are kept meanwhile, and where they are gone a person chooses."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.flows.fulfil_order import fulfil_order
from pawline.flows.refund_cancelled import refund_cancelled
from pawline.flows.ship_order import ship_order
from pawline.flows.short_of_goods import BACK, CHOICES, EVERY, LATER, OTHER, PARTS, PATIENCE
from pawline.model import (
    Confirmed,
    Item,
    OrderCancelled,
    OrderConfirmed,
    OrderId,
    OrderPlaced,
    OrderRefused,
    Refused,
    Skipped,
    SkuId,
)
from pawline.ports import (
    AuthorisationState,
    Code,
    Inventory,
    Orders,
    Payments,
    Receipt,
    Rejected,
    Reservation,
    Sellable,
    Stock,
)
from pawline.runtime import Question, rehearsing
from pawline.testing import NOON, Own, Vendors, VirtualTime, counts, players
from pawline.testing.orders import SHOP, SKUS, order
from pawline.views.holds import OwnInventory
from tests.flows.carriers import HOME
from tests.flows.house import House
from tests.flows.test_asking_shopper import Asking
from tests.flows.test_holds import counted, record

MINUTE = timedelta(minutes=1)
SHORT = Rejected("out of litter-5", Code.OUT_OF_STOCK)
GONE = Rejected("order o1 does not hold all of it any more", Code.EXPIRED)


class Lapsing:
    """Stock that is set aside until so long after NOON, the first time, the second, …; the last for all after it.

    What is no moment is what it says instead, so for `commits`.
    """

    def __init__(
        self, inner: Any, reserves: Sequence[timedelta | Rejected], commits: Sequence[Rejected | None]
    ) -> None:
        self._inner, self._reserves, self._commits = inner, list(reserves), list(commits)
        self.asked: list[str] = []

    async def reserve(self, order: OrderId, items: tuple[Item, ...]) -> Reservation:
        self.asked.append("reserve")
        said = self._reserves.pop(0) if len(self._reserves) > 1 else self._reserves[0]
        if isinstance(said, Rejected):
            raise said
        return Reservation(order=order, items=items, reference=order, until=NOON + said)

    async def release(self, reservation: Reservation) -> Receipt:
        self.asked.append("release")
        return Receipt()

    async def commit(self, reservation: Reservation) -> Receipt:
        self.asked.append("commit")
        if self._commits and (said := self._commits.pop(0)) is not None:
            raise said
        return Receipt()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Counted:
    """What the hub itself reckons: two of each are there."""

    async def sellable(self, skus: tuple[SkuId, ...]) -> tuple[Sellable, ...]:
        return tuple(
            Sellable(sku=sku, quantity=2, on_hand=2, ordered=0, held=0, safety=0, as_of=NOON) for sku in skus
        )  # fmt: skip


class Late:
    """The order, rehearsed: its payment comes at the look of this number."""

    def __init__(
        self, looks: int, reserves: Sequence[timedelta | Rejected], commits: Sequence[Rejected | None] = (),
        answers: Sequence[str] = (), state: AuthorisationState = AuthorisationState.PENDING,
    ) -> None:  # fmt: skip
        vendors = Vendors(now=VirtualTime(), stock=dict.fromkeys(SKUS, 5))
        ports = players(vendors)
        ports[Payments] = Asking(ports[Payments], [looks], state=state)
        self.stock = ports[Inventory] = Lapsing(ports[Inventory], reserves, commits)
        ports[Stock] = Counted()
        self.questions: list[Question[str]] = []
        left = list(answers)

        def answer(question: Question[str]) -> str:
            self.questions.append(question)
            return left.pop(0)

        async def whole() -> Any:
            return await fulfil_order(OrderPlaced(order=order(1)))

        with rehearsing(ports, answers=answer) as self.done:
            self.result = asyncio.run(whole())
        assert not left
        self.asked, self.effects = self.stock.asked, counts(vendors.effects())


def doubling() -> list[timedelta]:
    """As the hub gives it: until 30 minutes from the beginning, 40, 60, 100, …"""
    return [30 * MINUTE, *(20 * 2**n * MINUTE + 20 * MINUTE for n in range(12))]


def test_goods_are_kept_for_as_long_as_the_payment_is_on_its_way() -> None:
    seen = Late(40, doubling())
    assert seen.result == Confirmed(OrderId("o1"))
    asked = seen.asked.count("reserve")
    assert seen.asked == ["reserve"] * asked + ["commit"]
    assert 5 < asked < 12
    assert seen.questions == []
    assert seen.effects["Payments.capture"] == 1


def test_a_shopper_who_confirms_soon_is_asked_of_nobody_twice() -> None:
    seen = Late(2, [30 * MINUTE], state=AuthorisationState.NEEDS_SHOPPER)
    assert (seen.result, seen.asked) == (Confirmed(OrderId("o1")), ["reserve", "commit"])


def test_goods_that_were_let_go_of_and_are_still_there_are_set_aside_again() -> None:
    """No longer than this may they be kept, and not asked for until the payment is there."""
    seen = Late(20, [30 * MINUTE, 30 * MINUTE, timedelta(days=9)])
    assert (seen.result, seen.asked) == (Confirmed(OrderId("o1")), ["reserve"] * 3 + ["commit"])
    assert seen.questions == []


@pytest.mark.parametrize("lapsed", [[30 * MINUTE, SHORT], [30 * MINUTE, 30 * MINUTE, SHORT]])
def test_a_person_chooses_where_the_goods_of_a_late_payment_are_gone_and_it_goes_back(lapsed: list[Any]) -> None:
    seen = Late(20, lapsed, answers=[BACK])
    because = "it was paid late, and is out of litter-5"
    assert seen.result == Refused(OrderId("o1"), because)
    assert seen.done.published == [OrderRefused(order=OrderId("o1"), because=because, household=order(1).household)]
    (question,) = seen.questions
    assert (question.choices, question.suggested) == (CHOICES, LATER)
    assert msgspec.to_builtins(question.evidence) == {
        "why": because, "goods": [{"sku": "litter-5", "ordered": 1, "there": 2}],
    }  # fmt: skip
    assert seen.effects.get("Payments.capture", 0) == 0
    assert seen.effects["Payments.void"] == 1
    assert "commit" not in seen.asked


@pytest.mark.parametrize("answer", [PARTS, OTHER])
def test_what_a_person_saw_to_is_confirmed_and_paid_and_takes_nothing_from_stock(answer: str) -> None:
    seen = Late(20, [30 * MINUTE, SHORT], answers=[answer])
    assert seen.result == Confirmed(OrderId("o1"))
    assert "commit" not in seen.asked
    assert seen.effects["Payments.capture"] == 1


@pytest.mark.parametrize("answer", [PARTS, OTHER])
def test_what_a_person_sent_is_not_sent_again(answer: str) -> None:
    """Whoever sends orders is told with the confirmation: a label of it would be a second parcel."""
    seen = Late(20, [30 * MINUTE, SHORT], answers=[answer])
    (confirmed,) = seen.done.published
    assert isinstance(confirmed, OrderConfirmed)
    assert confirmed.by_hand
    vendors = Vendors(now=VirtualTime())
    with rehearsing(players(vendors) | {Orders: Own(orders=[order(1, ship_to=HOME)])}):
        sent = asyncio.run(_shipped(confirmed))
    assert (sent, counts(vendors.effects())) == (Skipped("a person sent it"), {})


async def _shipped(confirmed: OrderConfirmed) -> object:
    return await ship_order(confirmed)


def test_what_only_ran_out_and_is_still_there_is_taken_without_a_question() -> None:
    """The hub was down for an hour, with the order confirmed and its goods not taken yet."""
    seen = Late(1, [timedelta(days=9)], [GONE, None])
    assert (seen.result, seen.questions) == (Confirmed(OrderId("o1")), [])
    assert seen.asked == ["reserve", "commit", "reserve", "commit"]


def test_who_is_paid_back_is_not_told_that_it_comes() -> None:
    kept, off = (Late(1, [timedelta(days=9)], [GONE, GONE, said], [answer])
                 for said, answer in ((None, LATER), (GONE, BACK)))  # fmt: skip
    assert kept.effects["Marketing.send"] == 1
    assert "Marketing.send" not in off.effects


def test_a_back_order_is_confirmed_once_its_goods_are_there() -> None:
    seen = Late(20, [30 * MINUTE, SHORT, SHORT, SHORT, SHORT, timedelta(days=9)], answers=[LATER])
    assert (seen.result, seen.asked[-2:]) == (Confirmed(OrderId("o1")), ["reserve", "commit"])
    assert seen.done.slept[-1] - seen.done.slept[-3] == 2 * EVERY
    assert len(seen.questions) == 1


def test_who_waits_for_a_month_is_asked_anew() -> None:
    seen = Late(20, [30 * MINUTE, SHORT], answers=[LATER, BACK])
    assert isinstance(seen.result, Refused)
    assert len(seen.questions) == 2
    assert seen.asked.count("reserve") == 3 + PATIENCE // EVERY


def test_what_the_stock_system_takes_back_after_the_confirmation_is_called_off_and_paid_back() -> None:
    seen = Late(1, [timedelta(days=9)], [GONE, GONE], [BACK])
    confirmed, off = seen.done.published
    assert confirmed == OrderConfirmed(order=OrderId("o1"), household=order(1).household)
    assert isinstance(off, OrderCancelled)
    assert (off.order, off.by, off.because) == ("o1", "pawline", "its goods were not there any more")
    assert [question.choices for question in seen.questions] == [CHOICES]


def test_what_the_stock_system_takes_back_may_be_waited_for() -> None:
    seen = Late(1, [timedelta(days=9)], [GONE, GONE, None], [LATER])
    assert seen.result == Confirmed(OrderId("o1"))
    assert seen.asked == ["reserve", "commit", "reserve", "commit", "reserve", "commit"]
    assert [type(one) for one in seen.done.published] == [OrderConfirmed]


@pytest.mark.parametrize(("there", "answer"), [(1, BACK), (1, OTHER), (2, "")])
async def test_what_is_let_go_of_between_confirmation_and_commit_is_taken_paid_back_or_seen_to_once(
    monkeypatch: pytest.MonkeyPatch, there: int, answer: str
) -> None:
    """By a whole hub: somebody else takes one just then."""
    commit, one = OwnInventory.commit, order(1, quantity=1, placed_at=datetime.now(UTC))
    asked: list[OrderId] = []

    async def late(self: OwnInventory, held: Reservation) -> Receipt:
        asked.append(held.order)
        if len(asked) == 1:
            assert (await house.store.written([("let_go_hold", (SHOP, held.order))])).error is None
            await self.reserve(OrderId("o9"), held.items)
        return await commit(self, held)

    monkeypatch.setattr(OwnInventory, "commit", late)
    async with asyncio.timeout(60), House([fulfil_order, refund_cancelled], holds=True) as house:
        await counted(house, there)
        assert await record(house, one)
        for case in await house.until_asked(1) if answer else ():
            await house.answer(case.no, answer)
        await house.rest()
        effects = counts(house.vendors.effects())
        assert (effects["Payments.capture"], effects.get("Payments.refund", 0)) == (1, int(answer == BACK))
        assert (asked, await house.cases()) == ([one.id] * (1 if answer else 2), [])


@pytest.mark.parametrize("answer", [PARTS, OTHER])
def test_what_the_stock_system_takes_back_a_person_may_see_to(answer: str) -> None:
    seen = Late(1, [timedelta(days=9)], [GONE, GONE], [answer])
    assert (seen.result, seen.asked) == (Confirmed(OrderId("o1")), ["reserve", "commit"] * 2)
    assert seen.effects["Payments.capture"] == 1
