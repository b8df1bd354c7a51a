"""HubSpot keeps what every connector keeps."""

from __future__ import annotations

import base64

from pawline.connectors import hubspot
from pawline.kit import METHOD, URL, Headers, Secret
from pawline.testing.conformance import SECRETS, TOKEN, ConnectorPromises, mac

ADDRESS = "https://hub.example.com/hooks/hubspot/eu"


class TestHubSpot(ConnectorPromises):
    connector = hubspot.connector
    settings = {  # noqa: RUF012 - a card's settings
        "url": "{url}", "token": TOKEN, "webhook_secrets": list(SECRETS[:2]), "marketing": [1],
        "emails": {"x": 1}, "events": {"x": "pe1_x"},
    }  # fmt: skip

    def signed(self, body: bytes, secret: Secret, at: float) -> Headers:
        moment = f"{at * 1_000:.0f}"
        made = mac(self._scheme(), secret, f"POST{ADDRESS}".encode() + body + moment.encode())
        return [
            (METHOD, "POST"), (URL, ADDRESS), ("x-hubspot-signature-v3", base64.b64encode(made).decode()),
            ("x-hubspot-request-timestamp", moment),
        ]  # fmt: skip
