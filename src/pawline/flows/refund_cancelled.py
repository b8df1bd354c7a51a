"""An order that we called off is paid back: `Shop.cancel` refunds nothing."""

from __future__ import annotations

from pawline.flows.repaying import kept, repay
from pawline.model import OrderCancelled, RefundId, Repaid, Skipped, all_credits
from pawline.runtime import flow

US = "pawline"


@flow(on=OrderCancelled, version=2)
async def refund_cancelled(cancelled: OrderCancelled) -> Repaid | Skipped:
    """What is left of the bill of an order that Pawline called off goes back, once."""
    if cancelled.by != US:
        return Skipped(f"{cancelled.by} called it off, in the shop, which paid it back")
    found = await kept(cancelled.order)
    if found is None:
        return Skipped("no shop of ours keeps it")
    shop, order = found
    return await repay(shop, order, RefundId(f"cancelled-{order.id}"), cancelled.because, all_credits)
