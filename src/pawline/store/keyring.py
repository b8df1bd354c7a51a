"""The keys that never enter the database: they wrap the data keys that do."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pawline.store.errors import StoreError, Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VARIABLE = "PAWLINE_KEY"
_NONCE = 12


nonces: list[bytes] = []
"""Random ones, for who takes each out of the list: a few hundred at a time, because each draw is a system call."""


def draw() -> bytes:
    """A nonce: random, and never the same twice."""
    if not nonces:
        drawn = os.urandom(_NONCE * 256)
        nonces.extend(drawn[at : at + _NONCE] for at in range(0, len(drawn), _NONCE))
    return nonces.pop()


# A forked child that went on with its parent's nonces would use them a second time.
os.register_at_fork(after_in_child=nonces.clear)


def seal(cipher: AESGCM, data: bytes, aad: bytes) -> bytes:
    """AES-256-GCM with a random nonce in front."""
    nonce = draw()
    return nonce + cipher.encrypt(nonce, data, aad)


def unseal(cipher: AESGCM, data: bytes, aad: bytes) -> bytes:
    """What `seal` made. Raises Unreadable, never returns garbage."""
    try:
        return cipher.decrypt(data[:_NONCE], data[_NONCE:], aad)
    except (InvalidTag, ValueError) as error:
        raise Unreadable("sealed bytes do not open with this key in this place") from error


class Keyring:
    """Key-encryption keys by id. The first wraps; the others only open what they wrapped before a rotation."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != 32 for key in keys):
            raise StoreError("a keyring needs at least one key, and every key has 32 bytes")
        self._keys = {hashlib.sha256(b"pawline key id\0" + key).hexdigest()[:8]: key for key in keys}
        self._ciphers = {name: AESGCM(key) for name, key in self._keys.items()}
        self.current = next(iter(self._keys))

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._keys)})"

    @classmethod
    def generate(cls) -> Keyring:
        """One new key. Whoever loses it loses every sealed body: `save` it before the first commit."""
        return cls([os.urandom(32)])

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """Keys in base64, separated by commas or white space, the current one first."""
        try:
            keys = [base64.b64decode(word, validate=True) for word in text.replace(",", " ").split()]
        except ValueError as error:  # also for what is no ASCII
            raise StoreError("a key is 32 bytes in base64") from error
        return cls(keys)

    @classmethod
    def load(cls, path: Path | None = None, environment: Mapping[str, str] | None = None) -> Keyring:
        """From the variable PAWLINE_KEY, else from the file, which nobody else may read (0600)."""
        text = (os.environ if environment is None else environment).get(VARIABLE, "")
        if text:
            return cls.parse(text)
        if path is None or not path.exists():
            raise StoreError(f"no key: set {VARIABLE} or give a key file")
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise StoreError(f"others may read {path}: chmod 600 it")
        return cls.parse(path.read_text("utf-8", "replace"))

    def save(self, path: Path) -> None:
        """Writes a new file with mode 0600. Raises FileExistsError: a key is never overwritten."""
        text = "\n".join(base64.b64encode(key).decode() for key in self._keys.values()) + "\n"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

    def rotated(self) -> Keyring:
        """With a new current key in front of the old ones."""
        return Keyring([os.urandom(32), *self._keys.values()])

    def derived(self, purpose: bytes) -> tuple[bytes, ...]:
        """For each key another of 64 bytes, which tells nothing of it and is this purpose's alone; in their order."""
        return tuple(HKDF(SHA512(), 64, None, purpose).derive(key) for key in self._keys.values())

    def wrap(self, key: bytes, aad: bytes) -> tuple[str, bytes]:
        """The id of the wrapping key, and the wrapped one."""
        return self.current, seal(self._ciphers[self.current], key, aad)

    def unwrap(self, wrapper: str, wrapped: bytes, aad: bytes) -> bytes:
        """Raises Unreadable where the wrapping key is not on this ring."""
        if wrapper not in self._ciphers:
            raise Unreadable(f"key-encryption key {wrapper} is not on the ring ({', '.join(self._keys)} are)")
        return unseal(self._ciphers[wrapper], wrapped, aad)
