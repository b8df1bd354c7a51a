"""Webhooks back: signed as Standard Webhooks says, sent until they are taken, and as unreliable as real ones."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import aiohttp
import msgspec

from pawline.sandbox.posting import Mishaps, Post

PAUSES: Final = (0.2, 1.0, 5.0, 30.0, 120.0, 600.0)
"""Seconds before a delivery is sent again that was answered with anything but 2xx; then it is given up."""
PATIENCE: Final = aiohttp.ClientTimeout(total=5)
_encode: Final = msgspec.json.Encoder().encode


class Subscription(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is told, and the `whsec_` secret that signs. Raises ValueError for a secret that is no key."""

    url: str
    secret: str

    def __post_init__(self) -> None:
        self.key()

    def key(self) -> bytes:
        """The secret's bytes."""
        try:
            key = base64.b64decode(self.secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            key = b""
        if len(key) < 24:
            raise ValueError("a secret is whsec_ and at least 24 bytes in base64")
        return key


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened at a vendor: `id` is the same for every delivery of it."""

    id: str
    type: str
    timestamp: datetime
    data: msgspec.Raw

    def body(self) -> bytes:
        """What is signed and sent."""
        return _encode({"type": self.type, "timestamp": self.timestamp, "data": self.data})


def signed(message: Message, key: bytes, now: float) -> dict[str, str]:
    """The headers of a delivery, at `now` (epoch seconds)."""
    at = str(int(now))
    made = hmac.new(key, f"{message.id}.{at}.".encode() + message.body(), hashlib.sha256).digest()
    return {
        "content-type": "application/json", "webhook-id": message.id, "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(made).decode()}",
    }  # fmt: skip


class Hooks:
    """A vendor's outbox. `tell` never waits; `told` and `lost` are messages that were taken, and that never will be.

    `history` is all of them, for whoever looks at the list instead. While it is `silent` nothing is sent; `taken` hears
    of each message that was.
    """

    def __init__(self, now: Callable[[], float], mishaps: Mishaps | None = None) -> None:
        self.subscription: Subscription | None = None
        self.pauses: tuple[float, ...] = PAUSES
        self.told: list[str] = []
        self.lost: list[str] = []
        self.mishaps = Mishaps() if mishaps is None else mishaps
        self._now = now
        self._count = 0
        self.history: list[Message] = []
        self.life = secrets.token_hex(4)  # of this process: who knows the last one's ids must not take ours for them
        self.silent = False
        self.taken: Callable[[str], object] = lambda _: None
        self._post = Post(PATIENCE)

    @property
    def mishaps(self) -> Mishaps:
        """What goes wrong. New ones begin their chance anew."""
        return self._mishaps

    @mishaps.setter
    def mishaps(self, plan: Mishaps) -> None:
        self._mishaps, self._chance = plan, plan.chance()

    def tell(self, type: str, data: object) -> None:
        """Something happened. Without a subscription nobody is told."""
        self._count += 1
        at = datetime.fromtimestamp(self._now(), UTC)
        message = Message(id=f"msg_{self.life}_{self._count}", type=type, timestamp=at, data=msgspec.Raw(_encode(data)))
        self.history.append(message)
        if self.subscription is None or self.silent:
            return
        waits = self.mishaps.waits(self._chance)
        if not waits:
            self.lost.append(message.id)
        for wait in waits:
            self._post.begin(self._deliver(message, self.subscription, wait))

    def tell_again(self, messages: list[Message]) -> None:
        """What was told before this process began, and not taken."""
        if self.subscription is not None:
            for message in messages:
                self._post.begin(self._deliver(message, self.subscription, 0.0))

    async def _deliver(self, message: Message, to: Subscription, wait: float) -> None:
        await asyncio.sleep(wait)
        for pause in (*self.pauses, None):
            async with self._post.gate:
                headers = signed(message, to.key(), self._now())
                if await self._post.taken(to.url, message.body(), headers):
                    self.told.append(message.id)
                    self.taken(message.id)
                    return
            if pause is not None:
                await asyncio.sleep(pause)
        self.lost.append(message.id)

    async def rest(self) -> None:
        """Until nothing is under way."""
        await self._post.rest()

    async def close(self) -> None:
        """Forget what is under way."""
        await self._post.close()
