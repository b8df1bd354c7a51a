"""Virtual time and what happens in it, whoever lives or dies meanwhile."""

from __future__ import annotations

import random
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pawline.testing.simulation.loop import VirtualLoop


class World:
    """Keeps the time of everything: vendors, people, disks, and the event loops of processes.

    `at` plans something that no death of a process undoes, as a vendor's work on a request that it has received.
    A process is a `VirtualLoop`; the world runs the one in `loop`. To kill it, put another in its place: nothing of the
    old one happens any more. `seed` decides everything that is random.
    """

    def __init__(self, seed: int, start: float = 1_800_000_000.0) -> None:
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311 - a story to tell again, no secret
        self.time = 0.0
        self.loop: VirtualLoop | None = None
        self.turns = 0
        self.fatal: Callable[[], None] | None = None
        self.fatal_turn = -1
        self.trace: list[str] = []
        self._start = start
        self._step = 0.0
        self._plans: list[tuple[float, int, Callable[..., object], tuple[object, ...]]] = []
        self._number = count()

    def clock(self) -> float:
        """The machine's clock, in epoch seconds: it may be put forward or back by `put_clock`."""
        return self._start + self.time + self._step

    def put_clock(self, seconds: float) -> None:
        """A clock step: the clock is changed, time is not."""
        self._step += seconds
        self.note(f"clock {seconds:+.2f} s")

    def note(self, text: str) -> None:
        """A line of the story."""
        self.trace.append(f"{self.time:9.3f} {text}")

    def at(self, moment: float, call: Callable[..., object], *args: object) -> None:
        """Plan a call at `moment` (virtual seconds). Calls of one moment keep the order of their planning."""
        heappush(self._plans, (max(moment, self.time), next(self._number), call, args))

    def after(self, seconds: float, call: Callable[..., object], *args: object) -> None:
        """Plan a call so many seconds from now."""
        self.at(self.time + seconds, call, *args)

    def kill_in(self, turns: int, fatal: Callable[[], None]) -> None:
        """Call `fatal` between two callbacks of the loop, `turns` of them from now: a death at any await."""
        self.fatal_turn, self.fatal = self.turns + turns, fatal

    def run(self, until: Callable[[], bool], longest: float) -> bool:
        """Let time pass until `until()`, asked whenever time moves on. False: it did not come within `longest`."""
        end = self.time + longest
        while True:
            loop = self.loop
            if loop is not None and loop.ready:
                loop.turn()
                self.turns += 1
                if self.turns == self.fatal_turn and self.fatal is not None:
                    fatal, self.fatal = self.fatal, None
                    fatal()
                continue
            if until():
                return True
            due = loop.due() if loop is not None else None
            if self._plans and (due is None or self._plans[0][0] <= due):
                moment, _, call, args = heappop(self._plans)
                if moment > end:
                    return False
                self.time = max(self.time, moment)
                call(*args)
            elif due is not None and loop is not None:
                if due > end:
                    return False
                self.time = max(self.time, due)
                loop.wake()
            else:
                return until()
