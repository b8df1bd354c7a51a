"""What stands for a household where people are counted and not known: a keyed hash, which leads back to nobody.

A household's own id may be a digest of its mail address, which whoever has the address can make, too; without the
account's own secret nobody can make one of these.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from pawline.kit.secret import Secret

LEAST: Final = 24
"""Characters of such a secret at least: what anybody might guess hides nobody."""


def pseudonym(secret: Secret, what: str, *parts: str) -> bytes:
    """32 bytes for these parts, always the same under this secret; of another `what` (`household at ga4`) others.

    Whoever is told names its tool there: two tools that are given one secret cannot compare what they know.
    """
    over = "\n".join((what, *parts)).encode("utf-8", "backslashreplace")
    return hmac.new(secret.reveal().encode(), over, hashlib.sha256).digest()


def check_guessable(name: str, secret: Secret) -> None:
    """Raises ValueError, naming the setting, for a secret that is too short to hide anybody."""
    if len(secret.reveal()) < LEAST:
        raise ValueError(f"`{name}` is yours to make: {LEAST} random characters at least, and never another one after")
