"""Shopify in the role of Inventory: its figures of what may be sold, by SKU and place, read, moved and set."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar, Final, NamedTuple

import msgspec

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.admin import Admin
from pawline.connectors.shopify.errors import UserError, refuse
from pawline.connectors.shopify.ids import gid
from pawline.connectors.shopify.replies import Named, Nodes, number_in
from pawline.connectors.shopify.search import sku_query
from pawline.connectors.shopify.settings import Settings
from pawline.kit import Http, Page, Unreserved, every_item, sku_of
from pawline.model import Aware, LocationId, SkuId, StockLevel
from pawline.ports import (
    Adjustment,
    Code,
    EffectKind,
    Malformed,
    Operation,
    Receipt,
    Rejected,
    Settle,
    Transient,
    current_attempt,
)

AT_ONCE: Final = 5
"""SKUs asked for in one document: each may be of two variants, in fifteen places."""
MOST: Final = 250
"""Figures in one mutation: Shopify takes no more, and all of them are one."""
_CODES: Final = {
    "INVALID_INVENTORY_ITEM": Code.NOT_FOUND, "INVALID_LOCATION": Code.NOT_FOUND,
    "ITEM_NOT_STOCKED_AT_LOCATION": Code.NOT_FOUND, "NON_MUTABLE_INVENTORY_ITEM": Code.UNSUPPORTED,
}  # fmt: skip
_STALE: Final = frozenset({"CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE"})


class Quantity(msgspec.Struct, frozen=True, rename="camel"):
    """A figure, and when it last moved."""

    quantity: int
    updated_at: Aware | None = None


class Level(msgspec.Struct, frozen=True):
    """Of one place."""

    location: Named
    quantities: tuple[Quantity, ...]


class InventoryItem(msgspec.Struct, frozen=True, rename="camel"):
    """What is counted."""

    id: str
    tracked: bool
    inventory_levels: Nodes[Level]


class Variant(msgspec.Struct, frozen=True, rename="camel"):
    """What is sold."""

    id: str
    inventory_item: InventoryItem
    sku: str | None = None


class StockReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of STOCK."""

    product_variants: Nodes[Variant]


class Levels(msgspec.Struct, frozen=True, rename="camel"):
    """Of one item."""

    inventory_levels: Nodes[Level]


class LevelsReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of STOCK_LEVELS."""

    inventory_item: Levels | None


class Moved(msgspec.Struct, frozen=True, rename="camel"):
    """Of a mutation of stock. Where nothing moved, there is no group."""

    user_errors: tuple[UserError, ...]
    inventory_adjustment_group: Named | None = None


class AdjustReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of ADJUST."""

    inventory_adjust_quantities: Moved


class SetReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of SET."""

    inventory_set_quantities: Moved


class Figure(NamedTuple):
    """What Shopify counts of one SKU in one place."""

    sku: SkuId
    item: str
    location: LocationId
    available: int
    moved_at: Aware | None


class ShopifyInventory(Unreserved):
    """See `Inventory`. The figure is `available`: what Shopify has set aside for its orders is off it already.

    So it is as of when Shopify answered: an order that came in while it did is rather taken off twice than sold twice.
    """

    SAYS: ClassVar[str] = "Shopify sets stock aside for its own orders, and for nobody else's"
    OPERATIONS: Final = {
        **Unreserved.NEVER,
        "set_levels": Operation(settle=Settle.REPEAT, kind=EffectKind.STOCK),
        "adjust": Operation(settle=Settle.KEY, kind=EffectKind.STOCK),
    }

    def __init__(self, http: Http, _: Settings) -> None:
        self._admin: Final = Admin(http)

    async def levels(self, skus: tuple[SkuId, ...]) -> tuple[StockLevel, ...]:
        found: dict[tuple[SkuId, LocationId], StockLevel] = {}
        figures = await self._figures(skus)
        now = datetime.now(UTC)
        for one in figures:
            before = found.get((one.sku, one.location))
            found[one.sku, one.location] = StockLevel(
                sku=one.sku, location=one.location, as_of=now, contains_until=now,
                on_hand=one.available + (0 if before is None else before.on_hand),
            )  # fmt: skip
        return tuple(found.values())

    async def adjust(self, changes: tuple[Adjustment, ...], because: str) -> Receipt:  # noqa: ARG002 - it has no note
        # https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/inventoryAdjustQuantities
        figures = _one_each(await self._figures(tuple(change.sku for change in changes)))
        key = current_attempt().key
        given = [
            {
                "inventoryItemId": _there(figures, change.sku, change.location).item,
                "locationId": gid("Location", change.location), "delta": change.by, "changeFromQuantity": None,
            }
            for change in changes
        ]  # fmt: skip
        told = await self._admin.ask(
            documents.ADJUST, {"input": _input("changes", given, key), "key": key}, AdjustReply
        )
        refuse("stock is not adjusted", told.inventory_adjust_quantities.user_errors, _CODES)
        return _receipt(told.inventory_adjust_quantities)

    async def set_levels(self, levels: tuple[StockLevel, ...]) -> Receipt:
        """A figure that moved after a count is newer, and stays; one that moves meanwhile is looked at again."""
        figures = _one_each(await self._figures(tuple(level.sku for level in levels)))
        given = []
        for level in levels:
            there = _there(figures, level.sku, level.location)
            # Shopify tells times to the second: what moved in the second of the count may have moved after it.
            older = there.moved_at is None or there.moved_at < level.as_of.replace(microsecond=0)
            if older and there.available != level.on_hand:
                given.append({
                    "inventoryItemId": there.item, "locationId": gid("Location", level.location),
                    "quantity": level.on_hand, "changeFromQuantity": there.available,
                })  # fmt: skip
        if not given:
            return Receipt()
        # What is compared with is in it, so that a second look is another request.
        words = msgspec.json.encode(given)
        key = f"{current_attempt().key}-{hashlib.sha256(words).hexdigest()[:16]}"
        told = await self._admin.ask(documents.SET, {"input": _input("quantities", given, key), "key": key}, SetReply)
        errors = told.inventory_set_quantities.user_errors
        if any(one.code in _STALE for one in errors):
            raise Transient("stock moved while it was to be set", Code.IN_PROGRESS)
        refuse("stock is not set", errors, _CODES)
        return _receipt(told.inventory_set_quantities)

    async def _figures(self, skus: tuple[SkuId, ...]) -> list[Figure]:
        """Of those that are counted; a SKU may be of several variants."""
        wanted, found = list(dict.fromkeys(skus)), list[Figure]()
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            query = " OR ".join(sku_query(sku) for sku in some)

            async def fetch(after: str | None, query: str = query) -> Page[Variant]:
                reply = await self._admin.ask(documents.STOCK, {"query": query, "after": after}, StockReply)
                return Page(reply.product_variants.nodes, reply.product_variants.after)

            async for variant in every_item(fetch, lambda one: one.id):
                sku = sku_of(variant.sku, number_in(variant.id), "")
                if sku in some and variant.inventory_item.tracked:
                    found += [_figure(sku, variant.inventory_item.id, one) for one in await self._levels(variant)]
        return found

    async def _levels(self, variant: Variant) -> list[Level]:
        item = variant.inventory_item

        async def fetch(after: str | None) -> Page[Level]:
            if after is None:
                return Page(item.inventory_levels.nodes, item.inventory_levels.after)
            reply = await self._admin.ask(documents.STOCK_LEVELS, {"id": item.id, "after": after}, LevelsReply)
            if reply.inventory_item is None:
                raise Malformed("an item of stock is gone while it is read")
            return Page(reply.inventory_item.inventory_levels.nodes, reply.inventory_item.inventory_levels.after)

        return [one async for one in every_item(fetch, lambda level: level.location.id)]


def _figure(sku: SkuId, item: str, level: Level) -> Figure:
    if len(level.quantities) != 1:
        raise Malformed("Shopify was asked for one figure of a place, and gave another number of them")
    (one,) = level.quantities
    return Figure(sku, item, LocationId(number_in(level.location.id)), one.quantity, one.updated_at)


def _one_each(figures: Sequence[Figure]) -> dict[tuple[SkuId, LocationId], Figure]:
    """Raises Rejected(conflict) where several variants share a SKU: nobody can say which of them is meant."""
    items: dict[SkuId, str] = {}
    for one in figures:
        if items.setdefault(one.sku, one.item) != one.item:
            raise Rejected(f"{one.sku} is of several variants", Code.CONFLICT)
    return {(one.sku, one.location): one for one in figures}


def _there(figures: dict[tuple[SkuId, LocationId], Figure], sku: SkuId, location: LocationId) -> Figure:
    if (sku, location) not in figures:
        raise Rejected(f"nobody counts {sku} at {location}", Code.NOT_FOUND)
    return figures[sku, location]


def _input(name: str, given: Sequence[object], key: str) -> dict[str, object]:
    if len(given) > MOST:
        raise Rejected(f"more than {MOST} figures at once", Code.TOO_LARGE)
    return {
        "name": "available", "reason": "correction", "referenceDocumentUri": f"gid://pawline/Step/{key}", name: given,
    }  # fmt: skip


def _receipt(moved: Moved) -> Receipt:
    group = moved.inventory_adjustment_group
    return Receipt(None if group is None else group.id)
