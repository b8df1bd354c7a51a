"""How often a call may be made: fixed windows of a second and of a minute, per account and endpoint.

https://developers.klaviyo.com/en/docs/rate_limits_and_error_handling
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple


class Rate(NamedTuple):
    """So many in a second, and in a minute."""

    burst: int
    steady: int


XS, S, M, L, XL = Rate(1, 15), Rate(3, 60), Rate(10, 150), Rate(75, 750), Rate(350, 3_500)


class Windows:
    """Counts calls. `on` is whether anybody is refused: a test of something else may not want that."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now: Final = now
        self._counts: dict[tuple[str, int], tuple[int, int]] = {}
        self.on = True

    def enter(self, endpoint: str, rate: Rate) -> int:
        """Seconds to wait for one that may not come in; 0 for one that may."""
        now = self._now()
        for seconds, most in ((1, rate.burst), (60, rate.steady)):
            window, count = self._count(endpoint, seconds, now)
            if self.on and count >= most:
                return max(1, math.ceil((window + 1) * seconds - now))
        for seconds in (1, 60):
            window, count = self._count(endpoint, seconds, now)
            self._counts[endpoint, seconds] = window, count + 1
        return 0

    def headers(self, endpoint: str, rate: Rate) -> dict[str, str]:
        """How it stands with the minute's window."""
        now = self._now()
        window, count = self._count(endpoint, 60, now)
        return {
            "RateLimit-Limit": f"{rate.burst}, {rate.burst};w=1, {rate.steady};w=60",
            "RateLimit-Remaining": str(max(0, rate.steady - count)),
            "RateLimit-Reset": str(max(0, math.ceil((window + 1) * 60 - now))),
        }

    def _count(self, endpoint: str, seconds: int, now: float) -> tuple[int, int]:
        window, count = self._counts.get((endpoint, seconds), (-1, 0))
        current = int(now // seconds)
        return (window, count) if window == current else (current, 0)
