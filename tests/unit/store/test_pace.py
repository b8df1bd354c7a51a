"""Bulk's rests are bounded, and end when nobody else comes."""

from __future__ import annotations

import pytest

from pawline.store import pacing


def test_a_disk_that_stood_still_does_not_make_bulk_rest_for_minutes() -> None:
    pace = pacing.Pace()
    assert pace.share(100.0, 500, alone=False) == 4
    assert pace.share(100.5, 500, alone=True) == 16
    pace.written(130.5)  # the batch took thirty seconds
    assert pace.share(130.6, 500, alone=False) == 4
    assert pace.share(130.7, 500, alone=True) == 0
    assert pace.wait(130.7) == pytest.approx(0.8)
    assert pace.share(131.55, 500, alone=True) == 16


def test_a_rest_ends_when_the_others_have_not_come_lately() -> None:
    pace = pacing.Pace()
    assert pace.share(100.0, 500, alone=False) == 4
    assert pace.share(100.1, 500, alone=True) == 16
    pace.written(100.9)  # it would rest until 101.9, and the others came at 100
    assert pace.share(100.95, 500, alone=True) == 0
    assert pace.wait(100.95) == pytest.approx(0.05)
    assert pace.share(101.0, 500, alone=True) == 64
