"""An account at the sandbox's Formbricks, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec

from pawline.connectors.formbricks import connector
from pawline.connectors.formbricks.looking import answers
from pawline.kit import Connected, Sighting
from pawline.ports import Surveys
from pawline.sandbox import Desk
from tests.unit.connectors.stepping import account_at, ran, stepped, walked

NEW, OLD = "a-new-secret-of-the-shop-77", "an-old-secret-of-the-shop-77"
ADDRESS: Final = "https://hooks.paws.example/hooks/formbricks/eu"
LINKS: Final = "https://surveys.paws.example"


class Scene:
    """The desk, an account, and its port. Every call of `step` is an attempt of a step."""

    def __init__(self, desk: Desk, url: str, account: Connected, settings: Any) -> None:
        self.desk, self.url, self.settings = desk, url, settings
        self.http: Any = account.http
        self.surveys: Any = account.plays[Surveys]
        self.books, self.api = desk.formbricks.books, desk.formbricks.api
        self.survey = next(iter(self.books.surveys.values()))

    async def step(self, call: Awaitable[Any], seconds: float = 20) -> Any:
        return await stepped(call, "formbricks/eu", seconds=seconds)

    def say(self, answers: dict[str, Any] | None = None, **given: Any) -> str:
        """Somebody answers, or goes on; the id of the response."""
        name: str = self.desk.act("formbricks/answer", msgspec.json.encode({"answers": answers or {}, **given}))
        return name

    def another(self, *questions: dict[str, Any]) -> str:
        """A survey more; its id."""
        name: str = self.desk.act("formbricks/survey", msgspec.json.encode({"name": "x", "questions": questions}))
        return name

    async def walk(self, cursor: str = "") -> tuple[list[Sighting], str, list[str]]:
        """One walk to its end: what was seen, the cursor, and what could not be read."""
        return await walked(lambda at: answers(self.http, self.settings, at), cursor)

    def did(self) -> list[str]:
        """Of the ledger: operations."""
        return [one.operation for one in self.desk.vendors.effects() if not one.again]


@asynccontextmanager
async def scene(**settings: Any) -> AsyncIterator[Scene]:
    async with account_at(connector, "formbricks", _door, **settings) as made:
        yield Scene(*made)


def _door(desk: Desk) -> dict[str, Any]:
    vendor = desk.formbricks
    return {"key": vendor.key, "workspace": vendor.books.workspace, "links": LINKS}


def run(told: Callable[[Scene], Awaitable[Any]], **settings: Any) -> Any:
    """What comes of it."""
    return ran(scene(**settings), told)
