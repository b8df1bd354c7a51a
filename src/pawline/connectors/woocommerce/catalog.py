"""WooCommerce in the role of Catalog: products and their variations, with what the shop writes about them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec

from pawline.connectors.woocommerce.listing import Spot, page_of
from pawline.connectors.woocommerce.selling import MANY, Selling, told
from pawline.connectors.woocommerce.settings import Settings
from pawline.kit import Http
from pawline.model import Aware, Description, Product, SkuId
from pawline.ports import Code, Malformed, Operation, ProductPage, Rejected

EVER: Final = datetime(1990, 1, 2, tzinfo=UTC)
"""Before WooCommerce."""
PAGE: Final = 50
"""Products of a page; each that varies is one call more."""


class WooCommerceCatalog:
    """See `Catalog`. Which rules a product falls under nobody guesses: `labels.kind` says where it stands."""

    OPERATIONS: Final[dict[str, Operation]] = {}

    def __init__(self, http: Http, settings: Settings) -> None:
        self._http: Final = http
        self._labels: Final = settings.labels
        self._selling: Final = Selling(http, settings)

    async def product(self, sku: SkuId) -> Product:
        """Raises Rejected(unsupported) for one that does not say of what kind it is."""
        try:
            found = await self._selling.by_sku(sku)
        except msgspec.MsgspecError:
            raise Malformed("a product is listed as none that WooCommerce's pages promise") from None
        except (ValueError, OverflowError) as problem:
            raise Rejected(f"{sku} is written down in WooCommerce as no product can be: {problem}") from None
        if not found:
            raise Rejected(f"WooCommerce sells no {sku}", Code.NOT_FOUND)
        if len(found) > 1:
            raise Rejected(f"{sku} is of several products", Code.CONFLICT)
        return _product(found[0])

    async def changed_since(self, since: Aware | None, after: str | None) -> ProductPage:
        """By the product's own change: what only a variation says may have changed without it."""
        try:
            spot = Spot.read(after) if after is not None else Spot(EVER if since is None else max(since, EVER))
        except ValueError:
            raise Rejected("it is no place in the list of products", Code.INVALID) from None
        rows, onward = await page_of(self._http, "modified", spot, PAGE, "products")
        skus: dict[SkuId, None] = {}
        for raw in rows:
            try:
                skus |= dict.fromkeys(await self._selling.skus(told(raw)))
            except ValueError:
                raise Malformed("a product is listed as none that WooCommerce's pages promise") from None
        return ProductPage(skus=tuple(skus), after=None if onward is None else onward.said)

    async def by_gtin(self, gtin: str) -> tuple[SkuId, ...]:
        """By WooCommerce's own field, which newer versions search. Raises Rejected(unsupported) where it is not."""
        if self._labels.gtin:
            raise Rejected("WooCommerce finds no product by a GTIN that stands in a field of yours", Code.UNSUPPORTED)
        forms = [gtin[cut:] for cut in (0, 1, 2, 6) if not gtin[:cut].strip("0")]
        query = {"global_unique_id": ",".join(forms), "per_page": str(MANY), "status": "any"}
        try:
            found = [told(raw) for raw in (await self._selling.listed(query)).rows]
        except ValueError:
            raise Malformed("a product is listed as none that WooCommerce's pages promise") from None
        if any((one.global_unique_id or "").replace("-", "") not in forms for one in found):
            raise Rejected("this WooCommerce finds no product by its GTIN: it is to be newer", Code.UNSUPPORTED)
        skus = dict.fromkeys(one.called for one in found if not one.varies and one.status != "trash")
        return tuple(skus)


def _product(one: Description) -> Product:
    if one.kind is None:
        text = f"{one.sku} does not say of what kind it is: `labels.kind` and `labels.kinds` say where that stands"
        raise Rejected(text, Code.UNSUPPORTED)
    return Product(
        sku=one.sku, title=one.title or one.sku, kind=one.kind, species=one.species, price=one.price,
        content=one.content, weight=one.weight, gtin=one.gtin, brand=one.brand, food=one.food,
        hazard_class=one.hazard_class,
    )  # fmt: skip
