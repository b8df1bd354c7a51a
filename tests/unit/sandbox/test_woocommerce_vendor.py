"""The pretended WooCommerce: who is let in, what it lists, what a gateway's no leaves, and webhooks sent once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec

from pawline.sandbox import Desk, Mishaps, Vendors, served
from pawline.sandbox.diary import Clock, Diary, recall
from pawline.testing.counter import Request, counter, json

HEARD = "http://127.0.0.1"


class Scene:
    """The vendor over HTTP, as somebody who has its key."""

    def __init__(self, desk: Desk, url: str, session: aiohttp.ClientSession) -> None:
        self.desk, self.url, self.session = desk, f"{url}/woocommerce/wp-json/wc/v3", session
        self.door, self.books = desk.woocommerce.door, desk.woocommerce.books

    def act(self, name: str, **given: Any) -> Any:
        return self.desk.act(f"woocommerce/{name}", msgspec.json.encode(given))

    async def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: Any
    ) -> tuple[int, Any, dict[str, str]]:
        pair = base64.b64encode(f"{self.door.key}:{self.door.secret}".encode()).decode()
        sent = {"Authorization": f"Basic {pair}", "X-Forwarded-Proto": "https"} if headers is None else headers
        async with self.session.request(method, f"{self.url}/{path}", json=body, headers=sent, params=query) as said:
            return said.status, await said.json(content_type=None), dict(said.headers)


def play(told: Callable[[Scene], Awaitable[None]]) -> None:
    async def within() -> None:
        desk = Desk(Vendors(now=time.time), "tok")
        async with asyncio.timeout(30), served(desk) as url, aiohttp.ClientSession() as session:
            await told(Scene(desk, url, session))
            await desk.close()

    asyncio.run(within())


def oauth(here: Scene, method: str, path: str, **changed: str) -> dict[str, str]:
    said = {
        "oauth_consumer_key": here.door.key, "oauth_nonce": "n1", "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(int(time.time())),
    } | changed  # fmt: skip
    pairs = "&".join(f"{name}={value}" for name, value in sorted(said.items()))
    over = "&".join([method, quote(f"{here.url}/{path}", safe="~"), quote(pairs, safe="~")])
    made = hmac.new(f"{here.door.secret}&".encode(), over.encode(), hashlib.sha1).digest()
    said["oauth_signature"] = base64.b64encode(made).decode()
    return {"Authorization": "OAuth " + ", ".join(f'{name}="{quote(value, safe="")}"' for name, value in said.items())}


def test_who_is_let_in_where_there_is_tls_and_where_there_is_none() -> None:
    async def told(here: Scene) -> None:
        assert (await here.ask("GET", "orders"))[0] == 200
        basic = {"Authorization": "Basic " + base64.b64encode(b"ck:cs").decode(), "X-Forwarded-Proto": "https"}
        good = oauth(here, "GET", "orders")
        assert (await here.ask("GET", "orders", headers=good))[0] == 200
        refused = [
            basic, {}, {"X-Forwarded-Proto": "https"}, good,  # a nonce is good once
            oauth(here, "GET", "orders", oauth_nonce="n2", oauth_consumer_key="ck_x"),
            oauth(here, "POST", "orders", oauth_nonce="n3"),
            oauth(here, "GET", "orders", oauth_nonce="n4", oauth_timestamp=str(int(time.time()) - 1_000)),
            oauth(here, "GET", "orders", oauth_nonce="n5", oauth_signature_method="PLAINTEXT"),
            {"Authorization": 'OAuth oauth_consumer_key="x"'},
        ]  # fmt: skip
        for headers in refused:
            assert (await here.ask("GET", "orders", headers=headers))[0] == 401, headers
        here.door.may = "read"
        assert [(await here.ask(method, "orders/batch", {}))[0] for method in ("GET", "POST")] == [404, 401]

    play(told)


def test_lists_come_in_pages_and_say_how_many_there_are() -> None:
    async def told(here: Scene) -> None:
        names = [here.act("checkout", lines=[{"sku": "a"}]) for _ in range(23)]
        here.act("change", order=names[0], trash=True)
        status, rows, headers = await here.ask("GET", "orders", orderby="id", order="asc")
        assert (status, [one["id"] for one in rows]) == (200, names[1:11])
        assert (headers["X-WP-Total"], headers["X-WP-TotalPages"]) == ("22", "3")
        assert [one["id"] for one in (await here.ask("GET", "orders", orderby="id", order="asc", page="3"))[1]] == (
            names[21:]
        )
        assert (await here.ask("GET", "orders", offset="30"))[1] == []
        for query in ({"per_page": "101"}, {"per_page": "0"}, {"orderby": "price"}, {"modified_after": "x"}):
            assert (await here.ask("GET", "orders", None, None, **query))[1]["code"] == "rest_invalid_param"
        assert (await here.ask("GET", f"orders/{names[0]}"))[1]["status"] == "trash"
        assert (await here.ask("GET", "orders/9"))[0] == 404
        assert (await here.ask("PUT", "orders/9", {}))[0] == 400
        assert (await here.ask("GET", "nothing"))[1]["code"] == "rest_no_route"

    play(told)


def test_times_are_on_the_shops_wall_unless_utc_is_asked_for() -> None:
    async def told(here: Scene) -> None:
        here.act("checkout", lines=[{"sku": "a"}], at="2026-11-30T12:00:00Z")
        (one,) = (await here.ask("GET", "orders"))[1]
        assert (one["date_created"], one["date_created_gmt"]) == ("2026-11-30T13:00:00", "2026-11-30T12:00:00")
        for gmt, after, many in (("true", "11:59:59", 1), ("true", "12:00:00", 0), ("false", "12:59:59", 1)):
            query = {"after": f"2026-11-30T{after}", "dates_are_gmt": gmt}
            assert len((await here.ask("GET", "orders", None, None, **query))[1]) == many

    play(told)


def test_a_refund_is_written_before_the_gateway_is_asked_and_taken_back_by_its_no() -> None:
    async def told(here: Scene) -> None:
        here.act("product", sku="a", stock=5)
        name = here.act("checkout", lines=[{"sku": "a", "quantity": 2}])
        line = here.books.orders[name].lines[0].id
        body = {"amount": "4.00", "reason": "x", "line_items": {str(line): {"qty": 1, "refund_total": "3.36"}}}
        for gateway, status, left in (("no", 500, 0), ("dies", 500, 1), ("paid", 201, 2)):
            here.books.gateway = gateway
            assert (await here.ask("POST", f"orders/{name}/refunds", body))[0] == status
            assert len(here.books.orders[name].refunds) == left
        assert [one.paid for one in here.books.orders[name].refunds] == [False, True]
        assert here.books.by_sku("a").stock == 4
        too_much = await here.ask("POST", f"orders/{name}/refunds", {"amount": "12.01"})
        assert too_much[1]["code"] == "woocommerce_rest_cannot_create_order_refund"
        assert (await here.ask("POST", f"orders/{name}/refunds", {"amount": "12.00"}))[0] == 201
        assert here.books.orders[name].status == "refunded"
        shown = (await here.ask("GET", f"orders/{name}/refunds"))[1]
        assert [one["amount"] for one in shown] == ["12.00", "4.00", "4.00"]
        assert shown[1]["line_items"][0]["meta_data"][0]["value"] == str(line)

    play(told)


def test_stock_follows_an_orders_status_and_a_difference_is_added() -> None:
    async def told(here: Scene) -> None:
        number = here.act("product", sku="a", stock=5)
        name = here.act("checkout", lines=[{"sku": "a", "quantity": 2}], status="pending")
        stock = [here.books.by_sku("a").stock]
        for status in ("processing", "completed", "cancelled"):
            here.act("change", order=name, status=status)
            stock.append(here.books.by_sku("a").stock)
        assert stock == [5, 3, 3, 5]
        changes = {"update": [{"id": number, "inventory_delta": -4}, {"id": 999, "inventory_delta": 1}]}
        done = (await here.ask("POST", "products/batch", changes))[1]["update"]
        assert (done[0]["stock_quantity"], done[1]["error"]["code"]) == (1, "woocommerce_rest_invalid_product_id")
        assert (await here.ask("POST", "products/batch", {"update": [{"id": number}] * 101}))[0] == 413
        assert (await here.ask("POST", "products/batch", {}))[1] == []

    play(told)


@asynccontextmanager
async def ear(status: list[int]) -> Any:
    async with counter() as one:

        async def answer(_: Request) -> bytes:
            return json(status[0])

        one.answer = answer
        yield one


def test_a_webhook_is_pinged_sent_once_and_switched_off_at_the_seventh_failure_in_a_row() -> None:
    async def told(here: Scene) -> None:
        status = [200]
        async with ear(status) as one:
            body = {"topic": "order.updated", "delivery_url": f"{HEARD}:{one.port}/x", "secret": "Tom &amp; Jerry"}
            made = (await here.ask("POST", "webhooks", body))[1]
            teller = here.desk.woocommerce.teller
            await teller.rest()
            (ping,) = one.heard
            assert (ping.body, "x-wc-webhook-signature" in ping.headers) == (f"webhook_id={made['id']}".encode(), False)
            assert (teller.pings, "secret" in made) == ({made["id"]: True}, False)
            name = here.act("checkout", lines=[{"sku": "a"}])
            here.act("change", order=name, meta={"x": "1"})
            await teller.rest()
            (_, said) = one.heard
            key = hmac.new(b"Tom & Jerry", said.body, hashlib.sha256).digest()
            assert said.headers["x-wc-webhook-signature"] == base64.b64encode(key).decode()
            assert msgspec.json.decode(said.body)["id"] == name
            status[0] = 503
            states = []
            for number in range(8):
                here.act("change", order=name, meta={"x": str(number)})
                await teller.rest()
                states.append(here.books.webhooks[made["id"]].status)
            assert states == ["active"] * 6 + ["disabled"] * 2
            assert len(one.heard) == 2 + 7  # each of them once
            back = await here.ask("PUT", f"webhooks/{made['id']}", {"status": "active"})
            assert back[1]["status"] == "active"
            for wrong in ({"topic": "x"}, {"delivery_url": "ftp://x"}, {"status": "on"}):
                assert (await here.ask("PUT", f"webhooks/{made['id']}", wrong))[0] == 400

    play(told)


def test_what_is_not_an_order_yet_is_not_told_and_a_deleted_one_is_a_number() -> None:
    async def told(here: Scene) -> None:
        async with ear([200]) as one:
            for topic in ("order.created", "order.deleted"):
                await here.ask("POST", "webhooks", {"topic": topic, "delivery_url": f"{HEARD}:{one.port}/"})
            await here.desk.woocommerce.teller.rest()
            one.heard.clear()
            here.act("checkout", lines=[{"sku": "a"}], status="auto-draft")
            name = here.act("checkout", lines=[{"sku": "a"}], status="checkout-draft")
            here.act("change", order=name, trash=True)
            here.desk.hooks.mishaps = Mishaps(lost=1.0)
            here.act("change", order=name, trash=True)
            await here.desk.woocommerce.teller.rest()
            found = [(each.headers["x-wc-webhook-topic"], msgspec.json.decode(each.body)) for each in one.heard]
            assert sorted(topic for topic, _ in found) == ["order.created", "order.deleted"]
            assert dict(found)["order.deleted"] == {"id": name}

    play(told)


def test_killed_and_started_again_it_is_where_it_was(tmp_path: Path) -> None:
    async def life(lives: int) -> tuple[Any, Any, Any]:
        clock = Clock()
        desk = Desk(Vendors(now=clock), "tok")
        diary = Diary(tmp_path / "diary.jsonl", clock)
        book = recall(desk, diary, tmp_path / "ledger.jsonl")
        shop = desk.woocommerce
        if lives == 1:
            desk.act("woocommerce/product", b'{"sku": "a", "stock": 5}')
            name = desk.act("woocommerce/checkout", b'{"lines": [{"sku": "a", "quantity": 2}]}')
            path = ["orders", str(name), "refunds"]
            body = {"amount": "4.00", "reason": "x [pawline:r1]"}
            desk.act("woocommerce/call", msgspec.json.encode({"method": "POST", "path": path, "body": body}))
            hook = {"topic": "order.updated", "delivery_url": f"{HEARD}:9/x", "secret": "s"}
            desk.act("woocommerce/call", msgspec.json.encode({"method": "POST", "path": ["webhooks"], "body": hook}))
        found = shop.books.orders, shop.books.products, shop.books.webhooks
        await desk.close()
        diary.close()
        book.close()
        return found

    first = asyncio.run(life(1))
    assert len(first[2]) == 1
    assert asyncio.run(life(2)) == first
