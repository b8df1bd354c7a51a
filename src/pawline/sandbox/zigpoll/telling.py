"""Webhooks: thin, signed by nobody, and never sent again. Whether the real one does is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import aiohttp
import msgspec

from pawline.sandbox.posting import Letter, Telling

if TYPE_CHECKING:
    from pawline.sandbox.hooks import Hooks
    from pawline.sandbox.zigpoll.books import Books

PATIENCE: Final = aiohttp.ClientTimeout(total=10, sock_connect=2)
_encode: Final = msgspec.json.Encoder().encode


class Teller(Telling[bytes, str]):
    """Tells whoever listens, at their addresses."""

    def __init__(self, books: Books, hooks: Hooks) -> None:
        super().__init__(hooks, PATIENCE)
        self._books = books

    def tell(self, poll: str, participant: str) -> None:
        """A survey was completed. Never waits."""
        body = _encode({"pollId": poll, "participantId": participant})
        for to in [one.url for one in self._books.hooks if one.poll == poll]:
            self.send(body, to)

    def letter(self, made: bytes, to: str) -> Letter:
        return Letter(to, made, {"Content-Type": "application/json"})
