"""How far events were dispatched in each lane, and how far each view has read: what every read of a view asks first.

Of lanes that are ours both are known here: nobody else dispatches there or moves a cursor, but who asks for a rebuild.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pawline.store import LANES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pawline.store import Store

NOTHING: Final = -1
"""The cursor of a lane of which nothing was read."""


class Places:
    """`ahead` are our lanes in which some view has not read everything, each with the last place given in it."""

    def __init__(self, store: Store, names: Sequence[str]) -> None:
        self._store = store
        self.cursors: Final[dict[str, dict[int, int]]] = {name: {} for name in names}
        self.ahead: Final[dict[int, int]] = {}
        self._low: dict[int, int] = {}  # what every view has read
        self._high: dict[int, int] = {}  # the last place given, in our lanes
        self._lanes: dict[int, int] = {}  # ours with their epochs, as of the last look
        self._seen: dict[int, int] = {}
        self._doubts = 0

    def doubt(self) -> None:
        """The store is asked again at the next look: a commit in doubt may have landed after the last one."""
        self._lanes = {}

    async def look(self, lanes: dict[int, int]) -> None:
        """Takes note of what was dispatched until now. `lanes`: ours, with epochs; others are another object."""
        ends, doubts = self._store.ends
        if lanes is not self._lanes or doubts != self._doubts:
            await self._learn(lanes, doubts)
        fresh = ends.items() - self._seen.items()
        self._seen = ends
        for lane, after in fresh:
            if after - 1 > self._high.get(lane, after):  # of a lane that is ours, and new
                self._high[lane] = after - 1
                self._weigh(lane)

    async def _learn(self, lanes: dict[int, int], doubts: int) -> None:
        """Of lanes that are newly ours, and of all where a commit of ours is in doubt, the store knows."""
        unknown = [lane for lane, epoch in lanes.items() if doubts != self._doubts or self._lanes.get(lane) != epoch]
        found: dict[int, int] = dict(await self._store.fetch("next_seqs", (unknown,))) if unknown else {}
        for lane in self._high.keys() - lanes.keys():
            del self._high[lane]
            self.ahead.pop(lane, None)
        for lane, after in found.items():
            self._high[lane] = max(after - 1, self._high.get(lane, NOTHING))
            self._weigh(lane)
        self._lanes, self._doubts, self._seen = lanes, doubts, {}

    def read(self, lanes: Iterable[int] = range(LANES)) -> None:
        """Cursors of these lanes have changed."""
        each = list(self.cursors.values())
        for lane in lanes:
            self._low[lane] = min(cursors.get(lane, NOTHING) for cursors in each)
            self._weigh(lane)

    def _weigh(self, lane: int) -> None:
        end = self._high.get(lane, NOTHING)
        if end > self._low.get(lane, NOTHING):
            self.ahead[lane] = end
        else:
            self.ahead.pop(lane, None)

    async def behind(self, wanted: dict[int, int], ours: dict[int, int]) -> dict[int, int]:
        """Those of these lanes that some view has not read up to there. Of others' lanes the database knows."""
        low = self._low
        left = {lane: end for lane, end in wanted.items() if lane not in ours or low.get(lane, NOTHING) < end}
        others = {lane: end for lane, end in left.items() if lane not in ours}
        if not others:
            return left
        late: set[int] = set()
        for name in self.cursors:
            cursors: dict[int, int] = dict(await self._store.fetch("cursors", (name,)))
            late |= {lane for lane, end in others.items() if cursors.get(lane, NOTHING) < end}
        return {lane: end for lane, end in left.items() if lane in late or lane not in others}

    async def ends(self, lanes: Iterable[int]) -> dict[int, int]:
        """The last place given in each lane, as the store has it."""
        wanted = list(lanes)
        if not wanted:
            return {}
        return {lane: after - 1 for lane, after in await self._store.fetch("next_seqs", (wanted,))}
