"""The sandbox's connector keeps what every connector keeps."""

from __future__ import annotations

from pawline.connectors import sandbox
from pawline.testing.conformance import SECRETS, TOKEN, ConnectorPromises


class TestSandbox(ConnectorPromises):
    connector = sandbox.connector
    settings = {"url": "{url}", "token": TOKEN, "webhook_secrets": list(SECRETS[:2])}  # noqa: RUF012 - a card's settings
    vendor_pages = {  # noqa: RUF012 - the same
        "Shop.changed_since": (b'{"orders":["o1"],"after":"1"}', b'{"orders":["o2"],"after":null}'),
        "Subscriptions.due": (b'{"subscriptions":["a1"],"after":"1"}', b'{"subscriptions":["a2"],"after":null}'),
    }
