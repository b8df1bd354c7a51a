"""When a batch goes to the disk, and how much of bulk with it: a backfill of 100,000 never slows a shopper."""

from __future__ import annotations

COMPANY = 4
"""Units in a batch of which the next one is worth waiting for."""
LINGER = 0.001
"""Seconds that it gathers then, until it has as many, or somebody outside waits for it. On a disk that syncs in 0.1 ms
it would set out with a handful of units, and each batch costs 0.3 ms of processor time however few there are in it."""
BULK = 64
"""Bulk units in one transaction at most."""
BESIDE = 4
"""Of these, beside others' units, once bulk has waited for PATIENCE: each makes what the others wait for longer."""
PATIENCE = 0.05
FEW = 16
"""Of these, alone, while others' units came LATELY: what comes next waits for a short batch only."""
LATELY = 1.0
"""Seconds. While others' units came so recently, bulk leaves the disk to them most of the time."""
REST = 8
"""Bulk then rests this many times as long as its batch took, so that few of the others' units find the disk busy."""
LONGEST = 1.0
"""Seconds of one rest at most: a disk that stood still for a minute says nothing about the next batch."""


class Pace:
    """Bulk's turns, by the loop's clock in seconds. It is told what goes, and says what may."""

    def __init__(self) -> None:
        self._others = self._rested = self._sent = 0.0  # the others' last unit; the end of the rest; bulk's last batch

    def share(self, now: float, waiting: int, *, alone: bool) -> int:
        """How many of `waiting` bulk units go now, beside others or `alone`. None, alone: ask again after `wait`."""
        most = min(BULK, waiting)
        if not alone:
            self._others = now
            if now - self._sent < PATIENCE:
                return 0
            most = min(BESIDE, most)
        elif now - self._others < LATELY:
            if now < self._rested:
                return 0
            most = min(FEW, most)
        self._sent = now
        return most

    def wait(self, now: float) -> float:
        """Seconds until bulk may go alone: its rest, or as long as others would still have come lately."""
        return max(0.0, min(self._rested, self._others + LATELY) - now)

    def written(self, now: float) -> None:
        """A batch of bulk alone is on disk: it rests."""
        self._rested = now + min(REST * (now - self._sent), LONGEST)
