"""A bank that asks its shopper before it sets money aside: the order waits, and is refused where they never confirm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from pawline.model import OrderId
from pawline.ports import Authorisation, AuthorisationState, Code, Payments, Rejected
from pawline.runtime import now, reached, sleep_until, use

PATIENCE, LOOK = timedelta(minutes=15), timedelta(seconds=5)
"""How long a shopper may take, and how long between two looks whether they have."""


async def set_aside(order: OrderId, authorised: Sequence[Authorisation]) -> None:
    """Returns once all of it is. Who waits at the checkout is told where to send the shopper: `needs_shopper`.

    Raises Rejected(expired) where somebody does not confirm in time; what is set aside is the caller's to undo.
    """
    waiting = {one.reference for one in authorised if one.state is not AuthorisationState.AUTHORISED}
    if not waiting:
        return
    asks = [one.confirm_at for one in authorised if one.state is AuthorisationState.NEEDS_SHOPPER and one.confirm_at]
    if asks:
        await reached("needs_shopper", asks)
    until = now() + PATIENCE
    while waiting:
        if now() >= until:
            raise Rejected("the shopper did not confirm the payment", Code.EXPIRED)
        await sleep_until(now() + LOOK)
        ledger = await use(Payments).ledger(order)
        certain = (one.reference for one in ledger.authorisations if one.state is AuthorisationState.AUTHORISED)
        waiting.difference_update(certain)
