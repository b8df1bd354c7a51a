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
LATELY: Final = 1.0
"""Seconds for which work that came counts as being there: the next order of a shop's day comes about as soon."""
BESIDE: Final = 20.0
"""Bulk runs a second beside work that came lately: a tenth of a process or less, and 6,000 renewals in ten minutes."""


class Turns:
    """Says how much room bulk has. A turn lasts from one look to the next."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._since: float | None = None  # when bulk had its last turn, or the road to itself
        self._turn = False
        self._came = float("-inf")  # when work came last
        self._tokens = self._filled = 0.0

    def look(self) -> None:
        """A look begins: now or never it is bulk's turn, until the next."""
        now = self._engine.loop.time()
        if self._since is None or not self._engine.shoppers:
            self._since = now
        self._turn = now - self._since >= TURN
        if self._turn:
            self._since = now

    def came(self, *, bulk: bool) -> None:
        """A run comes into memory."""
        if bulk:
            self._tokens -= 1.0
        else:
            self._came = self._engine.loop.time()

    @property
    def room(self) -> bool:
        """Whether one more bulk run may come into memory."""
        engine = self._engine
        if engine.shoppers:
            return self._turn and len(engine.live) - engine.shoppers < engine.settings.live // TURNED + 1
        now = engine.loop.time()
        if now - self._came < LATELY:
            self._tokens = min(BESIDE / 10, max(0.0, self._tokens) + (now - self._filled) * BESIDE)
            self._filled = now
            return self._tokens >= 1.0
        self._tokens, self._filled = 0.0, now
        return len(engine.live) < engine.settings.live // CORNER + 1
