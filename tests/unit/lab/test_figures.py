"""Intervals, against figures that were reckoned by hand."""

from __future__ import annotations

import random

import pytest

from pawline.lab.curves import costs
from pawline.lab.figures import Figure, exactly, proportion, quantile, quantiles


def test_a_quantile_is_the_nearest_ranks() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [quantile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50.0, 95.0, 99.0, 100.0]
    assert quantile([7.0], 0.99) == 7.0


def test_a_quantiles_interval_comes_from_its_neighbours() -> None:
    values = [float(n) for n in range(1, 101)]
    assert quantiles("p50", 0.5, [values]) == Figure(name="p50", value=50.0, low=40.0, high=61.0, n=100)
    assert quantiles("p99", 0.99, [values]) == Figure(name="p99", value=99.0, low=97.0, high=None, n=100)
    nine = quantiles("p50", 0.5, [values[:9]])  # just enough for an upper end
    assert nine == Figure(name="p50", value=5.0, low=1.0, high=9.0, n=9)
    assert quantiles("p50", 0.5, [[], []]) is None


def test_a_rounds_own_figure_is_in_the_interval() -> None:
    found = quantiles("p50", 0.5, [[10.0] * 100, [10.0] * 100, [900.0] * 9])
    assert found == Figure(name="p50", value=10.0, low=10.0, high=900.0, n=209)


def test_too_few_values_have_no_lower_end_but_0() -> None:
    assert quantiles("p50", 0.5, [[7.0, 9.0]]) == Figure(name="p50", value=7.0, low=0.0, high=None, n=2)


def test_the_true_quantile_is_in_19_of_20_intervals() -> None:
    chance, hits = random.Random(5), 0
    for _ in range(1_000):
        found = quantiles("p95", 0.95, [[chance.random() for _ in range(200)]])
        assert found is not None
        hits += found.low <= 0.95 <= (2.0 if found.high is None else found.high)
    assert hits >= 940


def test_a_share_has_wilsons_interval() -> None:
    found = proportion("gave up", 10, 100)
    assert found is not None
    assert found.high is not None
    assert [found.value, found.low, found.high] == pytest.approx([0.1, 0.0552, 0.1744], abs=1e-4)
    assert proportion("gave up", 0, 0) is None
    wide = proportion("gave up", 10, 100, [(9, 50), (1, 50)])
    assert wide is not None
    assert (wide.low, wide.high) == (0.02, 0.18)


def test_figures_agree_where_their_intervals_meet() -> None:
    one = Figure(name="p50", value=2.0, low=1.0, high=3.0, n=9)
    assert one.agrees(Figure(name="p50", value=4.0, low=3.0, high=5.0, n=9))
    assert not one.agrees(Figure(name="p50", value=4.0, low=3.1, high=5.0, n=9))
    assert Figure(name="p99", value=1.0, low=1.0, high=None, n=9).agrees(exactly("p99", 50.0))
    assert not exactly("lost", 0).agrees(exactly("lost", 1))


def test_waits_cost_what_the_studies_say_and_no_more_than_their_range() -> None:
    found = costs([0.0, 100.0])
    assert found is not None
    assert found.high is not None
    assert [found.value, found.low, found.high] == pytest.approx([0.012, 0.005, 0.0355])
    assert costs([2_000.0]) == costs([60_000.0])
    assert costs([]) is None
