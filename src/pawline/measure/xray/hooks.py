"""Webhooks: a stretch in which orders came and none was told. One that is lost alone is no dead subscription."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pawline.measure.xray.books import spell
from pawline.measure.xray.facts import Passed
from pawline.measure.xray.finding import CLOCKS, Finding, Judged, Not, Scope, Verdict
from pawline.measure.xray.spans import HOUR

MANY: Final = 5
"""Orders in a row that nobody was told of."""
RETRIED: Final = 4 * HOUR
"""For so long a shop tries again: Shopify does, 8 times; WooCommerce does not."""
SILENT: Final = HOUR
"""Where deliveries do not name their order, a stretch is so long at least: they may come in another order."""
SHOWN: Final = 12


class Silence:
    """Orders since one was told of, or since the log began. `named`: deliveries say of which order they are."""

    def __init__(self, scope: Scope, *, named: bool) -> None:
        self._begins, self._ends = scope.begins("webhooks") or 0, scope.ends("webhooks") or 0
        self._since, self._named = scope.since, named
        self._rows: list[Passed] = []
        self._count, self._from = 0, self._begins

    def judge(self, passing: Iterable[Passed]) -> Iterator[Verdict]:
        """A verdict for each order, and one more for each stretch."""
        for one in passing:
            if one.heard:
                yield from self._ended(one.at)
                if one.order:
                    yield Judged()
            elif one.at < max(self._begins, self._since):
                yield Not.CERTAIN
            elif one.at > self._ends - RETRIED:
                yield Not.OLD_ENOUGH
            else:
                yield Judged()
                if self._named or one.at > self._from + CLOCKS:
                    self._count += 1
                    self._rows = [*self._rows, one][:SHOWN]
        yield from self._ended(self._ends)

    def _ended(self, at: int) -> Iterator[Verdict]:
        rows, count, begun = self._rows, self._count, self._from
        self._rows, self._count, self._from = [], 0, at
        if count >= MANY and (self._named or at - begun >= SILENT):
            first = rows[0]
            yield Judged(Finding(
                kind="webhooks", about=first.order, at=first.at, rows=tuple(one.row for one in rows),
                what=f"{count} orders in {spell(max(0, at - first.at))}, and no webhook about any of them",
            ))  # fmt: skip
