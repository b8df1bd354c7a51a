"""Refunds at the pretended Shopify: exact to the cent, once by a key, and never more than there is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.shopify_scene import Shop, cents, gid, order
from tests.unit.sandbox.test_shopify_orders import bill, levels

REFUND = """mutation ($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund {
      id note totalRefundedSet { presentmentMoney { amount } }
      refundLineItems(first: 9) { nodes { quantity restockType restocked subtotalSet { presentmentMoney { amount } }
        totalTaxSet { presentmentMoney { amount } } } }
      refundShippingLines(first: 9) { nodes { subtotalAmountSet { presentmentMoney { amount } } } }
      orderAdjustments(first: 9) { nodes { reason amountSet { presentmentMoney { amount } } } }
      transactions(first: 9) { nodes { kind gateway amountSet { presentmentMoney { amount } } } }
    }
    userErrors { field message } } }"""


class Refunds(Shop):
    """A shop with one order."""

    def __init__(self) -> None:
        super().__init__()
        self.number = self.place()
        self.own = self.books.orders[int(self.number)]
        self.card, self.gift = self.own.transactions
        self.main = gid("Location", self.books.main)

    def refund(self, key: str = "k", **told: Any) -> Any:
        given = {"orderId": gid("Order", self.number), "note": "why"} | told
        return self.ask(REFUND, input=given, key=key)["refundCreate"]

    def line(self, place: int, units: int, restock: str = "NO_RESTOCK", to: str | None = None) -> dict[str, Any]:
        line = gid("LineItem", self.own.lines[place].id)
        return {"lineItemId": line, "quantity": units, "restockType": restock, "locationId": to}

    def back(self, amount: str, parent: Any = None, **other: Any) -> dict[str, Any]:
        one = parent or self.card
        return {
            "orderId": gid("Order", self.number), "parentId": gid("OrderTransaction", one.id), "amount": amount,
            "gateway": one.gateway, "kind": "REFUND",
        } | other  # fmt: skip


def test_parts_of_a_line_add_up_to_the_line_to_the_cent() -> None:
    shop = Refunds()
    parts = [
        shop.refund(str(n), refundLineItems=[shop.line(0, 1)], transactions=[shop.back("18.33")]) for n in range(2)
    ]
    parts.append(shop.refund("last", refundLineItems=[shop.line(0, 1)], transactions=[shop.back("13.34")]))
    lines = [one["refund"]["refundLineItems"]["nodes"][0] for one in parts]
    assert [cents(one["subtotalSet"]) for one in lines] == [1_833, 1_834, 1_833]
    assert [cents(one["totalTaxSet"]) for one in lines] == [293, 292, 293]
    adjusted = [one["refund"]["orderAdjustments"]["nodes"] for one in parts]
    assert [[(one["reason"], cents(one["amountSet"])) for one in each] for each in adjusted] == [
        [], [("REFUND_DISCREPANCY", 1)], [("REFUND_DISCREPANCY", 499)],
    ]  # fmt: skip
    found = bill(shop, shop.number)
    assert (cents(found["totalRefundedSet"]), cents(found["currentTotalPriceSet"])) == (5_000, 1_500)
    assert (cents(found["totalOutstandingSet"]), found["displayFinancialStatus"]) == (0, "PARTIALLY_REFUNDED")


def test_goodwill_is_an_adjustment_and_shipping_a_line_of_its_own() -> None:
    shop = Refunds()
    done = shop.refund(shipping={"amount": "2.00"}, transactions=[shop.back("3.00"), shop.back("4.50", shop.gift)])
    refund = done["refund"]
    assert (done["userErrors"], refund["note"], cents(refund["totalRefundedSet"])) == ([], "why", 750)
    assert [cents(one["subtotalAmountSet"]) for one in refund["refundShippingLines"]["nodes"]] == [200]
    assert [cents(one["amountSet"]) for one in refund["orderAdjustments"]["nodes"]] == [-550]
    assert [(one["kind"], one["gateway"], cents(one["amountSet"])) for one in refund["transactions"]["nodes"]] == [
        ("REFUND", "shopify_payments", 300), ("REFUND", "gift_card", 450),
    ]  # fmt: skip
    topic, told = shop.told[-1]
    assert (topic, told["order_adjustments"][0]["amount"], told["transactions"][1]["amount"]) == (
        "refunds/create", "-5.50", "4.50",
    )  # fmt: skip
    assert cents(bill(shop, shop.number)["currentTotalPriceSet"]) == 5_750


def test_what_was_owed_is_paid_back_without_a_discrepancy_and_only_more_is_one() -> None:
    """`refundDiscrepancySet` is between what was suggested and what was paid: what is owed is suggested."""
    shop = Refunds()
    shop.refund("units", refundLineItems=[shop.line(0, 1)])
    assert cents(bill(shop, shop.number)["totalOutstandingSet"]) == -1_833
    parts = [
        shop.refund(name, transactions=[shop.back(amount)])["refund"]
        for name, amount in (("some", "10.00"), ("rest and more", "9.33"))
    ]
    assert [[cents(one["amountSet"]) for one in each["orderAdjustments"]["nodes"]] for each in parts] == [[], [-100]]
    found = bill(shop, shop.number)
    assert (cents(found["currentTotalPriceSet"]), cents(found["totalOutstandingSet"])) == (4_567, 0)


def test_what_comes_back_goes_on_the_shelf_or_does_not() -> None:
    shop = Refunds()
    shop.refund("a", refundLineItems=[shop.line(0, 1, "CANCEL", shop.main)])
    assert levels(shop) == {"kibble": [48, 2, 50], "chew": [8, 1, 9]}
    shop.refund("b", refundLineItems=[shop.line(0, 1)])
    assert levels(shop) == {"kibble": [48, 1, 49], "chew": [8, 1, 9]}
    assert [one["unfulfilledQuantity"] for one in bill(shop, shop.number)["lineItems"]["nodes"]] == [1, 1]
    (work,) = (shop.books.works[one] for one in shop.own.requests)
    assert [part.left for part in work.parts] == [1, 1]


@pytest.mark.parametrize(
    ("told", "field"),
    [
        (lambda shop: {"orderId": gid("Order", 1)}, ["orderId"]),
        (lambda shop: {}, None),
        (lambda shop: {"refundLineItems": [shop.line(0, 4)]}, ["refundLineItems", "0", "quantity"]),
        (lambda shop: {"refundLineItems": [shop.line(0, 1, "RETURN")]}, ["refundLineItems", "0", "locationId"]),
        (lambda shop: {"refundLineItems": [shop.line(0, 1), shop.line(0, 1)]}, ["refundLineItems", "1", "lineItemId"]),
        (lambda shop: {"transactions": [shop.back("50.01")]}, ["transactions", "0", "amount"]),
        (lambda shop: {"transactions": [shop.back("30"), shop.back("30")]}, ["transactions", "1", "amount"]),
        (lambda shop: {"transactions": [shop.back("1.001")]}, ["transactions", "0", "amount"]),
        (lambda shop: {"transactions": [shop.back("1", gateway="paypal")]}, ["transactions", "0", "parentId"]),
        (lambda shop: {"transactions": [shop.back("1", kind="SALE")]}, ["transactions", "0"]),
        (lambda shop: {"shipping": {"amount": "5.01"}}, ["shipping", "amount"]),
        (lambda shop: {"currency": "USD", "transactions": [shop.back("1")]}, ["currency"]),
    ],
)
def test_what_is_too_much_or_not_there_changes_nothing(told: Any, field: list[str] | None) -> None:
    shop = Refunds()
    done = shop.refund(**told(shop))
    assert (done["refund"], [one["field"] for one in done["userErrors"]]) == (None, [field])
    assert (shop.own.refunds, len(shop.own.transactions), shop.effects()) == ([], 2, [])
    assert [topic for topic, _ in shop.told] == ["orders/create"]


def test_more_than_was_paid_goes_back_only_if_that_is_said() -> None:
    shop = Refunds()
    assert shop.refund(transactions=[shop.back("51.00")], allowOverRefunding=True)["userErrors"] == []
    assert cents(bill(shop, shop.number)["totalRefundedSet"]) == 5_100


def test_without_a_key_it_is_refused_and_with_the_same_again_it_is_one() -> None:
    shop = Refunds()
    bare = REFUND.replace(" @idempotent(key: $key)", "").replace(", $key: String!", "")
    answer = shop.answer(bare, input={"orderId": gid("Order", shop.number), "transactions": [shop.back("1")]})
    assert answer["data"] == {"refundCreate": None}
    assert [(one["message"], one["extensions"], one["path"]) for one in answer["errors"]] == [(
        "The @idempotent directive is required for this mutation but was not provided.", {"code": "BAD_REQUEST"},
        ["refundCreate"],
    )]  # fmt: skip
    first, second = (shop.refund("k1", transactions=[shop.back("1.00")]) for _ in range(2))
    assert first == second
    other = shop.refund("k1", transactions=[shop.back("2.00")])
    assert (other["refund"], [one["message"] for one in other["userErrors"]]) == (
        None, ["The same idempotency key cannot be used with different parameters."],
    )  # fmt: skip
    assert [(name, again) for name, _, again in shop.effects()] == [("refundCreate", False), ("refundCreate", True)]
    assert [one.key for one in shop.vendors.effects()] == ["", "k1", "k1"]
    assert cents(bill(shop, shop.number)["totalRefundedSet"]) == 100
    shop.at += 86_401
    assert shop.refund("k1", transactions=[shop.back("1.00")])["refund"]["id"] != first["refund"]["id"]


def test_the_key_of_a_failed_attempt_is_spent() -> None:
    shop = Refunds()
    assert shop.refund("k", transactions=[shop.back("99")])["refund"] is None
    again = shop.refund("k", transactions=[shop.back("99")])
    assert [one["message"] for one in again["userErrors"]] == ["A previous request with this idempotency key failed."]
    assert shop.refund("new", transactions=[shop.back("9")])["userErrors"] == []


def test_a_refund_is_found_by_its_id_and_names_its_order() -> None:
    shop = Refunds()
    made = shop.refund(transactions=[shop.back("1.00")])["refund"]["id"]
    found = shop.ask("query ($id: ID!) { refund(id: $id) { note order { name refunds { id } } } }", id=made)
    assert found == {"refund": {"note": "why", "order": {"name": "#1001", "refunds": [{"id": made}]}}}
    assert order().total.minor == 6_500
