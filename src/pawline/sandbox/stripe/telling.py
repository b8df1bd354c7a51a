"""Webhooks in the vendor's form: every event to every endpoint that asked for it, signed, tried again for days."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Final

import aiohttp
import msgspec

from pawline.sandbox.posting import Moods, Post
from pawline.sandbox.stripe import views

if TYPE_CHECKING:
    from pawline.sandbox.hooks import Hooks
    from pawline.sandbox.stripe.books import Books, Endpoint, Event

PAUSES: Final = (1.0, 60.0, 600.0, 3_600.0, 10_800.0, 43_200.0, 86_400.0)
"""Seconds before each time that it is tried again: for up to three days, says https://docs.stripe.com/webhooks ."""
PATIENCE: Final = aiohttp.ClientTimeout(total=10, sock_connect=1)
_encode: Final = msgspec.json.Encoder().encode


def signed(body: bytes, secret: str, at: float) -> dict[str, str]:
    """https://docs.stripe.com/webhooks#verify-manually ."""
    over = f"{int(at)}.".encode() + body
    return {"Stripe-Signature": f"t={int(at)},v1={hmac.new(secret.encode(), over, hashlib.sha256).hexdigest()}"}


class Teller:
    """Tells whoever listens. `hooks` is the sandbox's own outbox: its mishaps and its silence are this one's too."""

    def __init__(self, books: Books, hooks: Hooks) -> None:
        self._books = books
        self._moods = Moods(hooks)
        self._post = Post(PATIENCE)
        self.pauses: tuple[float, ...] = PAUSES
        self.told: list[bytes] = []
        self.lost: list[bytes] = []

    def tell(self, one: Event) -> None:
        """Something happened. Never waits."""
        for to in list(self._books.endpoints.values()):
            if to.on and ("*" in to.events or one.type in to.events):
                self._send(_encode(views.event(one)), to)

    def _send(self, body: bytes, to: Endpoint) -> None:
        waits = self._moods.waits()
        if waits == ():
            self.lost.append(body)
        for wait in waits or ():
            self._post.begin(self._deliver(body, to, wait))

    async def _deliver(self, body: bytes, to: Endpoint, wait: float) -> None:
        await asyncio.sleep(wait)
        for pause in (*self.pauses, None):
            if to.id not in self._books.endpoints or not to.on:
                break
            async with self._post.gate:
                headers = {"Content-Type": "application/json", **signed(body, to.secret, time.time())}
                taken = await self._post.taken(to.url, body, headers)
            if taken:
                self.told.append(body)
                return
            if pause is None:
                break
            await asyncio.sleep(pause)
        self.lost.append(body)

    async def rest(self) -> None:
        """Until nothing is under way."""
        await self._post.rest()

    async def close(self) -> None:
        """Forget what is under way."""
        await self._post.close()
