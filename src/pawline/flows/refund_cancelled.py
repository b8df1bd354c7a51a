"""An order that was called off is paid back: `Shop.cancel` refunds nothing, and of an own order nobody else does."""

from __future__ import annotations

from pawline.flows.repaying import kept, repay
from pawline.flows.repaying_own import of_money_taken, own_bill, repay_own
from pawline.flows.taken import let_go
from pawline.model import OrderCancelled, RefundId, Repaid, Skipped, all_credits
from pawline.ports import Orders
from pawline.runtime import flow, use

US = "pawline"


@flow(on=OrderCancelled, version=5)
async def refund_cancelled(cancelled: OrderCancelled) -> Repaid | Skipped:
    """What is left of the bill of an order that Pawline called off goes back, once; of an own order whoever did.

    What is only set aside for an own order is let go of first: then nothing can be taken any more while we reckon.
    One that was confirmed, and of whose money no account knows, is a person's: it is where nobody looks.
    """
    refund = RefundId(f"cancelled-{cancelled.order}")
    if await own_bill(cancelled.order) is not None:
        paid = not await let_go(cancelled.order) and await use(Orders).confirmed(cancelled.order)
        whole = of_money_taken(all_credits) if paid else all_credits
        return await repay_own(cancelled.order, refund, cancelled.because, whole)
    if cancelled.by != US:
        return Skipped(f"{cancelled.by} called it off, in the shop, which paid it back")
    found = await kept(cancelled.order)
    if found is None:
        return Skipped("no shop of ours keeps it")
    shop, order = found
    return await repay(shop, order, refund, cancelled.because, all_credits)
