"""SKU by SKU, in order of time: units sold against units there, and prices charged against prices shown.

Each takes the rows of one SKU as they come and holds a few of them: a SKU may have been sold a hundred thousand times.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from pawline.measure.xray.facts import Any, Arrived, Counted, Priced, Sold, Unread
from pawline.measure.xray.finding import CLOCKS, Finding, Judged, Not, Scope, Verdict, said
from pawline.measure.xray.spans import DAY

CART: Final = DAY
"""A cart keeps the price that was shown when it was filled, for so long."""
SHOWN: Final = 12
"""Rows of a finding that has very many."""


class Level:
    """What should be there of one SKU. Only a file that has all arrivals, too, can say that a sale was one too many."""

    def __init__(self, sku: str, *, complete: bool) -> None:
        self._sku, self._complete = sku, complete
        self._left: int | None = None
        self._counts: list[Counted] = []
        self._places: set[str] = set()
        self._since: list[Sold] = []
        self._below = 0

    def judge(self, facts: Iterable[Any], scope: Scope) -> Iterator[Verdict]:
        """A verdict for each moment of counting and each sale."""
        for at, group in groupby(facts, lambda one: one.at if isinstance(one, Counted) else None):
            if at is not None:
                verdict = self._counted([one for one in group if isinstance(one, Counted)])
                if at >= scope.since:
                    yield verdict
                continue
            for fact in group:
                if isinstance(fact, Unread):
                    self._complete = False  # it may have been an arrival
                elif isinstance(fact, Arrived) and self._left is not None:
                    self._left += fact.change
                elif isinstance(fact, Sold) and fact.taken:
                    verdict = self._sold(fact)
                    if fact.at >= scope.since:
                        yield verdict

    def _counted(self, found: list[Counted]) -> Verdict:
        self._counts = list({one.location: one for one in found}.values())
        self._places |= {one.location for one in self._counts}
        sold, self._since = self._since, []
        if len(self._counts) < len(self._places) or any(one.backorder for one in self._counts):
            self._left = None
            return Not.CERTAIN  # places that were counted at different times do not add up; or it may be oversold
        left = self._left = sum(one.available for one in self._counts)
        before, self._below = self._below, max(0, -left)
        if self._below <= before:
            return Judged()
        rows = (*(one.row for one in self._counts), *(sale.row for sale in sold[-SHOWN:]))
        what = f"{self._below - before} units more sold than there were: {left} are left"
        return Judged(Finding(kind="oversold", about=self._sku, at=self._counts[0].at, what=what, rows=rows))

    def _sold(self, one: Sold) -> Verdict:
        if one.off:
            return Not.ASKED
        self._since = [*self._since[-SHOWN:], one]
        if self._left is None or not self._complete:
            return Not.CERTAIN
        if self._counts and one.at <= self._counts[0].at + CLOCKS:
            return Not.CERTAIN  # it may be off the count already
        before, self._left = self._left, self._left - one.taken
        if self._left >= 0:
            return Judged()
        self._below = -self._left
        what = f"order {one.order}: {one.taken} sold, {max(0, before)} were there"
        rows = (one.row, *(count.row for count in self._counts))
        return Judged(Finding(kind="oversold", about=self._sku, at=one.at, what=what, rows=rows))


class Prices:
    """What the page asked for one SKU."""

    def __init__(self, sku: str) -> None:
        self._sku = sku
        self._shown: dict[str, deque[Priced]] = {}
        self._legible = True
        self._latest = dict[str, tuple[int, int]]()
        self._most = dict[str, int]()
        """How many prices of one moment there were, by currency; and of the latest one: its moment, and how many."""

    def judge(self, facts: Iterable[Any], scope: Scope) -> Iterator[Verdict]:
        """A verdict for each line that was sold at the page's price."""
        waiting: deque[Sold] = deque()
        for fact in facts:
            if isinstance(fact, Unread):
                self._legible = False
            elif isinstance(fact, Sold) and fact.price is not None and fact.at >= scope.since:
                waiting.append(fact)
            elif isinstance(fact, Priced):
                while waiting and waiting[0].at + CLOCKS < fact.at:
                    yield self._sold(waiting.popleft())
                self._shown.setdefault(fact.currency, deque()).append(fact)
                self._count(fact)
        while waiting:
            yield self._sold(waiting.popleft())

    def _count(self, one: Priced) -> None:
        at, count = self._latest.get(one.currency, (one.at, 0))
        count = count + 1 if at == one.at else 1
        self._latest[one.currency] = one.at, count
        self._most[one.currency] = max(count, self._most.get(one.currency, 0))

    def _sold(self, one: Sold) -> Verdict:
        """By the prices that were shown while the cart may have been filled."""
        shown = self._shown.get(one.currency, deque())
        began = max((price.at for price in shown if price.at <= one.at - CART), default=None)
        if began is None or not self._legible:
            return Not.CERTAIN
        while shown[0].at < began:  # no later sale can have seen it
            shown.popleft()
        if any(price.price == one.price for price in shown):
            return Judged(group=one.currency)
        if sum(price.at == began for price in shown) < self._most.get(one.currency, 0):
            return (
                Not.CERTAIN
            )  # one price has changed, and the other, of one-time and autoship, may still be the old one
        asked = shown[-1]
        what = (
            f"order {one.order}: the page said {said(asked.price, one.currency)}, "
            f"{said(one.price or 0, one.currency)} was charged"
        )
        amount = abs((one.price or 0) - asked.price) * one.quantity
        return Judged(Finding(
            kind="price", about=self._sku, at=one.at, what=what, amount=amount, currency=one.currency,
            rows=(one.row, asked.row), group=one.currency,
        ), one.currency)  # fmt: skip
