"""An account at the sandbox's Stripe, over HTTP; what is asked, answered and told is held against the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
from aiohttp import web

from pawline.connectors.stripe import connector
from pawline.kit import Connected
from pawline.model import Money, OrderId, Tender, TenderId, TenderKind, TenderState
from pawline.ports import Authorisation, Capture, Payments, Refunded
from pawline.sandbox import Desk, Vendors, served
from pawline.testing.counter import LOOPBACK
from tests.unit.connectors.holding import held
from tests.unit.connectors.stepping import Clock, ran_right, stepped
from tests.unit.sandbox.stripe_contract import Held

TOKEN: Final = "tok"  # noqa: S105 - of this test's own sandbox
HELD: Final = Held()
"""Of all tests of this process."""
O1: Final = OrderId("o1")
VISA: Final = "pm_card_visa"
POOR: Final = "pm_card_visa_chargeDeclinedInsufficientFunds"
ASKS: Final = "pm_card_authenticationRequired"
RETURN: Final = "https://shop.example/paid"
EUR20: Final = Money(2_000, "EUR")


def card(source: str | None = VISA, minor: int = 2_000, name: str = "card", **given: Any) -> Tender:
    kind, currency = given.get("kind", TenderKind.CARD), given.get("currency", "EUR")
    return Tender(
        id=TenderId(name), kind=kind, amount=Money(minor, currency), state=TenderState.PENDING, source=source
    )  # fmt: skip


def _asked(request: web.Request, path: str, raw: bytes) -> None:
    HELD.request(request.method, path, request.query_string, {"content-type": request.content_type}, raw)


class Checked(Desk):
    """A desk whose Stripe is held against the contract, request by request, and event by event.

    With a `page` something between us and it answers with one, of this status.
    """

    page = 0

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        tell = self.stripe.teller.send

        def told(made: bytes, to: Any) -> None:
            HELD.event(made)
            tell(made, to)

        self.stripe.teller.send = told  # type: ignore[method-assign]

    def app(self) -> web.Application:
        made = super().app()
        made.middlewares.insert(0, held("/stripe", _asked, HELD.reply))

        @web.middleware
        async def proxied(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> Any:
            if self.page and request.path.startswith("/stripe"):
                return web.Response(status=self.page, text="<html>", content_type="text/html")
            return await handler(request)

        made.middlewares.insert(0, proxied)
        return made


class Scene:
    """The desk, an account, and its port. Every `step` is an attempt of a step, under a key of its own."""

    def __init__(self, desk: Checked, url: str, account: Connected, settings: Any, clock: Clock) -> None:
        self.desk, self.url, self.settings, self.clock = desk, url, settings, clock
        self.http: Any = account.http
        self.payments: Any = account.plays[Payments]
        self.books, self.stripe = desk.stripe.books, desk.stripe
        self._keys = 0

    async def step(self, call: Awaitable[Any], key: str = "", seconds: float = 20) -> Any:
        self._keys += 1
        return await stepped(call, "stripe/eu", key or f"k-{self._keys}", seconds=seconds)

    def act(self, which: str, given: Any = None, /, **more: Any) -> Any:
        return self.desk.act(f"stripe/{which}", msgspec.json.encode(more if given is None else given))

    async def authorised(self, tender: Tender | None = None, order: OrderId = O1) -> Authorisation:
        made: Authorisation = await self.step(self.payments.authorize(order, card() if tender is None else tender))
        return made

    async def captured(self, tender: Tender | None = None, order: OrderId = O1, minor: int | None = None) -> Capture:
        there = await self.authorised(tender, order)
        amount = there.amount if minor is None else Money(minor, there.amount.currency)
        made: Capture = await self.step(self.payments.capture(there, amount))
        return made

    async def refunded(self, capture: Capture, minor: int | None = None, because: str = "it came back") -> Refunded:
        amount = capture.amount if minor is None else Money(minor, capture.amount.currency)
        made: Refunded = await self.step(self.payments.refund(capture, amount, because))
        return made

    def did(self) -> list[str]:
        """Of the ledger: operation, thing, and money."""
        return [
            f"{one.operation.removeprefix('Stripe.')} {one.business}{f' {one.amount}' if one.amount else ''}"
            for one in self.desk.vendors.effects()
            if not one.again
        ]


@asynccontextmanager
async def scene(**settings: Any) -> AsyncIterator[Scene]:
    clock = Clock()
    desk = Checked(Vendors(now=clock), TOKEN)
    async with served(desk) as url:
        given = {"url": f"{url}/stripe", "key": desk.stripe.key, "mode": "test", "label": "pawline"} | settings
        read = connector.configure(given)
        account = connector.connect(read, LOOPBACK)
        try:
            yield Scene(desk, url, account, read, clock)
        finally:
            await account.http.close()


def run(told: Callable[[Scene], Awaitable[Any]], **settings: Any) -> Any:
    """What comes of it; nothing that was said may be another than the contract has it."""
    return ran_right(scene(**settings), told, HELD.wrong)
