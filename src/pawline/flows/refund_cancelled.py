"""An order that was called off is paid back: `Shop.cancel` refunds nothing, and of an own order nobody else does."""

from __future__ import annotations

from pawline.flows.repaying import kept, repay
from pawline.flows.repaying_own import own_bill, repay_own
from pawline.flows.taken import let_go
from pawline.model import OrderCancelled, RefundId, Repaid, Skipped, all_credits
from pawline.runtime import flow

US = "pawline"


@flow(on=OrderCancelled, version=3)
async def refund_cancelled(cancelled: OrderCancelled) -> Repaid | Skipped:
    """What is left of the bill of an order that Pawline called off goes back, once; of an own order whoever did.

    What is only set aside for an own order is let go of first: then nothing can be taken any more while we reckon.
    """
    refund = RefundId(f"cancelled-{cancelled.order}")
    if await own_bill(cancelled.order) is not None:
        await let_go(cancelled.order)
        return await repay_own(cancelled.order, refund, cancelled.because, all_credits)
    if cancelled.by != US:
        return Skipped(f"{cancelled.by} called it off, in the shop, which paid it back")
    found = await kept(cancelled.order)
    if found is None:
        return Skipped("no shop of ours keeps it")
    shop, order = found
    return await repay(shop, order, refund, cancelled.because, all_credits)
