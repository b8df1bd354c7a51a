"""An account at the sandbox's GA4, over HTTP."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pawline.connectors.ga4 import connector
from pawline.kit import Connected
from pawline.model import HouseholdId
from pawline.ports import Analytics, Occurrence, OrderOccurrence
from pawline.sandbox import Desk, Vendors, served
from pawline.testing.counter import LOOPBACK
from tests.unit.connectors.stepping import ran, stepped

TOKEN: Final = "tok"  # noqa: S105 - of this test's own sandbox
PEOPLE: Final = "a-secret-of-the-shop-canary-77"
VALUES: Final[dict[str, str | int | bool]] = {
    "order": "1001", "number": "#1001", "total": 1_234, "currency": "EUR", "channel": "web",
}  # fmt: skip


def occurrence(name: str = OrderOccurrence.REFUNDED, key: str = "refunded.order/r1", **more: Any) -> Occurrence:
    at = datetime.now(UTC) - timedelta(hours=1)
    given: dict[str, Any] = {"at": at, "household": HouseholdId("h1"), "values": VALUES} | more
    return Occurrence(name=str(name), key=key, **given)


class Scene:
    """The desk, an account, and its port. Every call of `step` is an attempt of a step."""

    def __init__(self, desk: Desk, url: str, account: Connected, settings: Any) -> None:
        self.desk, self.url, self.settings = desk, url, settings
        self.http: Any = account.http
        self.vendor = desk.ga4
        self.analytics: Any = account.plays[Analytics]

    async def step(self, *occurrences: Occurrence) -> Any:
        return await stepped(self.analytics.record(occurrences), "ga4/eu")

    def did(self) -> list[tuple[str, str, int, str, bool]]:
        """Of the ledger: operation, what it was about, money, and whether it was known."""
        effects = self.desk.vendors.effects()
        return [(one.operation, one.business, one.amount, one.currency, one.again) for one in effects]


@asynccontextmanager
async def scene(**settings: Any) -> AsyncIterator[Scene]:
    desk = Desk(Vendors(now=time.time), TOKEN)
    async with served(desk) as url:
        given = {
            "url": f"{url}/ga4", "measurement_id": desk.ga4.measurement_id, "api_secret": desk.ga4.api_secret,
            "people_secret": PEOPLE,
        }  # fmt: skip
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
