"""What scenes of accounts share: an attempt of a step, one walk, and what comes of a scene that is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from pawline.kit import Seen, Sighting
from pawline.ports import Attempt, attempting

S = TypeVar("S")


async def stepped(
    call: Awaitable[Any], account: str, key: str = "k-1", number: int = 1, *, shop: str = "paws", seconds: float = 20
) -> Any:
    """What comes of the call, as an attempt of a step by this account."""
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    with attempting(Attempt(key, number, until, shop, account)):
        return await call


async def walked(look: Callable[[str], Awaitable[Seen]], cursor: str) -> tuple[list[Sighting], str, list[str]]:
    """One walk to its end: what was seen, the cursor, and what could not be read."""
    found, bad = list[Sighting](), list[str]()
    while True:
        seen = await look(cursor)
        found += seen.sightings
        bad += [one.where for one in seen.quarantined]
        cursor = seen.cursor
        if not seen.more:
            return found, cursor, bad


def ran(scene: AbstractAsyncContextManager[S], told: Callable[[S], Awaitable[Any]]) -> Any:
    """What comes of it, within a minute."""

    async def within() -> Any:
        async with asyncio.timeout(60), scene as here:
            return await told(here)

    return asyncio.run(within())


def ran_right(scene: AbstractAsyncContextManager[S], told: Callable[[S], Awaitable[Any]], wrong: list[str]) -> Any:
    """What comes of it, when nothing is added meanwhile to what was wrong."""
    before = len(wrong)
    found = ran(scene, told)
    assert wrong[before:] == []
    return found
