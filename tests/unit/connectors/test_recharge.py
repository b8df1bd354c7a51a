"""Recharge keeps what every connector keeps, by either of its signatures."""

from __future__ import annotations

import hashlib

from pawline.connectors import recharge
from pawline.kit import Headers, Secret
from pawline.model import SubscriptionId
from pawline.testing.conformance import SECRETS, TOKEN, ConnectorPromises, WebhookPromises, mac

CHARGE = (
    b'{"id":%d,"status":"queued","updated_at":"2026-11-27T09:00:00+00:00","scheduled_at":"2026-11-20",'
    b'"line_items":[{"purchase_item_id":%d,"purchase_item_type":"subscription"}]}'
)
PAGES = (
    b'{"charges":[' + CHARGE % (1, 11) + b'],"next_cursor":"c1","previous_cursor":null}',
    b'{"charges":[' + CHARGE % (2, 12) + b'],"next_cursor":null,"previous_cursor":"c0"}',
)
SETTINGS = {"url": "{url}", "token": TOKEN, "webhook_secrets": list(SECRETS[:2])}


class TestRecharge(ConnectorPromises):
    connector = recharge.connector
    settings = SETTINGS
    examples = {SubscriptionId: SubscriptionId("27363808")}  # noqa: RUF012 - a card's
    vendor_pages = {"Subscriptions.due": PAGES}  # noqa: RUF012 - the same

    def signed(self, body: bytes, secret: Secret, at: float) -> Headers:
        made = mac(self._scheme(), secret, f"{at:.0f}.".encode() + body).hex()
        return [("X-Recharge-Webhook-Signature", f"t={at:.0f},v1={made}")]


class TestRechargeByItsOlderSignature(WebhookPromises):
    connector = recharge.connector
    settings = SETTINGS

    def signed(self, body: bytes, secret: Secret, at: float) -> Headers:
        return [("X-Recharge-Hmac-Sha256", hashlib.sha256(secret.reveal().encode() + body).hexdigest())]
