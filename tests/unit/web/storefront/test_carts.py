"""Carts and the catalogue: read cheaply, changed by one at a time, and merged at login without doubling anything."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pawline.hub.storefront import Refusal
from pawline.hub.storefront.carts import merged_lines
from pawline.model import CartLine, LotRecalled, Money, PetId, Recall, RecallClass, RecallId, SkuId
from tests.unit.hub.shop import settled
from tests.unit.web.storefront.shop import town
from tests.unit.web.storefront.test_again import problem


def line(sku: str, quantity: int, *pets: str) -> dict[str, object]:
    return {"sku": sku, "quantity": quantity, "pets": list(pets)}


async def test_a_catalogue_is_read_page_by_page_and_not_again_where_nothing_changed(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        for n, units in enumerate((3, 0, None, 7, 1)):
            await one.sells(f"s{n}", units, 100 + n)
        ann = await one.key()
        found, after = [], ""
        while True:
            page = (await ann.ask("GET", f"/v1/products?limit=2{after}")).body
            found += page["products"]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        assert [(each["sku"], each["stock"] and each["stock"]["units"]) for each in found] == [
            ("s0", 3), ("s1", 0), ("s2", None), ("s3", 7), ("s4", 1),
        ]  # fmt: skip
        first = await ann.ask("GET", "/v1/products/s0")
        assert first.body["price"] == {"minor": 100, "currency": "EUR"}
        same = await ann.ask("GET", "/v1/products/s0", if_none_match=f'"x", {first.headers["etag"]}')
        assert (same.status, same.body) == (304, "")
        await one.sells("s0", 2, 100)
        other = await ann.ask("GET", "/v1/products/s0", if_none_match=first.headers["etag"])
        assert (other.status, other.body["stock"]["units"]) == (200, 2)
        assert other.body["stock"]["as_of"] > first.body["stock"]["as_of"]
        assert problem(await ann.ask("GET", "/v1/products/none")) == (404, "not-found")
        for wrong in ("limit=0", "limit=101", "limit=x", "limit=-1", "limit=9999999999", "after=" + "x" * 65):
            assert problem(await ann.ask("GET", f"/v1/products?{wrong}")) == (422, "invalid")


async def test_what_is_recalled_is_shown_so_and_not_quoted(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("tuna", 5)
        ann = await one.key()
        cart = await ann.cart(("tuna", 1))
        recall = Recall(
            id=RecallId("r1"), severity=RecallClass.CLASS_I, skus=(SkuId("tuna"),), reason="glass", source="a test"
        )  # fmt: skip
        await one.tell(LotRecalled(recall=recall))
        await settled(one.hub)
        assert (await ann.ask("GET", "/v1/products/tuna")).body["recalled"] is True
        no = await ann.quote(cart)
        assert (problem(no), no.body["skus"]) == ((409, "recalled"), ["tuna"])


async def test_a_cart_is_changed_as_it_was_read_or_not_at_all(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5, 999)
        await one.sells("ball", 5, 50)
        ann = await one.key()
        cart = await ann.cart(("bowl", 1))
        path, mine = f"/v1/carts/{cart['id']}", {"pawline_token": cart["token"]}
        read = await ann.ask("GET", path, **mine)
        assert (read.status, read.body) == (200, {**cart, "token": None})
        assert (await ann.ask("GET", path, if_none_match=read.headers["etag"], **mine)).status == 304
        body = {"lines": [line("bowl", 2, "rex"), line("bowl", 1, "mia"), line("ball", 3)]}
        assert problem(await ann.ask("PATCH", path, body, **mine)) == (428, "if-match-missing")
        assert problem(await ann.ask("PATCH", path, body, if_match='"1"', **mine)) == (412, "cart-changed")
        done = await ann.ask("PATCH", path, body, if_match=read.headers["etag"], **mine)
        assert (done.status, done.body["subtotal"]) == (200, {"minor": 3 * 999 + 3 * 50, "currency": "EUR"})
        assert [(each["sku"], each["quantity"], each["pets"]) for each in done.body["lines"]] == [
            ("bowl", 2, ["rex"]), ("bowl", 1, ["mia"]), ("ball", 3, []),
        ]  # fmt: skip
        assert problem(await ann.ask("PATCH", path, body, if_match=read.headers["etag"], **mine)) == (
            412, "cart-changed",
        )  # fmt: skip
        emptied = await ann.ask("PATCH", path, {"lines": []}, if_match=done.headers["etag"], **mine)
        assert (emptied.status, emptied.body["lines"]) == (200, [])
        assert problem(await ann.quote(cart)) == (422, "invalid")
        assert (await ann.ask("GET", path, **mine)).headers["etag"] == emptied.headers["etag"]


async def test_of_twenty_changes_at_once_one_is_made(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        cart = await ann.cart(("bowl", 1))
        path, mine = f"/v1/carts/{cart['id']}", {"pawline_token": cart["token"]}
        tag = (await ann.ask("GET", path, **mine)).headers["etag"]
        said = await asyncio.gather(
            *(ann.ask("PATCH", path, {"lines": [line("bowl", n)]}, if_match=tag, **mine) for n in range(2, 22))
        )
        (done,) = (each for each in said if each.status == 200)
        assert {problem(each) for each in said if each.status != 200} == {(412, "cart-changed")}
        now = await ann.ask("GET", path, **mine)
        assert (now.body["lines"], now.headers["etag"]) == (done.body["lines"], done.headers["etag"])
        assert await one.types() == ["cart.changed@1"] * 2


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([line("none", 1)], "lines[0].sku: nobody sells it"),
        ([line("bowl", 1), line("yen", 1)], "lines[1].sku: it has no price in EUR"),
        ([line("bowl", 1), line("bowl", 2)], "lines: one SKU for the same pets is one line"),
        ([line("bowl", 0)], "Expected `int` >= 1 - at `$.lines[0].quantity`"),
        ([line("bowl", 1_000)], "Expected `int` <= 999 - at `$.lines[0].quantity`"),
        ([{"sku": "bowl", "quantity": 1.5}], "Expected `int`, got `float` - at `$.lines[0].quantity`"),
        ([{"sku": "bowl", "quantity": 1, "price": 1}], "Object contains unknown field `price` - at `$.lines[0]`"),
    ],
)
async def test_what_makes_no_sense_is_named(tmp_path: Path, lines: list[object], says: str) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        await one.sells("yen", 5, currency="JPY")
        ann = await one.key()
        no = await ann.ask("POST", "/v1/carts", {"lines": lines})
        assert (problem(no), no.body["detail"]) == ((422, "invalid"), says)
        assert await one.types() == []


async def test_who_logs_in_keeps_both_carts_and_nothing_is_doubled(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        for sku in ("bowl", "ball", "lead"):
            await one.sells(sku, 9)
        ann, server = await one.key(), await one.key(secret=True)
        phone, desk = await ann.cart(("bowl", 2), ("ball", 1)), await ann.cart(("bowl", 1), ("lead", 3))
        path, form = f"/v1/carts/{desk['id']}/merges", {"source": phone["id"], "household": "h-ann"}
        assert problem(await ann.ask("POST", path, form)) == (403, "forbidden")
        for name in ("m1", "m1", "m2"):
            said = await server.ask("POST", path, form, idempotency_key=name)
            assert (said.status, said.body["household"]) == (200, "h-ann")
            assert [(each["sku"], each["quantity"]) for each in said.body["lines"]] == [
                ("bowl", 2), ("lead", 3), ("ball", 1),
            ]  # fmt: skip
        taken = form | {"household": "h-bob"}
        assert problem(await server.ask("POST", path, taken)) == (403, "forbidden")
        assert problem(await server.ask("POST", path, form | {"source": desk["id"]})) == (422, "invalid")
        assert problem(await server.ask("POST", path, form | {"source": "c-none"})) == (404, "not-found")
        await one.hub.engine.erase("pets", "h-ann")
        assert problem(await server.ask("GET", f"/v1/carts/{desk['id']}")) == (404, "not-found")


async def test_a_cart_is_shown_to_who_has_its_token(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann, server = await one.key(), await one.key(secret=True)
        mine, other = await ann.cart(("bowl", 1)), await ann.cart(("bowl", 1))
        for token in ("", "x", other["token"], "ä"):
            got = await ann.ask("GET", f"/v1/carts/{mine['id']}", pawline_token=token)
            assert problem(got) == (404, "not-found")
        assert (await server.ask("GET", f"/v1/carts/{mine['id']}")).status == 200


def test_a_merge_that_is_too_large_is_refused() -> None:
    lines = [
        CartLine(sku=SkuId(f"s{n}"), quantity=1, price=Money(1, "EUR"), pets=(PetId("rex"),)) for n in range(101)
    ]  # fmt: skip
    assert len(merged_lines(lines[:100], lines[50:100])) == 100
    with pytest.raises(Refusal, match="100 lines at most"):
        merged_lines(lines[:100], lines[100:])
