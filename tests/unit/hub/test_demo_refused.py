"""A demo whose hub, or whose script, does not come up again ends, in one sentence."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pawline.cli.demo import _both, day, hand_day
from pawline.cli.demo.day import Day
from pawline.cli.demo.hand_day import HandDay
from pawline.cli.demo.side import Progress, Side
from pawline.hub import HubRefused


def told(_: Progress) -> None:
    pass


def test_a_hub_that_does_not_come_up_after_a_kill_ends_the_day(tmp_path: Path) -> None:
    one = Day(tmp_path, Side(200, 1, 1), told)

    async def lose_the_key() -> None:
        await one._up.wait()
        (tmp_path / "demo.key").unlink()

    async def play() -> None:
        async with asyncio.timeout(60):
            await asyncio.gather(one.play(), lose_the_key())

    with pytest.RaisesGroup(HubRefused):
        asyncio.run(play())
    assert one._hub.returncode is not None


def test_a_script_that_does_not_come_up_after_a_kill_ends_the_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = HandDay(Side(200, 1, 1), told)

    async def lose_the_script() -> None:
        await one._up.wait()
        monkeypatch.setattr(hand_day, "SCRIPT", tmp_path / "gone.py")

    async def play() -> None:
        async with asyncio.timeout(60):
            await asyncio.gather(one.play(), lose_the_script())

    with pytest.RaisesGroup(HubRefused):
        asyncio.run(play())
    assert one._script.returncode is not None


def test_two_days_of_which_one_cannot_be_played_are_refused_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day, "SETTINGS", "shops = []  # %s")

    async def play() -> None:
        async with asyncio.timeout(60):
            await _both(tmp_path, Side(20, 0, 1), Side(20, 0, 1), told)

    with pytest.raises(HubRefused, match=r"the demo's hub did not start: .*`shops` names at least one shop"):
        asyncio.run(play())
