"""Suspects are tried together, then few at a time, then alone."""

from __future__ import annotations

import pytest

from pawline.runtime.trials import Trials


@pytest.mark.parametrize(("deaths", "together"), [(3, 64), (4, 8), (5, 1), (6, 1)])
def test_how_many_are_tried_at_a_time(deaths: int, together: int) -> None:
    trials = Trials(3)
    assert [trials.admits(run, deaths) for run in range(together + 1)] == [True] * together + [False]
    assert trials.admits(0, deaths)  # it is on trial already
    assert trials.end(0)
    assert not trials.end(0)
    assert trials.admits(together, deaths)


def test_one_that_is_tried_alone_waits_for_the_others_and_keeps_them_out() -> None:
    trials = Trials(3)
    assert (trials.admits(1, 3), trials.admits(2, 5)) == (True, False)
    assert trials.end(1)
    assert (trials.admits(2, 5), trials.admits(1, 3), trials.room) == (True, False, 0)


def test_what_makes_a_suspect_and_what_a_culprit() -> None:
    trials = Trials(3)
    assert [trials.suspects(deaths) for deaths in (0, 2, 3, 9)] == [False, False, True, True]
    assert [trials.convicts(deaths) for deaths in (3, 6, 7)] == [False, False, True]
