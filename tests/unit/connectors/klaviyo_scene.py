"""An account at the sandbox's Klaviyo, over HTTP; what is asked and what is answered is held against the contract."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from aiohttp import web

from pawline.connectors.klaviyo import connector
from pawline.kit import Connected
from pawline.model import Contact, Household, HouseholdId, Person, PersonId, household_by_email
from pawline.ports import Attempt, Crm, Marketing, attempting
from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.klaviyo.books import Person as Profile
from pawline.testing.counter import LOOPBACK
from tests.unit.sandbox.klaviyo_contract import Held

TOKEN: Final = "tok"  # noqa: S105 - of this test's own sandbox
EMAIL: Final = "ann@example.com"
ANN: Final = household_by_email(EMAIL)
HELD: Final = Held()
"""Of all tests of this process."""
_SAID: Final = frozenset({"application/vnd.api+json"})


class Checked(Desk):
    """A desk whose Klaviyo is held against the contract, request by request."""

    def app(self) -> web.Application:
        made = super().app()
        made.middlewares.insert(0, _held)
        return made


@web.middleware
async def _held(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> Any:
    theirs = request.path.startswith("/api/")
    if theirs:
        headers = {name.lower(): value for name, value in request.headers.items()}
        HELD.request(request.method, request.path, request.query, headers, await request.read())
    reply = await handler(request)
    heard = request.transport is not None and not request.transport.is_closing()
    if theirs and isinstance(reply, web.Response) and heard:
        raw = reply.body if isinstance(reply.body, bytes) else b""
        if reply.content_type in _SAID or not raw:
            HELD.reply(request.method, request.path, reply.status, raw)
    return reply


class Scene:
    """The desk, an account, and its ports. `key` is that of the next step; every call of `step` is an attempt of it."""

    def __init__(self, desk: Desk, url: str, account: Connected, settings: Any) -> None:
        self.desk, self.url, self.account, self.settings = desk, url, account, settings
        self.http: Any = account.http
        self.marketing: Any = account.plays[Marketing]
        self.crm: Any = account.plays[Crm]
        self.books = desk.klaviyo.books

    async def step(self, call: Awaitable[Any], key: str = "k-1") -> Any:
        until = datetime.now(UTC) + timedelta(seconds=20)
        with attempting(Attempt(key, 1, until, "paws", "klaviyo/eu")):
            return await call

    def act(self, which: str, /, **given: Any) -> Any:
        return self.desk.act(f"klaviyo/{which}", msgspec.json.encode(given))

    def profile(self, email: str = EMAIL) -> Profile:
        found = self.books.by("email", email)
        assert found is not None
        return found

    async def know(self, household: HouseholdId = ANN, email: str = EMAIL, phone: str | None = None) -> str:
        contact = Contact(email=email, phone=phone)
        person = Person(id=PersonId("p-1"), contact=contact, name="Ann Bee")
        told = await self.step(self.crm.upsert(Household(id=household, people=(person,))))
        return str(told.reference)

    def did(self) -> list[str]:
        """Of the ledger, what was not marked as a repeat: operation and thing."""
        return [
            f"{one.operation.removeprefix('Klaviyo.')} {one.business}"
            for one in self.desk.vendors.effects()
            if not one.again
        ]


@asynccontextmanager
async def scene(*, limits: bool = False, **settings: Any) -> AsyncIterator[Scene]:
    desk = Checked(Vendors(now=time.time), TOKEN)
    desk.klaviyo.windows.on = limits
    async with served(desk) as url:
        given = {"url": url, "key": desk.klaviyo.key} | settings
        read = connector.configure(given)
        account = connector.connect(read, LOOPBACK)
        try:
            yield Scene(desk, url, account, read)
        finally:
            await account.http.close()


def run(told: Callable[[Scene], Awaitable[Any]], **settings: Any) -> Any:
    """What comes of it; nothing that was said may be another than the contract has it."""

    async def within() -> Any:
        async with scene(**settings) as here:
            return await told(here)

    before = len(HELD.wrong)
    found = asyncio.run(within())
    assert HELD.wrong[before:] == []
    return found
