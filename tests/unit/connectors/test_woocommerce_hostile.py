"""A WooCommerce whose answers are off by one value: one of the four errors comes of it, or a result, nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pawline.connectors.woocommerce import connector
from pawline.connectors.woocommerce.enrolling import enrol, lacking
from pawline.connectors.woocommerce.health import probe
from pawline.connectors.woocommerce.hook import about
from pawline.connectors.woocommerce.inventory import WooCommerceInventory
from pawline.connectors.woocommerce.looking import changed
from pawline.connectors.woocommerce.past import PAST
from pawline.connectors.woocommerce.shop import WooCommerceShop
from pawline.kit import Http
from pawline.model import Credit, LocationId, Money, OrderId, Payout, Refund, RefundId, SkuId, StockLevel, TenderId
from pawline.ports import Adjustment
from pawline.testing.counter import LOOPBACK, Counter
from tests.unit.connectors.fetching import whole
from tests.unit.connectors.oddly import attempted, tried
from tests.unit.connectors.woocommerce_scene import ADDRESS, NEW

NOW = datetime.now(UTC).replace(microsecond=0)
STAMP = f"{NOW + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}"
"""Ahead: a look begins minutes before it is made, and this may have been read long before."""
API = "/wp-json/wc/v3"
LINE = {
    "id": 11, "quantity": 2, "subtotal": "16.806723", "subtotal_tax": "3.193277", "total": "15.126050",
    "total_tax": "2.873950", "name": "Kibble", "sku": "kibble", "product_id": 5, "variation_id": 0,
    "taxes": [{"id": 1, "total": "2.873950"}], "meta_data": [{"id": 1, "key": "_pets", "value": "rex"}],
}  # fmt: skip
CHARGE = {"id": 12, "total": "4.117647", "total_tax": "0.782353", "taxes": [{"id": 1, "total": "0.782353"}]}
ITEM = {"tracking_number": "T1", "tracking_provider": "dhl", "date_shipped": int(time.time()), "tracking_id": "a"}
ORDER = {
    "id": 10, "number": "10", "status": "processing", "currency": "EUR", "date_created_gmt": STAMP,
    "date_modified_gmt": STAMP, "date_paid_gmt": STAMP, "date_completed_gmt": None, "total": "22.900000",
    "prices_include_tax": True, "line_items": [LINE], "customer_id": 3, "created_via": "checkout",
    "payment_method": "stripe", "needs_processing": True, "coupon_lines": [{"id": 1, "code": "HELLO"}],
    "billing": {"first_name": "Ann", "address_1": "Hauptstr. 1", "city": "Berlin", "country": "DE",
                "email": "ann@example.com", "phone": "+4930123456"},
    "shipping": {"first_name": "Ann", "address_1": "Hauptstr. 1", "city": "Berlin", "country": "DE"},
    "tax_lines": [{"id": 1, "rate_id": 1, "label": "VAT", "rate_percent": 19}],
    "shipping_lines": [CHARGE | {"method_title": "Parcel", "method_id": "flat_rate"}], "fee_lines": [],
    "refunds": [{"id": 20}],
    "meta_data": [{"key": "_wc_shipment_tracking_items", "value": [ITEM]}, {"key": "lang", "value": "de"}],
}  # fmt: skip
BACK = {
    "id": 20, "date_created_gmt": STAMP, "amount": "5.00", "reason": "a dent", "refunded_payment": True,
    "line_items": [{"quantity": -1, "total": "-3.36", "total_tax": "-0.64",
                    "meta_data": [{"key": "_refunded_item_id", "value": "11"}]}],
}  # fmt: skip
PRODUCT = {
    "id": 5, "sku": "kibble", "parent_id": 0, "manage_stock": True, "stock_quantity": 7,
    "meta_data": [{"key": "_pawline_counted", "value": "2026-11-30T12:00:00+00:00"}],
}  # fmt: skip
HOOK = {"id": 7, "name": "Pawline", "status": "disabled", "topic": "order.updated", "delivery_url": ADDRESS}
REPLIES: dict[str, Any] = {
    f"GET {API}/orders": [ORDER, ORDER | {"id": 13, "number": "13", "refunds": []}],
    f"GET {API}/orders/10": ORDER, f"PUT {API}/orders/10": {"id": 10, "status": "cancelled"},
    f"GET {API}/orders/10/refunds": [BACK],
    f"POST {API}/orders/10/refunds": BACK | {"id": 21, "reason": "x [pawline:r1]", "amount": "1.00"},
    f"POST {API}/orders/batch": [], f"POST {API}/products/batch": {"update": [{"id": 5}]},
    f"GET {API}/products": [PRODUCT],
    f"GET {API}/webhooks": [HOOK], f"POST {API}/webhooks": HOOK, f"PUT {API}/webhooks/7": HOOK,
    f"GET {API}/reports/orders/totals": [{"slug": "processing", "name": "Processing", "total": 3}],
    f"GET {API}/settings/general/woocommerce_currency": {"id": "woocommerce_currency", "value": "EUR"},
    f"GET {API}/settings/general/woocommerce_price_num_decimals": {"id": "x", "value": "2"},
}  # fmt: skip
REFUND = Refund(
    id=RefundId("r1"), at=NOW, reason="x", payouts=(Payout(TenderId("order-10"), Money(100, "EUR")),),
    credits=(Credit(amount=Money(100, "EUR")),),
)  # fmt: skip
MOVED = (Adjustment(sku=SkuId("kibble"), location=LocationId("woocommerce"), by=1),)
COUNTED = (StockLevel(sku=SkuId("kibble"), location=LocationId("woocommerce"), on_hand=3, as_of=NOW),)
Call = Callable[[WooCommerceShop, WooCommerceInventory, Http, Any], Awaitable[object]]
NAME = OrderId("10")
CALLS: dict[str, Call] = {
    "look": lambda _, __, http, settings: changed(http, settings, ""),
    "about": lambda _, __, http, settings: about(http, settings, "10"),
    "enrol": lambda _, __, http, settings: enrol(http, settings, ADDRESS),
    "lacking": lambda _, __, http, settings: lacking(http, settings, ADDRESS),
    "probe": lambda _, __, http, settings: probe(http, settings, frozenset({"Shop", "Inventory"})),
    "order": lambda shop, _, __, ___: shop.order(NAME),
    "wanted": lambda shop, _, __, ___: shop.wanted(NAME),
    "cancel": lambda shop, _, __, ___: shop.cancel(NAME, "x"),
    "refund": lambda shop, _, __, ___: shop.refund(NAME, REFUND, (RefundId("20"),)),
    "tag": lambda shop, _, __, ___: shop.tag(NAME, ("vip",)),
    "changed": lambda shop, _, __, ___: shop.changed_since(NOW - timedelta(days=1), None),
    "levels": lambda _, stock, __, ___: stock.levels((SkuId("kibble"),)),
    "adjust": lambda _, stock, __, ___: stock.adjust(MOVED, "x"),
    "set": lambda _, stock, __, ___: stock.set_levels(COUNTED),
}


WHOLE = frozenset({"order", "look", "refund", "levels", "adjust", "set", "enrol", "lacking"})
"""Those that read all of an answer; the others read an order by the same words, and are tried at its surface."""


def first(path: tuple[Any, ...]) -> bool:
    """Of a list, its first thing: the second is only beside it."""
    return not path or path[0] != 1


def shallow(path: tuple[Any, ...]) -> bool:
    return len(path) <= 2 and first(path)


async def outcome(served: Counter, call: Call) -> object:
    settings = connector.configure({
        "url": f"http://127.0.0.1:{served.port}", "key": "ck", "secret": "cs", "webhook_secrets": [NEW],
        "fields": {"pets": "_pets", "language": "lang"},
    })  # fmt: skip
    http = connector.http(settings, LOOPBACK)
    assert isinstance(http, Http)
    shop, stock = WooCommerceShop(http, settings), WooCommerceInventory(http, settings)
    return await attempted(http, "woocommerce/eu", lambda: call(shop, stock, http, settings))


@pytest.mark.parametrize("name", CALLS)
def test_an_odd_value_anywhere_is_one_of_four_errors_or_does_not_matter(name: str) -> None:
    # what was sent by parcel is too late to call off
    refused = name == "cancel"
    asyncio.run(
        tried(
            REPLIES, lambda served: outcome(served, CALLS[name]), nothing=name == "probe", refused=refused,
            reads=first if name in WHOLE else shallow,
        )
    )  # fmt: skip


def test_an_odd_value_in_history_keeps_no_other_order_back(tmp_path: Path) -> None:
    asyncio.run(
        tried(
            REPLIES,
            lambda served: outcome(served, lambda _, __, http, settings: whole(PAST, http, settings, tmp_path)),
            reads=shallow,
        )
    )
