"""Bulk beside shoppers: it waits behind them, but not for ever; while some are always under way it gets turns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pawline.runtime.engine import Engine

TURN: Final = 0.5
"""Seconds that bulk waits behind shoppers at most before it gets a little room."""
CORNER: Final = 20
"""Bulk alone fills one in so many of the places in memory."""
TURNED: Final = 100
"""In a turn, with shoppers under way, it fills one in so many of the places beside theirs."""


class Turns:
    """Says how much room bulk has. A turn lasts from one look to the next."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._since: float | None = None  # when bulk had its last turn, or the road to itself
        self._turn = False

    def look(self) -> None:
        """A look begins: now or never it is bulk's turn, until the next."""
        now = self._engine.loop.time()
        if self._since is None or not self._engine.shoppers:
            self._since = now
        self._turn = now - self._since >= TURN
        if self._turn:
            self._since = now

    @property
    def room(self) -> bool:
        """Whether one more bulk run may come into memory."""
        engine = self._engine
        if engine.shoppers:
            return self._turn and len(engine.live) - engine.shoppers < engine.settings.live // TURNED + 1
        return self.corner

    @property
    def corner(self) -> bool:
        """Whether a place of those is free that bulk has with the road to itself.

        Who only waits for an account that rests, for hours perhaps, is not in its way.
        """
        engine = self._engine
        return len(engine.live) - engine.gates.queued <= engine.settings.live // CORNER
