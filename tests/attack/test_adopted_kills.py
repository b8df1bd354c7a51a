"""Two thousand adopted orders over webhooks, with two hundred kills of the hub's process."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.journeys.adopted import Size, adopted_day


@pytest.mark.attack
def test_two_hundred_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    asyncio.run(adopted_day(tmp_path, Size(orders=2_000, kills=200, pause=0.05), seconds=1_200))
