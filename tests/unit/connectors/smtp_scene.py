"""A board that writes to three people, a real mail server, and a case."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from pawline.connectors.smtp import connector
from pawline.connectors.smtp.board import SmtpBoard
from pawline.hub.links import CaseLinks
from pawline.kit import Guard, Smtp
from pawline.model import HouseholdId
from pawline.ports import CaseCard
from pawline.sandbox.post import Post, posted
from pawline.store import Keyring

LOOPBACK = Guard(["127.0.0.0/8"])
ASKED = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
PEOPLE = [{"name": name, "to": f"{name}@paws.example"} for name in ("ann", "bo", "cy")]
CARD = CaseCard(
    case=17, mark="m" * 32, title="what about bowl?", choices=("leave it", "end it"), asked=ASKED, team="care",
    household=HouseholdId("household of Ann"),
)  # fmt: skip


def board(port: int, keyring: Keyring | None = None, **more: Any) -> SmtpBoard:
    given = {"host": "127.0.0.1", "port": port, "tls": "none", "sender": "desk@paws.example", "people": PEOPLE} | more
    settings = connector.configure(given)
    client = connector.http(settings, LOOPBACK)
    assert isinstance(client, Smtp)
    client.links = CaseLinks(keyring or Keyring.generate(), "smtp/care", "https://hub.paws.example/")
    return SmtpBoard(client, settings)


@asynccontextmanager
async def server() -> AsyncIterator[tuple[Post, int]]:
    post = Post(lambda _, __: None)
    async with posted(post) as port:
        yield post, port
