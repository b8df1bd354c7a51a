"""Paths, zones and hours in settings: below the place, known, and on a clock."""

from __future__ import annotations

import re
from functools import cache
from typing import Final
from zoneinfo import available_timezones

_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def check_below(what: str, path: str) -> None:
    """Raises ValueError for a path that leads out of the place."""
    parts = path.split("/")
    if not all(parts) or {".", ".."} & set(parts) or "\0" in path:
        raise ValueError(f"{what} is a path below `place`, such as outbox/stock-*.csv, without .. in it")


def check_zone(what: str, name: str) -> None:
    """Raises ValueError for a zone that this machine does not know."""
    if name not in _zones():
        raise ValueError(f"{what} is {name!r}: name one such as Europe/Berlin")


def check_clock(what: str, said: str) -> None:
    """Raises ValueError for what is no hour and minute."""
    if not _CLOCK.fullmatch(said):
        raise ValueError(f'{what} is hours and minutes such as "06:30"')


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
