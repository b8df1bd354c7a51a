"""A cart that became an order: closed, told of once it is certain, there again where the order is refused."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pawline.sandbox.trades import DECLINES
from pawline.store import Retention, purge
from pawline.testing import counts
from tests.unit.hub.shop import settled, until
from tests.unit.web.storefront.shop import ANN, MAIL, Answer, Shopper, Town, town
from tests.unit.web.storefront.test_again import problem
from tests.unit.web.storefront.test_buying import holding, told

BOUGHT = (409, "cart-bought")


async def form(who: Shopper, cart: dict[str, Any], source: str = "card-0") -> dict[str, Any]:
    """What a checkout needs, by a new quote of this cart."""
    quote = (await who.quote(cart)).body
    total = quote["choices"][0]["total"]
    return {
        "quote": quote["id"], "delivery": "dhl", "total": total, "contact": {"email": MAIL}, "ship_to": ANN,
        "payments": [{"kind": "card", "amount": total, "source": source}],
    }  # fmt: skip


async def pays(who: Shopper, cart: dict[str, Any], source: str = "card-0") -> Answer:
    return await who.ask("POST", "/v1/checkouts", await form(who, cart, source))


async def untouched(one: Town) -> list[str]:
    """Carts of which somebody would be reminded."""
    await settled(one.hub)
    return [row[0] for row in await one.hub.store.fetch("carts_untouched", ("pets", 2e10, 0.0, "", 100))]


async def test_a_cart_that_was_bought_is_closed_and_says_which_order_it_is(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        await one.sells("ball", 9)
        ann, server = await one.key(), await one.key(secret=True)
        cart, other = await ann.cart(("bowl", 2)), await ann.cart(("ball", 1))
        path, mine = f"/v1/carts/{cart['id']}", {"pawline_token": cart["token"]}
        before = await ann.ask("GET", path, **mine)
        assert before.body["order"] is None
        order = (await pays(ann, cart)).body
        after = await ann.ask("GET", path, if_none_match=before.headers["etag"], **mine)
        assert (after.status, after.body) == (200, {**before.body, "order": order["id"]})
        no = [
            await ann.ask("PATCH", path, {"lines": []}, if_match=tag, **mine)
            for tag in (before.headers["etag"], after.headers["etag"], "*")
        ]
        no.append(await ann.quote(cart))
        whose = {"source": other["id"], "household": "h-ann"}
        no.append(await server.ask("POST", f"{path}/merges", whose))
        assert [(problem(each), each.body["order"]) for each in no] == [(BOUGHT, order["id"])] * 5
        assert problem(await ann.ask("GET", path)) == (404, "not-found")  # who lacks its token is told of no order
        assert problem(await ann.ask("PATCH", path, {"lines": []}, if_match="*")) == (404, "not-found")
        await told(ann, order, "confirmed")
        await settled(one.hub)
        assert await one.types() == [
            "cart.changed@1", "cart.changed@1", "order.placed@1", "order.confirmed@1", "cart.bought@1",
        ]  # fmt: skip


async def test_who_logs_in_after_buying_does_not_get_what_was_bought_again(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        await one.sells("ball", 9)
        ann, server = await one.key(), await one.key(secret=True)
        phone, desk = await ann.cart(("bowl", 2)), await ann.cart(("ball", 1))
        assert (await pays(ann, phone)).status == 202
        whose = {"source": phone["id"], "household": "h-ann"}
        said = await server.ask("POST", f"/v1/carts/{desk['id']}/merges", whose)
        assert (said.status, said.body["household"], said.body["order"]) == (200, "h-ann", None)
        assert [(line["sku"], line["quantity"]) for line in said.body["lines"]] == [("ball", 1)]


async def at_once(one: Town) -> None:
    """Twelve quotes of one cart, as many shopkeepers' buttons: one order, and all others hear which."""
    await one.sells("bowl", 50)
    server = await one.key(secret=True)
    for _ in range(3):
        cart = await server.cart(("bowl", 1))
        forms = [await form(server, cart, f"card-{n}") for n in range(12)]
        said = await asyncio.gather(*(server.ask("POST", "/v1/checkouts", each) for each in forms))
        (order,) = (each.body["id"] for each in said if each.status == 202)
        lost = [each for each in said if each.status != 202]
        assert Counter((*problem(each), each.body["order"]) for each in lost) == {(*BOUGHT, order): 11}
        again = await server.ask("POST", "/v1/checkouts", forms[0])
        assert problem(again) in {BOUGHT, (409, "quote-used")}
    await until(lambda: counts(one.vendors.effects()).get("Payments.capture") == 3)
    await settled(one.hub)
    names = Counter(await one.types())
    assert (names["order.placed@1"], names["cart.bought@1"]) == (3, 3)
    assert counts(one.vendors.effects())["Payments.authorize"] == 3
    assert (await server.ask("GET", "/v1/products/bowl")).body["stock"]["units"] == 47


async def test_of_many_quotes_of_one_cart_one_becomes_an_order(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await at_once(one)


async def test_of_many_quotes_of_one_cart_one_becomes_an_order_on_postgres(
    tmp_path: Path, new_database: Callable[[], str]
) -> None:
    async with town(tmp_path, store=new_database()) as one:
        await at_once(one)


async def test_a_refused_order_gives_its_cart_back_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        ann = await one.key()
        cart = await ann.cart(("bowl", 1))
        path, mine = f"/v1/carts/{cart['id']}", {"pawline_token": cart["token"]}
        assert await untouched(one) == [cart["id"]]
        for _ in range(2):
            first, second = await form(ann, cart, DECLINES), await form(ann, cart)
            async with holding(one, monkeypatch, "Payments.authorize"):
                order = (await ann.ask("POST", "/v1/checkouts", first)).body
                late = await ann.ask("POST", "/v1/checkouts", second)
                assert (problem(late), late.body["order"]) == (BOUGHT, order["id"])  # one at a time is under way
                assert await untouched(one) == []
            await told(ann, order, "refused")
            assert (await ann.ask("GET", path, **mine)).body["order"] is None
            assert await untouched(one) == [cart["id"]]
        tag = (await ann.ask("GET", path, **mine)).headers["etag"]
        more = {"lines": [{"sku": "bowl", "quantity": 2}]}
        assert (await ann.ask("PATCH", path, more, if_match=tag, **mine)).status == 200
        last = (await pays(ann, cart, "card-1")).body
        await told(ann, last, "confirmed")
        await settled(one.hub)
        assert (await one.types()).count("cart.bought@1") == 1
        assert (await ann.ask("GET", path, **mine)).body["order"] == last["id"]
        assert await untouched(one) == []


async def test_what_a_shopper_called_off_they_are_not_reminded_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        ann = await one.key()
        cart = await ann.cart(("bowl", 1))
        async with holding(one, monkeypatch, "Payments.authorize"):
            order = (await pays(ann, cart)).body
            path = f"/v1/orders/{order['id']}/cancellation"
            assert (await ann.ask("POST", path, {}, pawline_token=order["token"])).status == 202
        await settled(one.hub)
        assert problem(await ann.quote(cart)) == BOUGHT
        assert await untouched(one) == []


async def test_who_bought_a_cart_is_forgotten_once_the_cart_is_gone(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 9)
        ann = await one.key()
        assert (await pays(ann, await ann.cart(("bowl", 1)))).status == 202
        await settled(one.hub)
        for days, gone in ((59, 0), (2, 1), (0, 0)):

            def pass_(db: Any, days: int = days) -> None:
                db.db.execute("update cart_order set at = at - ?", (days * 86_400,))

            await one.hub.store.job(pass_)
            assert (await purge(one.hub.store, Retention())).cart_orders == gone
