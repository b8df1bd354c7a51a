"""Where Shopify sends its webhooks: what lacks is made, once, and what tells only a part does not count."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from pawline.connectors import shopify
from pawline.connectors.shopify.enrolling import TOPICS, enrol, lacking, topic_of
from pawline.kit import Guard, Http
from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.shopify.hearing import subscribe
from tests.unit.connectors.shopify_vendor import sent, wrong_in

AT, OTHER = "https://hooks.pets.example/hooks/shopify/eu", "https://old.example/hooks"


def tried(work: Callable[[Desk, Http, Any], Awaitable[None]]) -> None:
    async def run() -> None:
        desk = Desk(Vendors(now=datetime.now(UTC).timestamp), "tok")
        async with asyncio.timeout(30), served(desk) as url:
            given = {"url": url, "shop": "pawline-sandbox.myshopify.com", "token": desk.shopify.door.token}
            settings = shopify.connector.configure(given)
            http = shopify.connector.http(settings, Guard(["127.0.0.0/8"]))
            assert isinstance(http, Http)
            await work(desk, http, settings)
            await http.close()

    asyncio.run(run())


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_is_one_of_the_versions(topic: str) -> None:
    given = {"topic": topic_of(topic), "to": {"uri": AT, "format": "JSON"}}
    assert wrong_in(sent()["LISTEN"], given) == []


def test_what_lacks_is_made_once() -> None:
    async def work(desk: Desk, http: Http, settings: Any) -> None:
        books = desk.shopify.books
        subscribe(books, topic_of(TOPICS[0]), {"uri": AT})
        subscribe(books, topic_of(TOPICS[1]), {"uri": OTHER})
        assert await lacking(http, settings, AT) == TOPICS[1:]
        assert await enrol(http, settings, AT) == tuple(f"{one} is sent to {AT}" for one in TOPICS[1:])
        assert (await lacking(http, settings, AT), await enrol(http, settings, AT)) == ((), ())
        there = [(one.topic, one.uri) for one in books.listeners.values()]
        assert sorted(there) == sorted([*((topic_of(one), AT) for one in TOPICS), (topic_of(TOPICS[1]), OTHER)])

    tried(work)


@pytest.mark.parametrize("part", [{"filter": "total_price:>100"}, {"includeFields": ["id"]}])
def test_a_subscription_that_tells_a_part_does_not_count(part: dict[str, Any]) -> None:
    async def work(desk: Desk, http: Http, settings: Any) -> None:
        for topic in TOPICS:
            subscribe(desk.shopify.books, topic_of(topic), {"uri": AT, **(part if topic == TOPICS[2] else {})})
        assert await lacking(http, settings, AT) == (TOPICS[2],)
        (said,) = await enrol(http, settings, AT)
        taken = f"{TOPICS[2]} is not sent to {AT}: Address for this topic has already been taken"
        assert said == (f"{TOPICS[2]} is sent to {AT}" if "filter" in part else taken)

    tried(work)


def test_disputes_are_left_out_where_the_shop_has_no_money_at_shopify() -> None:
    async def work(desk: Desk, http: Http, settings: Any) -> None:
        desk.shopify.door.scopes -= {"read_shopify_payments_disputes"}
        there = tuple(one for one in TOPICS if not one.startswith("disputes/"))
        assert len(there) == len(TOPICS) - 2
        assert await lacking(http, settings, AT) == there
        assert await enrol(http, settings, AT) == tuple(f"{one} is sent to {AT}" for one in there)
        desk.shopify.door.scopes |= {"read_shopify_payments_disputes"}
        assert await lacking(http, settings, AT) == ("disputes/create", "disputes/update")

    tried(work)


def test_what_shopify_refuses_is_said_of_each() -> None:
    async def work(_: Desk, http: Http, settings: Any) -> None:
        to = "http://hooks.pets.example/hooks/shopify/eu"
        said = await enrol(http, settings, to)
        assert said == tuple(f"{one} is not sent to {to}: Address is not a secure URI" for one in TOPICS)

    tried(work)
