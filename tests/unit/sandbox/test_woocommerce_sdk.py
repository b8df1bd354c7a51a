"""WooCommerce's own client for Python against the pretended one: an independent witness.

It signs by OAuth 1.0a in the address where there is no TLS, in its own words.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import msgspec
import woocommerce

from pawline.sandbox import Desk, Vendors, served


def witness(told: Callable[[Any, Desk], None]) -> None:
    async def within() -> None:
        desk = Desk(Vendors(now=time.time), "tok")
        door = desk.woocommerce.door
        async with asyncio.timeout(30), served(desk) as url:
            api = woocommerce.API(f"{url}/woocommerce", door.key, door.secret, version="wc/v3", timeout=10)
            await asyncio.to_thread(told, api, desk)
            await desk.close()

    asyncio.run(within())


def test_the_vendors_own_client_does_all_that_the_connector_does() -> None:
    def told(api: Any, desk: Desk) -> None:
        stock = desk.act("woocommerce/product", msgspec.json.encode({"sku": "kibble", "stock": 9}))
        name = desk.act("woocommerce/checkout", msgspec.json.encode({"lines": [{"sku": "kibble", "quantity": 2}]}))
        listed = api.get("orders", params={"modified_after": "2020-01-01T00:00:00", "dates_are_gmt": "true"})
        assert (listed.status_code, [one["id"] for one in listed.json()]) == (200, [name])
        assert (listed.headers["X-WP-Total"], api.get(f"orders/{name}").json()["total"]) == ("1", "20.00")
        refund = api.post(f"orders/{name}/refunds", {"amount": "5.00", "reason": "a dent", "api_restock": False})
        assert (refund.status_code, refund.json()["refunded_payment"]) == (201, True)
        assert [one["id"] for one in api.get(f"orders/{name}/refunds").json()] == [refund.json()["id"]]
        assert api.put(f"orders/{name}", {"status": "cancelled"}).json()["status"] == "cancelled"
        done = api.post("products/batch", {"update": [{"id": stock, "inventory_delta": 3}]}).json()
        assert done["update"][0]["stock_quantity"] == 12
        made = api.post("webhooks", {"topic": "order.updated", "delivery_url": "https://paws.example/x", "secret": "s"})
        assert made.status_code == 201
        assert [one["id"] for one in api.get("webhooks").json()] == [made.json()["id"]]
        assert api.get("orders/1").json()["code"] == "woocommerce_rest_shop_order_invalid_id"

    witness(told)


def test_the_vendors_own_client_reads_products_and_their_variations() -> None:
    def told(api: Any, desk: Desk) -> None:
        def add(**given: Any) -> int:
            return int(desk.act("woocommerce/product", msgspec.json.encode(given)))

        bag = add(sku="bag")
        two, ten = add(sku="bag-2", parent=bag), add(sku="bag-10", parent=bag)
        desk.act(
            "woocommerce/describe", msgspec.json.encode({"product": two, "kept": {"global_unique_id": "40063813"}})
        )
        assert [one["id"] for one in api.get("products").json()] == [bag]
        assert api.get(f"products/{bag}").json()["type"] == "variable"
        listed = api.get(f"products/{bag}/variations", params={"per_page": 1, "orderby": "id", "order": "asc"})
        assert ([one["id"] for one in listed.json()], listed.headers["X-WP-TotalPages"]) == ([two], "2")
        for query, found in (({"sku": "bag-10"}, [ten]), ({"global_unique_id": "40063813"}, [two])):
            assert [one["id"] for one in api.get("products", params=query).json()] == found
        assert api.get("settings/products/woocommerce_weight_unit").json()["value"] == "kg"
        assert api.get("products/9999").json()["code"] == "woocommerce_rest_product_invalid_id"

    witness(told)


def test_a_wrong_secret_is_refused() -> None:
    def told(api: Any, _: Desk) -> None:
        api.consumer_secret = "cs_of_nobody"  # noqa: S105 - nobody's
        assert api.get("orders").json()["code"] == "woocommerce_rest_authentication_error"

    witness(told)
