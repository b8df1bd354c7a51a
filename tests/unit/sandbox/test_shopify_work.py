"""Fulfilment orders and edits at the pretended Shopify."""

from __future__ import annotations

from typing import Any

from pawline.sandbox.shopify.books import Place
from tests.unit.sandbox.shopify_scene import Shop, cents, gid, order
from tests.unit.sandbox.test_shopify_orders import bill, levels

WORKS = """query ($id: ID!) { order(id: $id) { displayFulfillmentStatus fulfillmentOrders(first: 9) { nodes {
  id status requestStatus supportedActions { action } fulfillmentHolds { id reason }
  lineItems(first: 9) { nodes { id sku totalQuantity remainingQuantity } } } } } }"""
HOLD = """mutation ($id: ID!, $hold: FulfillmentOrderHoldInput!) {
  fulfillmentOrderHold(id: $id, fulfillmentHold: $hold) {
    fulfillmentHold { id } remainingFulfillmentOrder { id } userErrors { code } } }"""
RELEASE = """mutation ($id: ID!, $holds: [ID!]) { fulfillmentOrderReleaseHold(id: $id, holdIds: $holds) {
  fulfillmentOrder { status } userErrors { code } } }"""
SEND = """mutation ($told: FulfillmentInput!) { fulfillmentCreate(fulfillment: $told) {
  fulfillment { id name status trackingInfo { company number url } totalQuantity } userErrors { field message } } }"""
SUBMIT = """mutation ($id: ID!) { fulfillmentOrderSubmitFulfillmentRequest(id: $id, message: "please") {
  submittedFulfillmentOrder { requestStatus merchantRequests(first: 1) { nodes { kind message } } }
  userErrors { message } } }"""
ACCEPT = """mutation ($id: ID!) { fulfillmentOrderAcceptFulfillmentRequest(id: $id) {
  fulfillmentOrder { status requestStatus } userErrors { message } } }"""
WITHDRAW = """mutation ($id: ID!) { fulfillmentOrderSubmitCancellationRequest(id: $id) {
  fulfillmentOrder { status requestStatus } userErrors { message } } }"""
CANCEL = """mutation ($id: ID!) { fulfillmentOrderCancel(id: $id) {
  fulfillmentOrder { status } replacementFulfillmentOrder { status } userErrors { message } } }"""


def works(shop: Shop, number: str) -> Any:
    return shop.ask(WORKS, id=gid("Order", number))["order"]["fulfillmentOrders"]["nodes"]


def status(shop: Shop, number: str) -> str:
    return str(shop.ask(WORKS, id=gid("Order", number))["order"]["displayFulfillmentStatus"])


def test_a_held_order_does_not_leave_until_it_is_released() -> None:
    shop = Shop()
    number = shop.place()
    (work,) = works(shop, number)
    done = shop.ask(HOLD, id=work["id"], hold={"reason": "OTHER", "handle": "pawline"})["fulfillmentOrderHold"]
    again = shop.ask(HOLD, id=work["id"], hold={"reason": "OTHER", "handle": "pawline"})["fulfillmentOrderHold"]
    assert (done["userErrors"], again["userErrors"]) == ([], [{"code": "DUPLICATE_FULFILLMENT_HOLD_HANDLE"}])
    assert status(shop, number) == "ON_HOLD"
    refused = shop.ask(SEND, told={"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": work["id"]}]})
    assert refused["fulfillmentCreate"]["fulfillment"] is None
    other = shop.ask(RELEASE, id=work["id"], holds=[gid("FulfillmentHold", 1)])["fulfillmentOrderReleaseHold"]
    assert other["fulfillmentOrder"] == {"status": "ON_HOLD"}
    released = shop.ask(RELEASE, id=work["id"], holds=[done["fulfillmentHold"]["id"]])["fulfillmentOrderReleaseHold"]
    assert released == {"fulfillmentOrder": {"status": "OPEN"}, "userErrors": []}
    unknown = shop.ask(RELEASE, id=gid("FulfillmentOrder", 1))["fulfillmentOrderReleaseHold"]
    assert unknown == {"fulfillmentOrder": None, "userErrors": [{"code": "FULFILLMENT_ORDER_NOT_FOUND"}]}


def test_part_of_it_is_held_and_the_rest_goes_on() -> None:
    shop = Shop()
    number = shop.place()
    (work,) = works(shop, number)
    lines = [{"id": work["lineItems"]["nodes"][0]["id"], "quantity": 2}]
    hold = {"reason": "INVENTORY_OUT_OF_STOCK", "fulfillmentOrderLineItems": lines}
    done = shop.ask(HOLD, id=work["id"], hold=hold)["fulfillmentOrderHold"]
    found = works(shop, number)
    assert done["remainingFulfillmentOrder"] == {"id": found[1]["id"]}
    assert [
        (one["status"], [(line["sku"], line["remainingQuantity"]) for line in one["lineItems"]["nodes"]])
        for one in found
    ] == [("ON_HOLD", [("kibble", 2)]), ("OPEN", [("kibble", 1), ("chew", 1)])]  # fmt: skip


def test_it_leaves_in_parcels_that_are_told_of_and_taken_off_the_stock() -> None:
    shop = Shop()
    number = shop.place()
    (work,) = works(shop, number)
    bag = work["lineItems"]["nodes"][0]["id"]
    part = {"fulfillmentOrderId": work["id"], "fulfillmentOrderLineItems": [{"id": bag, "quantity": 2}]}
    info = {"company": "DHL", "numbers": ["1Z", "2Z"], "urls": ["https://dhl.example/1Z"]}
    first = shop.ask(SEND, told={"lineItemsByFulfillmentOrder": [part], "trackingInfo": info})["fulfillmentCreate"]
    assert first["userErrors"] == []
    assert first["fulfillment"] == {
        "id": first["fulfillment"]["id"], "name": "#1001-F1", "status": "SUCCESS", "totalQuantity": 2,
        "trackingInfo": [
            {"company": "DHL", "number": "1Z", "url": "https://dhl.example/1Z"},
            {"company": "DHL", "number": "2Z", "url": None},
        ],
    }  # fmt: skip
    assert (status(shop, number), levels(shop)["kibble"]) == ("PARTIALLY_FULFILLED", [47, 1, 48])
    topic, told = shop.told[-1]
    assert (topic, told["tracking_numbers"], [(one["sku"], one["quantity"]) for one in told["line_items"]]) == (
        "fulfillments/create", ["1Z", "2Z"], [("kibble", 2)],
    )  # fmt: skip
    too_much = {"fulfillmentOrderId": work["id"], "fulfillmentOrderLineItems": [{"id": bag, "quantity": 2}]}
    refused = shop.ask(SEND, told={"lineItemsByFulfillmentOrder": [too_much]})["fulfillmentCreate"]
    assert [one["message"] for one in refused["userErrors"]] == ["Quantity is more than is left."]
    whole = {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": work["id"]}]}
    assert shop.ask(SEND, told=whole)["fulfillmentCreate"]["fulfillment"]["name"] == "#1001-F2"
    assert (status(shop, number), works(shop, number)[0]["status"]) == ("FULFILLED", "CLOSED")
    assert levels(shop) == {"kibble": [47, 0, 47], "chew": [8, 0, 8]}
    late = shop.ask(
        """mutation ($id: ID!) { orderCancel(orderId: $id, reason: OTHER, restock: true) {
             orderCancelUserErrors { code } } }""",
        id=gid("Order", number),
    )
    assert late["orderCancel"]["orderCancelUserErrors"] == [{"code": "INVALID"}]


UNSEND = """mutation ($id: ID!) { fulfillmentCancel(id: $id) {
  fulfillment { status } userErrors { field message } } }"""


def test_a_parcel_that_is_called_off_is_to_be_sent_again() -> None:
    shop = Shop()
    number = shop.place()
    (work,) = works(shop, number)
    whole = {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": work["id"]}]}
    parcel = shop.ask(SEND, told=whole)["fulfillmentCreate"]["fulfillment"]["id"]
    done = shop.ask(UNSEND, id=parcel)["fulfillmentCancel"]
    assert done == {"fulfillment": {"status": "CANCELLED"}, "userErrors": []}
    topic, told = shop.told[-1]
    assert (topic, told["status"]) == ("fulfillments/update", "cancelled")
    assert (status(shop, number), levels(shop)) == ("UNFULFILLED", {"kibble": [47, 3, 50], "chew": [8, 1, 9]})
    assert [
        (one["status"], [(line["sku"], line["remainingQuantity"]) for line in one["lineItems"]["nodes"]])
        for one in works(shop, number)
    ] == [("CLOSED", [("kibble", 0), ("chew", 0)]), ("OPEN", [("kibble", 3), ("chew", 1)])]
    refused = shop.ask(UNSEND, id=parcel)["fulfillmentCancel"]
    assert (refused["fulfillment"], [one["field"] for one in refused["userErrors"]]) == (None, [["id"]])
    assert len(shop.told) == 3


def test_what_was_sent_in_part_has_again_what_is_called_off() -> None:
    shop = Shop()
    number = shop.place()
    (work,) = works(shop, number)
    part = {"id": work["lineItems"]["nodes"][0]["id"], "quantity": 2}
    some = {"fulfillmentOrderId": work["id"], "fulfillmentOrderLineItems": [part]}
    parcel = shop.ask(SEND, told={"lineItemsByFulfillmentOrder": [some]})["fulfillmentCreate"]["fulfillment"]["id"]
    shop.ask(UNSEND, id=parcel)
    (work,) = works(shop, number)
    assert [(line["sku"], line["remainingQuantity"]) for line in work["lineItems"]["nodes"]] == [
        ("kibble", 3), ("chew", 1),
    ]  # fmt: skip
    assert (status(shop, number), levels(shop)["kibble"]) == ("IN_PROGRESS", [47, 3, 50])


def test_a_service_is_asked_says_yes_and_is_asked_to_stop() -> None:
    shop = Shop()
    plain = shop.place()
    (own,) = works(shop, plain)
    refused = shop.ask(SUBMIT, id=own["id"])["fulfillmentOrderSubmitFulfillmentRequest"]
    assert [one["message"] for one in refused["userErrors"]] == [
        "Fulfillment order is not assigned to a fulfillment service."
    ]
    service = Place(id=shop.books.number(), name="Third party", service=True)
    shop.books.places[service.id], shop.books.main = service, service.id
    number = shop.place(order(2))
    (work,) = works(shop, number)
    assert [one["action"] for one in work["supportedActions"]] == ["REQUEST_FULFILLMENT", "HOLD"]
    asked = shop.ask(SUBMIT, id=work["id"])["fulfillmentOrderSubmitFulfillmentRequest"]
    assert asked["submittedFulfillmentOrder"] == {
        "requestStatus": "SUBMITTED",
        "merchantRequests": {"nodes": [{"kind": "FULFILLMENT_REQUEST", "message": "please"}]},
    }
    early = shop.ask(WITHDRAW, id=work["id"])["fulfillmentOrderSubmitCancellationRequest"]
    assert early["fulfillmentOrder"] == {"status": "OPEN", "requestStatus": "UNSUBMITTED"}
    shop.ask(SUBMIT, id=work["id"])
    taken = shop.ask(ACCEPT, id=work["id"])["fulfillmentOrderAcceptFulfillmentRequest"]
    assert taken["fulfillmentOrder"] == {"status": "IN_PROGRESS", "requestStatus": "ACCEPTED"}
    stopped = shop.ask(CANCEL, id=work["id"])["fulfillmentOrderCancel"]
    assert [one["message"] for one in stopped["userErrors"]] == ["Fulfillment order cannot be cancelled in its state."]
    late = shop.ask(WITHDRAW, id=work["id"])["fulfillmentOrderSubmitCancellationRequest"]
    assert late["fulfillmentOrder"] == {"status": "IN_PROGRESS", "requestStatus": "CANCELLATION_REQUESTED"}
    gone = shop.ask(CANCEL, id=work["id"])["fulfillmentOrderCancel"]
    assert gone == {
        "fulfillmentOrder": {"status": "CANCELLED"}, "replacementFulfillmentOrder": {"status": "OPEN"},
        "userErrors": [],
    }  # fmt: skip
    assert [[line["remainingQuantity"] for line in one["lineItems"]["nodes"]] for one in works(shop, number)][1] == [
        3,
        1,
    ]


BEGIN = "mutation ($id: ID!) { orderEditBegin(id: $id) { calculatedOrder { id } userErrors { message } } }"
COUNT = """mutation ($id: ID!, $line: ID!, $units: Int!) {
  orderEditSetQuantity(id: $id, lineItemId: $line, quantity: $units, restock: true) {
    calculatedOrder { totalPriceSet { presentmentMoney { amount } } totalOutstandingSet { presentmentMoney { amount } }
      stagedChanges(first: 5) { nodes { __typename } } }
    calculatedLineItem { id quantity } userErrors { field message } } }"""
ADD = """mutation ($id: ID!, $variant: ID!) {
  orderEditAddVariant(id: $id, variantId: $variant, quantity: 2) {
    calculatedLineItem { id quantity originalUnitPriceSet { presentmentMoney { amount } } }
    userErrors { field message } } }"""
COMMIT = """mutation ($id: ID!) { orderEditCommit(id: $id, staffNote: "as asked") {
  order { edited currentTotalPriceSet { presentmentMoney { amount } } } userErrors { message } } }"""


class Edited(Shop):
    """A shop with an order that is being edited, and a third SKU at 10.00."""

    def __init__(self) -> None:
        super().__init__(kibble=50, chew=9, toy=5)
        self.number = self.place()
        begun = self.ask(BEGIN, id=gid("Order", self.number))["orderEditBegin"]
        self.edit = begun["calculatedOrder"]["id"]
        self.lines = [gid("CalculatedLineItem", one.id) for one in self.books.orders[int(self.number)].lines]
        self.toy = next(gid("ProductVariant", one.id) for one in self.books.variants.values() if one.sku == "toy")


def test_an_edit_is_nothing_until_it_is_committed_and_then_it_is_all_of_it() -> None:
    shop = Edited()
    shop.ask(COUNT, id=shop.edit, line=shop.lines[1], units=3)
    added = shop.ask(ADD, id=shop.edit, variant=shop.toy)["orderEditAddVariant"]
    assert (added["calculatedLineItem"]["quantity"], cents(added["calculatedLineItem"]["originalUnitPriceSet"])) == (
        2,
        1_000,
    )
    staged = shop.ask(COUNT, id=shop.edit, line=shop.lines[0], units=1)["orderEditSetQuantity"]
    # 65.00, two bags less (36.67), two chews more (10.00), two toys more (20.00)
    assert cents(staged["calculatedOrder"]["totalPriceSet"]) == 5_833
    assert cents(staged["calculatedOrder"]["totalOutstandingSet"]) == -667
    assert [one["__typename"] for one in staged["calculatedOrder"]["stagedChanges"]["nodes"]] == [
        "OrderStagedChangeDecrementItem", "OrderStagedChangeIncrementItem", "OrderStagedChangeAddVariant",
    ]  # fmt: skip
    assert cents(bill(shop, shop.number)["currentTotalPriceSet"]) == 6_500
    done = shop.ask(COMMIT, id=shop.edit)["orderEditCommit"]
    assert (done["userErrors"], done["order"]["edited"]) == ([], True)
    found = bill(shop, shop.number)
    assert (cents(found["currentTotalPriceSet"]), cents(found["totalOutstandingSet"])) == (5_833, -667)
    assert [(one["sku"], one["quantity"], one["currentQuantity"]) for one in found["lineItems"]["nodes"]] == [
        ("kibble", 3, 1), ("chew", 3, 3), ("toy", 2, 2),
    ]  # fmt: skip
    assert levels(shop) == {"kibble": [49, 1, 50], "chew": [6, 3, 9], "toy": [3, 2, 5]}
    wanted = {"kibble": 0, "chew": 0, "toy": 0}
    for work in works(shop, shop.number):
        for line in work["lineItems"]["nodes"]:
            wanted[line["sku"]] += line["remainingQuantity"]
    assert wanted == {"kibble": 1, "chew": 3, "toy": 2}
    again = shop.ask(COMMIT, id=shop.edit)["orderEditCommit"]
    assert [one["message"] for one in again["userErrors"]] == ["The calculated order does not exist."]


def test_an_edit_does_not_add_twice_take_what_left_or_commit_nothing() -> None:
    shop = Edited()
    assert shop.ask(COMMIT, id=shop.edit)["orderEditCommit"]["userErrors"] == [
        {"message": "There are no changes to commit."}
    ]
    kibble = next(gid("ProductVariant", one.id) for one in shop.books.variants.values() if one.sku == "kibble")
    assert [
        one["field"] for one in shop.ask(ADD, id=shop.edit, variant=kibble)["orderEditAddVariant"]["userErrors"]
    ] == [["variantId"]]
    (work,) = works(shop, shop.number)
    shop.ask(SEND, told={"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": work["id"]}]})
    refused = shop.ask(COUNT, id=shop.edit, line=shop.lines[0], units=2)["orderEditSetQuantity"]
    assert [one["field"] for one in refused["userErrors"]] == [["quantity"]]
    assert cents(bill(shop, shop.number)["currentTotalPriceSet"]) == 6_500
