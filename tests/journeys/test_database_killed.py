"""A hub that is killed in the middle of a feed goes on behind it: each row is an event once, each bad one is named."""

from __future__ import annotations

from pathlib import Path

from bench.database import killed


async def test_killed_half_way_each_row_is_an_event_once_and_each_bad_one_is_named(tmp_path: Path) -> None:
    told = await killed(tmp_path, 15_000, page=1_000)
    assert (told["wrong"], told["bad_rows"]) == ([], 150)
    assert 7_500 <= told["events_at_the_kill"] < 14_850
