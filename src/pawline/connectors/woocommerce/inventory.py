"""WooCommerce in the role of Inventory: its one figure of each product or variation, read, moved and set.

It counts one place. It has no condition for a write (`stock_quantity` overwrites whatever was sold meanwhile), but adds
a difference itself: `inventory_delta` is added to the figure as it is when the request is served, by
`class-wc-rest-products-controller.php` and `…-product-variations-controller.php`. So both effects send a difference.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

import msgspec

from pawline.connectors.woocommerce.settings import Settings
from pawline.connectors.woocommerce.told import ToldMeta, meta_of
from pawline.kit import Http, Unreserved, sku_of
from pawline.model import LocationId, SkuId, StockLevel
from pawline.ports import (
    Adjustment,
    Code,
    EffectKind,
    Malformed,
    Operation,
    Receipt,
    Rejected,
    Settle,
)

MOST: Final = 100
"""Changes of one batch, and products of one page."""
AT_ONCE: Final = 40
"""SKUs asked for at once: they stand in an address."""
COUNTED: Final = "_pawline_counted"
"""The field of a product that says as of when the last count was that we set."""
ADJUSTED: Final = "_pawline_adjusted"
"""The field of a product that says which was the last difference that we added."""
LATER: Final = timedelta(minutes=2)


class Figure(msgspec.Struct, frozen=True):
    """A product, or a variation of one. `manage_stock` is `parent` where the product counts for all its variations."""

    id: int
    sku: str | None = None
    parent_id: int = 0
    type: str = "simple"
    manage_stock: bool | str = False
    stock_quantity: int | float | None = None
    meta_data: tuple[ToldMeta, ...] = ()

    @property
    def counted(self) -> bool:
        """Whether it has a figure of its own."""
        return self.manage_stock is True and self.stock_quantity is not None

    @property
    def units(self) -> int:
        """Its figure. Raises Malformed for parts of a unit, which only plugins sell."""
        found = self.stock_quantity or 0
        if not -(10**9) < found < 10**9 or found != int(found):
            raise Malformed(f"product {self.id} has no whole number of units")
        return int(found)


class BatchError(msgspec.Struct, frozen=True):
    """Why one change of a batch was refused."""

    code: str


class Done(msgspec.Struct, frozen=True):
    """One change of a batch."""

    id: int
    error: BatchError | None = None


class Batch(msgspec.Struct, frozen=True):
    """What came of each."""

    update: tuple[Done, ...] = ()


class WooCommerceInventory(Unreserved):
    """See `Inventory`. `find_adjusted` is a look-up.

    What WooCommerce's orders took is off its figure once they are placed; a checkout that waits at a gateway has it
    only set aside. So a figure is as of when it was read.
    """

    SAYS: ClassVar[str] = "WooCommerce sets stock aside for its own orders, and for nobody else's"
    OPERATIONS: Final = {
        **Unreserved.NEVER,
        "set_levels": Operation(
            settle=Settle.REPEAT, kind=EffectKind.STOCK, timeout=timedelta(seconds=60), margin=LATER
        ),
        "adjust": Operation(
            settle=Settle.LOOK_UP, look_up="find_adjusted", kind=EffectKind.STOCK, timeout=timedelta(seconds=60),
            margin=LATER,
        ),
    }  # fmt: skip

    def __init__(self, http: Http, settings: Settings) -> None:
        self._http: Final = http
        self._place: Final = LocationId(settings.location)

    async def levels(self, skus: tuple[SkuId, ...]) -> tuple[StockLevel, ...]:
        found = await self._figures(skus)
        now = datetime.now(UTC)
        return tuple(
            StockLevel(
                sku=sku, location=self._place, as_of=now, contains_until=now, on_hand=sum(one.units for one in figures)
            )
            for sku, figures in found.items()
        )

    async def set_levels(self, levels: tuple[StockLevel, ...]) -> Receipt:
        """A count is set once, and none that is older than the last one that was set.

        What was sold between the count and our look is in the figure, and is put back by a count that does not contain
        it: set counts that are new, or have differences added (`adjust`).
        """
        figures = await self._one_each(tuple(level.sku for level in levels), [level.location for level in levels])
        changes = list[tuple[Figure, dict[str, Any]]]()
        for level in levels:
            one, as_of = figures[level.sku], level.as_of.astimezone(UTC)
            if (before := _counted(one)) is None or before < as_of:
                note = {"key": COUNTED, "value": as_of.isoformat()}
                delta = {"inventory_delta": level.on_hand - one.units, "meta_data": [note]}
                changes.append((one, {"id": one.id, **delta}))
        await self._change(changes)
        return Receipt()

    async def adjust(self, changes: tuple[Adjustment, ...], because: str) -> Receipt:
        """Of one product at a time: a batch at WooCommerce is not all or none."""
        one, by = await self._meant(changes)
        note = {"key": ADJUSTED, "value": _mark(changes, because)}
        await self._change([(one, {"id": one.id, "inventory_delta": by, "meta_data": [note]})])
        return Receipt()

    async def find_adjusted(self, changes: tuple[Adjustment, ...], because: str) -> Receipt | None:
        one, _ = await self._meant(changes)
        return Receipt() if meta_of(one.meta_data, ADJUSTED) == _mark(changes, because) else None

    async def _meant(self, changes: tuple[Adjustment, ...]) -> tuple[Figure, int]:
        figures = await self._one_each(tuple(one.sku for one in changes), [one.location for one in changes])
        if len(figures) != 1:
            raise Rejected("WooCommerce moves the stock of one product at a time", Code.UNSUPPORTED)
        return next(iter(figures.values())), sum(one.by for one in changes)

    async def _one_each(self, skus: tuple[SkuId, ...], places: Sequence[LocationId]) -> dict[SkuId, Figure]:
        """Raises Rejected(not_found) for what is not counted there, Rejected(conflict) for a SKU of several."""
        found = await self._figures(skus)
        for place in places:
            if place != self._place:
                raise Rejected(f"WooCommerce counts at {self._place}, and not at {place}", Code.NOT_FOUND)
        for sku in skus:
            if sku not in found:
                raise Rejected(f"nobody counts {sku} at WooCommerce", Code.NOT_FOUND)
            if len(found[sku]) > 1:
                raise Rejected(f"{sku} is of several products", Code.CONFLICT)
        return {sku: found[sku][0] for sku in skus}

    async def _figures(self, skus: tuple[SkuId, ...]) -> dict[SkuId, list[Figure]]:
        """Those that are counted, by SKU, in the order in which they were asked for."""
        wanted, found = list(dict.fromkeys(skus)), dict[SkuId, list[Figure]]()
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            query = {"sku": ",".join(some), "per_page": str(MOST), "status": "any"}
            page = await self._http.get("products", query=query, into=tuple[Figure, ...])
            if len(page) >= MOST:
                raise Malformed(f"{len(some)} SKUs are of more products than are read")
            for one in page:
                sku = sku_of(one.sku, None, str(one.id))
                if sku in some and one.counted:
                    found.setdefault(sku, []).append(one)
        return {sku: found[sku] for sku in wanted if sku in found}

    async def _change(self, changes: Sequence[tuple[Figure, dict[str, Any]]]) -> None:
        """By product, for a variation is changed below its product. Raises Rejected where one was refused."""
        below = dict[tuple[str, ...], list[dict[str, Any]]]()
        for one, change in changes:
            deeper = (str(one.parent_id), "variations") if one.parent_id else ()
            path: tuple[str, ...] = ("products", *deeper, "batch")
            below.setdefault(path, []).append(change)
        for path, some in below.items():
            for start in range(0, len(some), MOST):
                done = await self._http.post(*path, json={"update": some[start : start + MOST]}, into=Batch)
                refused = [each for each in done.update if each.error is not None]
                if refused:
                    raise Rejected(f"the stock of product {refused[0].id} is not changed", Code.NOT_FOUND)
                if {each.id for each in done.update} != {each["id"] for each in some[start : start + MOST]}:
                    raise Malformed("stock was to be changed, and WooCommerce does not say of all that it was")


def _counted(one: Figure) -> datetime | None:
    """As of when we counted last; what is no time is none of ours."""
    said = meta_of(one.meta_data, COUNTED)
    try:
        found = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _mark(changes: tuple[Adjustment, ...], because: str) -> str:
    said = msgspec.json.encode([changes, because])
    return hashlib.sha256(said).hexdigest()[:24]
