"""Passes: the shop's own server says who is logged in, and their page may speak for that household for a while.

An order's token is none: whoever types a stranger's address into a checkout has an order of that stranger's.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.hub.storefront.api_keys import ApiKey, ApiKeys
    from pawline.hub.storefront.tokens import Tokens

KIND: Final = "household"
SHOWN: Final = 12


class Passes:
    """Made from the hub's key and kept nowhere; of no use once the secret key that made it is revoked."""

    def __init__(self, tokens: Tokens, keys: ApiKeys, now: Callable[[], float]) -> None:
        self._tokens, self._keys, self._now = tokens, keys, now

    def made(self, key: ApiKey, household: str, seconds: float) -> tuple[str, datetime]:
        """A pass by this secret key, and when it ends."""
        until = int(self._now() + seconds)
        head = f"{until}.{_mark(key.id)}"
        token = f"{head}.{self._tokens.of(key.shop, KIND, f'{household}/{head}')}"
        return token, datetime.fromtimestamp(until, UTC)

    def fits(self, token: str, shop: str, household: str) -> bool:
        """Whether it is one, for this household, as of now."""
        head, _, seal = token.rpartition(".")
        until, _, mark = head.partition(".")
        if not self._tokens.fits(seal, shop, KIND, f"{household}/{head}"):
            return False
        return int(until) > self._now() and any(_mark(one) == mark for one in self._keys.secret(shop))


def _mark(key: str) -> str:
    """Says which key it was, to us: a page is not shown how a secret one begins."""
    return hashlib.sha256(key.encode()).hexdigest()[:SHOWN]
