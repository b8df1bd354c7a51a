"""Every field of the schema is answered, and by what its type promises: the executor checks each value."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLUnionType,
    execute_sync,
    get_named_type,
    is_leaf_type,
    parse,
    validate_schema,
)

from pawline.sandbox.shopify.books import Place
from pawline.sandbox.shopify.engine import schema
from tests.house.tree import ROOT
from tests.unit.sandbox.shopify_kept import KEPT
from tests.unit.sandbox.shopify_scene import Shop, gid, order

CONTRACT = ROOT.parent / "shared/specs/shopify/admin_graphql_2026-07.subset.json"
NEVER = {
    "AdditionalFee", "Attribute", "AutomaticDiscountApplication", "Duty", "FulfillmentOrderMerchantRequest",
    "FulfillmentOrderMerchantRequestEdge", "InventoryAdjustmentGroup", "InventoryChange", "LineItemGroup",
    "LineItemSellingPlan", "ManualDiscountApplication", "Mutation", "OrderDisputeSummary", "OrderEditSession",
    "PaypalWalletPaymentDetails", "PricingPercentageValue", "RefundDuty",
    "ScriptDiscountApplication", "SubscriptionContract", "UnverifiedReturnLineItem",
}  # fmt: skip
"""Types of what the sandbox's shop never has, and what only mutations answer (see their own tests)."""
GIVEN = {
    "key": '"kind"', "namespace": '"pawline"', "names": '["available", "on_hand"]', "first": "5", "ids": "[]",
    "withCodeDiscounts": "true",
}  # fmt: skip


def test_the_schema_is_one_and_what_is_kept_of_it_is_in_it() -> None:
    assert validate_schema(schema()) == []
    types = {name for name in schema().type_map if not name.startswith("__")}
    assert set(KEPT) - types == set()
    assert schema().get_directive("idempotent") is not None


def test_the_schema_says_what_the_vendors_contract_says() -> None:
    if not CONTRACT.exists():
        pytest.skip("the vendors' contracts are beside the checkout of whoever has them")
    checked = 0
    for told in msgspec.json.decode(CONTRACT.read_bytes())["types"]:
        ours = schema().get_type(told["name"])
        if isinstance(ours, GraphQLObjectType | GraphQLInputObjectType):
            theirs = {one["name"]: typed(one["type"]) for one in told.get("fields") or told.get("inputFields")}
            for name, field in ours.fields.items():
                assert (told["name"], name, str(field.type)) == (told["name"], name, theirs[name])
                checked += 1
    assert checked > 200


def typed(told: dict[str, Any]) -> str:
    if told["kind"] == "NON_NULL":
        return f"{typed(told['ofType'])}!"
    return f"[{typed(told['ofType'])}]" if told["kind"] == "LIST" else str(told["name"])


def full() -> tuple[Shop, dict[str, str], list[tuple[str, str]]]:
    """A shop where there is one of everything, and the ids of what has one."""
    shop = Shop()
    number = shop.place()
    own = shop.books.orders[int(number)]
    work = own.requests[0]
    service = Place(id=shop.books.number(), name="Third party", service=True)
    shop.books.places[service.id] = service
    bag = own.lines[0].id
    shop.ask(
        """mutation ($order: ID!, $line: ID!, $sale: ID!) {
          refundCreate(input: { orderId: $order, note: "one bag", shipping: { amount: "1.00" },
            refundLineItems: [{ lineItemId: $line, quantity: 1 }],
            transactions: [{ orderId: $order, parentId: $sale, amount: "25.00", gateway: "shopify_payments",
                             kind: REFUND }] }) @idempotent(key: "k") { userErrors { field message } } }""",
        order=gid("Order", number), line=gid("LineItem", bag), sale=gid("OrderTransaction", own.transactions[0].id),
    )  # fmt: skip
    part = shop.books.works[work].parts[0].id
    sent = shop.ask(
        """mutation ($work: ID!, $part: ID!) {
          fulfillmentCreate(fulfillment: { trackingInfo: { number: "1Z", company: "DHL" },
            lineItemsByFulfillmentOrder: [{ fulfillmentOrderId: $work,
              fulfillmentOrderLineItems: [{ id: $part, quantity: 1 }] }] }) {
            fulfillment { id } userErrors { message } } }""",
        work=gid("FulfillmentOrder", work), part=gid("FulfillmentOrderLineItem", part),
    )  # fmt: skip
    other = shop.books.orders[int(shop.place(order(2)))]
    shop.ask(
        """mutation ($work: ID!) { fulfillmentOrderHold(id: $work, fulfillmentHold: { reason: OTHER }) {
            userErrors { message } } }""",
        work=gid("FulfillmentOrder", other.requests[0]),
    )  # fmt: skip
    edit = shop.ask(
        "mutation ($id: ID!) { orderEditBegin(id: $id) { calculatedOrder { id } } }", id=gid("Order", other.id)
    )["orderEditBegin"]["calculatedOrder"]["id"]
    line, chew = (gid("CalculatedLineItem", one.id) for one in other.lines)
    for text, of in (
        ("orderEditSetQuantity(id: $id, lineItemId: $of, quantity: 1)", line),
        ("orderEditSetQuantity(id: $id, lineItemId: $of, quantity: 4)", chew),
        (
            "orderEditAddVariant(id: $id, variantId: $of, quantity: 2, allowDuplicates: true)",
            gid("ProductVariant", next(iter(shop.books.variants))),
        ),
    ):
        shop.ask(f"mutation ($id: ID!, $of: ID!) {{ {text} {{ userErrors {{ message }} }} }}", id=edit, of=of)
    gone = gid("Order", shop.place(order(3)))
    shop.ask(
        """mutation ($id: ID!) { orderCancel(orderId: $id, reason: OTHER, restock: true, staffNote: "by hand") {
             userErrors { message } } }""",
        id=gone,
    )
    hook = shop.ask(
        """mutation { webhookSubscriptionCreate(topic: ORDERS_CREATE,
           webhookSubscription: { uri: "https://hub.example/in" }) { webhookSubscription { id } } }"""
    )["webhookSubscriptionCreate"]["webhookSubscription"]["id"]  # fmt: skip
    carrier = shop.ask(
        """mutation { carrierServiceCreate(input: { name: "Ours", active: true, supportsServiceDiscovery: true,
             callbackUrl: "https://hub.example/rates" }) { carrierService { id } } }"""
    )["carrierServiceCreate"]["carrierService"]["id"]  # fmt: skip
    shop.ask("""mutation { bulkOperationRunQuery(query: "{ orders { edges { node { id } } } }") {
      bulkOperation { id } userErrors { message } } }""")
    variant = next(iter(shop.books.variants.values()))
    variant.fields["pawline.kind"] = "dry"
    parcel = str(own.fulfilments[0])
    for act, told in (
        ("word", {"parcel": parcel, "status": "in_transit", "expected": shop.at}),
        ("word", {"parcel": parcel, "status": "delivered"}),
        ("return", {"order": number}), ("dispute", {"order": number}),
        ("consent", {"email": own.email, "state": "subscribed"}),
    ):  # fmt: skip
        shop.shopify.acts[f"shopify/{act}"](msgspec.json.encode(told))
    ids = {
        "Order": gid("Order", number), "Refund": gid("Refund", own.refunds[0].id), "WebhookSubscription": hook,
        "Fulfillment": sent["fulfillmentCreate"]["fulfillment"]["id"], "CalculatedOrder": edit,
        "FulfillmentOrder": gid("FulfillmentOrder", other.requests[0]), "Location": gid("Location", service.id),
        "Customer": gid("Customer", own.customer), "ProductVariant": gid("ProductVariant", variant.id),
        "Product": gid("Product", variant.product), "InventoryItem": gid("InventoryItem", variant.item),
        "InventoryLevel": f"gid://shopify/InventoryLevel/{shop.books.main}?inventory_item_id={variant.item}",
        "DeliveryCarrierService": carrier,
        "OrderTransaction": gid("OrderTransaction", own.refunds[0].transactions[0]),
        "Return": gid("Return", next(iter(shop.books.returns))),
        "BulkOperation": gid("BulkOperation", next(iter(shop.books.bulks))),
    }  # fmt: skip
    more = [("Order", gone), ("FulfillmentOrder", gid("FulfillmentOrder", work))]
    return shop, ids, more


def selection(type: Any, depth: int, ids: dict[str, str]) -> str:
    """Everything of a type, so deep."""
    if isinstance(type, GraphQLUnionType | GraphQLInterfaceType):
        kinds = schema().get_possible_types(type)
        return "{ __typename " + " ".join(f"... on {one.name} {selection(one, depth, ids)}" for one in kinds) + " }"
    assert isinstance(type, GraphQLObjectType)
    words = ["__typename"]
    for name, field in type.fields.items():
        named, told = get_named_type(field.type), arguments(field.args, ids)
        # Fields of one name and other types must not meet where an interface is asked for.
        alias = f"{type.name}_{name}: {name}{told}"
        if is_leaf_type(named):
            words.append(alias)
        elif depth:
            words.append(f"{alias} {selection(named, depth - 1, ids)}")
    return "{ " + " ".join(words) + " }"


def arguments(args: dict[str, Any], ids: dict[str, str]) -> str:
    given = {name: GIVEN[name] for name in args if name in GIVEN}
    if "locationId" in args:
        given["locationId"] = '"' + ids["InventoryLevel"].partition("?")[0].replace("InventoryLevel", "Location") + '"'
    if "inventoryItemId" in args:
        given["inventoryItemId"] = f'"{ids["InventoryItem"]}"'
    return "(" + ", ".join(f"{name}: {value}" for name, value in given.items()) + ")" if given else ""


def test_every_field_is_answered_as_its_type_promises() -> None:
    shop, ids, more = full()
    seen: set[tuple[str, str]] = set()

    def watching(next_: Any, source: Any, info: GraphQLResolveInfo[Any], **given: Any) -> Any:
        seen.add((info.parent_type.name, info.field_name))
        return next_(source, info, **given)

    def run(text: str) -> None:
        result = execute_sync(schema(), parse(text), root_value=shop.shopify.engine._root, middleware=[watching])
        assert result.errors is None, [str(one) for one in result.errors or ()]

    for kind, thing in [*ids.items(), *more]:
        depth = 4 if kind == "Order" else 3
        run(f'{{ node(id: "{thing}") {{ ... on {kind} {selection(schema().type_map[kind], depth, ids)} }} }}')
    one = {name: f'id: "{ids[kind]}"' for name, kind in {
        "order": "Order", "refund": "Refund", "product": "Product", "productVariant": "ProductVariant",
        "inventoryItem": "InventoryItem", "inventoryLevel": "InventoryLevel", "location": "Location",
        "fulfillment": "Fulfillment", "fulfillmentOrder": "FulfillmentOrder", "job": "Order",
        "webhookSubscription": "WebhookSubscription", "carrierService": "DeliveryCarrierService", "node": "Order",
        "bulkOperation": "BulkOperation",
    }.items()}  # fmt: skip
    one |= {"orderByIdentifier": f'identifier: {{ id: "{ids["Order"]}" }}', "nodes": f'ids: ["{ids["Order"]}"]'}
    for name, field in schema().query_type.fields.items():  # type: ignore[union-attr]
        told = f"({one[name]})" if name in one else arguments(field.args, ids)
        named = get_named_type(field.type)
        run(f"{{ {name}{told} {selection(named, 2 if name not in {'node', 'nodes'} else 0, ids)} }}")
    every = {
        (kind.name, name)
        for kind in schema().type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
        and not kind.name.endswith(("Payload", "Error")) and kind.name not in NEVER
        for name in kind.fields
    }  # fmt: skip
    assert sorted(every - seen) == []
