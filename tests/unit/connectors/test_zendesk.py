"""Zendesk keeps what every connector keeps."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from pawline.connectors import zendesk
from pawline.kit import Headers, Secret
from pawline.model import TicketId
from pawline.testing.conformance import SECRETS, TOKEN, ConnectorPromises, mac


class TestZendesk(ConnectorPromises):
    connector = zendesk.connector
    settings = {  # noqa: RUF012 - a card's
        "url": "{url}", "subdomain": "paws", "email": "hub@paws.example", "token": TOKEN,
        "webhook_secrets": list(SECRETS[:2]),
    }  # fmt: skip
    examples = {TicketId: TicketId("5158")}  # noqa: RUF012 - the same

    def signed(self, body: bytes, secret: Secret, at: float) -> Headers:
        moment = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
        made = base64.b64encode(mac(self._scheme(), secret, moment.encode() + body)).decode()
        return [
            ("X-Zendesk-Webhook-Signature", made), ("X-Zendesk-Webhook-Signature-Timestamp", moment),
        ]  # fmt: skip
