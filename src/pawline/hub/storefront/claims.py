"""Which order came of a cart: one at a time, decided in the order's own commit.

A cart is closed from its order's commit on. Where the order is refused it is there again; whoever calls an order off
said that they do not want it, and their cart stays closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.hub.storefront.refusals import Cause, Refusal
from pawline.model import OrderRefused, public_name
from pawline.runtime import digest63

if TYPE_CHECKING:
    from pawline.model import OrderId
    from pawline.store import Store

Write = tuple[str, tuple[object, ...]]


class Claims:
    """Of one shop's carts."""

    def __init__(self, shop: str, store: Store) -> None:
        self._shop, self._store = shop, store

    async def order(self, cart: str) -> str | None:
        """The order that came of it; None where none did, or only ones that were refused."""
        found = await self._last(cart)
        return None if not found or await self._refused(found) else found

    async def claim(self, cart: str, order: OrderId) -> Write:
        """What makes it this order's, for the commit that records it: fails there with Conflict if another was faster.

        Raises Refusal where it is another's already.
        """
        last = await self._last(cart)
        if last and last != order and not await self._refused(last):
            raise Refusal(Cause.BOUGHT, order=last)
        return "claim_cart", (self._shop, cart, last, order, self._store.now())

    async def _last(self, cart: str) -> str:
        """The newest order of it, refused or not; '' for none. Not by time: two processes' clocks are no order."""
        rows = await self._store.fetch("cart_orders", (self._shop, cart))
        priors = {prior for prior, _ in rows}
        return next((order for _, order in rows if order not in priors), "")

    async def _refused(self, order: str) -> bool:
        name = public_name(OrderRefused)
        page = (digest63(self._shop, name, order), self._shop, name, order, 2**62, 1)
        return bool(await self._store.fetch("events_about", page))
