"""The name of a letter that we sent: only we can make one, and it says to us whose it was, and to nobody else."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from pawline.kit import Secret
from pawline.model import HouseholdId, household_by_email

STEP: Final = 6
MARK: Final = 8
LENGTH: Final = 48
"""Letters of a name of whom we know by their address: what a return path has to have room for."""
_PLACE: Final = (b"pawline letter by smtp 1",)
_NAMES: Final = re.compile(r"[a-z2-7]{48,400}", re.IGNORECASE)
ODD: Final = 64
"""Names that are looked at in one report."""


class Told(NamedTuple):
    """Whose letter it was. `address` is the mark of where it went, as `household_by_email` makes it."""

    name: str
    household: HouseholdId
    address: str


class Tokens:
    """Makes names by the first of `keys`, and knows those of all of them.

    A name is (step, mark of the address, household where that is another one), sealed by AES-SIV (RFC 5297): the same
    letter has the same name, a name that we did not make does not open, and there is no table. In base32, because the
    local part of an address may come back in other letters.
    """

    def __init__(self, keys: Iterable[Secret]) -> None:
        made = [hashlib.sha512(b"pawline letters\0" + one.reveal().encode()).digest() for one in keys]
        self._ciphers: Final = [AESSIV(one) for one in made]

    def made(self, step: bytes, household: HouseholdId, to: str) -> str:
        """The name of what a step sends; `step` is any bytes that are its own."""
        mark = household_by_email(to)
        whose = b"" if household == mark else household.encode()
        plain = hashlib.sha256(step).digest()[:STEP] + bytes.fromhex(mark[2:]) + whose
        sealed = self._ciphers[0].encrypt(plain, list(_PLACE))
        return _spelled(sealed)

    def found(self, texts: Iterable[str]) -> Told | None:
        """The first name of ours that stands in one of these texts, spelled as we spell it."""
        words = dict.fromkeys(one.lower() for text in texts for one in _NAMES.findall(text))
        for name in list(words)[:ODD]:
            if (told := self._opened(name)) is not None:
                return told
        return None

    def _opened(self, name: str) -> Told | None:
        try:
            sealed = base64.b32decode(name.upper() + "=" * (-len(name) % 8))
        except ValueError:
            return None
        for cipher in self._ciphers:
            try:
                plain = cipher.decrypt(sealed, list(_PLACE))
                mark = f"h-{plain[STEP : STEP + MARK].hex()}"
                return Told(_spelled(sealed), HouseholdId(plain[STEP + MARK :].decode() or mark), mark)
            except (InvalidTag, ValueError):
                continue
        return None


def _spelled(sealed: bytes) -> str:
    return base64.b32encode(sealed).decode().rstrip("=").lower()
