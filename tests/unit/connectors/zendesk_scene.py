"""A Zendesk over HTTP, and an account of it: what its tests begin with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from pawline.connectors.zendesk import connector
from pawline.connectors.zendesk.client import ZendeskHttp, client
from pawline.connectors.zendesk.helpdesk import ZendeskHelpdesk
from pawline.connectors.zendesk.looking import tickets
from pawline.kit import Guard, Seen
from pawline.model import HouseholdId, OrderId, TicketId, household_by_email
from pawline.ports import Attempt, Helpdesk, TicketDraft, Urgency, attempting
from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.zendesk.books import Ticket

ANN = "ann@example.com"
SHOP = "paws"
HERS = household_by_email(ANN)
LATE = TicketDraft(
    title="It is late", text="Call the carrier", urgency=Urgency.URGENT, order=OrderId("1001"),
    household=HouseholdId("h-1"), tags=("Late parcels",),
)  # fmt: skip


class Clock:
    """The vendor's: it stands still until a test has it go on."""

    def __init__(self) -> None:
        self.at = float(int(datetime.now(UTC).timestamp()))

    def __call__(self) -> float:
        return self.at


class Scene:
    """The vendor, and an account of it."""

    def __init__(self, url: str, desk: Desk, clock: Clock, given: dict[str, Any]) -> None:
        self.desk, self.zendesk, self.books, self.clock = desk, desk.zendesk, desk.zendesk.books, clock
        self.url = f"{url}/zendesk"
        said = {"url": self.url, "subdomain": "paws", "email": desk.zendesk.email, "token": desk.zendesk.token}
        self.settings = connector.configure(said | given)
        self.http: ZendeskHttp = client(self.settings, Guard(["127.0.0.0/8"]))
        self.http.whose = SHOP
        self.port = ZendeskHelpdesk(self.http, self.settings)

    def other(self, shop: str) -> tuple[ZendeskHttp, ZendeskHelpdesk]:
        """An account of another shop at the same Zendesk; who asks closes its client."""
        account = connector.connect(self.settings, Guard(["127.0.0.0/8"]), shop)
        assert isinstance(account.http, ZendeskHttp)
        return account.http, account.plays[Helpdesk]

    def act(self, name: str, **given: Any) -> Any:
        return self.desk.act(f"zendesk/{name}", msgspec.json.encode(given))

    def asked(self, **given: Any) -> TicketId:
        """What a shopper writes."""
        said = {"email": ANN, "title": "Where is it?", "text": "My chews are late"}
        return TicketId(str(self.act("tickets", **said | given)["ticket"]))

    def agent(self, email: str = "bo@paws.example", **given: Any) -> str:
        self.act("people", email=email, **given)
        return email

    def kept(self, ticket: TicketId) -> Ticket:
        return self.books.tickets[int(ticket)]

    async def step(self, call: Awaitable[Any], key: str = "k", number: int = 1) -> Any:
        until = datetime.now(UTC) + timedelta(seconds=9)
        with attempting(Attempt(key, number, until, SHOP, "zendesk/main")):
            return await call

    async def look(self, cursor: str = "") -> Seen:
        return await tickets(self.http, self.settings, cursor)

    def did(self) -> list[tuple[str, str]]:
        found = [(one.operation, one.business) for one in self.desk.vendors.effects() if not one.again]
        return [(name.removeprefix("Zendesk."), thing) for name, thing in found]

    def comments(self, ticket: TicketId) -> list[tuple[str, bool]]:
        return [
            (event["body"], event["public"]) for audit in self.kept(ticket).audits for event in audit.events
            if event["type"] == "Comment"
        ]  # fmt: skip


def run(play: Callable[[Scene], Coroutine[Any, Any, Any]], **given: Any) -> Any:
    async def whole() -> Any:
        clock = Clock()
        desk = Desk(Vendors(now=clock), "tok")
        desk.zendesk.limits.calls = desk.zendesk.limits.exports = 100_000
        async with asyncio.timeout(60), served(desk) as url:
            one = Scene(url, desk, clock, given)
            try:
                return await play(one)
            finally:
                await one.http.close()

    return asyncio.run(whole())
