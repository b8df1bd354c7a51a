"""A Webhooks (Actions) destination: HMAC-SHA1 in hex, over all of a body or, as it was for long, over its first event.

By the source of the real one: packages/destination-actions/src/destinations/webhook of segmentio/action-destinations.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec

from pawline.sandbox.posting import Letter, Telling

if TYPE_CHECKING:
    from pawline.sandbox.hooks import Hooks

PATIENCE: Final = aiohttp.ClientTimeout(total=10, sock_connect=2)
PAUSES: Final = (0.2, 1.0, 5.0, 30.0, 120.0)
"""Seconds; the real one goes on for four hours."""
_encode: Final = msgspec.json.Encoder().encode


class Subscription(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where it sends, and how it signs: `whole`, by the newer header; `batches`, several events in one delivery."""

    url: str
    secret: str
    whole: bool = False
    batches: bool = False


class Teller(Telling[bytes, Subscription]):
    """Tells the one destination that there may be."""

    def __init__(self, hooks: Hooks) -> None:
        super().__init__(hooks, PATIENCE, PAUSES)
        self.to: Subscription | None = None

    def tell(self, calls: list[dict[str, Any]]) -> None:
        """They came in. Never waits."""
        if self.to is None:
            return
        for body in [_encode(calls)] if self.to.batches else map(_encode, calls):
            self.send(body, self.to)

    def letter(self, made: bytes, to: Subscription) -> Letter:
        return Letter(to.url, made, {"Content-Type": "application/json", **signed(made, to)})


def signed(body: bytes, to: Subscription) -> dict[str, str]:
    """The header of a delivery."""
    over, name = body, "X-Segment-Signature" if to.whole else "X-Signature"
    if to.batches and not to.whole:
        over = bytes(msgspec.json.decode(body, type=list[msgspec.Raw])[0])
    return {name: hmac.new(to.secret.encode(), over, hashlib.sha1).hexdigest()}


def moment(at: float) -> str:
    """As Segment writes it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
