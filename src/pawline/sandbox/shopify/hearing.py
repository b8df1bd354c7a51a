"""Who wants to be told of what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pawline.sandbox.shopify.books import Books
from pawline.sandbox.shopify.listeners import Listener
from pawline.sandbox.shopify.wrongs import Wrong

if TYPE_CHECKING:
    from collections.abc import Mapping

SECURE: Final = ("https://", "http://127.0.0.1", "http://localhost", "http://[::1]")
"""Where deliveries may go: the vendor takes HTTPS only, the sandbox this machine as well."""


def subscribe(books: Books, topic: str, told: Mapping[str, Any]) -> Listener:
    """Raises Wrong for an address that is not secure, a form that is not JSON, and what is subscribed already."""
    uri = told.get("uri") or told.get("callbackUrl") or ""
    if not uri.startswith(SECURE):
        raise Wrong("Address is not a secure URI", "webhookSubscription", "uri")
    if told.get("format") == "XML":
        raise Wrong("Format is not available", "webhookSubscription", "format")
    if any((one.topic, one.uri, one.filter) == (topic, uri, told.get("filter")) for one in books.listeners.values()):
        raise Wrong("Address for this topic has already been taken", "webhookSubscription", "uri")
    made = Listener(
        id=books.number(), topic=topic, uri=uri, at=books.now(), fields=list(told.get("includeFields") or ()),
        filter=told.get("filter"), name=told.get("name"),
    )  # fmt: skip
    books.listeners[made.id] = made
    return made


def topic(name: str) -> str:
    """`orders/create` as the schema has it: `ORDERS_CREATE`."""
    return name.replace("/", "_").upper()
