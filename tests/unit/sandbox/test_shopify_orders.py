"""Orders at the pretended Shopify: what is owed, searching and paging, tags, captures, cancellations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pawline.model import Money, TenderState
from pawline.ports import Rejected
from tests.unit.sandbox.shopify_scene import STOCK, Shop, cents, gid, order

BILL = """query ($id: ID!) { order(id: $id) {
  name displayFinancialStatus displayFulfillmentStatus cancelledAt cancelReason tags updatedAt
  totalPriceSet { presentmentMoney { amount } } currentTotalPriceSet { presentmentMoney { amount } }
  totalOutstandingSet { presentmentMoney { amount } } totalRefundedSet { presentmentMoney { amount } }
  totalTaxSet { presentmentMoney { amount } } subtotalPriceSet { presentmentMoney { amount } }
  totalDiscountsSet { presentmentMoney { amount } } totalCapturableSet { presentmentMoney { amount } }
  lineItems(first: 5) { nodes { sku quantity currentQuantity refundableQuantity unfulfilledQuantity } }
  transactions { id kind status gateway amountSet { presentmentMoney { amount } } parentTransaction { id } }
  fulfillmentOrders(first: 5) { nodes { status requestStatus } }
} }"""
LEVELS = """{ inventoryItems(first: 9) { nodes { sku inventoryLevels(first: 1) { nodes {
  quantities(names: ["available", "committed", "on_hand"]) { quantity } } } } } }"""


def bill(shop: Shop, number: str) -> Any:
    return shop.ask(BILL, id=gid("Order", number))["order"]


def levels(shop: Shop) -> dict[str, list[int]]:
    """By SKU: available, committed, on hand."""
    return {
        one["sku"]: [found["quantity"] for found in one["inventoryLevels"]["nodes"][0]["quantities"]]
        for one in shop.ask(LEVELS)["inventoryItems"]["nodes"]
    }


def test_an_order_has_its_sums_its_payments_and_its_stock_set_aside() -> None:
    shop = Shop()
    number = shop.place()
    found = bill(shop, number)
    sums = {name: cents(found[f"{name}Set"]) for name in (
        "totalPrice", "currentTotalPrice", "totalOutstanding", "totalRefunded", "totalTax", "subtotalPrice",
        "totalDiscounts", "totalCapturable",
    )}  # fmt: skip
    assert sums == {
        "totalPrice": 6_500, "currentTotalPrice": 6_500, "totalOutstanding": 0, "totalRefunded": 0, "totalTax": 958,
        "subtotalPrice": 6_000, "totalDiscounts": 500, "totalCapturable": 0,
    }  # fmt: skip
    assert (found["name"], found["displayFinancialStatus"], found["displayFulfillmentStatus"]) == (
        "#1001", "PAID", "UNFULFILLED",
    )  # fmt: skip
    assert [(one["kind"], one["status"], one["gateway"], cents(one["amountSet"])) for one in found["transactions"]] == [
        ("SALE", "SUCCESS", "shopify_payments", 5_000), ("SALE", "SUCCESS", "gift_card", 1_500),
    ]  # fmt: skip
    assert levels(shop) == {"kibble": [47, 3, 50], "chew": [8, 1, 9]}
    assert [topic for topic, _ in shop.told] == ["orders/create"]
    assert number == shop.place()
    assert len(shop.books.orders) == len(shop.told) == 1


def test_ids_that_are_numbers_are_kept() -> None:
    shop = Shop()
    told = order()
    lines = tuple(msgspec.structs.replace(line, id=str(70 + place)) for place, line in enumerate(told.lines))
    tenders = tuple(msgspec.structs.replace(one, id=str(90 + place)) for place, one in enumerate(told.tenders))
    number = shop.place(msgspec.structs.replace(told, id="450789469", lines=lines, tenders=tenders))
    own = shop.books.orders[int(number)]
    assert (number, [one.id for one in own.lines], [one.id for one in own.transactions]) == (
        "450789469",
        [70, 71],
        [90, 91],
    )


def test_an_order_in_another_currency_has_both() -> None:
    shop = Shop()
    told = msgspec.structs.replace(order(plain=True), shop_total=Money(12_000, "USD"))
    number = shop.place(told)
    found = shop.ask(
        """query ($id: ID!) { order(id: $id) { currencyCode presentmentCurrencyCode
          totalPriceSet { shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }
          lineItems(first: 1) { nodes { originalUnitPriceSet { shopMoney { amount } } } } } }""",
        id=gid("Order", number),
    )["order"]  # fmt: skip
    assert found == {
        "currencyCode": "USD", "presentmentCurrencyCode": "EUR",
        "totalPriceSet": {
            "shopMoney": {"amount": "120.0", "currencyCode": "USD"},
            "presentmentMoney": {"amount": "60.0", "currencyCode": "EUR"},
        },
        "lineItems": {"nodes": [{"originalUnitPriceSet": {"shopMoney": {"amount": "40.0"}}}]},
    }  # fmt: skip


def test_what_no_such_shop_sells_is_refused_and_nothing_is_kept() -> None:
    shop = Shop()
    told = order()
    line = msgspec.structs.replace(told.lines[0], quantity=0, discounts=())
    with pytest.raises(Rejected, match="lines of nothing"):
        shop.place(msgspec.structs.replace(
            told, lines=(line, told.lines[1]), total=Money(1_000, "EUR"), tenders=(),
        ))  # fmt: skip
    assert (shop.books.orders, shop.told) == ({}, [])


def test_orders_are_searched_sorted_and_paged_while_they_change() -> None:
    shop = Shop()
    numbers = []
    for number in range(1, 6):
        shop.at += 60
        numbers.append(shop.place(order(number)))
    page = """query ($after: String) { orders(first: 2, after: $after, sortKey: UPDATED_AT, query: %s) {
      nodes { name } pageInfo { hasNextPage endCursor } } }"""
    every = page % '"updated_at:>=2020-01-01"'
    first = shop.ask(every)["orders"]
    assert [one["name"] for one in first["nodes"]] == ["#1001", "#1002"]
    shop.at += 60
    shop.ask('mutation ($id: ID!) { tagsAdd(id: $id, tags: ["vip"]) { node { id } } }', id=gid("Order", numbers[2]))
    second = shop.ask(every, after=first["pageInfo"]["endCursor"])["orders"]
    third = shop.ask(every, after=second["pageInfo"]["endCursor"])["orders"]
    assert [one["name"] for one in second["nodes"]] == ["#1004", "#1005"]
    assert [one["name"] for one in third["nodes"]] == ["#1003"]
    assert third["pageInfo"]["hasNextPage"] is False
    for query, names in (
        ("tag:vip", ["#1003"]), ("name:#1002 OR name:#1004", ["#1002", "#1004"]), ("-tag:vip", [1, 2, 4, 5]),
        ("email:ann5@example.com", ["#1005"]), ("financial_status:paid", [1, 2, 3, 4, 5]), ("status:cancelled", []),
        (f"id:{numbers[0]}", ["#1001"]), (f"id:>{numbers[3]}", ["#1005"]), ("created_at:<2020-01-01", []),
        ("sku:chew nothing_known:1", [1, 2, 3, 4, 5]),
    ):  # fmt: skip
        found = shop.ask("query ($q: String) { orders(first: 9, query: $q, sortKey: ID) { nodes { name } } }", q=query)
        wanted = [name if isinstance(name, str) else f"#{1000 + name}" for name in names]
        assert (query, [one["name"] for one in found["orders"]["nodes"]]) == (query, wanted)
    backwards = shop.ask("{ orders(last: 2, sortKey: ID) { edges { node { name } } pageInfo { hasPreviousPage } } }")
    assert backwards["orders"] == {
        "edges": [{"node": {"name": "#1004"}}, {"node": {"name": "#1005"}}], "pageInfo": {"hasPreviousPage": True},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("", "you must provide one of first or last"),
        ("(first: 251)", "first must be between 0 and 250"),
        ("(first: 1, last: 1)", "providing both first and last is not supported"),
        ('(first: 1, after: "x")', "Invalid cursor for current pagination sort."),
    ],
)
def test_a_page_that_cannot_be_is_refused(arguments: str, text: str) -> None:
    answer = Shop().answer(f"{{ orders{arguments} {{ nodes {{ id }} }} }}")
    assert [(one["message"], one["extensions"]["code"]) for one in answer["errors"]] == [(text, "BAD_REQUEST")]


def test_old_orders_are_seen_with_a_scope_of_their_own() -> None:
    shop = Shop()
    number = shop.place()
    shop.at += timedelta(days=61).total_seconds()
    shop.shopify.door.scopes -= {"read_all_orders"}
    assert shop.ask("{ orders(first: 1) { nodes { id } } }") == {"orders": {"nodes": []}}
    assert shop.ask(BILL, id=gid("Order", number)) == {"order": None}


def test_tags_are_put_on_once_and_taken_off() -> None:
    shop = Shop()
    number = shop.place()
    put = 'mutation ($id: ID!) { tagsAdd(id: $id, tags: ["vip", "VIP", " late ,odd"]) { userErrors { message } } }'
    for _ in range(2):
        assert shop.ask(put, id=gid("Order", number))["tagsAdd"] == {"userErrors": []}
    assert bill(shop, number)["tags"] == ["late", "odd", "vip"]
    off = 'mutation ($id: ID!) { tagsRemove(id: $id, tags: ["ODD"]) { node { ... on Order { tags } } } }'
    assert shop.ask(off, id=gid("Order", number))["tagsRemove"] == {"node": {"tags": ["late", "vip"]}}
    unknown = shop.ask(put, id=gid("Order", 1))["tagsAdd"]
    assert unknown == {"userErrors": [{"message": "Resource does not exist"}]}
    assert [(name, again) for name, _, again in shop.effects()] == [
        ("tagsAdd", False), ("tagsAdd", True), ("tagsRemove", False),
    ]  # fmt: skip


CAPTURE = """mutation ($order: ID!, $parent: ID!, $amount: Money!, $final: Boolean) {
  orderCapture(input: { id: $order, parentTransactionId: $parent, amount: $amount, finalCapture: $final }) {
    transaction { kind amountSet { presentmentMoney { amount } } } userErrors { field message } } }"""
VOID = """mutation ($id: ID!) { transactionVoid(parentTransactionId: $id) {
  transaction { kind } userErrors { code } } }"""


def test_authorised_money_is_captured_in_parts_never_more_and_let_go_in_the_end() -> None:
    shop = Shop()
    number = shop.place(order(plain=True, state=TenderState.AUTHORISED))
    parent = bill(shop, number)["transactions"][0]["id"]
    assert bill(shop, number)["displayFinancialStatus"] == "AUTHORIZED"
    given = {"order": gid("Order", number), "parent": parent}
    assert shop.ask(CAPTURE, **given, amount="20.00")["orderCapture"]["userErrors"] == []
    more = shop.ask(CAPTURE, **given, amount="40.01")["orderCapture"]
    assert more["userErrors"] == [{"field": ["input", "amount"], "message": "Amount exceeds what is authorized"}]
    assert (bill(shop, number)["displayFinancialStatus"], cents(bill(shop, number)["totalCapturableSet"])) == (
        "PARTIALLY_PAID", 4_000,
    )  # fmt: skip
    assert shop.ask(VOID, id=parent)["transactionVoid"]["userErrors"] == [{"code": "AUTH_NOT_VOIDABLE"}]
    assert shop.ask(CAPTURE, **given, amount="10", final=True)["orderCapture"]["userErrors"] == []
    found = bill(shop, number)
    assert [(one["kind"], cents(one["amountSet"])) for one in found["transactions"]] == [
        ("AUTHORIZATION", 6_000), ("CAPTURE", 2_000), ("CAPTURE", 1_000), ("VOID", 3_000),
    ]  # fmt: skip
    assert cents(found["totalCapturableSet"]) == 0
    other = shop.place(order(2, plain=True, state=TenderState.AUTHORISED))
    held = bill(shop, other)["transactions"][0]["id"]
    assert shop.ask(VOID, id=held)["transactionVoid"] == {"transaction": {"kind": "VOID"}, "userErrors": []}
    assert bill(shop, other)["displayFinancialStatus"] == "VOIDED"
    assert shop.ask(VOID, id=gid("OrderTransaction", 1))["transactionVoid"]["userErrors"] == [
        {"code": "TRANSACTION_NOT_FOUND"}
    ]


CANCEL = """mutation ($id: ID!, $restock: Boolean!, $back: Boolean!) {
  orderCancel(orderId: $id, reason: CUSTOMER, restock: $restock,
    refundMethod: { originalPaymentMethodsRefund: $back }) {
    job { id done } orderCancelUserErrors { code field } } }"""


@pytest.mark.parametrize(("restock", "back"), [(True, True), (False, False)])
def test_a_cancelled_order_takes_its_lines_off_the_bill_and_pays_back_if_asked(*, restock: bool, back: bool) -> None:
    shop = Shop()
    number = shop.place()
    done = shop.ask(CANCEL, id=gid("Order", number), restock=restock, back=back)["orderCancel"]
    assert (done["job"]["done"], done["orderCancelUserErrors"]) == (False, [])
    assert shop.ask("query ($id: ID!) { job(id: $id) { done } }", id=done["job"]["id"]) == {"job": {"done": True}}
    found = bill(shop, number)
    assert (found["cancelledAt"], found["cancelReason"]) == ("2026-01-01T12:00:00Z", "CUSTOMER")
    assert cents(found["currentTotalPriceSet"]) == 0
    assert cents(found["totalRefundedSet"]) == (6_500 if back else 0)
    assert cents(found["totalOutstandingSet"]) == (0 if back else -6_500)
    assert [one["currentQuantity"] for one in found["lineItems"]["nodes"]] == [0, 0]
    assert [one["status"] for one in found["fulfillmentOrders"]["nodes"]] == ["CLOSED"]
    wanted = {"kibble": [50, 0, 50], "chew": [9, 0, 9]} if restock else {"kibble": [47, 0, 47], "chew": [8, 0, 8]}
    assert levels(shop) == wanted
    assert [topic for topic, _ in shop.told] == ["orders/create", "refunds/create", "orders/cancelled"]
    again = shop.ask(CANCEL, id=gid("Order", number), restock=restock, back=back)["orderCancel"]
    assert again == {"job": None, "orderCancelUserErrors": [{"code": "INVALID", "field": ["orderId"]}]}
    assert [name for name, _, _ in shop.effects()] == ["orderCancel"]


def test_the_vendor_takes_its_time_to_call_off() -> None:
    shop = Shop()
    shop.shopify.acts["shopify/pace"](b"30")
    number = shop.place()
    began = shop.at
    done = shop.ask(CANCEL, id=gid("Order", number), restock=True, back=False)["orderCancel"]
    job = "query ($id: ID!) { job(id: $id) { done } }"
    shop.at = began + 29
    assert shop.ask(job, id=done["job"]["id"]) == {"job": {"done": False}}
    assert (bill(shop, number)["cancelledAt"], [topic for topic, _ in shop.told]) == (None, ["orders/create"])
    shop.at = began + 300
    assert shop.ask(job, id=done["job"]["id"]) == {"job": {"done": True}}
    assert bill(shop, number)["cancelledAt"] == "2026-01-01T12:00:30Z"
    assert [topic for topic, _ in shop.told] == ["orders/create", "refunds/create", "orders/cancelled"]
    shop.at = began
    assert shop.books.now() == began


def test_an_unknown_order_is_not_cancelled() -> None:
    done = Shop(**STOCK).ask(CANCEL, id=gid("Order", 1), restock=True, back=True)["orderCancel"]
    assert done["orderCancelUserErrors"] == [{"code": "NOT_FOUND", "field": ["orderId"]}]
