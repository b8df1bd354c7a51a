"""A count of stock, four hours old by the time it is here, becomes what the shop may still sell."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from pawline.model import SkuId, StockCounted, StockLevel
from pawline.ports import Adjustment, Code, Inventory, Rejected, Sellable, Stock
from pawline.runtime import accounts, flow, now, sleep_until, use

HEARD = timedelta(seconds=30)
"""After which every order is heard that was placed before the shop was asked for its figure."""


class Offered(msgspec.Struct, frozen=True, tag="offered"):
    """A flow's result, for each account: what it offered, what it offers now, and what the bare count would say."""

    sku: SkuId
    accounts: tuple[tuple[str, int, int], ...]
    newest_wins: int


@flow(on=StockCounted, key=lambda counted: counted.level.sku, busy="latest", version=2)
async def offer_stock(counted: StockCounted) -> Offered:
    """Where a shop sells by figures of its own, they come to the counts less the orders that those do not contain.

    The figures are not set but moved: by what they should have been at the moment they were asked for. Orders placed
    since then have taken theirs off already, heard of or not. Places are reckoned together, and so one run at a time is
    about a SKU: nobody knows which place an order is taken from.
    """
    level, told = counted.level, []
    for account in accounts(Inventory):
        there = await use(Inventory, account).levels((level.sku,))
        if not there:
            continue
        await sleep_until(now() + HEARD)
        should = await use(Stock).sellable_at(level.sku, max(one.as_of for one in there))
        ours = _ours(there, should)
        have = sum(one.on_hand for one in ours)
        if should is None or not ours or should.quantity == have:
            told.append((account, have, have))
            continue
        changes = _spread(ours, should.quantity - have, level)
        try:
            await use(Inventory, account).adjust(changes, f"counted {level.as_of.isoformat()}")
        except Rejected as no:
            if no.code is not Code.NOT_FOUND:
                raise
            continue
        told.append((account, have, should.quantity))
    return Offered(level.sku, tuple(told), max(0, level.on_hand))


def _ours(there: tuple[StockLevel, ...], should: Sellable | None) -> tuple[StockLevel, ...]:
    """The shop's figures of the places that are counted. One figure is of all of them, whatever it is called."""
    if len(there) == 1 or should is None:
        return there
    return tuple(one for one in there if one.location in should.places)


def _spread(ours: tuple[StockLevel, ...], by: int, counted: StockLevel) -> tuple[Adjustment, ...]:
    """What to move at which place: where was counted first, then where most is; no place below zero."""
    order = sorted(ours, key=lambda one: (one.location != counted.location, -one.on_hand, one.location))
    changes: list[Adjustment] = []
    for one in order:
        part = by if by > 0 or one is order[-1] else max(by, -max(0, one.on_hand))
        if part:
            changes.append(Adjustment(sku=one.sku, location=one.location, by=part))
        by -= part
    return tuple(changes)
