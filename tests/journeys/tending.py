"""A flow of a shop's own: what is near is skipped, swapped or made more, by what it is."""

from __future__ import annotations

from pawline.model import Item, Skipped, SkuId, SubscriptionRenewalDue
from pawline.ports import Subscriptions
from pawline.runtime import flow, use

OLD, NEW, TREAT, FEW = SkuId("kibble-old"), SkuId("kibble-new"), SkuId("treat"), SkuId("litter")


@flow(on=SubscriptionRenewalDue, key=lambda due: f"{due.subscription}/{due.on.isoformat()}")
async def tend(due: SubscriptionRenewalDue) -> str | Skipped:
    """What is discontinued is swapped for what took its place, treats are skipped, and litter goes out by the two."""
    app = use(Subscriptions)
    autoship = await app.subscription(due.subscription)
    (item,) = autoship.items
    if item.sku == OLD:
        after = await app.swap(due.subscription, OLD, Item(NEW, item.quantity))
    elif item.sku == TREAT:
        after = await app.skip(due.subscription, due.on)
    elif item.sku == FEW:
        after = await app.set_quantity(due.subscription, Item(FEW, 2))
    else:
        return Skipped("it is as it should be")
    (now,) = after.items
    return f"{now.quantity} of {now.sku} on {after.next_on}"
