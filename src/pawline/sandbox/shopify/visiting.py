"""A shopper's browser at the shop: what happens there is told by the shop's custom pixel, to whoever it was made for.

The pixel itself is the connector's, and runs in browsers; this sends what it sends, without one.
https://shopify.dev/docs/api/web-pixels-api/standard-events
"""

from __future__ import annotations

import uuid
from typing import Any, Final

import aiohttp
import msgspec

from pawline.ports import Code, Rejected

ACTS: Final = {
    "page_viewed": "page", "collection_viewed": "collection", "search_submitted": "search", "product_viewed": "product",
    "product_added_to_cart": "added", "product_removed_from_cart": "removed", "cart_viewed": "cart",
    "checkout_started": "checkout", "checkout_contact_info_submitted": "contact",
    "checkout_address_info_submitted": "address", "checkout_shipping_info_submitted": "shipping",
    "payment_info_submitted": "payment", "checkout_completed": "completed", "alert_displayed": "alert",
    "ui_extension_errored": "broken",
}  # fmt: skip
"""The vendor's events, and what our pixel calls each."""
PATIENCE: Final = aiohttp.ClientTimeout(total=10)


class Visiting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a shopper does, by the vendor's names of `events`; their browser is `client`, a new one if it is empty.

    `pixel` is the address that the pixel was made for; `skus` are looked at in their order, `order` is the number that
    the checkout ended in. Nobody is counted without `analytics`, and no order is told without `marketing`.
    """

    pixel: str
    events: tuple[str, ...]
    client: str = ""
    skus: tuple[str, ...] = ()
    order: str | None = None
    analytics: bool = True
    marketing: bool = True


class Visited(msgspec.Struct, frozen=True, kw_only=True):
    """The browser, and how the pixel was answered: None where it told nothing."""

    client: str
    status: int | None


async def visit(told: Visiting) -> Visited:
    """Tells it. Raises Rejected for an event that the vendor does not have, and where nobody answers."""
    client = told.client or str(uuid.uuid4())
    if unknown := [one for one in told.events if one not in ACTS]:
        raise Rejected(f"{unknown[0]} is no standard event", Code.NOT_FOUND)
    if not told.analytics or not told.events:
        return Visited(client=client, status=None)
    body: dict[str, Any] = {
        "v": 1, "who": client, "mine": told.marketing, "did": [*dict.fromkeys(ACTS[one] for one in told.events)],
        "seen": told.skus,
    }  # fmt: skip
    if told.order is not None and told.marketing and "checkout_completed" in told.events:
        body["order"] = told.order
    headers = {"Origin": "null", "Content-Type": "text/plain;charset=UTF-8"}
    try:
        async with (
            aiohttp.ClientSession(timeout=PATIENCE) as session,
            session.post(told.pixel, data=msgspec.json.encode(body), headers=headers, allow_redirects=False) as said,
        ):
            return Visited(client=client, status=said.status)
    except (aiohttp.ClientError, TimeoutError, ValueError) as problem:
        raise Rejected(f"the pixel reached nobody: {type(problem).__name__}", Code.UNAVAILABLE) from None
