"""Own orders that were taken money for, and what flows make of their returns and their end; rehearsed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import msgspec

from pawline.flows.refund_cancelled import refund_cancelled
from pawline.flows.refund_return import refund_return
from pawline.model import (
    Event,
    LineId,
    Money,
    Order,
    OrderCancelled,
    OrderId,
    Payout,
    Refund,
    ReturnId,
    ReturnLine,
    ReturnReceived,
    Tender,
    TenderId,
    TenderKind,
    TenderState,
    as_taken,
)
from pawline.ports import Bills, Ledger, Payments
from pawline.ports.attempt import Attempt, attempting
from pawline.runtime import Question, Rehearsal, rehearsing
from pawline.sandbox import Effect
from pawline.testing import NOON, Vendors, VirtualTime, players
from pawline.testing.orders import order

O1 = OrderId("o1")
LINE = LineId("l1")


def bought(quantity: int = 3, **tenders: int) -> Order:
    """An own order, of a card and a gift card unless others are named: tenders by the name of their kind."""
    one = order(1, quantity=quantity)
    split = tenders or {"gift_card": 700, "card": one.total.minor - 700}
    made = tuple(
        Tender(id=TenderId(kind), kind=TenderKind(kind), amount=Money(minor, "EUR"), state=TenderState.PENDING)
        for kind, minor in split.items()
    )
    return msgspec.structs.replace(one, tenders=made)


def back(quantity: int, name: str = "r1", order_: str = "o1") -> ReturnReceived:
    lines = (ReturnLine(line=LINE, quantity=quantity),)
    return ReturnReceived(id=ReturnId(name), order=OrderId(order_), at=NOON, lines=lines)


def cancelled(by: str = "shopper") -> OrderCancelled:
    return OrderCancelled(order=O1, at=NOON, by=by, because="changed my mind")


def taken(effects: tuple[Effect, ...]) -> Counter[str]:
    """What the provider has of each tender: taken less paid back."""
    found: Counter[str] = Counter()
    for one in effects:
        if sign := {"Payments.capture": 1, "Payments.refund": -1}.get(one.operation, 0):
            found[one.business.split("/")[1]] += sign * one.amount
    return found


class Scene:
    """A provider, a book of bills and the vendors beside them. `asked` are the questions; `says` answers each."""

    def __init__(self, *, says: str = "settled", later: Callable[[], object] = lambda: None) -> None:
        """`later` happens while a person is asked for the first time, days after we looked."""
        # No key is known again: every rehearsal has the same ones.
        self.vendors = Vendors(now=VirtualTime(), key_life=timedelta(days=-1))
        self.ports = players(self.vendors)
        self.payments: Payments = self.ports[Payments]
        self.bills = self.ports[Bills]
        self.says, self.later = says, later
        self.asked: list[str] = []
        self.done: Rehearsal
        self._keys = 0

    def places(self, one: Order, captured: Mapping[str, Sequence[int]] | None = None) -> None:
        """The order is billed, all of it set aside, and these parts of each tender taken; if none is named, all."""
        self.bills.billed(one)
        for tender in one.tenders:
            authorised = self.does(self.payments.authorize(one.id, tender))
            for part in [tender.amount.minor] if captured is None else captured.get(tender.id, ()):
                self.does(self.payments.capture(authorised, Money(part, "EUR")))

    def by_hand(self, tender: str, minor: int) -> str:
        """Somebody pays back at the provider; its reference of it."""
        found = next(one for one in self.ledger().captures if one.tender == tender)
        refunded = self.does(self.payments.refund(found, Money(minor, "EUR"), "they called"))
        return str(refunded.reference)

    def ledger(self) -> Ledger:
        found: Ledger = self.does(self.payments.ledger(O1))
        return found

    def does(self, call: Coroutine[Any, Any, Any]) -> Any:
        self._keys += 1
        with attempting(Attempt(f"hand-{self._keys}", 1, NOON, "paws", "hand")):
            return asyncio.run(call)

    def hears(self, event: Event) -> Any:
        """What the flow of the event answers."""
        flow: Any = refund_return if isinstance(event, ReturnReceived) else refund_cancelled

        async def whole() -> Any:
            return await flow(event)

        before = len(self.vendors.effects())
        with rehearsing(self.ports, answers=self._answer) as self.done:
            result = asyncio.run(whole())
        self.did = dict(Counter(one.operation for one in self.vendors.effects()[before:] if not one.again))
        return result

    def _answer(self, question: Question[Any]) -> Any:
        self.asked.append(f"{question.title}: {question.evidence}" if question.evidence else question.title)
        if len(self.asked) == 1:
            with ThreadPoolExecutor(1) as pool:  # the flow's loop is at work in this thread
                pool.submit(self.later).result()
        return self.says

    def order(self) -> Order:
        """The order as bill and ledger say together."""
        bill = asyncio.run(self.bills.of(O1))
        assert bill.under_way is None
        sums: dict[TenderId, Money] = {}
        for one in self.ledger().captures:
            sums[one.tender] = sums.get(one.tender, Money(0, "EUR")) + one.amount
        return as_taken(bill.order, sums)

    def check(self, *, partly: bool = False) -> Order:
        """Tenders - refunds = total owed, at the provider and in the bill, by tender; no more, if taken partly."""
        one = self.order()
        in_bill: Counter[str] = Counter()
        for tender in one.tenders:
            if tender.state is TenderState.CAPTURED:
                in_bill[tender.id] += tender.amount.minor
        for refund in one.refunds:
            for payout in refund.payouts:
                in_bill[payout.tender] -= payout.amount.minor
        at_provider = taken(self.vendors.effects())
        assert +in_bill == +at_provider
        left = sum(at_provider.values())
        assert left <= one.owed().minor if partly else left == one.owed().minor
        return one


def refunds_of(one: Order) -> list[tuple[str, int, list[Payout]]]:
    """Each refund in a bill: its name, what came off the bill, and how it went back."""
    return [(refund.id, refund.credited().minor, list(refund.payouts)) for refund in one.refunds]


def published(done: Rehearsal) -> list[Refund]:
    return [one.refund for one in done.published if hasattr(one, "refund")]
