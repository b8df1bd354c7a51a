"""Two thousand orders, two hundred kills of hub and vendors, by the ledger."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.journeys.adopted import Size
from tests.journeys.both_killed import both_killed, check


@pytest.mark.attack
def test_two_hundred_kills_of_hub_and_vendors_lose_and_double_nothing(tmp_path: Path) -> None:
    day, effects, cases, orders = asyncio.run(
        both_killed(tmp_path, Size(orders=2_000, kills=200, pause=0.1), seed=1, seconds=1_500)
    )
    assert (sum(day.kills.values()), len(day.kills)) == (200, 2)
    check(day, effects, cases, orders)
