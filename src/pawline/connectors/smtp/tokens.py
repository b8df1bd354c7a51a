"""The name of a letter that we sent: only we can make one, and it says to us whose it was, and to nobody else."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import product
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from pawline.model import HouseholdId, Letter, Purpose, household_by_email

STEP: Final = 6
MARK: Final = 8
LENGTH: Final = 48
"""Letters of a name of whom we know by their address: what a return path has to have room for."""
AGE: Final = timedelta(days=64)
"""A name is of an age, and believed in that one and the next: so long at least, and twice as long at most."""
_PLACE: Final = b"pawline letter by smtp 2"
_NAMES: Final = re.compile(r"[a-z2-7]{48,400}", re.IGNORECASE)
ODD: Final = 64
"""Names that are looked at in one report."""


class Told(NamedTuple):
    """Whose letter it was. `address` is the mark of where it went, as `household_by_email` makes it.

    `safety`: it spoke of somebody's safety.
    """

    name: str
    household: HouseholdId
    address: str
    safety: bool = False


class Tokens:
    """Makes names by the first of `keys`, and knows those of all of them; each has 64 bytes that nobody else has.

    A name is (step, whether it is about safety, mark of the address, household where that is another one), sealed by
    AES-SIV (RFC 5297): the same letter has the same name in one age, a name that we did not make does not open, and
    there is no table. In base32, because the local part of an address may come back in other letters.
    """

    def __init__(self, keys: Iterable[bytes]) -> None:
        self._ciphers: Final = [AESSIV(one) for one in keys]

    def made(self, step: bytes, letter: Letter, at: datetime) -> str:
        """The name of what a step sends, `at` that moment; `step` is any bytes that are its own."""
        mark = household_by_email(letter.to)
        whose = b"" if letter.household == mark else letter.household.encode()
        drawn = bytearray(hashlib.sha256(step).digest()[:STEP])
        drawn[0] = drawn[0] & 0x7F | (0x80 if letter.purpose is Purpose.SAFETY else 0)
        plain = bytes(drawn) + bytes.fromhex(mark[2:]) + whose
        return _spelled(self._ciphers[0].encrypt(plain, _place(_age(at))))

    def found(self, texts: Iterable[str], at: datetime) -> Told | None:
        """The first name of ours that stands in one of these texts, which came `at` that moment."""
        words = dict.fromkeys(one.lower() for text in texts for one in _NAMES.findall(text))
        for name in list(words)[:ODD]:
            if (told := self._opened(name, at)) is not None:
                return told
        return None

    def _opened(self, name: str, at: datetime) -> Told | None:
        try:
            sealed = base64.b32decode(name.upper() + "=" * (-len(name) % 8))
        except ValueError:
            return None
        for cipher, age in product(self._ciphers, range(_age(at) + 1, _age(at) - 2, -1)):  # clocks differ
            try:
                plain = cipher.decrypt(sealed, _place(age))
                mark = f"h-{plain[STEP : STEP + MARK].hex()}"
                household = HouseholdId(plain[STEP + MARK :].decode() or mark)
                return Told(_spelled(sealed), household, mark, plain[0] >= 0x80)
            except (InvalidTag, ValueError):
                continue
        return None


def _age(at: datetime) -> int:
    return int(at.timestamp() // AGE.total_seconds())


def _place(age: int) -> list[bytes]:
    return [_PLACE, str(age).encode()]


def _spelled(sealed: bytes) -> str:
    return base64.b32encode(sealed).decode().rstrip("=").lower()
