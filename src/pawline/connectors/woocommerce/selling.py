"""Products are asked for: one by its number or SKU with its variations, or a page of all of them, each described."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final, NamedTuple, cast

import msgspec

from pawline.connectors.woocommerce.client import WooHttp
from pawline.connectors.woocommerce.goods import GRAMS, NOT_SOLD, Option, Terms, ToldProduct, described
from pawline.connectors.woocommerce.settings import Settings
from pawline.kit import Http
from pawline.model import Description, SkuId, UnknownCurrency, exponent
from pawline.ports import Code, Malformed, Rejected, Unauthorised

MANY: Final = 100
"""Variations of a page, and products that may bear one SKU."""
MOST: Final = 20
"""Pages of variations of one product."""
LASTING: Final = 600.0
"""Seconds for which the shop's currency and unit of weight are not asked for again."""
CURRENCY: Final = ("general", "woocommerce_currency")
WEIGHT: Final = ("products", "woocommerce_weight_unit")


class Page(NamedTuple):
    """Products as they came, and whether there are more."""

    rows: tuple[msgspec.Raw, ...]
    more: bool


class Selling:
    """What an account's shop sells."""

    def __init__(self, http: Http, settings: Settings) -> None:
        self._http: Final = cast("WooHttp", http)
        self._settings: Final = settings

    async def by_sku(self, sku: SkuId) -> list[Description]:
        """All that bears it. Raises ValueError where that is written down as no product can be."""
        number = sku.removeprefix("variant-")
        if number != sku and number.isascii() and number.isdigit() and len(number) < 19:
            return [one for one in await self.numbered(number) if one.sku == sku]
        query = {"sku": sku, "per_page": str(MANY), "status": "any"}
        page = await self._http.page("products", query=query)
        if len(page.rows) >= MANY:
            raise Malformed(f"{sku} is of more products than are read")
        found = dict[int, ToldProduct]()
        for raw in page.rows:
            one = await self._whole(told(raw))
            found[one.id] = one
        every = [each for one in found.values() for each in await self.described(one)]
        return [one for one in every if one.sku == sku]

    async def numbered(self, number: str, *, published: bool = False) -> list[Description]:
        """What is sold of the product of this number, or of that whose variation it is. Raises as `by_sku` does."""
        one = await self._whole(told(await self._http.get("products", number, into=msgspec.Raw)))
        stands = one.status in (None, "publish") if published else one.status != "trash"
        return await self.described(one) if stands else []

    async def listed(self, query: dict[str, str]) -> Page:
        """A page of products."""
        page = await self._http.page("products", query=query)
        done = int(query.get("offset", "0")) + int(query["per_page"])
        return Page(page.rows, len(page.rows) >= int(query["per_page"]) or done < (page.total or 0))

    async def described(self, one: ToldProduct) -> list[Description]:
        """Each SKU of it. Raises ValueError where it can be none, and as `terms` does."""
        if one.type in NOT_SOLD:
            return []
        return described(one, await self._variations(one), self._settings.labels, await self.terms())

    async def skus(self, one: ToldProduct) -> list[SkuId]:
        """Those of it that are sold."""
        if one.type in NOT_SOLD:
            return []
        return [each.called for each in (await self._variations(one) if one.varies else (one,))]

    async def terms(self) -> Terms:
        """As the settings say, else as the shop says. Raises Rejected(unsupported) where the key may not ask that."""
        currency, weight = self._settings.currency, self._settings.weight_unit
        if currency and weight:
            return Terms(currency, weight)
        kept = self._http.terms
        if kept is None or kept[0] < time.monotonic():
            said = [name or await self._option(*of) for name, of in ((currency, CURRENCY), (weight, WEIGHT))]
            kept = self._http.terms = (time.monotonic() + LASTING, said[0], said[1])
        if kept[2] not in GRAMS:
            raise Malformed("the shop weighs in a unit that WooCommerce does not have")
        try:
            exponent(kept[1])
        except UnknownCurrency:
            raise Malformed("the shop's currency is none") from None
        return Terms(kept[1], kept[2])

    async def _option(self, group: str, name: str) -> str:
        try:
            return str((await self._http.get("settings", group, name, into=Option)).value)
        except Unauthorised:
            text = "the key may not see the shop's settings: name its `currency` and its `weight_unit` here"
            raise Rejected(text, Code.UNSUPPORTED) from None

    async def _whole(self, one: ToldProduct) -> ToldProduct:
        """The product of a variation."""
        if one.type != "variation" and not one.parent_id:
            return one
        return told(await self._http.get("products", str(one.parent_id), into=msgspec.Raw))

    async def _variations(self, one: ToldProduct) -> Sequence[ToldProduct]:
        """Those that are published, by number."""
        found = dict[int, ToldProduct]()
        for number in range(1, MOST + 1 if one.varies else 1):
            query = {"per_page": str(MANY), "page": str(number), "orderby": "id", "order": "asc", "status": "publish"}
            page = await self._http.page("products", str(one.id), "variations", query=query)
            found |= {each.id: each for each in map(told, page.rows)}
            if number >= page.pages:
                return tuple(found.values())
        if one.varies:
            raise ValueError(f"it has more than {MANY * MOST} variations")
        return ()


def told(raw: msgspec.Raw) -> ToldProduct:
    """Raises ValueError for what is no product."""
    return msgspec.json.decode(raw, type=ToldProduct)
