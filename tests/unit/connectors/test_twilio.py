"""Twilio keeps what every connector keeps."""

from __future__ import annotations

import base64
from urllib.parse import parse_qsl

from pawline.connectors import twilio
from pawline.kit import METHOD, URL, Headers, Secret
from pawline.model import HouseholdId, Letter, Medium, Purpose
from pawline.testing.conformance import SECRETS, TOKEN, ConnectorPromises, mac

AT = "https://hub.paws.example/hooks/twilio/us"
TEXT = Letter(
    household=HouseholdId("h-1"), purpose=Purpose.TRANSACTION, medium=Medium.SMS, to="+15550123456", text="hello"
)  # fmt: skip


class TestTwilio(ConnectorPromises):
    connector = twilio.connector
    settings = {  # noqa: RUF012 - a card's
        "url": "{url}", "messaging_url": "{url}", "account": f"AC{32 * 'a'}", "token": TOKEN,
        "sender": "+15550100001", "webhook_secrets": list(SECRETS[:2]),
    }  # fmt: skip
    examples = {Letter: TEXT}  # noqa: RUF012 - the same

    def signed(self, body: bytes, secret: Secret, at: float) -> Headers:
        try:
            fields = sorted(set(parse_qsl(body.decode(), keep_blank_values=True)))
        except ValueError:
            fields = []
        over = AT + "".join(name + value for name, value in fields)
        made = base64.b64encode(mac(self._scheme(), secret, over.encode())).decode()
        return [(METHOD, "POST"), (URL, AT), ("X-Twilio-Signature", made)]
