"""The pretended Shopify, killed and started again, is where it was: same numbers, same keys, same stock."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from pawline.sandbox import Desk, Vendors
from pawline.sandbox.diary import Clock, Diary, recall
from pawline.sandbox.shopify.admitting import SCOPES
from pawline.sandbox.shopify.shopify import Asked, Shopify
from tests.unit.sandbox.shopify_scene import STOCK, gid, order

STATE = """{ orders(first: 9) { nodes { id name tags updatedAt currentSubtotalLineItemsQuantity
  refunds { id note } fulfillmentOrders(first: 9) { nodes { id status } } } }
  inventoryItems(first: 9) { nodes { id inventoryLevels(first: 9) { nodes {
    quantities(names: ["available", "committed"]) { quantity } } } } } }"""
REFUND = """mutation ($order: ID!, $line: ID!) {
  refundCreate(input: { orderId: $order, refundLineItems: [{ lineItemId: $line, quantity: 1 }] })
    @idempotent(key: "k") { refund { id } userErrors { message } } }"""


CANCEL = """mutation ($order: ID!) { orderCancel(orderId: $order, reason: OTHER, restock: true) { job { id } } }"""


def living(folder: Path, live: Callable[[Shopify, Callable[..., Any]], Any]) -> Any:
    """One life of a sandbox."""
    clock = Clock()
    desk = Desk(Vendors(now=clock, stock=STOCK), "token")
    diary = Diary(folder / "diary.jsonl", clock)
    book = recall(desk, diary, folder / "ledger.jsonl")

    def ask(query: str, **given: Any) -> Any:
        return desk.shopify.answer(Asked(query=query, variables=given))

    def act(name: str, given: object) -> Any:
        return desk.act(name, msgspec.json.encode(given))

    ask.act = act  # type: ignore[attr-defined]
    try:
        return live(desk.shopify, ask)
    finally:
        diary.close()
        book.close()


def test_it_is_where_it_was(tmp_path: Path) -> None:
    def first(shopify: Shopify, ask: Any) -> Any:
        number = ask.act("shopify/checkout", order()).id
        own = shopify.books.orders[int(number)]
        given = {"order": gid("Order", number), "line": gid("LineItem", own.lines[0].id)}
        made = ask(REFUND, **given)["data"]["refundCreate"]
        assert made["userErrors"] == []
        ask.act("shopify/pace", 0.001)
        ask(CANCEL, order=given["order"])
        while not shopify.books.jobs:
            time.sleep(0.001)
            shopify.books.do_due()
        ask.act("shopify/checkout", order(2))
        shopify.engine.bucket.restored = 0
        shopify.engine.bucket.take(shopify.engine.bucket.left())
        throttled = ask('mutation ($id: ID!) { tagsAdd(id: $id, tags: ["x"]) { node { id } } }', id=given["order"])
        assert throttled["errors"][0]["extensions"]["code"] == "THROTTLED"
        shopify.engine.bucket.give_back(2_000)
        shopify.door.scopes = frozenset({"read_orders"})
        denied = ask('mutation ($id: ID!) { tagsAdd(id: $id, tags: ["x"]) { node { id } } }', id=given["order"])
        assert denied["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
        shopify.door.scopes = SCOPES
        return ask(STATE)["data"], given, made

    def second(shopify: Shopify, ask: Any) -> Any:
        return ask(STATE)["data"], ask(REFUND, **given)["data"]["refundCreate"]

    before, given, made = living(tmp_path, first)
    assert before["orders"]["nodes"][0]["tags"] == []
    assert [one["currentSubtotalLineItemsQuantity"] for one in before["orders"]["nodes"]] == [0, 4]
    assert living(tmp_path, second) == (before, made)
