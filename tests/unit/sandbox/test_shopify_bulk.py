"""In bulk the pretended vendor writes as the real one does, and refuses what that refuses."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pawline.sandbox.shopify.bulk import written
from tests.unit.sandbox.shopify_scene import Shop, gid, order

RUN = """mutation ($text: String!) { bulkOperationRunQuery(query: $text, groupObjects: true) {
  bulkOperation { id status url } userErrors { field message code } } }"""
STATE = "query ($id: ID!) { bulkOperation(id: $id) { status url fileSize rootObjectCount objectCount } }"
ORDERS = "{ orders { edges { node { id name refunds { id } lineItems { edges { node { id quantity } } } } } } }"


LINES = "lineItems { edges { node { id } } }"


def run(shop: Shop, query: str) -> Any:
    return shop.ask(RUN, text=query)["bulkOperationRunQuery"]


def test_each_thing_is_a_line_under_its_parent_and_there_are_no_pages() -> None:
    shop = Shop()
    names = [shop.place(order(number)) for number in range(1, 301)]
    made = run(shop, ORDERS)
    assert made["userErrors"] == []
    found = shop.ask(STATE, id=made["bulkOperation"]["id"])["bulkOperation"]
    body = written(shop.books, found["url"].rpartition("/")[2])
    assert body is not None
    lines = [msgspec.json.decode(line) for line in body.splitlines()]
    assert (found["status"], int(found["fileSize"])) == ("COMPLETED", len(body))
    assert (int(found["rootObjectCount"]), int(found["objectCount"]), len(lines)) == (300, 900, 900)
    assert [line["id"] for line in lines if "__parentId" not in line] == [gid("Order", name) for name in names]
    assert set(lines[0]) == {"id", "name", "refunds"}
    assert [(line["__parentId"], line["quantity"]) for line in lines[1:3]] == [(lines[0]["id"], 3), (lines[0]["id"], 1)]
    assert written(shop.books, "another") is None


def test_it_takes_its_time_and_five_run_at_once() -> None:
    shop = Shop()
    shop.place()
    shop.books.pace = 60.0
    made = [run(shop, ORDERS)["bulkOperation"] for _ in range(5)]
    assert {(one["status"], one["url"]) for one in made} == {("CREATED", None)}
    (wrong,) = run(shop, ORDERS)["userErrors"]
    assert wrong["code"] == "LIMIT_REACHED"
    shop.at += 61
    assert shop.ask(STATE, id=made[0]["id"])["bulkOperation"]["status"] == "COMPLETED"
    listed = shop.ask('{ bulkOperations(first: 9, query: "operation_type:query") { nodes { id } } }')
    assert [one["id"] for one in listed["bulkOperations"]["nodes"]] == [one["id"] for one in reversed(made)]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("{ orders { edges { node { id fulfillments(first: 5) { events { edges { node { id } } } } } } } }",
         "Queries that contain a connection field within a list field are not currently supported."),
        ("{ shop { id } }", "Bulk queries must contain at least one connection."),
        (f"{{ orders {{ edges {{ node {{ id fulfillmentOrders {{ edges {{ node {{ id {LINES} }} }} }} }} }} }} }}",
         "Bulk queries cannot contain connections with a nesting depth greater than 2."),
        ("{ orders { edges { node { id oddity } } } }",
         "Invalid bulk query: Cannot query field 'oddity' on type 'Order'."),
        ("{ orders {", "Invalid bulk query: Syntax Error: Expected Name, found <EOF>."),
    ],
)  # fmt: skip
def test_what_cannot_be_had_in_bulk_is_refused(query: str, says: str) -> None:
    shop = Shop()
    (wrong,) = run(shop, query)["userErrors"]
    assert (wrong["message"], wrong["field"]) == (says, ["query"])
    assert shop.books.bulks == {}


def test_what_the_app_may_not_see_fails_when_it_runs() -> None:
    shop = Shop()
    shop.shopify.door.scopes = frozenset({"read_products"})
    made = run(shop, ORDERS)["bulkOperation"]
    assert shop.ask(STATE, id=made["id"])["bulkOperation"] == {
        "status": "FAILED", "url": None, "fileSize": None, "rootObjectCount": "0", "objectCount": "0",
    }  # fmt: skip
