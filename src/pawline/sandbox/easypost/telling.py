"""Webhooks in the vendor's form: every event to every address, signed with its secret, tried again, switched off."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from typing import TYPE_CHECKING, Final

import aiohttp
import msgspec

from pawline.sandbox.easypost import views
from pawline.sandbox.posting import Letter, Telling

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


class Teller(Telling[bytes, "Listener"]):
    """Tells whoever listens."""

    def __init__(self, books: Books, hooks: Hooks) -> None:
        super().__init__(hooks, PATIENCE, PAUSES)
        self._books = books

    def tell(self, what: str, one: Shipment) -> None:
        """Something happened to a parcel. Never waits."""
        for to in [to for to in self._books.listeners.values() if to.off is None]:
            self.send(_encode(views.event(self._books, self._books.id("evt"), what, one, to.url)), to)

    def listens(self, to: Listener) -> bool:
        return to.off is None

    def gave_up(self, to: Listener) -> None:
        to.off = self._books.now()

    def letter(self, made: bytes, to: Listener) -> Letter:
        headers = {"Content-Type": "application/json", **(signed(made, to.secret) if to.secret else {})}
        return Letter(to.url, made, headers | {one["name"]: one["value"] for one in to.headers})
