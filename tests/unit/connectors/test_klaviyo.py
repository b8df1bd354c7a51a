"""Klaviyo keeps what every connector keeps."""

from __future__ import annotations

from email.utils import formatdate

from pawline.connectors import klaviyo
from pawline.kit import Headers, Secret
from pawline.testing.conformance import SECRETS, TOKEN, ConnectorPromises, mac


class TestKlaviyo(ConnectorPromises):
    connector = klaviyo.connector
    settings = {"url": "{url}", "key": TOKEN, "webhook_secrets": list(SECRETS[:2])}  # noqa: RUF012 - a card's settings

    def signed(self, body: bytes, secret: Secret, at: float) -> Headers:
        sent = formatdate(at, usegmt=True)
        return [
            ("klaviyo-signature", mac(self._scheme(), secret, body + sent.encode()).hex()),
            ("klaviyo-timestamp", sent),
        ]
