"""Who answers cases by mail."""

from __future__ import annotations

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


def check(people: tuple[Person, ...]) -> None:
    """Raises ValueError for two of one name, and for too many."""
    if len(people) > MOST:
        raise ValueError(f"`people` names {len(people)}, and may name {MOST}: each case is a letter to each of them")
    names = [one.name for one in people]
    if twice := sorted({one for one in names if names.count(one) > 1}):
        raise ValueError(f"`people` names {twice[0]} twice: nobody could say who answered")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
