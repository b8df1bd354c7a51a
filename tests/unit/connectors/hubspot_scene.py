"""An account at the sandbox's HubSpot, over HTTP: it refuses whatever the vendor does not name."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from pawline.connectors.hubspot import connector, looking, walking
from pawline.kit import Connected, Seen
from pawline.model import (
    Consent,
    Contact,
    Household,
    HouseholdId,
    Medium,
    Person,
    PersonId,
    Purpose,
    household_by_email,
)
from pawline.ports import Attempt, Crm, Marketing, attempting
from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.hubspot.books import Contact as Kept
from pawline.testing.counter import LOOPBACK

TOKEN: Final = "tok"  # noqa: S105 - of this test's own sandbox
EMAIL: Final = "ann@example.com"
ANN: Final = household_by_email(EMAIL)
OFFERS, NEWS, REMINDERS = 11, 12, 21
"""Subscription types: two of marketing, and one of reminders."""
TYPES: Final[dict[str, Any]] = {"marketing": [OFFERS, NEWS], "reminders": [REMINDERS]}


class Clock:
    """What time it is at the vendor: as everywhere, but for what a test adds."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class Scene:
    """The desk, an account, and its ports. `key` is that of the next step; every call of `step` is an attempt of it."""

    def __init__(self, desk: Desk, url: str, account: Connected, settings: Any, clock: Clock) -> None:
        self.desk, self.url, self.account, self.settings, self.clock = desk, url, account, settings, clock
        self.http: Any = account.http
        self.marketing: Any = account.plays[Marketing]
        self.crm: Any = account.plays[Crm]
        self.books = desk.hubspot.books

    async def step(self, call: Awaitable[Any], key: str = "k-1") -> Any:
        until = datetime.now(UTC) + timedelta(seconds=20)
        with attempting(Attempt(key, 1, until, "paws", "hubspot/eu")):
            return await call

    def act(self, which: str, /, **given: Any) -> Any:
        return self.desk.act(f"hubspot/{which}", msgspec.json.encode(given))

    def contact(self, email: str = EMAIL) -> Kept:
        found = self.books.by("email", email)
        assert found is not None
        return found

    def statuses(self, email: str = EMAIL) -> dict[int, str]:
        return {no: one.status for no, one in self.books.address(email).of.items()}

    def stopped(self, email: str = EMAIL) -> bool:
        return self.books.address(email).wide is not None

    async def know(self, household: HouseholdId = ANN, email: str | None = EMAIL, name: str = "Ann Bee") -> str:
        person = Person(id=PersonId("p-1"), contact=Contact(email=email), name=name)
        told = await self.step(self.crm.upsert(Household(id=household, people=(person,))))
        return str(told.reference)

    async def say(self, granted: bool, at: datetime, household: HouseholdId = ANN, **more: Any) -> Any:
        given = {"purpose": Purpose.MARKETING, "medium": Medium.EMAIL, "source": "checkout"} | more
        return await self.step(self.marketing.consent(Consent(household=household, granted=granted, at=at, **given)))

    async def looked(self, cursor: str) -> tuple[list[Any], str, list[Any]]:
        """A round of looking for decisions: what was seen, where the next begins, and what could not be read."""
        return await _round(self, looking.decided, cursor)

    async def linked(self, cursor: str = "") -> list[Any]:
        """A round of linking: who could not be."""
        seen, _, bad = await _round(self, walking.link, cursor)
        assert seen == []
        return bad

    def did(self) -> list[str]:
        """Of the ledger, what was not marked as a repeat: operation and thing."""
        return [
            f"{one.operation.removeprefix('HubSpot.')} {one.business}"
            for one in self.desk.vendors.effects()
            if not one.again
        ]


async def _round(here: Scene, look: Callable[..., Awaitable[Seen]], cursor: str) -> tuple[list[Any], str, list[Any]]:
    seen, bad = list[Any](), list[Any]()
    for _ in range(100):
        found = await look(here.http, here.settings, cursor)
        seen += found.sightings
        bad += found.quarantined
        cursor = found.cursor
        if not found.more:
            return seen, cursor, bad
    raise AssertionError("a round without an end")


@asynccontextmanager
async def scene(*, limits: bool = False, **settings: Any) -> AsyncIterator[Scene]:
    clock = Clock()
    desk = Desk(Vendors(now=clock), TOKEN)
    desk.hubspot.limits.on = limits
    for no, name in ((OFFERS, "Offers"), (NEWS, "News"), (REMINDERS, "Reminders")):
        desk.act("hubspot/types", msgspec.json.encode({"id": no, "name": name}))
    async with served(desk) as url:
        given = {"url": f"{url}/hubspot", "token": desk.hubspot.token} | TYPES | settings
        read = connector.configure(given)
        account = connector.connect(read, LOOPBACK)
        try:
            yield Scene(desk, url, account, read, clock)
        finally:
            await account.http.close()


def run(told: Callable[[Scene], Awaitable[Any]], **settings: Any) -> Any:
    """What comes of it."""

    async def within() -> Any:
        async with scene(**settings) as here:
            return await told(here)

    return asyncio.run(within())
