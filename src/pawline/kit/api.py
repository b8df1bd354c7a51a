"""How long a vendor serves what a connector speaks, and how it says that something of it is to go."""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from pawline.kit.answer import Answer

STANDARD: Final = ("deprecation", "sunset")
"""RFC 9745 (`Deprecation: @1767225600`) and RFC 8594 (`Sunset: Thu, 01 Jul 2027 00:00:00 GMT`)."""
SAID: Final = 200
"""Characters of a header that are told."""


class Api(NamedTuple):
    """The `version` of a vendor's API, and the first day on which it is not served any more, if there is one.

    `headers`, in lower case, say that what was called is to go, beside the standard ones.
    """

    version: str
    until: date | None = None
    headers: tuple[str, ...] = ()


def going(answer: Answer, names: tuple[str, ...]) -> str:
    """What the answer says is to go, header by header; '' where nothing is."""
    said = [(name, answer.headers.get(name, "")) for name in names]
    told = "; ".join(f"{name}: {value[:SAID]}" for name, value in said if value)
    return "".join(letter if letter.isprintable() else "?" for letter in told)
