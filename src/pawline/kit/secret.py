"""A value that may be used and not be seen: a token, a password, a signing secret."""

from __future__ import annotations

import hmac
from typing import Final

SHOWN: Final = "•••"
"""What stands wherever a secret would have been printed."""


class Secret:
    """Never in `repr`, `str`, a format or a pickle; equal in constant time. `reveal()` stands where it is sent.

    Raises ValueError where it is empty, or holds a line break or another control character: copied badly, it would
    end up in a header as something else.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not value or any(ord(one) < 32 or ord(one) == 127 for one in value):
            raise ValueError("a secret is not empty and holds no line breaks: copy it again, without what surrounds it")
        self._value: Final = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({SHOWN})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")
