"""Whether an account can do its work: the token is good, for this shop, and may do what the ports need."""

from __future__ import annotations

from typing import Final

import msgspec

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.admin import Admin
from pawline.connectors.shopify.settings import Settings
from pawline.kit import Http
from pawline.ports import Code, Unauthorised

_HEARD: Final = ("read_orders", "read_customers", "read_fulfillments", "read_returns")
_BY_PORT: Final = {
    "Shop": ("write_orders", "write_order_edits"),
    "Payments": ("write_orders",),
    "Catalog": ("read_products",),
    "Inventory": ("read_products", "read_inventory", "write_inventory", "read_locations"),
    "Fulfilment": (
        "read_assigned_fulfillment_orders", "read_merchant_managed_fulfillment_orders",
        "write_merchant_managed_fulfillment_orders", "read_third_party_fulfillment_orders",
        "write_third_party_fulfillment_orders",
    ),
}  # fmt: skip
SCOPES: Final = tuple(dict.fromkeys([*_HEARD, *(one for needed in _BY_PORT.values() for one in needed)]))
"""What all ports and webhooks together need. `write_…` holds `read_…`: either counts where it is to be read only."""


class Scope(msgspec.Struct, frozen=True):
    """A permission that the app has."""

    handle: str


class Installation(msgspec.Struct, frozen=True, rename="camel"):
    """The app in this shop."""

    access_scopes: tuple[Scope, ...]


class ShopName(msgspec.Struct, frozen=True, rename="camel"):
    """The shop that answers."""

    myshopify_domain: str


class Access(msgspec.Struct, frozen=True, rename="camel"):
    """Of ACCESS."""

    current_app_installation: Installation
    shop: ShopName


async def scopes_of(admin: Admin) -> tuple[str, frozenset[str]]:
    """The shop that answers, and what the app may do there."""
    access = await admin.ask(documents.ACCESS, {}, Access)
    have = {one.handle for one in access.current_app_installation.access_scopes}
    have |= {f"read_{one.removeprefix('write_')}" for one in have if one.startswith("write_")}
    return access.shop.myshopify_domain, frozenset(have)


async def probe(http: Http, settings: Settings, plays: frozenset[str]) -> None:
    """Raises Unauthorised for a token of another shop, and for scopes that are lacking, all of them by name.

    `read_all_orders` is not asked for: without it, orders of the last 60 days are all that there is to see.
    """
    shop, have = await scopes_of(Admin(http))
    if shop != settings.shop:
        raise Unauthorised("the token is of another shop than `shop` says", Code.CREDENTIALS)
    needed = dict.fromkeys([*_HEARD, *(one for port in sorted(plays) for one in _BY_PORT.get(port, ()))])
    if lacking := [one for one in needed if one not in have]:
        raise Unauthorised(f"the app lacks the scopes {', '.join(lacking)}", Code.FORBIDDEN)
