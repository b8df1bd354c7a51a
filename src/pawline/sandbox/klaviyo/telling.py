"""Webhooks in the vendor's form: an event each, signed over the body and the time, tried again for a while.

https://developers.klaviyo.com/en/docs/working_with_system_webhooks
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from datetime import UTC, datetime
from email.utils import formatdate
from typing import TYPE_CHECKING, Final

import aiohttp
import msgspec

from pawline.sandbox.klaviyo import views
from pawline.sandbox.posting import Moods, Post

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


class Teller:
    """Tells whoever subscribed. `hooks` is the sandbox's own outbox: its mishaps and its silence are this one's too."""

    def __init__(self, books: Books, hooks: Hooks) -> None:
        self._books = books
        self._moods = Moods(hooks)
        self._post = Post(PATIENCE)
        self.pauses: tuple[float, ...] = PAUSES
        self.told: list[str] = []

    def tell(self, event: Happened) -> None:
        """Something happened. Never waits."""
        topic = topic_of(event.metric)
        for one in list(self._books.webhooks.values()):
            if one.enabled and topic in one.topics:
                for wait in self._moods.waits() or ():
                    self._post.begin(self._deliver(one, topic, event, wait))

    def body(self, to: Webhook, topic: str, event: Happened) -> bytes:
        """A delivery of one event, sent now."""
        at = datetime.fromtimestamp(self._books.now(), UTC).isoformat()
        meta = {
            "timestamp": at, "klaviyo_webhook_id": to.id, "klaviyo_account_id": self._books.account,
            "version": "2026-07-15",
        }  # fmt: skip
        told = {"topic": topic, "external_id": event.id, "payload": {"data": views.event(self._books, event)}}
        return msgspec.json.encode({"data": [told], "meta": meta})

    async def _deliver(self, to: Webhook, topic: str, event: Happened, wait: float) -> None:
        await asyncio.sleep(wait)
        for pause in (*self.pauses, None):
            if not to.enabled:
                return
            async with self._post.gate:
                body = self.body(to, topic, event)
                if await self._post.taken(to.url, body, signed(body, to.secret, to.id, self._books.now())):
                    self.told.append(event.id)
                    return
            if pause is not None:
                await asyncio.sleep(pause)

    async def rest(self) -> None:
        """Until nothing is under way."""
        await self._post.rest()

    async def close(self) -> None:
        """Forget what is under way."""
        await self._post.close()
