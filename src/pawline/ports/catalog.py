"""The Catalog: what is sold, and what is known about it."""

from __future__ import annotations

from typing import Protocol

import msgspec

from pawline.model import Aware, Product, SkuId
from pawline.ports.read import read


class ProductPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some SKUs, and where to go on: `after` of the next call, None on the last page."""

    skus: tuple[SkuId, ...]
    after: str | None = None


class Catalog(Protocol):
    """Products, read only: a shop's catalogue is kept where it is."""

    @read
    async def product(self, sku: SkuId) -> Product:
        """The product. Rejected(not_found) if there is none."""
        ...

    @read
    async def changed_since(self, since: Aware | None, after: str | None) -> ProductPage:
        """SKUs changed at or after `since` (None: all), oldest change first."""
        ...

    @read
    async def by_gtin(self, gtin: str) -> tuple[SkuId, ...]:
        """The SKUs with this GTIN (14 digits); several where a shop sells it in several listings."""
        ...
