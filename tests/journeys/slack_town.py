"""A team that looks at Slack: a hub with its ear, the pretended Slack, and who is there."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from pawline.cli.connecting import _connected
from pawline.hub import Hub, load_settings
from pawline.model import Envelope
from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.slack.books import Message
from pawline.store import Keyring
from pawline.testing.port import free_port
from pawline.web import serving
from tests.journeys.around import keep
from tests.journeys.asking import Wondered

CARE, ANN, BO, CY = "C0CARE", "U0ANN", "U0BO", "U0CY"
SETTINGS = """
shops = ["paws"]
flows = ["pawline.flows.ask_on_board", "tests.journeys.asking", "tests.journeys.hurrying"]
listen = "127.0.0.1:{port}"
public = "http://127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "slack/main"

[accounts.settings]
url = "{url}/slack/api"
token = {{ file = "slack.token" }}
channel = "C0CARE"
signing_secrets = [{{ file = "slack.secret" }}]
people = {{ U0ANN = "ann" }}
groups = {{ S0CARE = "care" }}

[[helpdesks]]
account = "slack/main"
teams = ["care"]

[runtime]
first_retry = 0.05
deaths = 1000
"""


class Town:
    """A hub with its ear, and the vendor."""

    def __init__(self, hub: Hub, desk: Desk) -> None:
        self.hub, self.desk, self.books = hub, desk, desk.slack.books

    async def wonder(self, about: str, **given: Any) -> None:
        event = Wondered(about=about, **given)
        told = Envelope(shop="paws", source="test", id=about, at=datetime.now(UTC), event=event)
        await self.hub.engine.record(told)

    def click(self, card: Message, button: int, user: str = ANN) -> None:
        act(self.desk, "clicks", user=user, channel=CARE, ts=card.ts, button=button)

    async def cases(self) -> list[str]:
        found = await self.hub.desk.answer("cases", {"shop": "paws", "limit": 50})
        return [one["title"] for one in found]

    async def no(self, about: str) -> int:
        found = await self.hub.desk.answer("cases", {"shop": "paws", "limit": 50})
        (no,) = [one["no"] for one in found if one["title"] == f"what about {about}?"]
        return int(no)

    async def case(self, no: int) -> dict[str, Any]:
        found: dict[str, Any] = await self.hub.desk.answer("case", {"no": no})
        return found

    async def ended(self, flow: str) -> list[Any]:
        found = []
        for one in reversed(await self.hub.desk.answer("runs", {"shop": "paws", "flow": flow})):
            run = await self.hub.desk.answer("run", {"no": one["no"], "reveal": True, "by": "test"})
            found += [run["outcome"]] if one["status"] == "done" else []
        return found

    def cards(self) -> list[Message]:
        return self.books.channels[CARE].messages

    def whispers(self) -> list[tuple[str, str]]:
        return [(one.user, one.text) for one in self.books.whispers]

    def did(self) -> list[str]:
        return [one.operation for one in self.desk.vendors.effects() if not one.again]


def act(desk: Desk, name: str, **given: Any) -> Any:
    return desk.act(f"slack/{name}", msgspec.json.encode(given))


def pretended() -> Desk:
    desk = Desk(Vendors(now=time.time), "tok")
    desk.slack.pace.tiers, desk.slack.pace.other = {}, 100_000
    act(desk, "groups", group="S0CARE", users=[BO])
    for one in (ANN, BO, CY):
        act(desk, "people", user=one, channels=[CARE])
    return desk


def write(folder: Path, desk: Desk, url: str) -> int:
    """The settings of a hub there; its port, to which the app's clicks are sent."""
    folder.mkdir(exist_ok=True)
    Keyring.generate().save(folder / "pawline.key")
    port = free_port()
    (folder / "pawline.toml").write_text(SETTINGS.format(port=port, url=url), "utf-8")
    keep(folder, {"slack.token": desk.slack.token, "slack.secret": desk.slack.teller.secret})
    act(desk, "app", address=f"http://127.0.0.1:{port}/hooks/slack/main")
    return port


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    desk = pretended()
    async with served(desk) as url:
        write(folder, desk, url)
        settings = load_settings(folder / "pawline.toml", {})
        assert await _connected(settings, "slack/main") == [
            "it lets us in, and lacks nothing",
            f"have its webhooks sent to {settings.public}/hooks/slack/main: its connector cannot",
        ]
        async with await Hub.open(settings) as hub, serving(hub):
            yield Town(hub, desk)
