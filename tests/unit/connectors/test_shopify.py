"""Shopify keeps what every connector keeps, with a lasting token and with tokens that it asks for."""

from __future__ import annotations

import base64

import pytest

from pawline.connectors import shopify
from pawline.kit import BadSettings, Headers, Secret
from pawline.model import LineId, LocationId, Money, OrderId, ShipmentId, TenderId
from pawline.ports import Authorisation, AuthorisationState, Capture, FulfilmentOrder
from pawline.testing.conformance import SECRETS, TOKEN, CallPromises, ConnectorPromises, SecrecyPromises, mac

ORDER, TENDER, EUR = OrderId("1001"), TenderId("5001"), Money(100, "EUR")
NUMBERS = {
    OrderId: ORDER, LineId: LineId("7001"), TenderId: TENDER, LocationId: LocationId("91"), ShipmentId: "4001",
    Authorisation: Authorisation(
        order=ORDER, tender=TENDER, amount=EUR, state=AuthorisationState.AUTHORISED, reference="5001"
    ),
    FulfilmentOrder: FulfilmentOrder(order=ORDER, part="all", reference="4001"),
    Capture: Capture(order=ORDER, tender=TENDER, amount=EUR, reference="5002"),
}  # fmt: skip
SHOP = "pets-eu.myshopify.com"
CHANGED = (
    b'{"data":{"orders":{"nodes":[{"id":"gid://shopify/Order/1"}],"pageInfo":{"hasNextPage":true,"endCursor":"c1"}}}}',
    b'{"data":{"orders":{"nodes":[{"id":"gid://shopify/Order/2"}],"pageInfo":{"hasNextPage":false,"endCursor":"c2"}}}}',
)


PRODUCTS = tuple(
    b'{"data":{"products":{"nodes":[{"id":"gid://shopify/Product/%d","variants":{"nodes":[{"id":'
    b'"gid://shopify/ProductVariant/1","sku":"A"}],"pageInfo":{"hasNextPage":false}}}],"pageInfo":%s}}}' % (no, page)
    for no, page in ((1, b'{"hasNextPage":true,"endCursor":"c1"}'), (2, b'{"hasNextPage":false}'))
)
SILENT = frozenset({"Inventory.reserve", "Inventory.release", "Inventory.commit", "Payments.authorize"})
"""What Shopify does for nobody: it is refused without asking."""


class TestShopify(ConnectorPromises):
    connector = shopify.connector
    settings = {"url": "{url}", "shop": SHOP, "token": TOKEN, "webhook_secrets": list(SECRETS[:2])}  # noqa: RUF012 - a card's settings
    examples = NUMBERS
    silent = SILENT

    vendor_pages = {"Catalog.changed_since": PRODUCTS, "Shop.changed_since": CHANGED}  # noqa: RUF012 - the same

    def signed(self, body: bytes, secret: Secret, at: float) -> Headers:
        return [("x-shopify-hmac-sha256", base64.b64encode(mac(self._scheme(), secret, body)).decode())]


class TestShopifyAskingForTokens(SecrecyPromises):
    """No call is made without a token: the vendor's answers are here those to the request for one."""

    connector = shopify.connector
    settings = {"url": "{url}", "shop": SHOP, "client": "c-1", "client_secret": TOKEN}  # noqa: RUF012 - the same
    examples = NUMBERS
    silent = SILENT

    test_nothing_is_sent_once_the_time_is_over = CallPromises.test_nothing_is_sent_once_the_time_is_over


@pytest.mark.parametrize("poll", ["inf", "nan", "1e300", "-1", "86401"])
def test_a_poll_that_is_none_is_refused_in_a_sentence(poll: str) -> None:
    with pytest.raises(BadSettings, match="`poll` is seconds, a day at most; 0 is none"):
        shopify.connector.configure({"shop": SHOP, "token": Secret("t"), "poll": float(poll)})
