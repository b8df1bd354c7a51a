"""An account at the sandbox's Twilio, over HTTP; what is asked and answered is held against Twilio's own document."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
from aiohttp import web

from pawline.connectors.twilio import connector
from pawline.kit import Connected
from pawline.model import HouseholdId, Letter, Medium, Purpose
from pawline.ports import Mail
from pawline.sandbox import Desk, Vendors, served
from pawline.testing.counter import LOOPBACK
from tests.unit.connectors.holding import held
from tests.unit.connectors.stepping import ran_right, stepped
from tests.unit.sandbox.twilio_contract import Held

TOKEN: Final = "tok"  # noqa: S105 - of this test's own sandbox
SHOP: Final = "paws"
ANN: Final = "+15550123456"
SENDER: Final = "+15550100001"
HELD: Final = Held()
"""Of all tests of this process."""


def letter(text: str = "Paws: your order 1001 is on its way", to: str = ANN, **given: Any) -> Letter:
    said = {"household": HouseholdId("h-1"), "purpose": Purpose.TRANSACTION, "medium": Medium.SMS} | given
    return Letter(to=to, text=text, **said)


def _asked(request: web.Request, path: str, raw: bytes) -> None:
    HELD.request(request.method, path, dict(request.query), request.content_type, raw)


class Checked(Desk):
    """A desk whose Twilio is held against the contract, request by request."""

    def app(self) -> web.Application:
        made = super().app()
        made.middlewares.insert(0, held("/twilio", _asked, HELD.reply))
        return made


class Scene:
    """The desk, an account, and its port. `step` makes an attempt of a step, named by its key."""

    def __init__(self, desk: Desk, url: str, account: Connected, settings: Any) -> None:
        self.desk, self.url, self.settings = desk, url, settings
        self.http: Any = account.http
        self.mail: Any = account.plays[Mail]
        self.books = desk.twilio.books

    async def step(
        self, wanted: Letter, key: str = "k-1", number: int = 1, shop: str = SHOP, *, seconds: float = 40
    ) -> str:  # fmt: skip
        sent: str = await stepped(self.mail.send(wanted), "twilio/us", key, number, shop=shop, seconds=seconds)
        return sent

    def act(self, which: str, /, given: Any) -> Any:
        return self.desk.act(f"twilio/{which}", msgspec.json.encode(given))

    def texts(self) -> list[str]:
        """What went out, in order."""
        return [one.body for one in self.books.messages.values() if one.direction == "outbound-api"]

    def did(self) -> list[str]:
        """Of the ledger, what was done here."""
        return [one.operation.removeprefix("Twilio.") for one in self.desk.vendors.effects() if not one.again]


@asynccontextmanager
async def scene(**settings: Any) -> AsyncIterator[Scene]:
    desk = Checked(Vendors(now=time.time), TOKEN)
    async with served(desk) as url:
        given = {
            "url": f"{url}/twilio", "messaging_url": f"{url}/twilio", "account": desk.twilio.account,
            "token": desk.twilio.token, "sender": SENDER, "webhook_secrets": [desk.twilio.token],
        } | settings  # fmt: skip
        read = connector.configure(given)
        account = connector.connect(read, LOOPBACK, SHOP)
        try:
            yield Scene(desk, url, account, read)
        finally:
            await account.http.close()


def run(told: Callable[[Scene], Awaitable[Any]], **settings: Any) -> Any:
    """What comes of it; nothing that was said may be another than the contract has it."""
    return ran_right(scene(**settings), told, HELD.wrong)
