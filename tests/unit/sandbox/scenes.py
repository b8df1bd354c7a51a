"""A sandbox over HTTP and an account of it, for as long as a test plays."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest

from pawline.connectors import sandbox as card
from pawline.kit import Connected, Guard, Http, Secret
from pawline.ports import Attempt, PortError, attempting
from pawline.sandbox import Desk, Vendors, served

TOKEN = "tok"  # noqa: S105 - of this test's own sandbox


class Sandboxed:
    """A sandbox, an account of it, and the desk's own client."""

    def __init__(self, url: str, desk: Desk) -> None:
        self.desk, guard = desk, Guard(["127.0.0.0/8"])
        self.account: Connected = card.connector.connect(card.connector.configure({"url": url, "token": TOKEN}), guard)
        self.http = Http(url, guard=guard, headers={"authorization": Secret(f"Bearer {TOKEN}")})

    def trying(self, key: str) -> attempting:
        return attempting(Attempt(key, 1, datetime.now(UTC) + timedelta(seconds=9), "shop", "sandbox/eu"))


S = TypeVar("S", bound=Sandboxed)


def played(made: Callable[[str, Desk], S], play: Callable[[S], Coroutine[Any, Any, None]], **given: Any) -> None:
    """Plays with vendors made of what is given."""

    async def run() -> None:
        desk = Desk(Vendors(now=time.time, **given), TOKEN)
        async with asyncio.timeout(20), served(desk) as url:
            one = made(url, desk)
            try:
                await play(one)
            finally:
                await one.account.http.close()
                await one.http.close()

    asyncio.run(run())


async def raised(call: Coroutine[Any, Any, Any]) -> PortError:
    with pytest.raises(PortError) as error:
        await call
    return error.value
