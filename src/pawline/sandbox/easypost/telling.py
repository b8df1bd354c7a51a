"""Webhooks in the vendor's form: every event to every address, signed with its secret, tried again, switched off."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import unicodedata
from typing import TYPE_CHECKING, Final

import aiohttp
import msgspec

from pawline.sandbox.easypost import views
from pawline.sandbox.posting import Moods, Post

if TYPE_CHECKING:
    from pawline.sandbox.easypost.books import Books, Listener, Shipment
    from pawline.sandbox.hooks import Hooks

PAUSES: Final = (1.0, 10.0, 60.0, 600.0, 3_600.0, 3_600.0)
"""Seconds before each time that a delivery is tried again; EasyPost publishes none. Then its webhook is off."""
PATIENCE: Final = aiohttp.ClientTimeout(total=7, sock_connect=1)
_encode: Final = msgspec.json.Encoder().encode


def signed(body: bytes, secret: str) -> dict[str, str]:
    """https://docs.easypost.com/guides/webhooks-guide ."""
    key = unicodedata.normalize("NFKD", secret).encode()
    return {"X-Hmac-Signature": f"hmac-sha256-hex={hmac.new(key, body, hashlib.sha256).hexdigest()}"}


class Teller:
    """Tells whoever listens. `hooks` is the sandbox's own outbox: its mishaps and its silence are this one's too."""

    def __init__(self, books: Books, hooks: Hooks) -> None:
        self._books = books
        self._moods = Moods(hooks)
        self._post = Post(PATIENCE)
        self.pauses: tuple[float, ...] = PAUSES
        self.told: list[bytes] = []
        self.lost: list[bytes] = []

    def tell(self, what: str, one: Shipment) -> None:
        """Something happened to a parcel. Never waits."""
        for to in [to for to in self._books.listeners.values() if to.off is None]:
            self._send(_encode(views.event(self._books, self._books.id("evt"), what, one, to.url)), to)

    def _send(self, body: bytes, to: Listener) -> None:
        waits = self._moods.waits()
        if waits == ():
            self.lost.append(body)
        for wait in waits or ():
            self._post.begin(self._deliver(body, to, wait))

    async def _deliver(self, body: bytes, to: Listener, wait: float) -> None:
        await asyncio.sleep(wait)
        for pause in (*self.pauses, None):
            if to.off is not None:
                break
            async with self._post.gate:
                headers = {"Content-Type": "application/json", **(signed(body, to.secret) if to.secret else {})}
                headers |= {one["name"]: one["value"] for one in to.headers}
                taken = await self._post.taken(to.url, body, headers)
            if taken:
                self.told.append(body)
                return
            if pause is None:
                to.off = self._books.now()
            else:
                await asyncio.sleep(pause)
        self.lost.append(body)

    async def rest(self) -> None:
        """Until nothing is under way."""
        await self._post.rest()

    async def close(self) -> None:
        """Forget what is under way."""
        await self._post.close()
