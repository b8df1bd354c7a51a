"""Whether a silence is news: how likely it is, by the same hours of the same weekday in the weeks before.

Let `c1 … cn` be how many came in the same span, by the clock on the wall, in each of the last `n` weeks, `N` their sum
and `m` their mean. With a rate that is not known but for these counts (Gamma, Jeffreys' prior 1/2), the chance that
nothing comes in one more such span is

    P = (n / (n + 1)) ^ ((N + 1/2) · g(d)),    g(d) = ln d / (d − 1),    g(1) = 1

which goes to e^−m with the weeks. `d` is how much more the counts differ than chance alone would have it (variance over
mean, at least 1): for `d > 1` it is a negative binomial's chance, which goes to d^(−m / (d − 1)).

A silence is looked at as it grows, after each of a day's G arrivals, so a chance of one in a thousand would be met by a
shop with a thousand orders every day. What counts is the chance that a whole normal day has such a silence at all:

    1 − (1 − P) ^ max(G, 1)  <  unlikely
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple


class Silence(NamedTuple):
    """What was usual in its span, how likely nothing is there, and how likely on a whole day."""

    usual: float
    chance: float
    chance_a_day: float


def silence(counts: Sequence[int], a_day: float) -> Silence:
    """Judge a silence by what came in its span in each of some weeks; `a_day` come on a usual day.

    Raises ValueError without a week.
    """
    weeks = len(counts)
    if weeks < 1:
        raise ValueError("a silence is judged by one week at least")
    total = sum(counts)
    exponent = (total + 0.5) * _calmed(dispersion(counts))
    chance = math.exp(exponent * math.log(weeks / (weeks + 1)))
    gaps = max(a_day, 1.0)
    day = 1.0 if chance >= 1.0 else -math.expm1(gaps * math.log1p(-chance))
    return Silence(total / weeks, chance, day)


def dispersion(counts: Sequence[int]) -> float:
    """How much more the counts differ than chance alone would have it: variance over mean, at least 1."""
    weeks, total = len(counts), sum(counts)
    if weeks < 2 or total == 0:
        return 1.0
    mean = total / weeks
    return max(1.0, sum((one - mean) ** 2 for one in counts) / (weeks - 1) / mean)


def _calmed(spread: float) -> float:
    return 1.0 if spread - 1.0 < 1e-9 else math.log(spread) / (spread - 1.0)
