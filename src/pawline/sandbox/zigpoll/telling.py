"""Webhooks: thin, signed by nobody, and never sent again. Whether the real one does is not known."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import aiohttp
import msgspec

from pawline.sandbox.posting import Moods, Post

if TYPE_CHECKING:
    from pawline.sandbox.hooks import Hooks
    from pawline.sandbox.zigpoll.books import Books

PATIENCE: Final = aiohttp.ClientTimeout(total=10, sock_connect=2)
_encode: Final = msgspec.json.Encoder().encode


class Teller:
    """Tells whoever listens. `hooks` is the sandbox's own outbox: its mishaps and its silence are this one's too."""

    def __init__(self, books: Books, hooks: Hooks) -> None:
        self._books = books
        self._moods = Moods(hooks)
        self._post = Post(PATIENCE)
        self.told: list[bytes] = []
        self.lost: list[bytes] = []

    def tell(self, poll: str, participant: str) -> None:
        """A survey was completed. Never waits."""
        body = _encode({"pollId": poll, "participantId": participant})
        for to in [one.url for one in self._books.hooks if one.poll == poll]:
            waits = self._moods.waits()
            if waits == ():
                self.lost.append(body)
            for wait in waits or ():
                self._post.begin(self._deliver(body, to, wait))

    async def _deliver(self, body: bytes, to: str, wait: float) -> None:
        await asyncio.sleep(wait)
        async with self._post.gate:
            taken = await self._post.taken(to, body, {"Content-Type": "application/json"})
        (self.told if taken else self.lost).append(body)

    async def rest(self) -> None:
        """Until nothing is under way."""
        await self._post.rest()

    async def close(self) -> None:
        """Forget what is under way."""
        await self._post.close()
