"""HEAD is GET without the body: whoever only looks whether something is there reads the same headers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.unit.web.storefront.shop import PAGE, Shopper, town
from tests.unit.web.storefront.test_again import problem

SAME = ("etag", "content-type", "content-length", "cache-control", "vary", "access-control-allow-origin")


async def test_what_get_answers_head_answers_without_its_body(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann, server, nobody = await one.key(), await one.key(secret=True), Shopper(one.http, one.url, "")
        said = (await ann.ask("POST", "/v1/checkouts", await ann.form(("bowl", 1)))).body
        order, token = f"/v1/orders/{said['id']}", said["token"]
        for who, path, headers in (
            (ann, "/v1/products?limit=1", {"origin": PAGE}), (ann, "/v1/products/bowl", {}),
            (ann, "/v1/products/none", {}), (server, "/v1/households/h-1/pets", {}),
            (nobody, "/v1/openapi.json", {}), (nobody, "/v1/problems/busy", {}), (nobody, "/v1/products", {}),
            (ann, order, {}), (ann, "/v1/nothing", {}), (ann, "/v1/checkouts", {}),
        ):  # fmt: skip
            get, head = await who.ask("GET", path, **headers), await who.ask("HEAD", path, **headers)
            assert (head.status, head.body) == (get.status, ""), path
            assert {name: head.headers.get(name) for name in SAME} == {name: get.headers.get(name) for name in SAME}
        tag = (await ann.ask("GET", "/v1/products/bowl")).headers["etag"]
        assert (await ann.ask("HEAD", "/v1/products/bowl", if_none_match=tag)).status == 304
        stream = await ann.ask("HEAD", f"{order}/events", pawline_token=token)
        assert (stream.status, stream.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
        assert (await ann.ask("HEAD", f"{order}/events")).status == 404


async def test_nothing_comes_behind_the_headers(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        key = (await one.key()).key
        reader, writer = await asyncio.open_connection("127.0.0.1", int(one.url.rpartition(":")[2]))
        said = f"HEAD /v1/products/bowl HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\r\n"
        writer.write(said.encode())
        came = await reader.read()
        writer.close()
        await writer.wait_closed()
        assert came.startswith(b"HTTP/1.1 200")
        assert came.index(b"\r\n\r\n") + 4 == len(came)


@pytest.mark.parametrize(("path", "allow"), [("/v1/products", {"GET", "HEAD"}), ("/v1/checkouts", {"POST"})])
async def test_who_asks_in_another_way_is_told_of_head(tmp_path: Path, path: str, allow: set[str]) -> None:
    async with town(tmp_path) as one:
        no = await (await one.key()).ask("PUT", path)
        assert problem(no) == (405, "method-not-allowed")
        assert set(no.headers["allow"].split(", ")) - {"OPTIONS"} == allow
