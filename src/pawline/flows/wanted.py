"""Whether an order is still wanted, as its shop has it now: asked right before somebody is to send it."""

from __future__ import annotations

from datetime import timedelta

from pawline.model import OrderId
from pawline.ports import Code, Rejected, Shop
from pawline.runtime import Late, accounts, use, within

LIMIT = timedelta(seconds=20)
"""A shop that does not answer by then keeps no parcel waiting.

One whose account is stopped, by hand or because it refused our credential, does until a person lets it go on; then the
parcel goes unasked.
"""


async def still_wanted(order: OrderId) -> bool:
    """False once a shop of ours has called it off: its word may be lost, or late, and a parcel is soon gone.

    What is called off after this is heard, or found by a look, as ever.
    """
    for shop in accounts(Shop):
        try:
            wanted = await within(LIMIT, use(Shop, shop).wanted(order))
        except Late:
            continue
        except Rejected as no:
            if no.code is not Code.NOT_FOUND:
                raise
        else:
            if not wanted:
                return False
    return True
