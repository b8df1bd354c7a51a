"""Goods: what each account says of what is sold, by SKU, and the lots that there were."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from pawline.model import LotListed, ProductDescribed
from pawline.views.view import Seen, View, Write


def _described(seen: Seen) -> Iterable[Write]:
    said = seen.event.description
    body = msgspec.json.encode(said).decode()
    yield "view_product", (seen.shop, said.sku, seen.event.account, said.as_of.timestamp(), said.gtin, body)


def _listed(seen: Seen) -> Iterable[Write]:
    lot = seen.event.lot
    best_by = None if lot.best_by is None else lot.best_by.isoformat()
    yield "view_lot", (seen.shop, lot.sku, lot.lot, lot.as_of.timestamp(), best_by)


GOODS: Final = View(
    "goods@1", "what each account says of what is sold, and the lots that there were",
    {ProductDescribed: _described, LotListed: _listed},
)  # fmt: skip
