"""Webhooks in the vendor's form: signed over the raw body, tried nine times in four hours, and given up for good then.

https://shopify.dev/docs/apps/build/webhooks - eight failures in a row delete a subscription that was made by the API.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import aiohttp
import msgspec

from pawline.sandbox.hooks import Hooks
from pawline.sandbox.posting import Letter, Telling
from pawline.sandbox.shopify.hearing import topic
from pawline.sandbox.shopify.views.shop import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.shopify.books import Books
    from pawline.sandbox.shopify.listeners import Listener

PAUSES: Final = (10.0, 60.0, 300.0, 900.0, 1_800.0, 3_600.0, 3_600.0, 4_130.0)
"""Seconds before each of the eight times that a delivery is tried again: four hours in all."""
PATIENCE: Final = aiohttp.ClientTimeout(total=5, sock_connect=1)
LAST: Final = 10
"""Deliveries that are kept when they are over: a sandbox that goes on for weeks keeps no body of each."""
FAILURES: Final = 8
"""In a row, and the subscription is gone."""
_encode: Final = msgspec.json.Encoder().encode


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened, for one subscription: `event` is the same for all of them, `id` for its retries."""

    id: str
    event: str
    topic: str
    at: float
    body: bytes


def signed(one: Delivery, secret: str, domain: str) -> dict[str, str]:
    """The headers of a delivery."""
    made = hmac.new(secret.encode(), one.body, hashlib.sha256).digest()
    at = datetime.fromtimestamp(one.at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return {
        "Content-Type": "application/json",
        "User-Agent": "Shopify-Captain-Hook",
        "X-Shopify-Topic": one.topic,
        "X-Shopify-Hmac-Sha256": base64.b64encode(made).decode(),
        "X-Shopify-Shop-Domain": domain,
        "X-Shopify-API-Version": VERSION,
        "X-Shopify-Webhook-Id": one.id,
        "X-Shopify-Event-Id": one.event,
        "X-Shopify-Triggered-At": f"{at}000Z",
    }


class Teller(Telling[Delivery, "Listener"]):
    """Tells whoever subscribed.

    `told` and `lost` are the last deliveries that were taken, and that never will be, which `missed` counts. After
    `failures` in a row the subscription is gone: a day that passes in a minute has other figures than the vendor.
    """

    def __init__(self, books: Books, hooks: Hooks, secret: str) -> None:
        super().__init__(hooks, PATIENCE, PAUSES)
        self._books, self._hooks, self._secret = books, hooks, secret
        self._count = 0
        self.told, self.lost = deque(maxlen=LAST), deque(maxlen=LAST)
        self.failures, self.missed = FAILURES, 0

    def tell(self, name: str, make: Callable[[], dict[str, object]]) -> None:
        """Something happened, by the webhook's topic. Never waits; where nobody listens no body is made."""
        self._count += 1
        event = self._id("event")
        for one in [one for one in self._books.listeners.values() if one.topic == topic(name)]:
            body = make()
            kept = {key: body[key] for key in one.fields if key in body} if one.fields else body
            made = Delivery(
                id=self._id(f"delivery {one.id}"), event=event, topic=name, at=self._books.now(), body=_encode(kept)
            )
            self.send(made, one)

    def _id(self, of: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self._hooks.life} {self._count} {of}"))

    def listens(self, to: Listener) -> bool:
        return to.id in self._books.listeners

    def answered(self, to: Listener, *, taken: bool) -> None:
        to.failed = 0 if taken else to.failed + 1
        if to.failed >= self.failures:
            self._books.listeners.pop(to.id, None)

    def lose(self, made: Delivery) -> None:
        super().lose(made)
        self.missed += 1

    def letter(self, made: Delivery, to: Listener) -> Letter:
        return Letter(to.uri, made.body, signed(made, self._secret, self._books.domain))
