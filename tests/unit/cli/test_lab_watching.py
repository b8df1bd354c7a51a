"""How late a page is: each figure from when it was due, whatever held it up, and none left out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pawline.cli.lab.hub_column import EVERY, HubColumn
from pawline.cli.lab.sandbox_process import SandboxProcess
from pawline.cli.lab.shopping import Clock
from pawline.hub import HubRefused
from pawline.lab.rows import LOOKED, Lag, Way


class Hub:
    """Stands where the hub's process is: it takes figures, and does not while `down` says so."""

    killing = False

    def __init__(self, down: Callable[[float], bool], clock: Clock) -> None:
        self._down, self._clock, self.told = down, clock, [1]

    async def ask(self, _: str, *, event: dict[str, Any], shop: str) -> None:
        if self._down(self._clock.now()):
            raise HubRefused(f"nobody is there for {shop}")
        self.told.append(event["data"]["level"]["on_hand"])

    async def units(self, _: str) -> int:
        return self.told[-1]


async def watched(tmp_path: Path, seconds: float, down: Callable[[float], bool]) -> tuple[tuple[Lag, ...], Hub]:
    column: Any = HubColumn(Way.HYBRID, tmp_path, SandboxProcess({}))
    clock = Clock(asyncio.get_running_loop().time())
    column.hub = column.till = hub = Hub(down, clock)
    return await column.watch(clock, seconds), hub


async def test_what_was_due_while_the_hub_was_down_waited_and_none_is_left_out(tmp_path: Path) -> None:
    lags, hub = await watched(tmp_path, 4 * EVERY, lambda now: now < 1.2)
    assert [one.at for one in lags] == [0.0, 0.5, 1.0, 1.5]
    assert [(one.ms or 0.0) >= least for one, least in zip(lags, (1_200, 700, 200, 0), strict=True)] == [True] * 4
    assert hub.told == [1, 2, 3, 4, 5]


async def test_what_is_never_shown_is_looked_for_as_long_as_was_said(tmp_path: Path) -> None:
    (lag,), hub = await watched(tmp_path, EVERY / 2, lambda _: True)
    assert (lag, hub.told, LOOKED) == (Lag(at=0.0, ms=None), [1], 5.0)
