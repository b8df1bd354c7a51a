"""Handing a flow over, and back: by when its events happened, each is the old way's or ours, and stays so."""

from __future__ import annotations

import enum
from bisect import bisect_right
from collections.abc import Iterable


class Way(enum.Enum):
    """Whose an event is, for one flow."""

    LIVE = "live"
    """Ours: the flow acts."""
    OBSERVE = "observe"
    """The old way's: the flow runs along, does nothing, and takes as its results what the old way did."""
    OLD = "old"
    """The old way's, from before anybody looked: the flow does not begin."""


class Handovers:
    """What is on record of who had which flow from when on. Append only: what an event was it stays."""

    def __init__(self, rows: Iterable[tuple[str, str, float, str]] = ()) -> None:
        self._by: dict[tuple[str, str], tuple[list[float], list[Way]]] = {}
        for shop, flow, at, mode in sorted(rows):
            moments, ways = self._by.setdefault((shop, flow), ([], []))
            moments.append(at)
            ways.append(Way(mode))

    def known(self, shop: str, flow: str) -> bool:
        """Whether it ever changed hands."""
        return (shop, flow) in self._by

    def way(self, shop: str, flow: str, at: float) -> Way:
        """Whose an event of that time is. Before the first entry: who did not have it by that entry."""
        if not self._by or (found := self._by.get((shop, flow))) is None:
            return Way.LIVE
        moments, ways = found
        place = bisect_right(moments, at)
        if place:
            return ways[place - 1]
        return Way.OLD if ways[0] is Way.LIVE else Way.LIVE
