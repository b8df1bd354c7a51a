"""Webhooks in the vendor's form: signed over the body, sent once, and switched off at the seventh failure in a row.

`plugins/woocommerce/includes/class-wc-webhook.php`: `deliver`, `log_delivery`, `failed_delivery`, `deliver_ping`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
from typing import TYPE_CHECKING, Final, NamedTuple

import aiohttp
import msgspec

from pawline.sandbox.posting import Letter, Telling
from pawline.sandbox.woocommerce import views
from pawline.sandbox.woocommerce.books import Books, Order, Product, Webhook

if TYPE_CHECKING:
    from pawline.sandbox.hooks import Hooks

PATIENCE: Final = aiohttp.ClientTimeout(total=60, sock_connect=5)
FAILURES: Final = 5
"""`woocommerce_max_webhook_delivery_failures`: who failed more often than that, and fails again, is switched off."""
_encode: Final = msgspec.json.Encoder().encode


class Told(NamedTuple):
    """A delivery."""

    topic: str
    body: bytes
    at: float


def signed(told: Told, to: Webhook) -> dict[str, str]:
    """Its headers. All deliveries of one second share their id. Entities in a secret stand for their characters."""
    made = hmac.new(html.unescape(to.secret).encode(), told.body, hashlib.sha256).digest()
    resource, _, event = told.topic.partition(".")
    return {
        "Content-Type": "application/json", "X-WC-Webhook-Source": "https://paws.example/",
        "X-WC-Webhook-Topic": told.topic, "X-WC-Webhook-Resource": resource, "X-WC-Webhook-Event": event,
        "X-WC-Webhook-Signature": base64.b64encode(made).decode(), "X-WC-Webhook-ID": str(to.id),
        "X-WC-Webhook-Delivery-ID": hashlib.sha256(f"{to.id}{int(told.at)}".encode()).hexdigest()[:32],
    }  # fmt: skip


class Teller(Telling[Told, Webhook]):
    """Tells whoever asked for it. `pings`: by webhook, whether its first word was answered; it counts as no failure."""

    def __init__(self, books: Books, hooks: Hooks) -> None:
        super().__init__(hooks, PATIENCE)
        self._books, self._hooks = books, hooks
        self.pings: dict[int, bool] = {}

    def tell(self, topic: str, order: Order) -> None:
        """Something happened to it. Never waits; a body is as it is by now."""
        for to in list(self._books.webhooks.values()):
            if to.status == "active" and to.topic == topic:
                whole = topic != "order.deleted"
                body = views.order(self._books, order, self._books.decimals) if whole else {"id": order.id}
                self.send(Told(topic, _encode(body), self._books.now()), to)

    def tell_product(self, topic: str, one: Product) -> None:
        """The same of a product, or a variation, by its own number."""
        for to in list(self._books.webhooks.values()):
            if to.status == "active" and to.topic == topic:
                whole = topic != "product.deleted"
                body = views.product(self._books, one) if whole else {"id": one.id}
                self.send(Told(topic, _encode(body), self._books.now()), to)

    def ping(self, to: Webhook) -> None:
        """That it was made, which nobody signs. Never waits."""
        if not self._hooks.silent:
            self._post.begin(self._pinged(to))

    async def _pinged(self, to: Webhook) -> None:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self.pings[to.id] = await self._post.taken(to.url, f"webhook_id={to.id}".encode(), form, 200)

    def listens(self, to: Webhook) -> bool:
        return to.id in self._books.webhooks and to.status == "active"

    def answered(self, to: Webhook, *, taken: bool) -> None:
        if taken:
            to.failures = 0
        elif to.failures > FAILURES:
            to.status = "disabled"
        else:
            to.failures += 1

    def letter(self, made: Told, to: Webhook) -> Letter:
        return Letter(to.url, made.body, signed(made, to))
