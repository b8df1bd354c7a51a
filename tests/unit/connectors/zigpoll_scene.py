"""An account at the sandbox's Zigpoll, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec

from pawline.connectors.zigpoll import connector
from pawline.connectors.zigpoll.looking import answers
from pawline.kit import Connected, Sighting
from pawline.ports import Surveys
from pawline.sandbox import Desk
from tests.unit.connectors.stepping import account_at, ran, stepped, walked

NEW, OLD = "a-new-secret-of-the-shop-77", "an-old-secret-of-the-shop-77"
ADDRESS: Final = "https://hooks.paws.example/hooks/zigpoll/eu"


class Scene:
    """The desk, an account, and its port. Every call of `step` is an attempt of a step."""

    def __init__(self, desk: Desk, url: str, account: Connected, settings: Any) -> None:
        self.desk, self.url, self.settings = desk, url, settings
        self.http: Any = account.http
        self.surveys: Any = account.plays[Surveys]
        self.books = desk.zigpoll.books
        self.poll = next(iter(self.books.polls.values()))

    async def step(self, call: Awaitable[Any], seconds: float = 20) -> Any:
        return await stepped(call, "zigpoll/eu", seconds=seconds)

    def say(self, *said: tuple[int, str], vote: bool = False, **given: Any) -> list[str]:
        """Somebody answers; the ids of the answers."""
        told = [{"slide": slide, "response": text, "vote": vote} for slide, text in said]
        names: list[str] = self.desk.act("zigpoll/answer", msgspec.json.encode({"answers": told, **given}))
        return names

    async def walk(self, cursor: str = "") -> tuple[list[Sighting], str, list[str]]:
        """One walk to its end: what was seen, the cursor, and what could not be read."""
        return await walked(lambda at: answers(self.http, self.settings, at), cursor)

    def did(self) -> list[str]:
        """Of the ledger: operation and thing."""
        return [f"{one.operation} {one.business}" for one in self.desk.vendors.effects() if not one.again]


@asynccontextmanager
async def scene(**settings: Any) -> AsyncIterator[Scene]:
    async with account_at(connector, "zigpoll", _door, **settings) as made:
        yield Scene(*made)


def _door(desk: Desk) -> dict[str, Any]:
    return {"key": desk.zigpoll.key, "webhook_secrets": [NEW, OLD]}


def run(told: Callable[[Scene], Awaitable[Any]], **settings: Any) -> Any:
    """What comes of it."""
    return ran(scene(**settings), told)
