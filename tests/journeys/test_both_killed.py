"""Hub and vendors die by turns: nothing is lost, doubled or owed."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.adopted import Size
from tests.journeys.both_killed import both_killed, check


async def test_a_small_day_with_eight_kills_on_either_side(tmp_path: Path) -> None:
    day, effects, cases, orders = await both_killed(tmp_path, Size(orders=40, kills=8, pause=0.05), seed=2, seconds=150)
    assert (sum(day.kills.values()), len(day.kills)) == (8, 2)
    check(day, effects, cases, orders)
