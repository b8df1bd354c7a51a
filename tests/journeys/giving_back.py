"""A flow of a shop's own: whoever bought a dented bag gets a euro back, and people see why.

The hub of a test has no three minutes for a WordPress that may still be at it: HASTE makes that seconds.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from pawline.connectors.woocommerce.shop import WooCommerceShop
from pawline.model import Credit, Money, OrderPaid, Payout, Refund, RefundId, Repaid, Skipped, bill_of
from pawline.ports import Shop
from pawline.runtime import flow, now, use

DENTED = "dented"
EURO = Money(100, "EUR")
HASTE: Final = "PAWLINE_TEST_HASTE"


def hurry() -> None:
    """WordPress is given seconds."""
    for name, operation in WooCommerceShop.OPERATIONS.items():
        soon = replace(operation, timeout=timedelta(seconds=2), margin=timedelta(seconds=1))
        WooCommerceShop.OPERATIONS[name] = soon


if os.environ.get(HASTE):
    hurry()


@flow(on=OrderPaid)
async def give_back(paid: OrderPaid) -> Repaid | Skipped:
    """A euro, and a word for the shop's people."""
    if all(item.sku != DENTED for item in paid.items):
        return Skipped("nothing of it is dented")
    shop = use(Shop)
    order = await shop.order(paid.order)
    refund = Refund(
        id=RefundId(f"dent-{paid.order}"), at=now(), reason="it is dented",
        payouts=(Payout(order.tenders[0].id, EURO),), credits=(Credit(amount=EURO),),
    )  # fmt: skip
    done = await shop.refund(paid.order, refund, bill_of(order))
    await shop.tag(paid.order, ("dented",))
    return Repaid(done.id, done.paid_out())
