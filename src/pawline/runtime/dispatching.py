"""Events on their way to a place in their lane: nothing may overtake them, and no look may double them."""

from __future__ import annotations

from pawline.store import LANES


class Dispatching:
    """Events that are stored, or about to be, and whose dispatch is in hand: a look passes over them."""

    def __init__(self) -> None:
        self._lanes: dict[int, int] = {}
        self._crowds = [0] * LANES

    def __contains__(self, no: int) -> bool:
        return no in self._lanes

    def __len__(self) -> int:
        return len(self._lanes)

    def add(self, no: int, lane: int) -> None:
        """The event is ours to dispatch."""
        if no not in self._lanes:
            self._lanes[no] = lane
            self._crowds[lane] += 1

    def discard(self, no: int) -> None:
        """It is dispatched, or somebody else's."""
        lane = self._lanes.pop(no, None)
        if lane is not None:
            self._crowds[lane] -= 1

    def crowds(self, lane: int) -> bool:
        """Whether an event of this lane is stored and waits for its dispatch: a new one must not overtake it."""
        return self._crowds[lane] > 0
