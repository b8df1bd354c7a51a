"""A Slack over HTTP, and an account of it: what its tests begin with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from pawline.connectors.slack import connector
from pawline.connectors.slack.board import SlackBoard
from pawline.connectors.slack.client import SlackHttp, client
from pawline.kit import Guard
from pawline.model import HouseholdId
from pawline.ports import Attempt, CaseCard, attempting
from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.slack.books import TEAM, Channel, Message
from pawline.sandbox.slack.calls import Call, No

CARE, ANN, BO = "C0CARE", "U0ANN", "U0BO"
CARD = CaseCard(
    case=17, mark="m17", title="autoship a1 fed a pet that died", choices=("leave it", "end it"), team="care",
    asked=datetime(2026, 11, 27, 9, 30, tzinfo=UTC), until=datetime(2026, 12, 1, 8, 0, tzinfo=UTC),
    household=HouseholdId("h-1"),
)  # fmt: skip


class Clock:
    """The vendor's: it stands still until a test has it go on. It begins when CARD was asked."""

    def __init__(self) -> None:
        self.at = CARD.asked.timestamp()

    def __call__(self) -> float:
        return self.at


class Scene:
    """The vendor, and an account of it."""

    def __init__(self, url: str, desk: Desk, clock: Clock, given: dict[str, Any]) -> None:
        self.desk, self.slack, self.books, self.clock = desk, desk.slack, desk.slack.books, clock
        self.url = f"{url}/slack/api"
        said = {"url": self.url, "token": desk.slack.token, "channel": CARE, "people": {ANN: "ann"}}
        self.settings = connector.configure(said | given)
        self.http: SlackHttp = client(self.settings, Guard(["127.0.0.0/8"]))
        self.port = SlackBoard(self.http, self.settings, now=clock)
        self.refuses = dict[str, str]()
        """Methods that Slack refuses, and by which word."""
        self._may_refuse()
        self.act("channels", channel=CARE)
        for one in (ANN, BO):
            self.act("people", user=one, channels=[CARE])

    def _may_refuse(self) -> None:
        real = self.slack.api.answer

        def answer(call: Call) -> dict[str, Any]:
            if (word := self.refuses.get(call.method)) is not None:
                raise No(word)
            return real(call)

        self.slack.api.answer = answer  # type: ignore[method-assign]

    def act(self, name: str, **given: Any) -> Any:
        return self.desk.act(f"slack/{name}", msgspec.json.encode(given))

    @property
    def channel(self) -> Channel:
        return self.books.channels[CARE]

    @property
    def card(self) -> Message:
        """The one card that is there."""
        (one,) = self.channel.messages
        return one

    async def step(self, call: Awaitable[Any], key: str = "k", number: int = 1) -> Any:
        until = datetime.now(UTC) + timedelta(seconds=9)
        with attempting(Attempt(key, number, until, "paws", "slack/main")):
            return await call

    def did(self) -> list[tuple[str, str]]:
        found = [(one.operation, one.business) for one in self.desk.vendors.effects() if not one.again]
        return [(name.removeprefix("Slack."), thing) for name, thing in found]


def named(user: str, team: str = TEAM) -> str:
    """How a click names somebody."""
    return f"{team}/{user}"


def run(play: Callable[[Scene], Coroutine[Any, Any, Any]], **given: Any) -> Any:
    async def whole() -> Any:
        clock = Clock()
        desk = Desk(Vendors(now=clock), "tok")
        desk.slack.pace.tiers, desk.slack.pace.other = {}, 100_000
        async with asyncio.timeout(60), served(desk) as url:
            one = Scene(url, desk, clock, given)
            try:
                return await play(one)
            finally:
                await one.http.close()

    return asyncio.run(whole())
