"""A count of stock, four hours old by the time it is here, becomes what the shop may still sell."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from pawline.model import SkuId, StockCounted, StockLevel
from pawline.ports import Adjustment, Code, Inventory, Rejected, Stock
from pawline.runtime import accounts, flow, now, sleep_until, use

HEARD = timedelta(seconds=30)
"""After which every order is heard that was placed before the shop was asked for its figure."""


class Offered(msgspec.Struct, frozen=True, tag="offered"):
    """A flow's result, for each account: what it offered, what it offers now, and what the bare count would say."""

    sku: SkuId
    accounts: tuple[tuple[str, int, int], ...]
    newest_wins: int


@flow(on=StockCounted, busy="latest")
async def offer_stock(counted: StockCounted) -> Offered:
    """Where a shop sells by figures of its own, they come to the count less the orders that it does not contain.

    The figure is not set but moved: by what it should have been at the moment it was asked for. Orders placed since
    then have taken theirs off already, heard of or not.
    """
    level, told = counted.level, []
    for account in accounts(Inventory):
        there = await _there(use(Inventory, account), level)
        if there is None:
            continue
        await sleep_until(now() + HEARD)
        should = await use(Stock).sellable_at(level.sku, there.as_of)
        if should is None or should.quantity == there.on_hand:
            told.append((account, there.on_hand, there.on_hand))
            continue
        by = Adjustment(sku=level.sku, location=there.location, by=should.quantity - there.on_hand)
        try:
            await use(Inventory, account).adjust((by,), f"counted {level.as_of.isoformat()}")
        except Rejected as no:
            if no.code is not Code.NOT_FOUND:
                raise
            continue
        told.append((account, there.on_hand, should.quantity))
    return Offered(level.sku, tuple(told), max(0, level.on_hand))


async def _there(inventory: Inventory, level: StockLevel) -> StockLevel | None:
    """The shop's own figure for that place; one place is that place, whatever it is called."""
    found = await inventory.levels((level.sku,))
    if len(found) == 1:
        return found[0]
    return next((one for one in found if one.location == level.location), None)
