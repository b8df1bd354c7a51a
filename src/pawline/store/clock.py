"""The time that is stored: of the database, because machines disagree."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Epoch seconds, UTC."""


class SteadyClock:
    """The machine's clock that never goes back while the process lives: a step back is waited out."""

    def __init__(self, source: Clock = time.time) -> None:
        self._source = source
        self._latest = 0.0

    def start(self, latest: float) -> None:
        """No time before this one is told."""
        self._latest = max(self._latest, latest)

    def __call__(self) -> float:
        now = self._source()
        if now > self._latest:  # noqa: PLR1730  asked several times a step, and `max` costs as much as the clock
            self._latest = now
        return self._latest


SLACK = 86_400.0
"""A clock that is further behind what the store holds was wrong before: waiting it out would stop everything."""


def not_before(clock: Clock | None, latest: float) -> Clock:
    """A clock that does not tell times before `latest`: a hub that starts anew waits out a step back, too."""
    behind = latest - (clock or time.time)()
    if clock is not None and behind <= 0:
        return clock
    steady = SteadyClock(clock or time.time)
    if 0 < behind <= SLACK:
        steady.start(latest)
    return steady


class ServerClock:
    """A server's clock, told from here: its distance from the monotonic clock, measured now and then."""

    def __init__(self, monotonic: Clock = time.monotonic) -> None:
        self._monotonic = monotonic
        self._offset = 0.0
        self._latest = 0.0

    def measured(self, asked: float, server: float, answered: float) -> None:
        """The server said `server` between two moments of the monotonic clock."""
        self._offset = server - (asked + answered) / 2

    def __call__(self) -> float:
        self._latest = max(self._latest, self._monotonic() + self._offset)
        return self._latest
