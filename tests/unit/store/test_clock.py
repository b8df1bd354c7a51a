"""Time does not go back, not even over a restart: what is recorded afterwards would seem to be from before a wait."""

from __future__ import annotations

from pawline.store.clock import SLACK, not_before


def test_a_clock_that_was_put_back_is_waited_out() -> None:
    now = [1_000.0]
    clock = not_before(lambda: now[0], 1_600.0)
    assert clock() == 1_600.0
    now[0] = 1_601.0
    assert clock() == 1_601.0


def test_a_clock_that_is_right_is_taken_as_it_is() -> None:
    def clock() -> float:
        return 2_000.0

    assert not_before(clock, 1_600.0) is clock


def test_a_store_from_a_far_future_stops_nothing() -> None:
    assert not_before(lambda: 1_000.0, 1_001.0 + SLACK)() == 1_000.0
