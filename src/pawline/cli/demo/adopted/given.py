"""Real orders in a made-up day: what an export tells, made fit to be placed now."""

from __future__ import annotations

import itertools
import statistics
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.kit.exports import BadRow, Exported, WrongExport, read_orders
from pawline.model import Checkout, HouseholdId, Order, OrderId, SkuId, TenderState

if TYPE_CHECKING:
    from datetime import timedelta

    from pawline.model import Address

SHOWN: Final = 20
"""Bad rows that are shown one by one."""
DAY: Final = 86_400.0


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """Orders of an export in the order of their placing, each once, at most so many.

    `bad` are rows that cannot be read, and orders that stand there again; `read` counts orders, each once.
    """

    source: str
    orders: tuple[Exported, ...]
    read: int
    bad: tuple[BadRow, ...]

    def popular(self) -> SkuId:
        """The SKU that most orders have: the one to be recalled."""
        return self._counted()[0][0]

    def rare(self, share: int) -> SkuId:
        """Another, that about one order in `share` has: the one that the books do not know."""
        wanted = len(self.orders) / share
        others = self._counted()[1:] or self._counted()
        return min(others, key=lambda one: (abs(one[1] - wanted), one[0]))[0]

    def _counted(self) -> list[tuple[SkuId, int]]:
        return Counter(line.sku for one in self.orders for line in one.order.lines).most_common()

    def says(self) -> list[str]:
        """What the file tells of its own days."""
        sent = [_days(one.shipped_at - one.order.placed_at) for one in self.orders if one.shipped_at]
        there = [_days(one.delivered_at - one.order.placed_at) for one in self.orders if one.delivered_at]
        scores = [one.score for one in self.orders if one.score is not None]
        split = sum(len(one.order.tenders) > 1 for one in self.orders)
        told = [f"{self.source}: {len(self.orders):,} of {self.read:,} orders are played, {split:,} paid in parts"]
        if sent:
            told.append(f"in its own days an order left after {statistics.median(sent):.1f} days (median)")
        if there:
            told.append(f"and was delivered after {statistics.median(there):.1f}")
        if scores:
            told.append(f"its shoppers gave {statistics.fmean(scores):.2f} of 5 ({len(scores):,} reviews)")
        return told


def _days(span: timedelta) -> float:
    return span.total_seconds() / DAY


def given(path: Path, most: int) -> Given:
    """The first orders of an export. Raises WrongExport for a file that is none, or has none that can be played."""
    found: dict[OrderId, Exported] = {}
    bad: list[BadRow] = []
    unread: set[str] = set()
    for one in read_orders(path):
        if isinstance(one, BadRow):
            bad.append(one)
            unread.add(one.order)
        elif (first := found.setdefault(one.order.id, one)) is not one:  # exports that overlap, put together
            bad.append(
                BadRow(one.line, one.order.number, f"it stands in line {first.line} already, and is played once")
            )
    orders = list(found.values())
    unread -= {name for one in orders for name in (one.order.id, one.order.number)}
    if not orders:
        why = f": {bad[0].why}" if bad else ""
        raise WrongExport(f"{path} has no order that can be played{why}")
    orders.sort(key=lambda one: (one.order.placed_at, one.line))
    return Given(source=path.name, orders=tuple(orders[:most]), read=len(orders) + len(unread), bad=tuple(bad))


def placeable(order: Order, home: Address) -> Order:
    """The same order as the shop would take it now: paid, all of it to be sent to somebody, and nothing given back."""
    lines = tuple(msgspec.structs.replace(one, ships=True) for one in order.lines)
    tenders = tuple(msgspec.structs.replace(one, state=TenderState.CAPTURED) for one in order.tenders)
    return msgspec.structs.replace(
        order, checkout=Checkout.ADOPTED, lines=lines, placed_at=datetime.now(UTC), tenders=tenders, refunds=(),
        contact=None, household=order.household or HouseholdId(f"h-{order.id}"), ship_to=home, bill_to=None,
    )  # fmt: skip


def gaps(orders: Sequence[Exported], seconds: float) -> list[float]:
    """When each is placed in a day of so many seconds: as far apart as they were, with the quiet nights left out.

    A span in which nothing came for long is cut to a hundredth of the day, so that bursts stay bursts.
    """
    moments = [one.order.placed_at.timestamp() for one in orders]
    steps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    longest = 100 * statistics.fmean(steps) if steps else 0.0
    at, found = 0.0, [0.0]
    for step in steps:
        at += min(step, longest)
        found.append(at)
    return [one * seconds / at if at else 0.0 for one in found]
