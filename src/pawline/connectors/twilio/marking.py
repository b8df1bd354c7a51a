"""The mark at a text's end: by it what a step sent is known again, for as long as Twilio keeps it. See docs/why/0043.

It comes from the step's key, which is the same for all attempts, in another process, and after a restore.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's 32: each is in GSM-7, and none is taken for another one."""
LENGTH: Final = 6
_MARKED: Final = re.compile(rf" #[{LETTERS}]{{{LENGTH}}}")


def mark_of(key: str) -> str:
    """The mark of a step: thirty bits, which nobody can lead back to anything."""
    number = int.from_bytes(hashlib.sha256(b"pawline text\0" + key.encode()).digest()[:4])
    return "".join(LETTERS[number >> 5 * place & 31] for place in range(LENGTH))


def marked(text: str, mark: str) -> str:
    """The text with its mark."""
    return f"{text.rstrip()} #{mark}"


def bears(body: str, mark: str) -> bool:
    """Whether this mark ends it, whatever Twilio put before it: a trial account's first words, plainer quotes."""
    return body.rstrip().endswith(f" #{mark}")


def is_ours(body: str) -> bool:
    """Whether it ends as texts of flows do."""
    return _MARKED.fullmatch(body.rstrip()[-LENGTH - 2 :]) is not None
