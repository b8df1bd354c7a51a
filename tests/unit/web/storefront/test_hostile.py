"""Who means harm, or only sends odd things: keys, streams and bodies."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from pawline.hub.storefront.api_keys import digest, made
from pawline.web.storefront.door import LARGE
from pawline.web.storefront.events import EACH
from tests.unit.web.storefront.shop import PAGE, Shopper, Town, town
from tests.unit.web.storefront.test_again import problem


async def follow(one: Town, ann: Shopper, order: dict[str, str]) -> aiohttp.ClientResponse:
    headers = {"authorization": f"Bearer {ann.key}", "pawline-token": order["token"]}
    return await one.http.get(f"{one.url}/v1/orders/{order['id']}/events", headers=headers)


async def test_a_revoked_key_s_streams_end(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        order = (await ann.ask("POST", "/v1/checkouts", await ann.form(("bowl", 1)))).body
        async with await follow(one, ann, order) as stream:
            revoke = {"shop": "pets", "id": ann.key[:11], "by": "ann", "reason": "it leaked"}
            await one.hub.desk.answer("key_revoke", revoke)
            async with asyncio.timeout(60):  # a living one lasts for 300
                await stream.read()


async def test_one_order_s_followers_leave_streams_to_others(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        mine, other = [
            (await ann.ask("POST", "/v1/checkouts", await ann.form(("bowl", 1)))).body for _ in range(2)
        ]  # fmt: skip
        streams = []
        for _ in range(EACH):
            streams.append(stream := await follow(one, ann, mine))
            await stream.content.readline()  # it runs
        more, theirs = await follow(one, ann, mine), await follow(one, ann, other)
        assert (more.status, more.headers["retry-after"], theirs.status) == (503, "5", 200)
        for stream in (*streams, more, theirs):
            stream.close()


async def test_a_scope_of_a_newer_version_ends_nothing(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        front = one.hub.storefront
        assert front is not None
        key = made(True)
        row = (key[:11], "pets", digest(key), "new", "catalog returns", "", one.hub.store.now(), "ann", None)
        assert (await one.hub.store.written([("insert_api_key", row)])).error is None
        await front.read()
        assert (await Shopper(one.http, one.url, key).ask("GET", "/v1/products")).status == 200


async def test_a_secret_key_in_a_page_of_its_own_origin_is_refused_and_the_operator_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with town(tmp_path) as one:
        server = await one.key(secret=True)
        with caplog.at_level(logging.WARNING, "pawline.web"):
            said = await server.ask("GET", "/v1/products", sec_fetch_site="same-origin")
        assert problem(said) == (403, "forbidden")
        assert f"the secret key {server.key[:11]} came from a page: revoke it" in caplog.messages
        assert server.key not in caplog.text


async def endless(answered: asyncio.Event) -> AsyncIterator[bytes]:
    """A little more than may be, and then no end."""
    for _ in range((LARGE >> 14) + 1):
        yield b" " * (1 << 14)
    await answered.wait()


async def test_a_body_that_names_no_length_is_read_no_further_than_another(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        ann = await one.key()
        headers = {
            "authorization": f"Bearer {ann.key}",
            "idempotency-key": "x" * 16,
            "content-type": "application/json",
        }
        answered = asyncio.Event()
        async with one.http.post(f"{one.url}/v1/carts", data=endless(answered), headers=headers) as said:
            answered.set()
            assert (said.status, said.headers["x-content-type-options"]) == (413, "nosniff")
            assert str(LARGE).encode() in await said.read()


async def test_what_is_wrong_is_told_in_a_few_words(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        ann = await one.key()
        said = await ann.ask("POST", "/v1/carts", {"<script>" * 10_000: 1})
        assert problem(said) == (422, "invalid")
        assert len(said.body["detail"]) < 400


async def test_etags_are_read_as_proxies_send_them(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        cart = await ann.cart(("bowl", 1))
        path, token = f"/v1/carts/{cart['id']}", cart["token"]
        tag = (await ann.ask("GET", path, pawline_token=token)).headers["etag"]
        assert (await ann.ask("GET", path, pawline_token=token, if_none_match="*")).status == 304
        weak = await ann.ask("PATCH", path, {"lines": []}, pawline_token=token, if_match=f"W/{tag}")
        assert weak.status == 200
        listed = f'"1", {weak.headers["etag"]}'
        assert (await ann.ask("PATCH", path, {"lines": []}, pawline_token=token, if_match=listed)).status == 200
        assert (await ann.ask("PATCH", path, {"lines": []}, pawline_token=token, if_match=listed)).status == 412


async def test_who_buys_too_often_is_told_when_the_next_one_may_be(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        text = (tmp_path / "pawline.toml").read_text("utf-8")
    (tmp_path / "few").mkdir()
    text = text.replace("[[storefronts]]", "[[storefronts]]\nclient_checkouts = 2")
    async with town(tmp_path / "few", settings=text) as one:
        ann = await one.key()
        said = [
            await ann.ask("POST", "/v1/checkouts", {}, x_forwarded_for="203.0.113.1", origin=PAGE) for _ in range(3)
        ]  # fmt: skip
        assert (said[2].status, said[2].headers["retry-after"]) == (429, "30")
        assert said[2].headers["access-control-allow-origin"] == PAGE


async def test_a_sku_with_a_slash_is_found(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("rc/12 kg", 5)
        ann = await one.key()
        for path in ("rc%2F12%20kg", "rc/12%20kg"):
            async with one.http.get(
                URL(f"{one.url}/v1/products/{path}", encoded=True), headers={"authorization": f"Bearer {ann.key}"}
            ) as said:
                assert (said.status, (await said.json())["sku"]) == (200, "rc/12 kg")


@pytest.mark.parametrize("forwarded", ["127.0.0.1", "203.0.113.1, 127.0.0.1", "[::1]:4711"])
async def test_two_proxies_on_this_machine_are_nobody_s_address(tmp_path: Path, forwarded: str) -> None:
    async with town(tmp_path) as one:
        text = (tmp_path / "pawline.toml").read_text("utf-8")
    (tmp_path / "few").mkdir()
    text = text.replace("[[storefronts]]", "[[storefronts]]\nclient_checkouts = 1")
    async with town(tmp_path / "few", settings=text) as one:
        ann = await one.key()
        said = [(await ann.ask("POST", "/v1/checkouts", {}, x_forwarded_for=forwarded)).status for _ in range(3)]
        assert said == [422] * 3
