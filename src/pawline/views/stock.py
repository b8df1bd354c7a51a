"""Stock: the newest count of each SKU in each place, with its as-of time and what it contains."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pawline.model import LotRecalled, RecallDecided, StockCounted
from pawline.views.view import Seen, View, Write


def _counted(seen: Seen) -> Iterable[Write]:
    level = seen.event.level
    as_of = level.as_of.timestamp()
    contains = as_of if level.contains_until is None else level.contains_until.timestamp()
    yield "view_counted", (seen.shop, level.sku, level.location, as_of, level.on_hand, contains, level.safety)


def _recalled(seen: Seen) -> Iterable[Write]:
    recall = seen.event.recall
    for sku in recall.skus:
        yield "view_recall", (seen.shop, sku, recall.id, int(not recall.lots))


def _decided(seen: Seen) -> Iterable[Write]:
    yield "view_decision", (seen.shop, seen.event.recall, int(seen.event.cancel))


STOCK: Final = View(
    "stock@2", "the newest count of each SKU in each place, and what is recalled",
    {StockCounted: _counted, LotRecalled: _recalled, RecallDecided: _decided},
)  # fmt: skip
