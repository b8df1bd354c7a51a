"""A shop at Shopify that tells nobody, and an account that looks at it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from pawline.connectors import shopify
from pawline.connectors.shopify.looking import Cursor, missed
from pawline.connectors.shopify.told_orders import placed
from pawline.kit import Guard, Http, Seen, Watch
from pawline.model import Event, Order, OrderPlaced, TenderState
from pawline.ports import Shop
from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.shopify import rest
from pawline.sandbox.shopify.shopify import Asked
from tests.unit.sandbox.shopify_scene import STOCK, gid, order

TAG = 'mutation ($id: ID!) { tagsAdd(id: $id, tags: ["vip"]) { userErrors { message } } }'
BEGIN = "mutation ($id: ID!) { orderEditBegin(id: $id) { calculatedOrder { id } userErrors { message } } }"
QUANTITY = """mutation ($id: ID!, $line: ID!, $quantity: Int!) {
  orderEditSetQuantity(id: $id, lineItemId: $line, quantity: $quantity) { userErrors { message } } }"""
COMMIT = "mutation ($id: ID!) { orderEditCommit(id: $id) { userErrors { message } } }"


class Scene:
    """A shop at Shopify that tells nobody, and an account that looks."""

    def __init__(self, desk: Desk, http: Http, settings: Any, shop: Any) -> None:
        self.shopify, self.http, self.settings, self.shop = desk.shopify, http, settings, shop
        self.cursor, self.cursors = "", dict[str, str]()

    def place(
        self, number: int, before: timedelta = timedelta(), state: TenderState = TenderState.CAPTURED, *,
        act: str = "checkout", like: Order | None = None,
    ) -> str:  # fmt: skip
        told = msgspec.structs.replace(like or order(number, state=state), placed_at=datetime.now(UTC) - before)
        return str(self.shopify.acts[f"shopify/{act}"](msgspec.json.encode(told)).id)

    def ask(self, query: str, **given: Any) -> Any:
        answer = self.shopify.answer(Asked(query=query, variables=given))
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def edit(self, name: str, quantity: int) -> None:
        """The merchant wants so many of the order's first line."""
        whole: Order = await self.shop.order(name)
        begun = self.ask(BEGIN, id=gid("Order", name))["orderEditBegin"]["calculatedOrder"]["id"]
        self.ask(QUANTITY, id=begun, line=gid("CalculatedLineItem", whole.lines[0].id), quantity=quantity)
        self.ask(COMMIT, id=begun)

    def kept(self, name: str) -> Any:
        """The order as the vendor keeps it."""
        return self.shopify.books.orders[int(name)]

    def spoil(self, *names: str) -> None:
        """Nobody can read these orders: they have more transactions than one answer holds."""
        for name in names:
            kept = self.kept(name).transactions
            kept += kept * 60

    def heard(self, name: str) -> Any:
        """The order as its webhook tells it now."""
        said = msgspec.json.encode(rest.order(self.shopify.books, self.kept(name)))
        (found,) = [one.order for one in placed(said) if isinstance(one, OrderPlaced)]
        return found

    def rich(self) -> None:
        """Points are not what it is about."""
        bucket = self.shopify.engine.bucket
        bucket.most = bucket._left = 10**9

    @property
    def at(self) -> Cursor:
        """Where looking for orders is."""
        return msgspec.json.decode(self.cursor, type=Cursor)

    def move(self, **to: Any) -> None:
        """Looking is somewhere else."""
        self.cursor = msgspec.json.encode(msgspec.structs.replace(self.at, **to)).decode()

    async def look(self) -> Seen:
        seen = await missed(self.http, self.settings, self.cursor)
        self.cursor = seen.cursor
        return seen

    def happens(self, act: str, **told: Any) -> Any:
        """Something happens at the shop, in the sandbox's words."""
        return self.shopify.acts[f"shopify/{act}"](msgspec.json.encode(told))

    async def watched(self, watch: Watch[Any]) -> list[Event]:
        """All that this watch sees until it rests."""
        found: list[Event] = []
        while True:
            seen = await watch.look(self.http, self.settings, self.cursors.get(watch.name, ""))
            self.cursors[watch.name] = seen.cursor
            assert seen.quarantined == ()
            found += [one.event for one in seen.sightings]
            if not seen.more:
                return found

    async def begin(self) -> None:
        """What is there by now is history."""
        assert await self.events() == []

    async def events(self) -> list[Event]:
        """All that a walk finds."""
        found: list[Event] = []
        while True:
            seen = await self.look()
            assert seen.quarantined == ()
            found += [one.event for one in seen.sightings]
            if not seen.more:
                return found


def tried(work: Callable[[Scene], Awaitable[None]]) -> None:
    async def run() -> None:
        desk = Desk(Vendors(now=lambda: datetime.now(UTC).timestamp(), stock=STOCK), "tok")
        async with asyncio.timeout(60), served(desk) as url:
            given = {"url": url, "shop": "pawline-sandbox.myshopify.com", "token": desk.shopify.door.token}
            settings = shopify.connector.configure(given)
            account = shopify.connector.connect(settings, Guard(["127.0.0.0/8"]))
            http = account.http
            assert isinstance(http, Http)
            try:
                await work(Scene(desk, http, settings, account.plays[Shop]))
            finally:
                await http.close()

    asyncio.run(run())


def fail(one: Scene, code: str, *names: str) -> None:
    """Shopify fails at these orders, whoever asks for one of them."""
    answer, of = one.shopify.engine.answer, {gid("Order", name) for name in names}

    def says(text: str, given: dict[str, Any], name: str | None = None) -> Any:
        if given.get("id") in of:
            return {"errors": [{"message": "Internal error", "extensions": {"code": code}}]}
        return answer(text, given, name)

    one.shopify.engine.answer = says  # type: ignore[method-assign,assignment]
