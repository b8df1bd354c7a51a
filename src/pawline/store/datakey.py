"""The key of one household, and what stands in its place once it is destroyed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pawline.store.keyring import draw, nonces, unseal

if TYPE_CHECKING:
    from pawline.store.database import Row


class Erased(NamedTuple):
    """Stands where a key was destroyed: what it sealed is gone for good."""

    shop: str
    household: str
    at: float


class DataKey:
    """Seals bodies for one household of one shop ('' is the shop's own). Safe for 2^32 seals.

    `since` is when what it did before was erased: None for a first key, of generation 0.
    """

    __slots__ = ("_cipher", "_row", "generation", "household", "no", "read", "shop", "since", "stored")

    def __init__(
        self, no: int, shop: str, household: str, key: bytes, row: Row | None, generation: int = 0,
        since: float | None = None,
    ) -> None:  # fmt: skip
        self.no, self.shop, self.household, self.generation, self.since = no, shop, household, generation, since
        self._cipher = AESGCM(key)
        self._row = row
        self.stored = row is None
        self.read = time.monotonic()

    def __repr__(self) -> str:
        return f"DataKey({self.no})"

    def seal(self, data: bytes, aad: bytes) -> bytes:
        """Encrypts. `aad` says where the bytes belong; they open nowhere else."""
        nonce = nonces.pop() if nonces else draw()
        return nonce + self._cipher.encrypt(nonce, data, aad)

    def open(self, data: bytes, aad: bytes) -> bytes:
        """Decrypts what `seal` made with the same `aad`. Raises Unreadable."""
        return unseal(self._cipher, data, aad)

    def fresh_writes(self) -> list[tuple[str, tuple[object, ...]]]:
        """Goes into every unit with bytes sealed by this key, until one of them was committed; [] from then on."""
        return [] if self.stored or self._row is None else [("insert_data_key", self._row)]
