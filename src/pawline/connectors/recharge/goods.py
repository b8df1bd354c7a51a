"""Which variant a SKU is, and the other way round: settings say it first, then Recharge's list of products."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import msgspec

from pawline.connectors.recharge.settings import Settings
from pawline.connectors.recharge.told import ToldSubscription, external
from pawline.kit import Http, Page, pages, sku_of
from pawline.model import SkuId
from pawline.ports import Code, Malformed, Rejected

FRESH: Final = 3_600.0
"""Seconds for which the list is believed in what it says."""
NEW: Final = 60.0
"""The same in what it does not say: something may be new."""
VARIANT: Final = "variant-"


class Variant(msgspec.Struct, frozen=True):
    """One of a product's."""

    external_variant_id: str | int
    sku: str | None = None


class Product(msgspec.Struct, frozen=True):
    """One of the shop's, as Recharge keeps it."""

    variants: tuple[Variant, ...] = ()


class Products(msgspec.Struct, frozen=True):
    """A page of the list: https://developer.rechargepayments.com/2021-11/products/products_list ."""

    products: tuple[Product, ...]
    next_cursor: str | None = None


class Goods:
    """What an account sells. The list is read whole, seldom, and only when something is asked of it."""

    def __init__(self, http: Http, settings: Settings) -> None:
        self._http: Final = http
        self._ours: Final = {variant: SkuId(sku) for sku, variant in settings.variants.items()}
        self._theirs: Final = dict(settings.variants)
        self._read = float("-inf")
        self._skus: dict[str, SkuId] = {}

    async def sku(self, told: ToldSubscription) -> SkuId:
        """What a subscription is of. Recharge leaves its SKU blank where it is to be that of the variant.

        Raises Malformed where nobody says which SKU that is: whoever looks for a recall must not overlook it.
        """
        if told.sku and told.sku.strip():
            return SkuId(told.sku.strip())
        variant = external(told.external_variant_id)
        if variant is None:
            return sku_of(None, None, str(told.id))
        if variant in self._ours:
            return self._ours[variant]
        await self._list(lambda: variant in self._skus)
        if variant not in self._skus:
            raise Malformed(f"subscription {told.id}: no SKU is known of variant {variant}; say it in `variants`")
        return self._skus[variant]

    async def named(self, told: ToldSubscription) -> SkuId:
        """The same; where nobody says, it is called by its variant, as a line of an order without a SKU is.

        For what is to be done whatever it is of: an end, and whose it is.
        """
        try:
            return await self.sku(told)
        except Malformed:
            return sku_of(None, external(told.external_variant_id), str(told.id))

    async def variant(self, sku: SkuId) -> str:
        """The variant that a SKU is. Raises Rejected(not_found)."""
        if sku in self._theirs:
            return self._theirs[sku]
        number = sku.removeprefix(VARIANT)
        if sku.startswith(VARIANT) and number.isascii() and number.isdigit():
            return number
        await self._list(lambda: sku in self._skus.values())
        found = [variant for variant, name in self._skus.items() if name == sku]
        if len(found) != 1:
            known = "several variants are" if found else "no variant is known of"
            raise Rejected(f"{known} {sku}: say which in the account's `variants`", Code.NOT_FOUND)
        return found[0]

    async def _list(self, says: Callable[[], bool]) -> None:
        if time.monotonic() < self._read + (FRESH if says() else NEW):
            return

        async def fetch(after: str | None) -> Page[Product]:
            query = {"limit": "250"} | ({"cursor": after} if after else {})
            page = await self._http.get("products", query=query, into=Products)
            return Page(page.products, page.next_cursor)

        skus: dict[str, SkuId] = {}
        try:
            async for page in pages(fetch):
                for one in (variant for product in page.items for variant in product.variants):
                    number = str(one.external_variant_id)
                    skus[number] = sku_of(one.sku, number, number)
        except Rejected:  # some stores' API is seen to have no such list in this version
            skus = {}
        self._skus, self._read = skus, time.monotonic()
