"""Webhooks in the vendor's form: signed twice, tried twenty times in 48 hours, and their subscription deleted then.

https://docs.getrecharge.com/docs/webhooks-overview
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Final

import aiohttp
import msgspec

from pawline.sandbox.posting import Moods, Post
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


class Teller:
    """Tells whoever subscribed. `hooks` is the sandbox's own outbox: its mishaps and its silence are this one's too.

    `topics`: whether a header says the topic, which the vendor's pages do not promise. Signed by the machine's clock,
    for whoever hears looks at it.
    """

    def __init__(self, books: Books, hooks: Hooks, secret: str) -> None:
        self._books, self._secret = books, secret
        self._moods = Moods(hooks)
        self._post = Post(PATIENCE)
        self.pauses: tuple[float, ...] = PAUSES
        self.topics = True
        self.clock: Callable[[], float] = time.time
        self.told: list[Told] = []
        self.lost: list[Told] = []

    def tell(self, topic: str, kind: str, number: int) -> None:
        """Something happened. Never waits; where nobody listens no body is made."""
        for one in [one for one in self._books.listeners.values() if one.topic == topic]:
            seen = views.subscription if kind == "subscription" else views.charge
            body: dict[str, object] = {kind: seen(self._books, number)}
            if "customer" in one.included and kind == "subscription":
                whose = self._books.subscriptions[number].customer
                body["customer"] = views.customer(self._books.customers[whose])
            self._send(Told(topic, _encode(body)), one)

    def _send(self, made: Told, to: Listener) -> None:
        waits = self._moods.waits()
        if waits == ():
            self.lost.append(made)
        for wait in waits or ():
            self._post.begin(self._deliver(made, to, wait))

    async def _deliver(self, made: Told, to: Listener, wait: float) -> None:
        await asyncio.sleep(wait)
        for pause in (*self.pauses, None):
            if to.id not in self._books.listeners:
                break
            async with self._post.gate:
                headers = {"Content-Type": "application/json", **signed(made.body, self._secret, self.clock())}
                headers |= {"X-Recharge-Topic": made.topic} if self.topics else {}
                taken = await self._post.taken(to.address, made.body, headers)
            if taken:
                self.told.append(made)
                return
            if pause is None:
                self._books.listeners.pop(to.id, None)
            else:
                await asyncio.sleep(pause)
        self.lost.append(made)

    async def rest(self) -> None:
        """Until nothing is under way."""
        await self._post.rest()

    async def close(self) -> None:
        """Forget what is under way."""
        await self._post.close()
