"""An account at the sandbox's GA4, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from pawline.connectors.ga4 import connector
from pawline.kit import Connected
from pawline.ports import Analytics, Occurrence
from pawline.sandbox import Desk
from tests.unit.connectors.counting import PEOPLE
from tests.unit.connectors.stepping import account_at, ran, stepped


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
    async with account_at(connector, "ga4", _door, **settings) as made:
        yield Scene(*made)


def _door(desk: Desk) -> dict[str, Any]:
    vendor = desk.ga4
    return {"measurement_id": vendor.measurement_id, "api_secret": vendor.api_secret, "people_secret": PEOPLE}


def run(told: Callable[[Scene], Awaitable[Any]], **settings: Any) -> Any:
    """What comes of it."""
    return ran(scene(**settings), told)
