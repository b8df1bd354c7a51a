"""How often an account may be asked: within ten seconds, within a second for searches, and within a day.

https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

WINDOW, SECOND, DAY = 10.0, 1.0, 86_400.0


class Limits:
    """Counts calls. `on` is whether anybody is refused: a test of something else may not want that."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now: Final = now
        self.most, self.searches, self.daily = 100, 5, 250_000
        self.on = True
        self._calls: deque[float] = deque()
        self._searches: deque[float] = deque()
        self._day: deque[float] = deque()

    def enter(self, *, search: bool) -> str:
        """The policy that one more call would break; '' where it may come in."""
        now = self._now()
        for calls, window in ((self._calls, WINDOW), (self._searches, SECOND), (self._day, DAY)):
            while calls and calls[0] <= now - window:
                calls.popleft()
        if self.on and len(self._day) >= self.daily:
            return "DAILY"
        if self.on and search and len(self._searches) >= self.searches:
            return "SECONDLY"
        if self.on and not search and len(self._calls) >= self.most:
            return "TEN_SECONDLY_ROLLING"
        (self._searches if search else self._calls).append(now)
        self._day.append(now)
        return ""

    def headers(self) -> dict[str, str]:
        """How it stands, as every answer says but those to searches."""
        return {
            "X-HubSpot-RateLimit-Daily": str(self.daily),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(0, self.daily - len(self._day))),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(round(WINDOW * 1_000)),
            "X-HubSpot-RateLimit-Max": str(self.most),
            "X-HubSpot-RateLimit-Remaining": str(max(0, self.most - len(self._calls))),
        }
