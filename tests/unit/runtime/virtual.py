"""An event loop without waiting: when nothing is ready, its clock jumps to the next timer."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

NOON = 1_767_268_800.0
"""2026-01-01 12:00 UTC."""


TURNS = 60_000
"""Turns of the loop that a test may take."""


class Clock:
    """Monotonic time of the loop and epoch time of the store: they go together."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    def monotonic(self) -> float:
        return self.elapsed

    def __call__(self) -> float:
        return NOON + self.elapsed

    def jump(self, seconds: float) -> None:
        """Time passes while nobody looks: what was due meanwhile is due at once."""
        self.elapsed += seconds


class _Jumping(selectors.SelectSelector):
    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._turns = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("the test waits for something that nothing will bring about")
        self._turns += 1
        if self._turns > TURNS:
            raise RuntimeError("the test turns in circles")
        self._clock.jump(max(0.0, timeout))
        return super().select(0)


def run_virtual(clock: Clock, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    def make() -> asyncio.SelectorEventLoop:
        loop = asyncio.SelectorEventLoop(_Jumping(clock))
        loop._clock_resolution = 1e-6  # type: ignore[attr-defined] # after years a double knows no nanoseconds
        loop.time = clock.monotonic  # type: ignore[method-assign]
        return loop

    with asyncio.Runner(loop_factory=make) as runner:
        runner.run(work())
