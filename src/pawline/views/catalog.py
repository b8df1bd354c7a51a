"""The hub as a shop's Catalog: what all accounts say of a SKU, as one product."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.insight.goods import joined, product_of
from pawline.insight.listed import BARCODE, barcodes_of, is_of_animals, why
from pawline.model import Aware, Description, ListedRecall, Product, SkuId
from pawline.ports import Catalog, Code, Named, ProductPage, Rejected
from pawline.runtime import Binding
from pawline.views.waiting import current

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from pawline.store import Store
    from pawline.views.projector import Projector

PAGE: Final = 200
MOST: Final = 20
"""SKUs that a text may mean."""
TURN: Final = 50
"""SKUs after which others have their turn."""
ROWS: Final = 2_000
"""Descriptions that are read at a time."""


class OwnCatalog:
    """See `Catalog`. A SKU is as its accounts say together: see `pawline.insight.goods`."""

    def __init__(self, shop: str, store: Store, projector: Projector) -> None:
        self._shop, self._store, self._projector = shop, store, projector

    async def product(self, sku: SkuId) -> Product:
        """Raises Rejected(unsupported) for one of which nobody says the title, or of what kind it is."""
        await current(self._projector)
        said = await described(self._store, self._shop, sku)
        if said is None:
            raise Rejected(f"no account says anything of {sku}", Code.NOT_FOUND)
        if (product := product_of(said)) is None:
            lacking = "title" if said.title is None else "kind"
            raise Rejected(f"no account says the {lacking} of {sku}: write it into the sheet", Code.UNSUPPORTED)
        return product

    async def changed_since(self, since: Aware | None, after: str | None) -> ProductPage:
        """By when their accounts said it, as far as that is known: by the newest word on each."""
        await current(self._projector)
        begin = 0.0 if since is None else since.timestamp()
        at, _, sku = (after or "").partition("\n")
        last = float.fromhex(at) if at else float("-1e15")
        rows = await self._store.fetch("goods_changed", (self._shop, begin, last, last, sku, PAGE))
        more = f"{rows[-1][1].hex()}\n{rows[-1][0]}" if len(rows) == PAGE else None
        return ProductPage(skus=tuple(SkuId(row[0]) for row in rows), after=more)

    async def by_gtin(self, gtin: str) -> tuple[SkuId, ...]:
        await current(self._projector)
        rows = await self._store.fetch("goods_by_gtin", (self._shop, gtin))
        found = [(SkuId(sku), await described(self._store, self._shop, SkuId(sku))) for (sku,) in rows]
        return tuple(sku for sku, one in found if one is not None and one.gtin == gtin)


async def described(store: Store, shop: str, sku: SkuId) -> Description | None:
    """What all accounts say of it together, as the view has it now; None of nothing."""
    return joined(await said_of(store, shop, sku))


async def said_of(store: Store, shop: str, sku: SkuId) -> list[Description]:
    """What each account says of it, and what was confirmed."""
    return [msgspec.json.decode(body, type=Description) for (body,) in await store.fetch("goods_of", (shop, sku))]


async def all_said(store: Store, shop: str, after: str = "") -> AsyncIterator[list[Description]]:
    """The same of every SKU behind one, by SKU."""
    place, held = (after, ""), list[Description]()
    while rows := await store.fetch("goods_page", (shop, *place, ROWS)):
        for sku, _, body in rows:
            if sku == after:
                continue
            if held and held[0].sku != sku:
                yield held
                held = []
            held.append(msgspec.json.decode(body, type=Description))
        place = rows[-1][:2]
    if held:
        yield held


class OwnGoods:
    """See `Goods`. Of a recall of what animals eat it reads all that is described: a second, for 20,000 SKUs.

    A barcode counts as any account says it, also where another account's is what a shopper sees.
    """

    def __init__(self, shop: str, store: Store, projector: Projector) -> None:
        self._shop, self._store, self._projector = shop, store, projector

    async def named_in(self, listed: ListedRecall) -> tuple[Named, ...]:
        await current(self._projector)
        if not is_of_animals(listed):  # most are not, and a barcode stands in an index
            return await self._by_barcode(listed)
        found, count = list[Named](), 0
        async for said in all_said(self._store, self._shop):
            count += 1
            if count % TURN == 0:
                await asyncio.sleep(0)
            ours, codes = joined(said), {one.gtin for one in said}
            if ours is not None and (because := why(listed, ours, codes)) is not None:
                found.append(Named(sku=ours.sku, title=ours.title or "", why=because))
        return tuple(sorted(found, key=lambda one: (one.why != BARCODE, one.sku))[:MOST])

    async def _by_barcode(self, listed: ListedRecall) -> tuple[Named, ...]:
        rows = [await self._store.fetch("goods_by_gtin", (self._shop, one)) for one in sorted(barcodes_of(listed))]
        skus = sorted({SkuId(sku) for some in rows for (sku,) in some})[:MOST]
        ours = [await described(self._store, self._shop, sku) for sku in skus]
        return tuple(Named(sku=one.sku, title=one.title or "", why=BARCODE) for one in ours if one is not None)


def catalog_bindings(shops: Iterable[str], store: Store, projector: Projector) -> list[Binding]:
    """The hub as each shop's catalogue, `pawline/catalog-<shop>`."""
    return [
        Binding(f"pawline/catalog-{shop}", Catalog, OwnCatalog(shop, store, projector), shops=frozenset([shop]))
        for shop in shops
    ]
