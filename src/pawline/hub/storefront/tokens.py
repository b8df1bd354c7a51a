"""Tokens of carts and orders: whoever has one is whoever was given it. Made from the hub's key, kept nowhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pawline.store import Keyring

PURPOSE: Final = b"pawline storefront"


class Tokens:
    """`keyring` may have older keys, too: what they made is still believed."""

    def __init__(self, keyring: Keyring) -> None:
        self._keys = keyring.derived(PURPOSE)

    def of(self, shop: str, kind: str, name: str) -> str:
        """The token of this cart or order."""
        return _made(self._keys[0], shop, kind, name)

    def fits(self, token: str, shop: str, kind: str, name: str) -> bool:
        """Whether it is."""
        said = token.encode("utf-8", "replace")
        return any(hmac.compare_digest(said, _made(key, shop, kind, name).encode()) for key in self._keys)


def _made(key: bytes, shop: str, kind: str, name: str) -> str:
    said = hmac.new(key, f"{shop}\0{kind}\0{name}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(said[:24]).decode()
