"""Who answers cases by mail."""

from __future__ import annotations

import hashlib
import unicodedata
from functools import cache
from typing import Final
from zoneinfo import available_timezones

import msgspec

from pawline.kit import is_address

LONGEST: Final = 60
"""Characters of a name under which somebody answers."""
MOST: Final = 20
"""People at most: each case is a letter to each of them."""


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One who may answer: `name` is what the audit calls them, `to` their own address, `zone` where they are.

    A list's address is nobody's own: everybody on it would answer under one name. Raises ValueError for a name, an
    address or a zone that is none.
    """

    name: str
    to: str
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > LONGEST or not self.name.isprintable():
            raise ValueError(f"`name` is the name under which they answer, of {LONGEST} characters")
        if not is_address(self.to):
            raise ValueError(f"`to` of {self.name} is no e-mail address")
        if self.zone not in _zones():
            raise ValueError(f'`zone` of {self.name} is {self.zone[:40]!r}: name one such as "Europe/Berlin"')

    @property
    def who(self) -> str:
        """How their links name them: whoever is called that at another address has others."""
        return f"{self.name}/{hashlib.sha256(self.to.encode()).hexdigest()[:12]}"


def check(people: tuple[Person, ...]) -> None:
    """Raises ValueError for two of one name, as people read it, and for too many."""
    if len(people) > MOST:
        raise ValueError(f"`people` names {len(people)}, and may name {MOST}: each case is a letter to each of them")
    names = set[str]()
    for one in people:
        shown = " ".join(one.name.split())
        if (alike := unicodedata.normalize("NFKC", shown).casefold()) in names:
            raise ValueError(f"`people` names {shown} twice: nobody could say who answered")
        names.add(alike)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
