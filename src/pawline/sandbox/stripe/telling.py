"""Webhooks in the vendor's form: every event to every endpoint that asked for it, signed, tried again for days."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Final

import aiohttp
import msgspec

from pawline.sandbox.posting import Letter, Telling
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


class Teller(Telling[bytes, "Endpoint"]):
    """Tells whoever listens."""

    def __init__(self, books: Books, hooks: Hooks) -> None:
        super().__init__(hooks, PATIENCE, PAUSES)
        self._books = books

    def tell(self, one: Event) -> None:
        """Something happened. Never waits."""
        for to in list(self._books.endpoints.values()):
            if to.on and ("*" in to.events or one.type in to.events):
                self.send(_encode(views.event(one)), to)

    def listens(self, to: Endpoint) -> bool:
        return to.id in self._books.endpoints and to.on

    def letter(self, made: bytes, to: Endpoint) -> Letter:
        return Letter(to.url, made, {"Content-Type": "application/json", **signed(made, to.secret, time.time())})
