"""Webhooks in the vendor's form: signed twice, tried twenty times in 48 hours, and their subscription deleted then.

https://docs.getrecharge.com/docs/webhooks-overview
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Final

import aiohttp
import msgspec

from pawline.sandbox.posting import Letter, Telling
from pawline.sandbox.recharge import views

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.hooks import Hooks
    from pawline.sandbox.recharge.books import Books, Listener

PAUSES: Final = (60.0, 300.0, *[1_800.0] * 4, *[3_600.0] * 4, *[17_000.0] * 9)
"""Seconds before each of the times that a delivery is tried again: 48 hours in all."""
PATIENCE: Final = aiohttp.ClientTimeout(total=5, sock_connect=1)
_encode: Final = msgspec.json.Encoder().encode


class Told(msgspec.Struct, frozen=True):
    """A delivery that was taken, or that never will be."""

    topic: str
    body: bytes


def signed(body: bytes, secret: str, at: float) -> dict[str, str]:
    """The signatures of a delivery: the newer over time and body, the older over secret and body."""
    moment = f"{at:.0f}"
    made = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "X-Recharge-Webhook-Timestamp": moment,
        "X-Recharge-Webhook-Signature": f"t={moment},v1={made}",
        "X-Recharge-Hmac-Sha256": hashlib.sha256(secret.encode() + body).hexdigest(),
    }


class Teller(Telling[Told, "Listener"]):
    """Tells whoever subscribed.

    `topics`: whether a header says the topic, which the vendor's pages do not promise. Signed by the machine's clock,
    for whoever hears looks at it.
    """

    def __init__(self, books: Books, hooks: Hooks, secret: str) -> None:
        super().__init__(hooks, PATIENCE, PAUSES)
        self._books, self._secret = books, secret
        self.topics = True
        self.clock: Callable[[], float] = time.time

    def tell(self, topic: str, kind: str, number: int) -> None:
        """Something happened. Never waits; where nobody listens no body is made."""
        for one in [one for one in self._books.listeners.values() if one.topic == topic]:
            seen = views.subscription if kind == "subscription" else views.charge
            body: dict[str, object] = {kind: seen(self._books, number)}
            if "customer" in one.included and kind == "subscription":
                whose = self._books.subscriptions[number].customer
                body["customer"] = views.customer(self._books.customers[whose])
            self.send(Told(topic, _encode(body)), one)

    def listens(self, to: Listener) -> bool:
        return to.id in self._books.listeners

    def gave_up(self, to: Listener) -> None:
        self._books.listeners.pop(to.id, None)

    def letter(self, made: Told, to: Listener) -> Letter:
        headers = {"Content-Type": "application/json", **signed(made.body, self._secret, self.clock())}
        return Letter(to.address, made.body, headers | ({"X-Recharge-Topic": made.topic} if self.topics else {}))
