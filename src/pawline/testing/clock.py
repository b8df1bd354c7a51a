"""Time that passes only when nothing else is left to do: a day of waiting takes a test a few milliseconds."""

from __future__ import annotations

import asyncio
import selectors
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_TICK: Final = 1e-6
"""What a turn of the loop takes at least, as in life: else a rest too small for a float is waited for for ever."""
NOON: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)


class VirtualTime:
    """A clock shared by a hub's lives and by its vendors. Call it for epoch seconds: it is a `pawline.store.Clock`.

    Event loops made by `loop` never wait: when nothing is ready, time jumps to whatever is due next. Where nothing is
    due either, they raise RuntimeError instead of hanging. Use stores that run in-line with them: a thread of the
    store would be real while the time is not.
    """

    def __init__(self, start: datetime = NOON) -> None:
        self._start = start.timestamp()
        self.passed = 0.0
        """Seconds since the start."""

    def __call__(self) -> float:
        return self._start + self.passed

    def loop(self) -> asyncio.SelectorEventLoop:
        """A new event loop that lives in this time; close it yourself."""
        return _Loop(self)


class _Selector(selectors.SelectSelector):
    """Looks at what is ready now, then lets the time pass that the loop was about to wait."""

    def __init__(self, time: VirtualTime) -> None:
        super().__init__()
        self._time = time

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("nothing is ready and nothing is due: what runs here waits for ever")
        self._time.passed += max(_TICK, timeout)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, time: VirtualTime) -> None:
        super().__init__(_Selector(time))
        self._time = time
        self.set_exception_handler(_loud)

    def time(self) -> float:
        return self._time.passed


def _loud(_: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    """What a callback raises ends the loop, and with it the test: nothing goes wrong in silence.

    A death (a KeyboardInterrupt) has ended the loop already; what is found of its task later is no news.
    """
    error = context.get("exception")
    if error is not None and not isinstance(error, (asyncio.CancelledError, KeyboardInterrupt)):
        raise SystemError(f"{context.get('message')}: {error!r}") from error
