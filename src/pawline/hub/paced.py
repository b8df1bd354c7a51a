"""So many of something in a second, by name: token buckets, of which those that were used long ago are forgotten."""

from __future__ import annotations

from collections import OrderedDict


class Paced:
    """`rate` a second and `burst` at once, for each of `most` names. Who was forgotten begins with a full one."""

    def __init__(self, rate: float, burst: float, most: int) -> None:
        self._rate, self._burst, self._most = rate, burst, most
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, now: float) -> bool:
        """Whether there is one left of this name, which is taken then; `now` in seconds, of a clock that grows."""
        left, at = self._left.pop(name, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        there = left >= 1.0
        self._left[name] = (left - there, now)
        if len(self._left) > self._most:
            self._left.popitem(last=False)
        return there
