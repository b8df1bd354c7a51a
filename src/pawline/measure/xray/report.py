"""What an X-ray found: a figure for each kind, with what it rests on; and the baseline that is kept of it."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from typing import Final

import msgspec

from pawline.measure.xray.finding import Finding, Judged, Not, Verdict

FEW: Final = 10
"""Below so many of a group that were looked at, a share says nothing about how well two files fit."""
FIRST: Final = 10
"""Findings that a page shows."""
STEPS: Final = (1, 2, 4, 8, 12, 24, 36, 48, 72, 96, 120, 168, 240)
"""Hours up to which the columns of a distribution go; one more is beyond."""


class Amount(msgspec.Struct, frozen=True):
    """What is in question, in one currency."""

    minor: int
    currency: str


class Misfit(msgspec.Struct, frozen=True):
    """A group of which more than half disagrees: two files that do not fit, not so many mistakes. Not counted."""

    group: str
    found: int
    judged: int


class Figure(msgspec.Struct, kw_only=True):
    """One kind. `found` is None where it was not looked at; `lacking` says which sources that is for."""

    key: str
    title: str
    promise: str
    counted: str
    found: int | None
    lacking: tuple[str, ...] = ()
    judged: int = 0
    young: int = 0
    unsure: int = 0
    amounts: tuple[Amount, ...] = ()
    misfits: tuple[Misfit, ...] = ()
    nameless: int = 0
    """Rows of its sources that nobody could read, and that may be about anything."""
    first: tuple[Finding, ...] = ()
    file: str = ""


class Taken(msgspec.Struct, kw_only=True):
    """One source: rows that were read, and those that nobody could read, with their lines and why."""

    kind: str
    file: str
    rows: int = 0
    bad: int = 0
    nameless: int = 0
    """Those of them that do not even say what they are about."""
    unmatched: int = 0
    """Rows about an order that the shop's own files do not know."""
    lines: list[tuple[int, str]] = []
    since: int | None = None
    until: int | None = None
    latest: int | None = None
    """Its latest row: where that is long before `until`, it may have been made earlier than was said."""
    early: bool = False
    """Whether it is judged up to that row only, whatever was said of all files."""


class Spread(msgspec.Struct, kw_only=True):
    """How long something took, in seconds; `columns` counts by STEPS."""

    count: int
    p50: int
    p90: int
    p99: int
    columns: tuple[int, ...]


class Hands(msgspec.Struct, kw_only=True):
    """How often people had a hand in an order."""

    orders: int
    touches: int
    untouched: int
    most: int


class Report(msgspec.Struct, kw_only=True):
    """The whole. Moments are seconds since 1970."""

    since: int
    until: int
    late_erp: int
    late_label: int
    zone: str
    orders: int
    tests: int
    sources: tuple[Taken, ...]
    absent: tuple[str, ...]
    figures: tuple[Figure, ...]
    to_label: Spread | None = None
    hands: Hands | None = None

    @property
    def bad(self) -> int:
        """Rows that nobody could read."""
        return sum(one.bad for one in self.sources)

    @property
    def found(self) -> int:
        """All disagreements."""
        return sum(one.found or 0 for one in self.figures)


class Tally:
    """Verdicts of one kind, counted by group."""

    def __init__(self) -> None:
        self.judged, self.found = Counter[str](), Counter[str]()
        self.young = self.unsure = 0

    def add(self, verdict: Verdict) -> Finding | None:
        """What it found, if anything."""
        if isinstance(verdict, Judged):
            self.judged[verdict.group] += 1
            if verdict.finding is not None:
                self.found[verdict.group] += 1
                return verdict.finding
        elif verdict is Not.OLD_ENOUGH:
            self.young += 1
        elif verdict is Not.CERTAIN:
            self.unsure += 1
        return None

    def misfits(self) -> tuple[Misfit, ...]:
        """Groups that do not fit: more than half of many, or all of a few beside one that is larger (three tills)."""
        largest = max(self.judged.values(), default=0)
        return tuple(
            Misfit(group, found, judged)
            for group, judged in sorted(self.judged.items())
            if 2 * (found := self.found[group]) > judged and (judged >= FEW or (found == judged and largest >= FEW))
        )


def spread_of(took: array[int]) -> Spread | None:
    """Quantiles by nearest rank. None of nothing. It sorts what it is given."""
    if not took:
        return None
    ordered, columns = sorted(took), [0] * (len(STEPS) + 1)
    for one in ordered:
        columns[next((at for at, hours in enumerate(STEPS) if one <= hours * 3600), len(STEPS))] += 1

    def at(share: int) -> int:
        return ordered[max(0, -(-len(ordered) * share // 100) - 1)]

    return Spread(count=len(ordered), p50=at(50), p90=at(90), p99=at(99), columns=tuple(columns))


def amounts_of(by: defaultdict[str, int]) -> tuple[Amount, ...]:
    """By currency; nothing where there is none."""
    return tuple(Amount(minor, currency) for currency, minor in sorted(by.items()))
