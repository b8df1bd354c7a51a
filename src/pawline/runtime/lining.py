"""Steps that wait as rows for one account, whose queue is full: who is next, so that nobody has to come and look."""

from __future__ import annotations

from itertools import chain, islice
from typing import Final

Step = tuple[int, str]
"""A run's number and the path in it."""
A_SECOND: Final = 50.0
"""So many come by themselves each second, called or not: bringing them back takes a fortieth of a process."""
MOST: Final = 20.0
"""Seconds after which even the last of a long line comes by itself, for a death may have forgotten all of it."""
PATIENCE: Final = 1.0
"""Seconds in which those who were called should be there: some ended meanwhile, and will never come."""


class Rows:
    """The line behind a queue, by priority, then by who came first.

    It is memory only: the row of each has a time of its own at which it comes again, called or not.
    """

    def __init__(self) -> None:
        self._lines: dict[int, dict[Step, None]] = {}
        self._called: set[Step] = set()
        self._since = 0.0

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def __bool__(self) -> bool:
        """Whether anybody is in line, or was called and is not there yet."""
        return bool(self._called) or any(self._lines.values())

    def before(self, priority: int, step: Step) -> bool:
        """Whether others are, who came first or are more urgent: then it is not its turn, unless it was called."""
        return step not in self._called and any(line for one, line in self._lines.items() if one <= priority)

    def add(self, priority: int, step: Step) -> float:
        """Behind all others of its priority; who is in line already stays there. Seconds until it had better look."""
        self._called.discard(step)
        self._lines.setdefault(priority, {}).setdefault(step)
        return min(len(self) / A_SECOND, MOST)

    def came(self, step: Step) -> None:
        """It is in the queue, or left."""
        self._called.discard(step)
        for line in self._lines.values():
            line.pop(step, None)

    def next(self, count: int, now: float) -> list[Step]:
        """So many are called; none while more than half of those who were called last are on their way."""
        if now - self._since >= PATIENCE:
            self._called.clear()
        if len(self._called) > count // 2:
            return []
        called = list(islice(chain.from_iterable(self._lines[one] for one in sorted(self._lines)), count))
        for step in called:
            self.came(step)
        self._called.update(called)
        self._since = now
        return called
