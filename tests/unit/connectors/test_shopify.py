"""Shopify keeps what every connector keeps, with a lasting token and with tokens that it asks for."""

from __future__ import annotations

from pawline.connectors import shopify
from pawline.model import LineId, LocationId, OrderId, ShipmentId, TenderId
from pawline.testing.conformance import ConnectorPromises

NUMBERS = {OrderId: "1001", LineId: "7001", TenderId: "5001", LocationId: "91", ShipmentId: "4001"}
CHANGED = (
    b'{"data":{"orders":{"nodes":[{"id":"gid://shopify/Order/1"}],"pageInfo":{"hasNextPage":true,"endCursor":"c1"}}}}',
    b'{"data":{"orders":{"nodes":[{"id":"gid://shopify/Order/2"}],"pageInfo":{"hasNextPage":false,"endCursor":"c2"}}}}',
)


class TestShopify(ConnectorPromises):
    connector = shopify.connector
    settings = {"url": "{url}", "shop": "pets-eu.myshopify.com", "token": "tok-canary-77"}  # noqa: RUF012 - a card's settings
    examples = NUMBERS
    vendor_pages = {"Shop.changed_since": CHANGED}  # noqa: RUF012 - the same
