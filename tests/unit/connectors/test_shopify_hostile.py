"""A Shopify whose answers are off by one value: one of the four errors comes of it, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pawline.connectors.shopify import connector
from pawline.model import Bill, HouseholdId, LocationId, Money, OrderId, SkuId, StockLevel
from pawline.ports import (
    Adjustment,
    Attempt,
    Catalog,
    Fulfilment,
    FulfilmentOrder,
    Inventory,
    Payments,
    PortError,
    Shop,
    attempting,
)
from pawline.testing.counter import LOOPBACK, Counter, counter
from tests.unit.connectors import test_shopify_catalog as catalog
from tests.unit.connectors import test_shopify_fulfilment as fulfilment
from tests.unit.connectors import test_shopify_inventory as inventory
from tests.unit.connectors import test_shopify_payments as payments
from tests.unit.connectors import test_shopify_shop as shop
from tests.unit.connectors.shopify_vendor import SHOP, TOKEN, Vendor, bag, gone, item, money, nodes, order, refund, tax
from tests.unit.connectors.shopify_vendor import transaction as made

ODD: tuple[Any, ...] = ("x", -1, None, [], 10**30, "2026-01-01T00:00:00")
ID = OrderId("1001")
PLACE = {"name": "Ann", "address1": "x", "city": "Berlin", "countryCodeV2": "DE"}
BACK = made(503, "REFUND", "5.00", 502)
FULL = order(
    "24.90",
    item(1, "10.00", 2, taxLines=[tax("1.00")], discountAllocations=[
        {"allocatedAmountSet": bag("0.00"), "discountApplication": {"title": "x"}}
    ]),
    shippingLines=nodes(shop.SHIPPING), refunds=[{"id": "gid://shopify/Refund/71"}], shippingAddress=PLACE,
)  # fmt: skip
PAID = money(made(501, "AUTHORIZATION", "24.90"), made(502, "CAPTURE", "24.90", 501), BACK)
REFUND = {"refund": refund(71, gone(1, 1, "5.00"), note="[pawline:r]", transactions=[BACK])}
COUNT = StockLevel(sku=SkuId("A"), location=LocationId("91"), on_hand=8, as_of=datetime(2026, 11, 29, 10, tzinfo=UTC))
STOCK = inventory.stock(inventory.variant(1, "A", inventory.level("91", 5)))
PARCEL = {
    "id": "gid://shopify/Fulfillment/81", "status": "SUCCESS",
    "fulfillmentLineItems": nodes({"quantity": 1, "lineItem": fulfilment.line(1, "A")}),
}  # fmt: skip
GONE = nodes({"status": "SUCCESS"})
PRODUCT = {"id": "gid://shopify/Product/1", "variants": nodes(catalog.name(1, "A"))}
CALLS: dict[str, tuple[type[Any], dict[str, Any], Any]] = {
    "order": (Shop, {"Order": FULL, "Transactions": PAID, "Refund": REFUND}, lambda port: port.order(ID)),
    "refund": (
        Shop, {"Order": shop.ORDER, "Transactions": shop.PAID, "RefundCreate": shop.made()},
        lambda port: port.refund(ID, shop.back(), Bill(refunds=(), edits=(), total=shop.eur("24.90"), captured=shop.eur("24.90"))),  # noqa: E501
    ),
    "changed": (Shop, {"Changed": {"orders": nodes({"id": shop.GID})}}, lambda port: port.changed_since(shop.AT, None)),
    "bought": (
        Shop, {
            "Bought": {"orders": nodes(shop.buyer(2, "ann@example.com"))},
            "OrderLines": {"order": {"lineItems": nodes(item(1, "1.00"))}},
        },
        lambda port: port.bought_since(shop.ANN or HouseholdId(""), SkuId("A"), shop.AT),
    ),
    "wanted": (Shop, {"CalledOff": shop.state(None)}, lambda port: port.wanted(ID)),
    "cancel": (Shop, {"CalledOff": shop.state(shop.DONE, "SUCCESS")}, lambda port: port.cancel(ID, "x")),
    "edit": (
        Shop, {"Order": shop.ORDER, "Transactions": shop.PAID} | shop.CHANGED,
        lambda port: port.edit(ID, shop.edit(shop.line("1", 1), shop.line("new", 1, "3.00", "SKU-2"))),
    ),
    "adjust": (
        Inventory, {"Stock": STOCK, "Adjust": inventory.moved("inventoryAdjustQuantities")},
        lambda port: port.adjust((Adjustment(sku=SkuId("A"), location=LocationId("91"), by=1),), "x"),
    ),
    "set": (
        Inventory, {"Stock": STOCK, "Set": inventory.moved("inventorySetQuantities")},
        lambda port: port.set_levels((COUNT,)),
    ),
    "ledger": (Payments, {"Transactions": PAID}, lambda port: port.ledger(ID)),
    "capture": (Payments, {"Capture": payments.told(payments.CAPTURE)}, lambda port: port.capture(payments.HELD, payments.EUR10)),  # noqa: E501
    "find_capture": (
        Payments, {"Transactions": money(payments.AUTH, payments.CAPTURE)},
        lambda port: port.find_capture(payments.HELD, payments.EUR10),
    ),
    "pay back": (
        Payments,
        {"Transactions": money(payments.AUTH, payments.CAPTURE), "RefundCreate": payments.made(BACK)},
        lambda port: port.refund(payments.TAKEN, Money(500, "EUR"), "x"),
    ),
    "product": (Catalog, {"Product": catalog.reply(catalog.sold(kind="food"))}, lambda port: port.product(SkuId("A"))),
    "products": (
        Catalog, {"Products": {"products": nodes(PRODUCT)}},
        lambda port: port.changed_since(None, None),
    ),
    "request": (
        Fulfilment, {"Fulfilments": fulfilment.of(fulfilment.asked(4, "OPEN", "UNSUBMITTED", ("A", 1)))},
        lambda port: port.of(ID),
    ),
    "status": (
        Fulfilment,
        {
            "Fulfilment": fulfilment.one(4, "CLOSED", fulfillments=GONE, fulfillmentHolds=[fulfilment.held(1, "x")]),
            "Parcels": {"fulfillmentOrder": {"fulfillments": nodes(PARCEL)}},
        },
        lambda port: port.status(FulfilmentOrder(order=ID, part="x", reference="4")),
    ),
}  # fmt: skip


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Everything in it, parts and leaves."""
    yield at
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(part, (*at, key))


def off(value: Any, at: tuple[Any, ...], odd: Any) -> Any:
    """A copy that has something odd there."""
    if not at:
        return odd
    copy = deepcopy(value)
    part = copy
    for key in at[:-1]:
        part = part[key]
    part[at[-1]] = odd
    return copy


@pytest.mark.parametrize("name", sorted(CALLS))
def test_an_answer_that_is_off_by_one_value_is_one_of_the_four_errors(name: str) -> None:
    port, says, call = CALLS[name]

    async def run() -> int:
        tried = 0
        async with counter(Counter(), seconds=120) as served:
            given = {"url": f"http://127.0.0.1:{served.port}", "shop": SHOP, "token": TOKEN}
            account = connector.connect(connector.configure(given), LOOPBACK)
            try:
                for document, answer in says.items():
                    for at in paths(answer):
                        for odd in ODD:
                            served.answer = Vendor(**says | {document: [off(answer, at, odd)]}).answer
                            until = datetime.now(UTC) + timedelta(seconds=20)
                            with attempting(Attempt("k", 1, until, "s", "shopify/eu")):
                                try:
                                    await call(account.plays[port])
                                except PortError:
                                    tried += 1
                                except Exception as problem:
                                    raise AssertionError(f"{document}, {odd!r} at {at}: {problem!r}") from problem
            finally:
                await account.http.close()
        return tried

    assert asyncio.run(run()) > 0
