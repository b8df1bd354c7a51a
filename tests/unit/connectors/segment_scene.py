"""An account at the sandbox's Segment, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from pawline.connectors.segment import connector
from pawline.kit import Connected
from pawline.ports import Analytics, Occurrence
from pawline.sandbox import Desk
from tests.unit.connectors import counting
from tests.unit.connectors.counting import PEOPLE
from tests.unit.connectors.stepping import account_at, ran, stepped

AT: Final = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
occurrence = partial(counting.occurrence, at=AT)


class Scene:
    """The desk, an account, and its port. Every call of `step` is an attempt of a step."""

    def __init__(self, desk: Desk, url: str, account: Connected, settings: Any) -> None:
        self.desk, self.url, self.settings = desk, url, settings
        self.http: Any = account.http
        self.vendor = desk.segment
        self.analytics: Any = account.plays[Analytics]

    async def step(self, *occurrences: Occurrence, account: str = "segment/eu", shop: str = "paws", n: int = 1) -> Any:
        return await stepped(self.analytics.record(occurrences), account, f"k-{n}", n, shop=shop)

    def did(self) -> list[tuple[str, str, bool]]:
        """Of the ledger: operation, what it was about, and whether it was known."""
        return [(one.operation, one.business, one.again) for one in self.desk.vendors.effects()]


@asynccontextmanager
async def scene(**settings: Any) -> AsyncIterator[Scene]:
    async with account_at(connector, "segment", _door, **settings) as made:
        yield Scene(*made)


def _door(desk: Desk) -> dict[str, Any]:
    return {"region": "eu", "write_key": desk.segment.key, "people_secret": PEOPLE}


def run(told: Callable[[Scene], Awaitable[Any]], **settings: Any) -> Any:
    """What comes of it."""
    return ran(scene(**settings), told)
