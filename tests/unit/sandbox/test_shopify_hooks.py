"""Webhooks of the pretended Shopify: its headers, its signature, its patience, and what is in them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from pawline.sandbox import Desk, Mishaps, Vendors, served
from pawline.sandbox.shopify.shopify import Asked, Shopify
from pawline.testing.counter import Counter, counter, json
from tests.unit.sandbox.shopify_scene import STOCK, gid, order

SUBSCRIBE = """mutation ($topic: WebhookSubscriptionTopic!, $told: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $told) {
    webhookSubscription { id topic uri format apiVersion { handle } } userErrors { field } } }"""
LISTENERS = "{ webhookSubscriptions(first: 9) { nodes { id topic } } }"
DELETE = """mutation ($id: ID!) { webhookSubscriptionDelete(id: $id) {
  deletedWebhookSubscriptionId userErrors { field } } }"""


class Scene:
    """A Shopify and the ear that it tells."""

    def __init__(self, shopify: Shopify, ear: Counter) -> None:
        self.shopify, self.ear = shopify, ear
        self.uri = f"http://127.0.0.1:{ear.port}/hooks/shopify/eu"

    def ask(self, query: str, **given: Any) -> Any:
        answer = self.shopify.answer(Asked(query=query, variables=given))
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def subscribe(self, topic: str, **told: Any) -> Any:
        return self.ask(SUBSCRIBE, topic=topic, told={"uri": self.uri} | told)["webhookSubscriptionCreate"]

    def place(self, number: int = 1) -> str:
        made = self.shopify.acts["shopify/checkout"](msgspec.json.encode(order(number)))
        return str(made.id)

    def listeners(self) -> list[str]:
        return [one["topic"] for one in self.ask(LISTENERS)["webhookSubscriptions"]["nodes"]]


def scene(play: Callable[[Scene], Awaitable[None]]) -> None:
    async def run() -> None:
        desk = Desk(Vendors(now=lambda: 1_800_000_000.25, stock=STOCK), "tok")
        desk.shopify.teller.pauses = (0.0,) * 8
        async with asyncio.timeout(20), counter() as ear, served(desk):
            ear.says(json(200))
            await play(Scene(desk.shopify, ear))
            await desk.shopify.teller.rest()

    asyncio.run(run())


def test_an_order_is_told_signed_in_the_vendors_form() -> None:
    async def play(one: Scene) -> None:
        made = one.subscribe("ORDERS_CREATE")
        assert made["userErrors"] == []
        assert made["webhookSubscription"] | {"id": ""} == {
            "id": "", "topic": "ORDERS_CREATE", "uri": one.uri, "format": "JSON", "apiVersion": {"handle": "2026-07"},
        }  # fmt: skip
        number = one.place()
        await one.shopify.teller.rest()
        (heard,) = one.ear.heard
        secret = one.shopify.door.secret.encode()
        mac = base64.b64encode(hmac.new(secret, heard.body, hashlib.sha256).digest()).decode()
        told = {name.lower(): value for name, value in heard.headers.items()}
        assert {name: told[f"x-shopify-{name}"] for name in (
            "topic", "hmac-sha256", "shop-domain", "api-version", "triggered-at",
        )} == {
            "topic": "orders/create", "hmac-sha256": mac, "shop-domain": "pawline-sandbox.myshopify.com",
            "api-version": "2026-07", "triggered-at": "2027-01-15T08:00:00.250000000Z",
        }  # fmt: skip
        assert told["x-shopify-webhook-id"] != told["x-shopify-event-id"]
        body = msgspec.json.decode(heard.body)
        assert (str(body["id"]), body["name"], body["total_price"], body["currency"]) == (
            number,
            "#1001",
            "65.00",
            "EUR",
        )
        assert [(line["sku"], line["quantity"], line["price"]) for line in body["line_items"]] == [
            ("kibble", 3, "20.00"), ("chew", 1, "5.00"),
        ]  # fmt: skip
        assert body["discount_codes"] == [{"code": "HELLO", "amount": "5.00", "type": "fixed_amount"}]
        assert body["created_at"] == "2026-01-01T13:00:00+01:00"

    scene(play)


def test_one_event_has_one_id_for_all_who_hear_of_it() -> None:
    async def play(one: Scene) -> None:
        one.subscribe("ORDERS_CREATE")
        one.subscribe("ORDERS_CREATE", filter="id:>0", includeFields=["id", "name"])
        taken = one.subscribe("ORDERS_CREATE")
        assert taken == {"webhookSubscription": None, "userErrors": [{"field": ["webhookSubscription", "uri"]}]}
        one.place()
        await one.shopify.teller.rest()
        told = [{name.lower(): value for name, value in heard.headers.items()} for heard in one.ear.heard]
        assert len({each["x-shopify-event-id"] for each in told}) == 1
        assert len({each["x-shopify-webhook-id"] for each in told}) == 2
        assert min(len(msgspec.json.decode(heard.body)) for heard in one.ear.heard) == 2

    scene(play)


def test_refunds_parcels_and_cancellations_are_told_and_nothing_else() -> None:
    async def play(one: Scene) -> None:
        for topic in ("REFUNDS_CREATE", "FULFILLMENTS_CREATE", "ORDERS_CANCELLED"):
            one.subscribe(topic)
        number = one.place()
        one.ask(
            """mutation ($id: ID!) {
                 orderCancel(orderId: $id, reason: OTHER, restock: true, refund: true) { job { id } } }""",
            id=gid("Order", number),
        )
        other = one.place(2)
        work = one.shopify.books.orders[int(other)].requests[0]
        one.ask(
            """mutation ($work: ID!) { fulfillmentCreate(fulfillment: { lineItemsByFulfillmentOrder: [
                 { fulfillmentOrderId: $work }] }) { fulfillment { id } } }""",
            work=gid("FulfillmentOrder", work),
        )
        await one.shopify.teller.rest()
        told = {heard.headers["x-shopify-topic"]: msgspec.json.decode(heard.body) for heard in one.ear.heard}
        assert sorted(told) == ["fulfillments/create", "orders/cancelled", "refunds/create"]
        assert len(one.ear.heard) == 3
        assert (told["orders/cancelled"]["cancel_reason"], told["orders/cancelled"]["current_total_price"]) == (
            "other", "0.00",
        )  # fmt: skip
        assert [paid["amount"] for paid in told["refunds/create"]["transactions"]] == ["50.00", "15.00"]
        assert told["fulfillments/create"]["order_id"] == int(other)

    scene(play)


def test_money_and_changes_are_told_of_as_well() -> None:
    async def play(one: Scene) -> None:
        for topic in ("ORDER_TRANSACTIONS_CREATE", "ORDERS_PAID", "ORDERS_UPDATED"):
            one.subscribe(topic)
        number = one.place()
        one.ask('mutation ($id: ID!) { tagsAdd(id: $id, tags: ["x"]) { node { id } } }', id=gid("Order", number))
        await one.shopify.teller.rest()
        told = [(heard.headers["x-shopify-topic"], msgspec.json.decode(heard.body)) for heard in one.ear.heard]
        assert sorted((topic, body.get("tags", body.get("amount"))) for topic, body in told) == [
            ("order_transactions/create", "15.00"), ("order_transactions/create", "50.00"), ("orders/paid", ""),
            ("orders/updated", "x"),
        ]  # fmt: skip

    scene(play)


def test_a_delivery_is_tried_again_under_its_id_and_eight_failures_end_the_subscription() -> None:
    async def play(one: Scene) -> None:
        one.subscribe("ORDERS_CREATE")
        one.ear.says(json(500), json(302, b"", "location: http://169.254.169.254/"), None, json(200))
        one.place()
        await one.shopify.teller.rest()
        assert len(one.ear.heard) == 4
        assert len({heard.headers["x-shopify-webhook-id"] for heard in one.ear.heard}) == 1
        assert (len(one.shopify.teller.told), len(one.shopify.teller.lost), one.listeners()) == (
            1,
            0,
            ["ORDERS_CREATE"],
        )
        one.ear.says(json(500))
        one.place(2)
        await one.shopify.teller.rest()
        assert (len(one.ear.heard), len(one.shopify.teller.lost), one.listeners()) == (12, 1, [])
        one.place(3)
        await one.shopify.teller.rest()
        assert len(one.ear.heard) == 12

    scene(play)


def test_the_last_deliveries_are_kept_and_no_body_for_ever() -> None:
    async def play(one: Scene) -> None:
        one.subscribe("ORDERS_UPDATED")
        number = one.place()
        for _ in range(40):
            one.shopify.books.touched(one.shopify.books.orders[int(number)])
        await one.shopify.teller.rest()
        assert (len(one.ear.heard), len(one.shopify.teller.told), len(one.shopify.teller.lost)) == (40, 10, 0)

    scene(play)


def test_deliveries_are_lost_and_come_twice_as_the_sandbox_is_told() -> None:
    async def play(one: Scene) -> None:
        one.subscribe("ORDERS_CREATE")
        one.shopify.teller._hooks.mishaps = Mishaps(twice=1)
        one.place()
        await one.shopify.teller.rest()
        assert len(one.ear.heard) == 2
        one.shopify.teller._hooks.mishaps = Mishaps(lost=1)
        one.place(2)
        await one.shopify.teller.rest()
        assert (len(one.ear.heard), len(one.shopify.teller.lost)) == (2, 1)

    scene(play)


def test_a_subscription_is_deleted_and_an_insecure_one_never_made() -> None:
    async def play(one: Scene) -> None:
        made = one.subscribe("ORDERS_CREATE")["webhookSubscription"]["id"]
        done = {"deletedWebhookSubscriptionId": made, "userErrors": []}
        assert one.ask(DELETE, id=made)["webhookSubscriptionDelete"] == done
        gone = {"deletedWebhookSubscriptionId": None, "userErrors": [{"field": ["id"]}]}
        assert one.ask(DELETE, id=made)["webhookSubscriptionDelete"] == gone
        for told in ({"uri": "http://hub.example/in"}, {"format": "XML"}):
            assert one.subscribe("ORDERS_CREATE", **told)["webhookSubscription"] is None
        assert one.listeners() == []

    scene(play)
