"""What no webhook told is looked for: each order that changed says what happened to it, once, whatever was heard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from pawline.connectors import shopify
from pawline.connectors.shopify.looking import Cursor, missed
from pawline.kit import Guard, Http, Seen
from pawline.model import Event, Order, OrderCancelled, OrderEdited, OrderPaid, OrderPlaced, RefundIssued
from pawline.ports import Attempt, Shop, attempting
from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.shopify.shopify import Asked
from tests.unit.sandbox.shopify_scene import STOCK, gid, order

NOW = datetime.now(UTC).replace(microsecond=0)


class Scene:
    """A shop at Shopify that tells nobody, and an account that looks."""

    def __init__(self, desk: Desk, http: Http, settings: Any, shop: Any) -> None:
        self.shopify, self.http, self.settings, self.shop = desk.shopify, http, settings, shop
        self.cursor = ""

    def place(self, number: int, before: timedelta = timedelta()) -> str:
        told = msgspec.structs.replace(order(number), placed_at=NOW - before)
        return str(self.shopify.acts["shopify/checkout"](msgspec.json.encode(told)).id)

    def ask(self, query: str, **given: Any) -> Any:
        answer = self.shopify.answer(Asked(query=query, variables=given))
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def look(self) -> Seen:
        seen = await missed(self.http, self.settings, self.cursor)
        self.cursor = seen.cursor
        return seen

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


def kinds(events: list[Event]) -> list[str]:
    return sorted(f"{type(one).__name__} {one.subject}" for one in events)


def test_orders_of_now_are_placed_and_paid_and_those_of_long_ago_are_not() -> None:
    async def work(one: Scene) -> None:
        old, new = one.place(1, timedelta(days=3)), one.place(2)
        found = await one.events()
        assert kinds(found) == [f"OrderPaid {new}", f"OrderPlaced {new}"]
        assert old not in {event.subject for event in found}
        (placed,) = [event.order for event in found if isinstance(event, OrderPlaced)]
        assert placed == await one.shop.order(new)
        (paid,) = [event for event in found if isinstance(event, OrderPaid)]
        assert (paid.paid, paid.items, paid.household) == (placed.total, placed.demand(), placed.household)

    tried(work)


def test_every_page_is_read_and_what_was_seen_is_not_seen_for_ever() -> None:
    async def work(one: Scene) -> None:
        names = {one.place(number) for number in range(1, 24)}
        first = await one.look()
        assert (first.more, len({sighting.event.subject for sighting in first.sightings})) == (True, 10)
        rest = await one.events()
        assert {sighting.event.subject for sighting in first.sightings} | {one.subject for one in rest} == names
        at = msgspec.json.decode(one.cursor, type=Cursor)
        assert (at.after, at.since) == (None, at.newest - timedelta(minutes=2))
        one.shopify.books.orders.clear()
        assert await one.events() == []
        assert msgspec.json.decode(one.cursor, type=Cursor) == at

    tried(work)


def test_what_happened_to_an_order_is_told_once_by_its_fact() -> None:
    async def work(one: Scene) -> None:
        name = one.place(1)
        before = await one.events()
        whole: Order = await one.shop.order(name)
        until = datetime.now(UTC) + timedelta(seconds=30)
        edit = one.ask(
            "mutation ($id: ID!) { orderEditBegin(id: $id) { calculatedOrder { id } } }", id=gid("Order", name)
        )["orderEditBegin"]["calculatedOrder"]["id"]  # fmt: skip
        one.ask(
            "mutation ($id: ID!, $line: ID!) { orderEditSetQuantity(id: $id, lineItemId: $line, quantity: 5) "
            "{ userErrors { message } } }",
            id=edit, line=gid("CalculatedLineItem", whole.lines[0].id),
        )  # fmt: skip
        one.ask("mutation ($id: ID!) { orderEditCommit(id: $id) { userErrors { message } } }", id=edit)
        edited = [event for event in await one.events() if event.fact not in {known.fact for known in before}]
        assert [type(event) for event in edited] == [OrderEdited]
        assert isinstance(edited[0], OrderEdited)
        assert [line.quantity for line in edited[0].edit.lines] == [5, 1]
        assert [event.fact for event in await one.events() if isinstance(event, OrderEdited)] == [edited[0].fact]
        with attempting(Attempt("k1", 1, until, "paws", "shopify/eu")):
            await one.shop.cancel(name, "ordered twice")
        after = await one.events()
        off = [event for event in after if isinstance(event, OrderCancelled)]
        assert [(event.order, event.by, event.because) for event in off] == [(name, "pawline", "no reason was given")]
        refunds = [event.refund for event in after if isinstance(event, RefundIssued)]
        assert [(refund.payouts, sum(credit.quantity for credit in refund.credits)) for refund in refunds] == [((), 6)]

    tried(work)


def test_an_order_that_cannot_be_read_is_set_aside_and_the_others_are_seen() -> None:
    async def work(one: Scene) -> None:
        bad, good = one.place(1), one.place(2)
        kept = one.shopify.books.orders[int(bad)].transactions
        kept += kept * 60  # more than one answer holds
        seen = await one.look()
        assert [aside.where for aside in seen.quarantined] == [f"order {bad}"]
        assert seen.quarantined[0].why == f"order {bad} has more than 75 transactions"
        assert {sighting.event.subject for sighting in seen.sightings} == {good}

    tried(work)
