"""Webhooks in the vendor's form: an event each, signed over the body and the time, tried again for a while.

https://developers.klaviyo.com/en/docs/working_with_system_webhooks
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from email.utils import formatdate
from typing import TYPE_CHECKING, Final

import aiohttp
import msgspec

from pawline.sandbox.klaviyo import views
from pawline.sandbox.posting import Letter, Telling

if TYPE_CHECKING:
    from pawline.sandbox.hooks import Hooks
    from pawline.sandbox.klaviyo.books import Books, Happened, Webhook

PATIENCE: Final = aiohttp.ClientTimeout(total=5, sock_connect=1)
PAUSES: Final = (10.0, 60.0, 300.0, 900.0, 3_600.0)
"""Seconds before a delivery is tried again: they grow to an hour."""


def topic_of(metric: str) -> str:
    """`Unsubscribed from Email Marketing` is `event:klaviyo.unsubscribed_from_email_marketing`."""
    return f"event:klaviyo.{metric.lower().replace(' ', '_')}"


def signed(body: bytes, secret: str, webhook: str, at: float) -> dict[str, str]:
    """The headers of a delivery."""
    sent = formatdate(at, usegmt=True)
    made = hmac.new(secret.encode(), body + sent.encode(), hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json", "Klaviyo-Webhook-Id": webhook, "Klaviyo-Timestamp": sent,
        "Klaviyo-Signature": made,
    }  # fmt: skip


class Teller(Telling["Happened", "Webhook"]):
    """Tells whoever subscribed."""

    def __init__(self, books: Books, hooks: Hooks) -> None:
        super().__init__(hooks, PATIENCE, PAUSES)
        self._books = books

    def tell(self, event: Happened) -> None:
        """Something happened. Never waits."""
        topic = topic_of(event.metric)
        for one in list(self._books.webhooks.values()):
            if one.enabled and topic in one.topics:
                self.send(event, one)

    def listens(self, to: Webhook) -> bool:
        return to.enabled

    def letter(self, made: Happened, to: Webhook) -> Letter:
        now = self._books.now()
        meta = {
            "timestamp": datetime.fromtimestamp(now, UTC).isoformat(), "klaviyo_webhook_id": to.id,
            "klaviyo_account_id": self._books.account, "version": "2026-07-15",
        }  # fmt: skip
        data = {"data": views.event(self._books, made)}
        told = {"topic": topic_of(made.metric), "external_id": made.id, "payload": data}
        body = msgspec.json.encode({"data": [told], "meta": meta})
        return Letter(to.url, body, signed(body, to.secret, to.id, now))
