"""One account's limits: how many calls at a time and a second, its circuit breaker, its budget of retries."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pawline.ports import Code, Transient
from pawline.runtime.lining import Rows

if TYPE_CHECKING:
    from pawline.ports import Limits
    from pawline.runtime.fiber import Pending
    from pawline.runtime.run import Run

ENDLESS: Final = 1_000_000
"""A concurrency from here on is no limit, and nobody counts."""
WHOLE: Final = 1.0 - 1e-6
"""What counts as one: refilled in steps, a bucket may stay a rounding error short of it for ever."""


class Trouble(NamedTuple):
    """An account that failed last: for how many seconds its circuit has been open, if it is, and since it failed."""

    open: float | None
    failed: float


class AccountGate:
    """One account's limits: calls in flight, calls per second, circuit breaker, retry budget. Times are monotonic."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.bare = limits.rate is None and limits.concurrency >= ENDLESS
        self.calm = self.bare  # no limit to count, no failure lately: a first attempt just passes
        self.flying: set[tuple[int, str]] = set()
        self.queue: list[tuple[int, int, Run, Pending]] = []
        self.rows = Rows()
        self.timer: Any = None
        self._tokens = float(limits.burst)
        self._filled = 0.0
        self._budget = limits.retry_floor
        self._budgeted = 0.0
        self._failures: deque[float] = deque(maxlen=limits.breaker.failures)
        self._opened: float | None = None
        self._first: float | None = None  # when it opened first, since it was last well
        self._failed: float | None = None  # when it failed last, since then
        self.heard = False  # it answered since somebody looked
        self._asked: float | None = None  # until when the other side, which is well, asked not to be called
        self._probing: set[tuple[int, str]] = set()  # calls that left to find out whether it is well again

    def wait(self, now: float, *, retry: bool) -> float:
        """Seconds until a call may pass: 0 if at once, -1 if when another call ends."""
        if (closed := self._closed(now)) != 0.0:
            return closed
        if len(self.flying) >= self.limits.concurrency:
            return -1.0
        rate = self.limits.rate
        if rate is not None:
            self._tokens = min(float(self.limits.burst), self._tokens + (now - self._filled) * rate)
            self._filled = now
            if self._tokens < WHOLE:
                return (1.0 - self._tokens) / rate
        if retry:
            floor = self.limits.retry_floor
            self._budget = min(self._budget + (now - self._budgeted) * floor, 10.0 + 10.0 * floor)
            self._budgeted = now
            if self._budget < WHOLE:
                return (1.0 - self._budget) / floor if floor else 1.0
        return 0.0

    def _closed(self, now: float) -> float:
        """The same, of an account that was asked for rest, or whose circuit is open: then its probes find out."""
        breaker = self.limits.breaker
        if self._asked is not None:
            if self._asked > now:
                return self._asked - now
            if self._probing:
                return -1.0
        if self._opened is not None:
            left = self._opened + breaker.cool_down.total_seconds() - now
            if left > 0:
                return left
            if len(self._probing) >= breaker.probes:
                return -1.0
        return 0.0

    def take(self, call: tuple[int, str], *, retry: bool) -> None:
        """A call leaves."""
        self.flying.add(call)
        if self.limits.rate is not None:
            self._tokens -= 1.0
        self._budget += -1.0 if retry else self.limits.retry_share
        if self._opened is not None or self._asked is not None:
            self._probing.add(call)

    def told(self, now: float, call: tuple[int, str], error: Exception | None) -> None:
        """A call ended: what it says about the account's health."""
        breaker = self.limits.breaker
        self.flying.discard(call)
        self._probing.discard(call)
        if not isinstance(error, Transient) or error.code is Code.IN_PROGRESS:
            self._opened = self._first = self._failed = None
            self.heard = True
            self._failures.clear()
            if self._asked is None or self._asked <= now:  # until then it stands: this call may have left before it
                self._asked = None
                self._probing.clear()
                self.calm = self.bare
            if self.calm:
                self.flying.clear()
            return
        self.calm = False
        if error.code is Code.RATE_LIMITED and error.retry_after is not None:
            # It works, and says when it wants more: closed until then, and one call finds out whether it does.
            self._asked = max(self._asked or now, now + error.retry_after.total_seconds())
            return
        self._failed = now
        self._failures.append(now)
        full = len(self._failures) == breaker.failures
        if self._opened is not None or (full and now - self._failures[0] <= breaker.window.total_seconds()):
            self._opened = now
            self._first = now if self._first is None else self._first

    def trouble(self, now: float) -> Trouble | None:
        """What it is in, if it failed last."""
        if self._failed is None:
            return None
        return Trouble(None if self._first is None else now - self._first, now - self._failed)

    def unasked(self, now: float) -> float | None:
        """Of an account that is down or asked for rest, for how many seconds no call found out whether that is over.

        Below 0 while it asks for rest; None where it is well.
        """
        since = [at for at in (self._asked, None if self._first is None else self._failed) if at is not None]
        return now - max(since) if since else None

    def stays(self, call: tuple[int, str]) -> bool:
        """A first attempt that was about to leave never will: what it took is there for others. Whether it took any."""
        if call not in self.flying:
            return False
        if self.limits.rate is not None:
            self._tokens += 1.0
        self._budget -= self.limits.retry_share
        self.unheard(call)
        return True

    def unheard(self, call: tuple[int, str]) -> None:
        """How a call ended is not known. If it was a probe, another one may go."""
        self.flying.discard(call)
        self._probing.discard(call)
