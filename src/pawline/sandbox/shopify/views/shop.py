"""The shop itself, the app that asks, and who is told of what, as a query sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pawline.sandbox.shopify.books import stamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pawline.sandbox.shopify.books import Books
    from pawline.sandbox.shopify.listeners import Carrier, Listener
    from pawline.sandbox.shopify.paging import View

VERSION: Final = "2026-07"
"""The version of the Admin API that is played here."""


def seen(books: Books) -> View:
    """The `Shop`."""
    url = f"https://{books.domain}"
    return {
        "__typename": "Shop",
        "id": "gid://shopify/Shop/60111",
        "name": "Pawline sandbox",
        "email": "shop@example.com",
        "contactEmail": "shop@example.com",
        "myshopifyDomain": books.domain,
        "url": url,
        "primaryDomain": {
            "__typename": "Domain",
            "id": "gid://shopify/Domain/60112",
            "host": books.domain,
            "sslEnabled": True,
            "url": url,
        },
        "currencyCode": books.currency,
        "enabledPresentmentCurrencies": [books.currency],
        "ianaTimezone": "Europe/Berlin",
        "timezoneAbbreviation": "CET",
        "timezoneOffset": "+0100",
        "timezoneOffsetMinutes": 60,
        "unitSystem": "METRIC_SYSTEM",
        "weightUnit": "GRAMS",
        "taxesIncluded": True,
        "taxShipping": True,
        "plan": {"partnerDevelopment": True, "publicDisplayName": "Basic", "shopifyPlus": False},
        "orderNumberFormatPrefix": "#",
        "createdAt": stamp(books.begun),
        "updatedAt": stamp(books.begun),
    }


def versions() -> list[View]:
    """`ApiVersion`s: one is played."""
    return [version()]


def version() -> View:
    """The `ApiVersion` that is played."""
    return {"handle": VERSION, "displayName": f"{VERSION} (Latest)", "supported": True}


def app() -> View:
    """The `App` that asks."""
    return {
        "__typename": "App",
        "id": "gid://shopify/App/60201",
        "title": "Pawline",
        "handle": "pawline",
        "apiKey": "sandbox",
    }


def installation(scopes: Iterable[str]) -> View:
    """The `AppInstallation`, with what it may do."""
    return {
        "__typename": "AppInstallation",
        "id": "gid://shopify/AppInstallation/60202",
        "app": app(),
        "accessScopes": [{"handle": one, "description": one.replace("_", " ").capitalize()} for one in sorted(scopes)],
    }


def listener(one: Listener) -> View:
    """A `WebhookSubscription`."""
    return {
        "__typename": "WebhookSubscription",
        "id": f"gid://shopify/WebhookSubscription/{one.id}",
        "legacyResourceId": str(one.id),
        "topic": one.topic,
        "uri": one.uri,
        "format": "JSON",
        "filter": one.filter,
        "includeFields": one.fields,
        "name": one.name,
        "apiVersion": version(),
        "createdAt": stamp(one.at),
        "updatedAt": stamp(one.at),
    }


def carrier(one: Carrier) -> View:
    """A `DeliveryCarrierService`."""
    return {
        "__typename": "DeliveryCarrierService",
        "id": f"gid://shopify/DeliveryCarrierService/{one.id}",
        "name": one.name,
        "formattedName": f"{one.name} (Rates provided by app)",
        "active": one.active,
        "callbackUrl": one.uri,
        "supportsServiceDiscovery": one.discovery,
    }
