"""Who may ask, and for what: tokens that last or end after a day, and the scopes that each field needs."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

LIFE: Final = 86_400 - 1
"""Seconds that a token of the client-credentials grant lives; the vendor says 86399."""
SCOPES: Final = frozenset({
    "read_orders", "write_orders", "read_all_orders", "write_order_edits", "read_products", "write_products",
    "read_inventory", "write_inventory", "read_locations", "read_customers",
    "read_merchant_managed_fulfillment_orders", "write_merchant_managed_fulfillment_orders",
    "read_third_party_fulfillment_orders", "write_third_party_fulfillment_orders",
    "read_assigned_fulfillment_orders", "write_assigned_fulfillment_orders", "read_fulfillments",
    "write_fulfillments", "read_returns", "write_returns", "read_shopify_payments_disputes",
    "read_shipping", "write_shipping",
})  # fmt: skip
"""What the app may do unless it is told otherwise."""

_ORDERS, _PRODUCTS = ("read_orders",), ("read_products",)
_STOCK, _PLACES = ("read_inventory", "read_products"), ("read_locations", "read_inventory")
_RATES: Final = ("read_shipping", "write_shipping")
_WORK: Final = tuple(f"read_{whose}_fulfillment_orders" for whose in ("assigned", "merchant_managed", "third_party"))
_DO: Final = tuple(f"write_{whose}_fulfillment_orders" for whose in ("merchant_managed", "third_party"))
NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "order": _ORDERS, "orders": _ORDERS, "ordersCount": _ORDERS, "orderByIdentifier": _ORDERS, "refund": _ORDERS,
    "product": _PRODUCTS, "products": _PRODUCTS, "productVariant": _PRODUCTS, "productVariants": _PRODUCTS,
    "inventoryItem": _STOCK, "inventoryItems": _STOCK, "inventoryLevel": ("read_inventory",),
    "location": _PLACES, "locations": _PLACES, "fulfillment": (*_ORDERS, *_WORK), "fulfillmentOrder": _WORK,
    "fulfillmentOrders": _WORK, "customers": ("read_customers",), "disputes": ("read_shopify_payments_disputes",),
    "refundCreate": ("write_orders",), "orderCancel": ("write_orders",),
    "tagsAdd": ("write_orders", "write_products"), "tagsRemove": ("write_orders", "write_products"),
    "orderCapture": ("write_orders",), "transactionVoid": ("write_orders",),
    "inventorySetQuantities": ("write_inventory",), "inventoryAdjustQuantities": ("write_inventory",),
    "fulfillmentOrderHold": _DO, "fulfillmentOrderReleaseHold": _DO, "fulfillmentOrderCancel": _DO,
    "fulfillmentCreate": (*_DO, "write_assigned_fulfillment_orders"),
    "fulfillmentCancel": (*_DO, "write_assigned_fulfillment_orders"),
    "fulfillmentOrderSubmitFulfillmentRequest": ("write_third_party_fulfillment_orders",),
    "fulfillmentOrderSubmitCancellationRequest": ("write_third_party_fulfillment_orders",),
    "fulfillmentOrderAcceptFulfillmentRequest": ("write_assigned_fulfillment_orders",),
    "orderEditBegin": ("write_order_edits",), "orderEditAddVariant": ("write_order_edits",),
    "orderEditSetQuantity": ("write_order_edits",), "orderEditCommit": ("write_order_edits",),
    "carrierService": _RATES, "carrierServices": _RATES, "carrierServiceCreate": ("write_shipping",),
    "carrierServiceUpdate": ("write_shipping",), "carrierServiceDelete": ("write_shipping",),
}  # fmt: skip
"""One of which a field of the root needs; what is not here needs none. From the vendor's list of scopes."""


@dataclass
class Door:
    """The app's credentials. `token` lasts; `client` and `secret` get tokens that end by the sandbox's clock.

    `scopes` may be replaced at any time: a token may do what the app may do.
    """

    now: Callable[[], float]
    token: str
    client: str
    secret: str
    scopes: frozenset[str] = SCOPES
    _given: dict[str, float] = field(default_factory=dict)

    def admits(self, token: str) -> bool:
        """Whether it is the lasting token, or one that was given and has not ended."""
        ends = self._given.get(token)
        if ends is not None:
            return self.now() < ends
        return hmac.compare_digest(token.encode(), self.token.encode())

    def give(self, client: str, secret: str) -> str | None:
        """A token for a day; None for another's credentials."""
        known = hmac.compare_digest(client.encode(), self.client.encode())
        if not (hmac.compare_digest(secret.encode(), self.secret.encode()) and known):
            return None
        made = f"shpat_{hashlib.sha256(f'{self.secret} {len(self._given)} {self.now()}'.encode()).hexdigest()[:32]}"
        self._given[made] = self.now() + LIFE
        return made

    def end_tokens(self) -> None:
        """All that were given are over, as when the app's secret is changed."""
        self._given.clear()
