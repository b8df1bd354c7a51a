"""What may be bought: from the views, with no call to anybody."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from pawline.hub.storefront.forms import InStock, ProductSaid, ProductsSaid
from pawline.hub.storefront.refusals import Cause, Refusal
from pawline.insight.goods import joined
from pawline.model import Description, SkuId
from pawline.views.answers import OwnStock
from pawline.views.catalog import described, said_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from pawline.hub.storefront.forms import WantedLine
    from pawline.store import Store
    from pawline.views import Projector

MOST: Final = 100
"""Products on a page."""
AT_ONCE: Final = 4
"""Pages, or baskets, that are read at once: webhooks share the loop with them, and each SKU has its part of a turn."""
WAITING: Final = 6_400
"""SKUs that are waited for: a second or two. Who comes behind them is told to come again."""


class Turns:
    """For what reads a hundred SKUs: a few at once, in the order in which they came."""

    def __init__(self) -> None:
        self._free, self._here = asyncio.Semaphore(AT_ONCE), 0

    @asynccontextmanager
    async def one(self, skus: int) -> AsyncIterator[None]:
        """While it reads so many. Raises Refusal where too many wait."""
        if self._here > WAITING:
            raise Refusal(Cause.BUSY)
        self._here += skus
        try:
            async with self._free:
                yield
        finally:
            self._here -= skus


class ShopGoods:
    """Of one shop. What has no title is nothing that a shopper could be shown, and is left out."""

    def __init__(self, shop: str, store: Store, projector: Projector) -> None:
        self._shop, self._store = shop, store
        self._stock = OwnStock(shop, store, projector)
        self._pages: Final = Turns()
        self.baskets: Final = Turns()

    async def page(self, after: str, limit: int) -> ProductsSaid:
        """Some of them behind a SKU."""
        rows = await self._store.fetch("skus_told", (self._shop, after, limit + 1))
        skus = [SkuId(sku) for (sku,) in rows[:limit]]
        found = []
        async with self._pages.one(len(skus)):
            for sku in skus:
                found.append(await self._said(sku))
                await asyncio.sleep(0)  # SQLite reads at once: without this the whole page is one turn of the loop
        return ProductsSaid(
            products=[one for one in found if one is not None], next=skus[-1] if len(rows) > limit else None
        )

    async def one(self, sku: str) -> ProductSaid:
        """Raises Refusal for what nobody sells."""
        if (found := await self._said(SkuId(sku))) is None:
            raise Refusal(Cause.NOT_FOUND, "there is no product of this SKU")
        return found

    async def description(self, sku: str) -> Description | None:
        """What all accounts say of it together."""
        return await described(self._store, self._shop, SkuId(sku))

    async def descriptions(self, wanted: Sequence[WantedLine]) -> list[Description | None]:
        """The same of several lines. Raises Refusal where too many ask."""
        found = []
        async with self.baskets.one(len(wanted)):
            for line in wanted:
                found.append(await self.description(line.sku))
                await asyncio.sleep(0)
        return found

    async def left(self, sku: str) -> int:
        """What may be sold, as the views have it now."""
        found = await self._stock.at_hand(SkuId(sku))
        return 0 if found is None else found.quantity

    async def recalled(self, sku: str) -> bool:
        """Whether every lot of it is."""
        return bool(await self._store.fetch("recalled_whole", (self._shop, sku)))

    async def check(self, skus: Iterable[SkuId]) -> None:
        """Raises Refusal for what was recalled."""
        if found := [sku for sku in dict.fromkeys(skus) if await self.recalled(sku)]:
            raise Refusal(Cause.RECALLED, f"{', '.join(found)} was recalled, and is not sold", skus=found)

    async def _said(self, sku: SkuId) -> ProductSaid | None:
        made = joined(await said_of(self._store, self._shop, sku))
        if made is None or made.title is None:
            return None
        counted = await self._stock.at_hand(sku)
        stock = None if counted is None else InStock(units=counted.quantity, as_of=counted.as_of)
        return ProductSaid(
            sku=sku, title=made.title, brand=made.brand, kind=made.kind, species=made.species, price=made.price,
            weight=made.weight, stock=stock, recalled=await self.recalled(sku),
        )  # fmt: skip
