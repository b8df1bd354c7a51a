"""A simulator that finds nothing proves nothing: each planted fault is found, and the same stories are well without."""

import pytest

from tests.simulation.faults import FAULTS, planted
from tests.simulation.telling import Outcome, tell, tell_all

MOST = 500
"""Stories within which every fault is found; most take fewer than ten."""


def _found(name: str) -> Outcome | None:
    with planted(name):
        return tell_all(range(MOST))


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_planted_fault_is_found(name: str) -> None:
    wrong = _found(name)
    assert wrong is not None, f"{MOST} stories did not tell of the fault: {name}"
    clean = tell(wrong.seed)
    assert not clean.wrong, f"\n{clean}"


def test_a_story_is_the_same_each_time_it_is_told() -> None:
    for seed in range(30):
        assert _lines(tell(seed)) == _lines(tell(seed))


def _lines(told: Outcome) -> list[str]:
    return [line for line in told.trace if " 0x" not in line]
