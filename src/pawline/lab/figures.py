"""Figures with the interval in which they would come out again: quantiles by order statistics, shares by Wilson.

A quantile's interval is free of any assumption about its distribution: the true one lies between the l-th and the u-th
smallest value in 95 of 100 runs, as the number of values below it is binomial. Where there are too few values for an
upper end, there is none (`high` is None); where too few for a lower one, it is 0. Several rounds widen it to the figure
of each.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

Z: Final = 1.96


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A number, its 95 % interval, and of how many observations. `high` None: nobody can say how high."""

    name: str
    value: float
    low: float
    high: float | None
    n: int

    def agrees(self, other: Figure) -> bool:
        """Whether both intervals overlap."""
        ours, theirs = math.inf if self.high is None else self.high, math.inf if other.high is None else other.high
        return self.low <= theirs and other.low <= ours


def quantile(ordered: Sequence[float], share: float) -> float:
    """The nearest rank's. Raises IndexError for nothing."""
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def quantiles(name: str, share: float, rounds: Sequence[Sequence[float]]) -> Figure | None:
    """Of all rounds together; None where nothing was observed."""
    every = sorted(value for one in rounds for value in one)
    if not every:
        return None
    n, middle = len(every), len(every) * share
    half = Z * math.sqrt(n * share * (1 - share))
    lower, upper = math.floor(middle - half), math.ceil(middle + half) + 1
    each = [quantile(sorted(one), share) for one in rounds if one]
    value = quantile(every, share)
    low = every[lower - 1] if lower >= 1 else 0.0
    high = max(every[upper - 1], *each, value) if upper <= n else None
    return Figure(name=name, value=value, low=min(low, *each, value), high=high, n=n)


def proportion(name: str, hits: int, of: int, each: Sequence[tuple[int, int]] = ()) -> Figure | None:
    """A share of 1 with Wilson's interval, widened to each round's own; None of nothing."""
    if not of:
        return None
    share = hits / of
    below = 1 + Z**2 / of
    centre = (share + Z**2 / (2 * of)) / below
    half = Z * math.sqrt(share * (1 - share) / of + Z**2 / (4 * of**2)) / below
    own = [one / all_ for one, all_ in each if all_]
    low, high = min([max(0.0, centre - half), share, *own]), max([min(1.0, centre + half), share, *own])
    return Figure(name=name, value=share, low=low, high=high, n=of)


def spread(name: str, values: Sequence[float]) -> Figure | None:
    """The middle of a few, with the least and the greatest as its interval."""
    if not values:
        return None
    ordered = sorted(values)
    return Figure(name=name, value=quantile(ordered, 0.5), low=ordered[0], high=ordered[-1], n=len(ordered))


def exactly(name: str, value: float, n: int = 1) -> Figure:
    """A count: it is what it is."""
    return Figure(name=name, value=value, low=value, high=value, n=n)
