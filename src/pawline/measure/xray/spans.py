"""From when to when a file tells of everything, as its own rows show it: what was said of it may be wrong."""

from __future__ import annotations

from itertools import pairwise
from typing import Final, NamedTuple

import msgspec

HOUR: Final = 3_600
DAY: Final = 86_400
NIGHT: Final = 12 * HOUR
"""For so long a file may have no row though it tells of everything."""
GAPS: Final = 20
"""So many times as long as between two of its rows, too."""
FEW: Final = 10
"""Rows, below which nothing can be said of how often they come."""
STRAY: Final = 100
"""Of so many rows one may be far from the others, and does not say when the file begins or ends."""
APART: Final = 2
"""Days that are far."""


class Rows(msgspec.Struct):
    """When the rows of one file are of, a day each: its first, its last, and how many."""

    days: dict[int, tuple[int, int, int]] = {}

    def add(self, at: int | None) -> None:
        """One of them."""
        if at is not None:
            first, last, count = self.days.get(at // DAY, (at, at, 0))
            self.days[at // DAY] = min(at, first), max(at, last), count + 1

    @property
    def count(self) -> int:
        """How many say when."""
        return sum(count for _, _, count in self.days.values())

    def reach(self) -> tuple[int, int] | None:
        """The first and the last moment, without a few that are far from all others: 1900, 9999, a typing error."""
        days, few = sorted(self.days), self.count // STRAY
        if not days:
            return None
        return self.days[days[self._stray(days, few)]][0], self.days[days[-1 - self._stray(days[::-1], few)]][1]

    def _stray(self, days: list[int], few: int) -> int:
        """How many days from the beginning are strays."""
        seen = left_out = 0
        for at, (day, following) in enumerate(pairwise(days), 1):
            seen += self.days[day][2]
            if seen > few:
                break
            if abs(following - day) > APART:
                left_out = at
        return left_out

    def quiet(self) -> int | None:
        """Seconds without a row after which the file may not go on; None where it has too few rows to say."""
        reach, count = self.reach(), self.count
        if reach is None or count < FEW:
            return None
        return max(NIGHT, GAPS * (reach[1] - reach[0]) // count)


class Told(NamedTuple):
    """What a description says of its file, when all were made, and what kind of file it is."""

    since: int | None = None
    until: int | None = None
    made: int | None = None
    steady: bool = False
    """Whether no row for long means that the file was made earlier than was said, or cut off."""


class Span(msgspec.Struct):
    """From when to when all files of a kind tell of everything; None where nobody knows.

    `proven` is until when their own rows show it, where they are enough to. `parts` are from, to, and the pause that is
    nothing odd: a month that nobody exported lies between two. `files` is until when each one tells.
    """

    since: int | None = None
    until: int | None = None
    proven: int | None = None
    parts: list[tuple[int, int, int]] = []
    files: dict[str, int] = {}

    def add(self, name: str, rows: Rows, said: Told) -> tuple[int | None, int | None]:
        """One more file: from when to when it tells of everything, as far as its rows bear out what was said."""
        first, last = rows.reach() or (None, None)
        quiet = rows.quiet()
        begins = first if said.since is None else said.since
        ends = said.until if said.until is not None else last if said.made is None else said.made
        proven = ends
        if said.until is None and last is not None and quiet is not None and ends is not None:
            proven = last
            ends = ends if not said.steady else min(ends, last)
        self.since, self.until = _first(self.since, begins), _last(self.until, ends)
        self.proven = _last(self.proven, proven)
        if begins is not None and ends is not None and proven is not None:
            self.parts.append((begins, max(begins, proven), ends - begins if quiet is None else quiet))
            self.files[name] = min(ends, self.files.get(name, ends))
        return begins, ends

    def torn(self, begin: int, end: int) -> bool:
        """Whether some of that time is in no file, though an earlier and a later one are there."""
        reached, patience = None, 0
        for since, until, quiet in sorted(self.parts):
            if reached is not None and since > reached + max(patience, quiet) and begin < since and end > reached:
                return True
            if reached is None or until > reached:
                reached, patience = until, quiet
        return False


def _first(one: int | None, other: int | None) -> int | None:
    return min((at for at in (one, other) if at is not None), default=None)


def _last(one: int | None, other: int | None) -> int | None:
    return max((at for at in (one, other) if at is not None), default=None)
