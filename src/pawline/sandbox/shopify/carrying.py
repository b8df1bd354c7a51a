"""Carrier services: who is asked for rates, made and changed by the app that they are of.

https://shopify.dev/docs/api/admin-graphql/2026-07/objects/DeliveryCarrierService
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pawline.sandbox.shopify.books import Books, known
from pawline.sandbox.shopify.hearing import SECURE
from pawline.sandbox.shopify.listeners import Carrier
from pawline.sandbox.shopify.wrongs import Wrong

if TYPE_CHECKING:
    from collections.abc import Mapping


def add(books: Books, told: Mapping[str, Any]) -> Carrier:
    """Raises Wrong for an address that is not secure, and for a name that is there."""
    failed = "CARRIER_SERVICE_CREATE_FAILED"
    _check(told["callbackUrl"], failed)
    if any(one.name == told["name"] for one in books.carriers.values()):
        raise Wrong(f"{told['name']} is already configured", "input", "name", code=failed)
    made = Carrier(
        id=books.number(), name=told["name"], uri=told["callbackUrl"], active=told["active"],
        discovery=told["supportsServiceDiscovery"],
    )  # fmt: skip
    books.carriers[made.id] = made
    return made


def change(books: Books, told: Mapping[str, Any]) -> Carrier:
    """What is given. Raises Wrong for what is not there, or of another app."""
    found = _own(books, told["id"], "CARRIER_SERVICE_UPDATE_FAILED")
    if told.get("callbackUrl") is not None:
        _check(told["callbackUrl"], "CARRIER_SERVICE_UPDATE_FAILED")
        found.uri = told["callbackUrl"]
    found.name = told.get("name") or found.name
    found.active = found.active if told.get("active") is None else told["active"]
    if told.get("supportsServiceDiscovery") is not None:
        found.discovery = told["supportsServiceDiscovery"]
    return found


def remove(books: Books, gid: str) -> Carrier:
    """Raises Wrong for what is not there, or of another app."""
    return books.carriers.pop(_own(books, gid, "CARRIER_SERVICE_DELETE_FAILED").id)


def _own(books: Books, gid: str, failed: str) -> Carrier:
    found = books.carriers.get(known(gid, "DeliveryCarrierService"))
    if found is None or not found.ours:
        raise Wrong("The carrier or app could not be found.", "id", code=failed)
    return found


def _check(uri: str, failed: str) -> None:
    if not uri.startswith(SECURE):
        raise Wrong("Callback URL is not a secure URI", "input", "callbackUrl", code=failed)
