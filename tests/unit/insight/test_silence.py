"""A silence is judged by the weeks before: against known figures, and against years of shops that are well."""

from __future__ import annotations

import bisect
import math
import random
from itertools import pairwise

import pytest

from pawline.insight.silence import dispersion, silence

DAY = 86_400.0
WEEK = 7 * DAY


def test_with_many_weeks_it_is_poissons() -> None:
    one = silence([7] * 10_000, a_day=1.0)
    assert one.usual == 7.0
    assert one.chance == pytest.approx(math.exp(-7.0), rel=1e-3)
    assert one.chance_a_day == pytest.approx(one.chance)


def test_figures_of_the_formula() -> None:
    eight = silence([7] * 8, a_day=100.0)
    assert eight.chance == pytest.approx((8 / 9) ** 56.5)  # 0.0013: less sure than Poisson's 0.0009
    assert eight.chance_a_day == pytest.approx(1 - (1 - eight.chance) ** 100)
    assert silence([0, 0, 0], a_day=0.0).chance == pytest.approx((3 / 4) ** 0.5)
    assert silence([100_000] * 8, a_day=1e6).chance_a_day == 0.0


def test_weeks_that_differ_more_than_chance_make_it_less_sure() -> None:
    calm, wild = [20, 20, 20, 20], [2, 38, 5, 35]
    assert (dispersion(calm), dispersion([0, 0]), dispersion([5])) == (1.0, 1.0, 1.0)
    assert dispersion(wild) == pytest.approx(18.3)
    assert silence(wild, 1.0).chance > 1_000 * silence(calm, 1.0).chance
    spread, mean = 4.0, 20.0
    many = [10, 30] * 100_000  # its variance is five times its mean
    assert dispersion(many) == pytest.approx(5.0, rel=1e-3)
    assert silence(many, 1.0).chance == pytest.approx(5.0 ** (-mean / spread), rel=1e-2)


def test_without_a_week_nothing_is_judged() -> None:
    with pytest.raises(ValueError, match="one week at least"):
        silence([], 1.0)


def _shop(a_day: float, days: int, seed: int) -> list[float]:
    """Orders of a shop that sleeps at night and has its noon and evening, as a Poisson stream."""
    random_, at, found = random.Random(seed), 0.0, list[float]()
    most = a_day / DAY * 2.2
    while (at := at + random_.expovariate(most)) < days * DAY:
        hour = at % DAY / 3_600
        shape = 0.05 if hour < 6 else 2.2 if 19 <= hour < 22 else 1.25 if hour < 19 else 0.4
        if random_.random() < shape / 2.2:
            found.append(at)
    return found


def _judged(orders: list[float], last: float, now: float) -> float:
    def between(first: float, end: float) -> int:
        return bisect.bisect_right(orders, end) - bisect.bisect_right(orders, first)

    counts = [between(last - week * WEEK, now - week * WEEK) for week in range(1, 9)]
    return silence(counts, between(now - 8 * WEEK, now) / 56).chance_a_day


@pytest.mark.parametrize("a_day", [30.0, 300.0])
def test_a_shop_that_is_well_is_left_alone_and_one_that_stops_is_noticed(a_day: float) -> None:
    orders = _shop(a_day, 56 + 200, seed=7)
    false = set()
    for last, following in pairwise(orders):
        if last > 56 * DAY and following - last >= 1_200 and _judged(orders, last, following) < 0.01:
            false.add(int(last / DAY))
    assert len(false) <= 5  # two of 200 days are to be expected
    last = max(one for one in orders if one % DAY < 14 * 3_600 and one < 250 * DAY)
    waited = next(minutes for minutes in range(20, 3_000) if _judged(orders, last, last + 60.0 * minutes) < 0.01)
    assert waited <= {30.0: 480, 300.0: 60}[a_day], waited
