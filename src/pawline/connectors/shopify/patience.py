"""Who only looks waits until Shopify has points again, rather than to read again what it has read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from pawline.ports import Code, Transient

T = TypeVar("T")
PATIENCE: Final = 10
"""So often something is asked for again that Shopify had no points for."""
LONGEST: Final = 60.0
"""Seconds of one wait."""


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """What `ask` comes to, asked again where there were no points for it.

    Raises Transient after ten times: what was read of that page by then is read again at the next look.
    """
    for _ in range(PATIENCE):
        try:
            return await ask()
        except Transient as busy:
            if busy.code is not Code.RATE_LIMITED:
                raise
            await asyncio.sleep(1.0 if busy.retry_after is None else min(busy.retry_after.total_seconds(), LONGEST))
    return await ask()
