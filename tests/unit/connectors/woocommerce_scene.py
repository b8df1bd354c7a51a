"""An account at the sandbox's WooCommerce, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from pawline.connectors.woocommerce import connector
from pawline.connectors.woocommerce.looking import changed
from pawline.kit import Connected, Sighting
from pawline.model import Credit, Money, Order, OrderId, Payout, Refund, RefundId
from pawline.ports import Inventory, Shop
from pawline.sandbox import Desk
from tests.unit.connectors.stepping import Clock, account_at, ran, stepped, walked

NEW, OLD = "a-new-secret-of-the-shop-77", "an-old-secret-of-the-shop-77"
ADDRESS: Final = "https://hooks.paws.example/hooks/woocommerce/eu"


class Scene:
    """The desk, an account, and its ports. Every call of `step` is an attempt of a step."""

    def __init__(self, desk: Desk, url: str, account: Connected, settings: Any, clock: Clock) -> None:
        self.desk, self.url, self.settings, self.clock = desk, url, settings, clock
        self.http: Any = account.http
        self.plays = account.plays
        self.shop: Any = account.plays[Shop]
        self.stock: Any = account.plays[Inventory]
        self.books, self.api = desk.woocommerce.books, desk.woocommerce.api

    async def step(self, call: Awaitable[Any], seconds: float = 20) -> Any:
        return await stepped(call, "woocommerce/eu", seconds=seconds)

    def act(self, name: str, **given: Any) -> Any:
        return self.desk.act(f"woocommerce/{name}", msgspec.json.encode(given))

    def place(self, *lines: dict[str, Any], **given: Any) -> OrderId:
        """Somebody goes through the checkout; the order's number."""
        return OrderId(str(self.act("checkout", lines=lines or ({"sku": "kibble", "quantity": 2},), **given)))

    def change(self, order: OrderId, **given: Any) -> None:
        self.act("change", order=int(order), **given)

    async def walk(self, cursor: str = "") -> tuple[list[Sighting], str, list[str]]:
        """One walk to its end: what was seen, the cursor, and what could not be read."""
        return await walked(lambda at: changed(self.http, self.settings, at), cursor)

    def did(self) -> list[str]:
        """Of the ledger: operations, and what they were about."""
        return [f"{one.operation} {one.business}" for one in self.desk.vendors.effects() if not one.again]


@asynccontextmanager
async def scene(**settings: Any) -> AsyncIterator[Scene]:
    clock = Clock()
    async with account_at(connector, "woocommerce", _door, clock, **settings) as made:
        yield Scene(*made, clock)


def _door(desk: Desk) -> dict[str, Any]:
    door = desk.woocommerce.door
    return {"key": door.key, "secret": door.secret, "webhook_secrets": [NEW]}


def run(told: Callable[[Scene], Awaitable[Any]], **settings: Any) -> Any:
    """What comes of it."""
    return ran(scene(**settings), told)


def back(of: Order, minor: int, quantity: int = 0, *, name: str = "r1", restock: bool = False) -> Refund:
    """So much of the first line goes back."""
    amount = Money(minor, of.currency)
    return Refund(
        id=RefundId(name), at=datetime.now(UTC), reason="it came broken", payouts=(Payout(of.tenders[0].id, amount),),
        credits=(Credit(amount=amount, line=of.lines[0].id, quantity=quantity, restock=restock),),
    )  # fmt: skip
