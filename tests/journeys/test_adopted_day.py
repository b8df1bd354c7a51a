"""An adopted day is told and sent once, and charges nobody, whatever dies meanwhile."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.adopted import Size, adopted_day


async def test_a_small_day_with_three_kills(tmp_path: Path) -> None:
    await adopted_day(tmp_path, Size(orders=60, kills=3, pause=0.01), seconds=120)
