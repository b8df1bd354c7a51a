"""What scenes of accounts share: the account, an attempt of a step, a walk, and what comes of a scene that is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from pawline.kit import Connected, Connector, Seen, Sighting
from pawline.ports import Attempt, PortError, attempting
from pawline.sandbox import Desk, Fault, Faults, Vendors, served
from pawline.testing.counter import LOOPBACK

S = TypeVar("S")
TOKEN: Final = "tok"  # noqa: S105 - of this test's own sandbox


async def stepped(
    call: Awaitable[Any], account: str, key: str = "k-1", number: int = 1, *, shop: str = "paws", seconds: float = 20
) -> Any:
    """What comes of the call, as an attempt of a step by this account."""
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    with attempting(Attempt(key, number, until, shop, account)):
        return await call


class Clock:
    """The vendors' own, which a test may set forward: what is to be late can be."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@asynccontextmanager
async def account_at(
    connector: Connector[Any], vendor: str, door: Callable[[Desk], dict[str, Any]],
    now: Callable[[], float] = time.time, **settings: Any,
) -> AsyncIterator[tuple[Desk, str, Connected, Any]]:  # fmt: skip
    """The sandbox's desk and address, an account at this vendor of it, whose door says its settings, and those."""
    desk = Desk(Vendors(now=now), TOKEN)
    async with served(desk) as url:
        read = connector.configure({"url": f"{url}/{vendor}"} | door(desk) | settings)
        account = connector.connect(read, LOOPBACK)
        try:
            yield desk, url, account, read
        finally:
            await account.http.close()
            await desk.close()


async def again(desk: Desk, fault: Fault, at: int, call: Callable[[], Awaitable[object]]) -> bool:
    """Asked with this fault at one of its requests, and once more without. Whether the first one broke off."""
    desk.vendors.faults = Faults(at={at: fault}, retry_after=0.0)
    try:
        await call()
        broken = False
    except PortError:
        broken = True
    desk.vendors.faults = Faults()
    await call()
    return broken


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
