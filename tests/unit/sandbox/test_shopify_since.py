"""What happens at the pretended shop after an order left: who is told of it, and what a query sees."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pawline.ports import Code, Rejected
from tests.unit.sandbox.shopify_scene import Shop, gid, json

PARCEL = """query ($id: ID!) { fulfillment(id: $id) {
  displayStatus updatedAt deliveredAt trackingInfo { company number }
  events(first: 5) { nodes { status happenedAt } } } }"""


def act(shop: Shop, name: str, **told: Any) -> Any:
    return shop.shopify.acts[f"shopify/{name}"](msgspec.json.encode(told))


def sent(shop: Shop) -> tuple[str, str]:
    """An order that has left, and its parcel."""
    order = shop.place()
    (parcel,) = act(shop, "dispatch", order=order)
    shop.told.clear()
    return order, parcel


def test_a_parcel_is_told_and_seen_as_its_carrier_says_and_its_order_does_not_change() -> None:
    shop = Shop()
    order, parcel = sent(shop)
    before = shop.books.orders[int(order)].changed
    shop.at += 60
    act(shop, "tracking", parcel=parcel, tracking="T1", carrier="DHL")
    shop.at += 60
    act(shop, "word", parcel=parcel, status="in_transit", expected=shop.at)
    act(shop, "word", parcel=parcel, status="delivered")
    assert shop.books.orders[int(order)].changed == before
    topics = [topic for topic, _ in shop.told]
    assert topics == ["fulfillments/update", *["fulfillment_events/create", "fulfillments/update"] * 2]
    bodies = [json(body) for topic, body in shop.told if topic == "fulfillments/update"]
    assert [(body["tracking_number"], body["shipment_status"]) for body in bodies] == [
        ("T1", None), ("T1", "in_transit"), ("T1", "delivered"),
    ]  # fmt: skip
    words = [json(body) for topic, body in shop.told if topic == "fulfillment_events/create"]
    assert [(body["status"], body["fulfillment_id"], body["order_id"]) for body in words] == [
        ("in_transit", int(parcel), int(order)), ("delivered", int(parcel), int(order)),
    ]  # fmt: skip
    assert (words[0]["estimated_delivery_at"] is None, words[1]["estimated_delivery_at"]) == (False, None)
    found = shop.ask(PARCEL, id=gid("Fulfillment", parcel))["fulfillment"]
    assert found["displayStatus"] == "DELIVERED"
    assert found["deliveredAt"] == found["updatedAt"]
    assert found["trackingInfo"] == [{"company": "DHL", "number": "T1"}]
    assert [one["status"] for one in found["events"]["nodes"]] == ["IN_TRANSIT", "DELIVERED"]


def test_a_return_is_told_by_how_far_it_is_and_stands_in_its_order() -> None:
    shop = Shop()
    order, _ = sent(shop)
    back = act(shop, "return", order=order, why="too-tight")
    act(shop, "return", id=back, status="open")
    act(shop, "return", id=back, status="canceled")
    told = [(topic, json(body)) for topic, body in shop.told]
    assert [topic for topic, _ in told] == ["returns/request", "returns/approve", "returns/cancel"]
    assert told[0][1]["order"]["id"] == told[2][1]["order_id"] == int(order)
    lines = told[0][1]["return_line_items"]
    assert [(one["quantity"], one["return_reason"]) for one in lines] == [(3, "too-tight"), (1, "too-tight")]
    assert "return_line_items" not in told[2][1]
    seen = shop.ask("query ($id: ID!) { order(id: $id) { returnStatus returns(first: 5) { nodes { id status } } } }",
                    id=gid("Order", order))["order"]  # fmt: skip
    assert seen["returns"]["nodes"] == [{"id": gid("Return", back), "status": "CANCELED"}]
    assert seen["returnStatus"] == "NO_RETURN"


def test_what_a_bank_and_a_customer_say_is_told() -> None:
    shop = Shop()
    order, _ = sent(shop)
    one = act(shop, "dispute", order=order, type="inquiry")
    act(shop, "dispute", id=one, type="chargeback")
    act(shop, "consent", email="ann1@example.com", state="subscribed")
    told = [(topic, json(body)) for topic, body in shop.told]
    assert [(topic, body.get("type")) for topic, body in told] == [
        ("disputes/create", "inquiry"), ("disputes/update", "chargeback"),
        ("customers_email_marketing_consent/update", None),
    ]  # fmt: skip
    assert (told[0][1]["amount"], told[0][1]["currency"]) == ("65.00", "EUR")
    assert told[2][1]["email_marketing_consent"]["state"] == "subscribed"
    found = shop.ask('{ disputes(first: 5, query: "status:needs_response") { nodes { type amount { amount } } } }')
    assert found["disputes"]["nodes"] == [{"type": "CHARGEBACK", "amount": {"amount": "65.0"}}]
    people = shop.ask("""{ customers(first: 1, sortKey: UPDATED_AT, reverse: true) {
      nodes { defaultEmailAddress { marketingState } } } }""")["customers"]["nodes"]  # fmt: skip
    assert people == [{"defaultEmailAddress": {"marketingState": "SUBSCRIBED"}}]


@pytest.mark.parametrize(
    ("name", "told", "code"),
    [
        ("tracking", {"parcel": "404", "tracking": "T"}, Code.NOT_FOUND),
        ("word", {"parcel": "x", "status": "delivered"}, Code.NOT_FOUND),
        ("return", {"order": "404"}, Code.NOT_FOUND), ("return", {"id": "404"}, Code.NOT_FOUND),
        ("return", {"order": "404", "status": "closed"}, Code.INVALID), ("decline", {"order": "404"}, Code.NOT_FOUND),
        ("dispute", {"id": "404"}, Code.NOT_FOUND), ("consent", {"email": "x@y", "state": "pending"}, Code.NOT_FOUND),
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused_and_nobody_is_told(name: str, told: dict[str, Any], code: Code) -> None:
    shop = Shop()
    with pytest.raises(Rejected) as refused:
        act(shop, name, **told)
    assert (refused.value.code, shop.told) == (code, [])


def test_nothing_comes_back_of_what_has_not_left() -> None:
    shop = Shop()
    order = shop.place()
    with pytest.raises(Rejected, match=f"nothing of order {order} has left"):
        act(shop, "return", order=order)
