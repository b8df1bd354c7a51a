"""An account at the sandbox's Segment, over HTTP."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

from pawline.connectors.segment import connector
from pawline.kit import Connected
from pawline.model import HouseholdId
from pawline.ports import Analytics, Occurrence, OrderOccurrence
from pawline.sandbox import Desk, Vendors, served
from pawline.testing.counter import LOOPBACK
from tests.unit.connectors.stepping import ran, stepped

TOKEN: Final = "tok"  # noqa: S105 - of this test's own sandbox
PEOPLE: Final = "a-secret-of-the-shop-canary-77"
AT: Final = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
VALUES: Final[dict[str, str | int | bool]] = {
    "order": "1001", "number": "#1001", "total": 1_234, "currency": "EUR", "channel": "web",
}  # fmt: skip


def occurrence(name: str = OrderOccurrence.REFUNDED, key: str = "refunded.order/r1", **more: Any) -> Occurrence:
    given: dict[str, Any] = {"at": AT, "household": HouseholdId("h1"), "values": VALUES} | more
    return Occurrence(name=str(name), key=key, **given)


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
    desk = Desk(Vendors(now=time.time), TOKEN)
    async with served(desk) as url:
        given = {"url": f"{url}/segment", "region": "eu", "write_key": desk.segment.key, "people_secret": PEOPLE}
        read = connector.configure(given | settings)
        account = connector.connect(read, LOOPBACK)
        try:
            yield Scene(desk, url, account, read)
        finally:
            await account.http.close()
            await desk.close()


def run(told: Callable[[Scene], Awaitable[Any]], **settings: Any) -> Any:
    """What comes of it."""
    return ran(scene(**settings), told)
