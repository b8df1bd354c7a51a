"""Links in letters, sealed with the hub's key: only this hub reads them, and nobody else can make one."""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.kit import CaseLink
from pawline.store import Unreadable

if TYPE_CHECKING:
    from pawline.store import Keyring

GOOD: Final = timedelta(days=30)
"""So long after its case was asked a link is good."""
LONGEST: Final = 1_000
"""Characters of a link that is one."""


class NoLink(Exception):
    """No link of this hub's: made up, cut short, of another account, or of a key that is gone."""


class CaseLinks:
    """The links of one account, whose pages are at `at`. A key that was changed for another one still opens its own."""

    def __init__(self, keyring: Keyring, account: str, at: str) -> None:
        self._keyring, self._at = keyring, f"{at.rstrip('/')}/answer/{account}"
        self._aad: Final = f"pawline case link\0{account}".encode()

    def to(self, link: CaseLink, choice: int | None = None) -> str:
        """See `Links.to`."""
        wrapper, wrapped = self._keyring.wrap(msgspec.json.encode(link), self._aad)
        return f"{self._at}/{wrapper}.{_text(wrapped)}" + ("" if choice is None else f"?choice={choice}")

    def opened(self, token: str) -> CaseLink:
        """What it is for. Raises NoLink."""
        wrapper, _, wrapped = token.partition(".")
        if len(token) > LONGEST:
            raise NoLink
        try:
            sealed = base64.b64decode(wrapped + "=" * (-len(wrapped) % 4), altchars=b"-_", validate=True)
            if _text(sealed) != wrapped:  # the same bytes, written otherwise
                raise NoLink
            return msgspec.json.decode(self._keyring.unwrap(wrapper, sealed, self._aad), type=CaseLink)
        except (Unreadable, binascii.Error, ValueError):  # msgspec's own errors, too
            raise NoLink from None


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")
