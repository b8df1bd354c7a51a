"""Rates over HTTP, from a real hub: what the table says, a promise where the stock is known, else the backup."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.connectors.shopify.rates import QUOTES
from pawline.hub import Hub, HubRefused, load_settings
from pawline.hub.quoting import SKUS, How
from pawline.insight.rates import Standing, choices
from pawline.model import SkuId
from pawline.testing.port import free_port
from pawline.views import shelf
from pawline.web import serving
from tests.unit.web.bell import head, post
from tests.unit.web.checkout import ANN, BACKUP, count, following, question, settings_in, signed

HUNDREDTHS = "Shopify's rates are in hundredths, and KWD has smaller units"
ONE_SHOP = "name that shop, and give each other shop an account of its own"
DATES = {"min_delivery_date", "max_delivery_date"}


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPIFY_TOKEN", "tok")
    monkeypatch.setenv("SHOPIFY_SECRET", "shpss_canary_77")


@asynccontextmanager
async def up(folder: Path) -> AsyncIterator[tuple[Hub, str]]:
    async with await Hub.open(settings_in(folder, free_port())) as hub, serving(hub) as address:
        await following(hub)
        yield hub, f"{address}/rates/shopify/eu"


async def ask(url: str, body: bytes) -> Any:
    status, headers, said = await post(url, body, signed(body))
    assert (status, headers["content-type"]) == (200, "application/json")
    return said


def counted(hub: Hub) -> dict[How, int]:
    return {how: n for (_, how), n in hub.quoting.counts.items()}


async def test_a_rate_is_what_the_table_says_with_the_days_of_what_is_in_stock(tmp_path: Path) -> None:
    async with up(tmp_path) as (hub, url):
        await count(hub, "a", 1)
        body = question("a")

        def right() -> bytes:
            now, stock = datetime.fromtimestamp(hub.store.now(), UTC), {SkuId("a"): Standing(1)}
            found = choices(hub.quoting.askers["shopify/eu"].tariff, QUOTES.read(body), now, stock, QUOTES.shown)
            return QUOTES.write(found)

        before, said, after = right(), await post(url, body, signed(body)), right()
        assert said[0] == 200
        (rate,) = said[2]["rates"]
        assert said[2] in (msgspec.json.decode(before), msgspec.json.decode(after))
        assert {name: value for name, value in rate.items() if name not in DATES} == {
            "service_name": "DHL", "service_code": "standard", "description": "", "currency": "EUR",
            "total_price": "490",
        }  # fmt: skip
        assert all(re.fullmatch(r"20\d\d-\d\d-\d\d 12:00:00 \+0[12]00", rate[name]) for name in DATES)
        assert counted(hub) == {How.PROMISED: 1}
        check = hub.quoting.check()
        assert (check.name, check.state) == ("quotes", "good")
        assert re.fullmatch(r"shopify/eu: 1 with a day; the slowest took \d+ ms", check.says)


async def test_what_is_not_there_or_not_known_is_priced_all_the_same_and_not_promised(tmp_path: Path) -> None:
    async with up(tmp_path) as (hub, url):
        await count(hub, "a", 1)
        await count(hub, "b", 0)
        many = [f"s{n}" for n in range(SKUS + 1)]
        for body, price in (
            (question("a", "a"), "490"),  # of one there is one
            (question("a", "b"), "490"),
            (question("a", "never"), "490"),
            (question(*many, grams=10), "0"),
            (question("b", grams=5_001), "990"),
            (question("b", order_totals={"subtotal_price": 9_900, "discount_amount": 5_000}), "0"),
        ):
            (rate,) = (await ask(url, body))["rates"]
            assert (rate["service_code"], rate["total_price"], DATES & rate.keys()) == ("standard", price, set())
        assert counted(hub) == {How.UNPROMISED: 6}
        assert hub.quoting.check().state == "good"
        assert hub.quoting.check().says.partition("ms; ")[2] == (
            "1 without a day because its stock was not known in time;"
            " 4 without a day because something is not in stock;"
            " 1 without a day because something was never counted, or is recalled"
        )
        assert not any(sku == "s0" for _, sku in hub.shelf._kept)


async def test_views_that_are_behind_promise_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "LOOK", 3_600.0)
    async with up(tmp_path) as (hub, url):
        await count(hub, "a", 9)
        assert (await ask(url, question("a")))["rates"][0].keys() >= DATES
        hub.shelf._as_of -= shelf.OLD + 1
        (rate,) = (await ask(url, question("a")))["rates"]
        assert (rate["total_price"], DATES & rate.keys()) == ("490", set())


async def test_where_the_table_does_not_help_the_backup_does(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with up(tmp_path) as (hub, url):
        for body in (
            question(destination={"country": "NZ", **ANN}),
            question(grams=31_501),
            question(currency="CHF"),
            question(currency="Canary"),
            question(destination=ANN),
            question(items=[]),
            b"", b"null", b"<html>Canary", b"\xff",
        ):  # fmt: skip
            assert await ask(url, body) == BACKUP
        assert counted(hub) == {How.BACKUP: 10}
        assert hub.quoting.check().says.partition("ms; ")[2] == (
            "7 by the backup because it cannot be read, or a defect of ours: see the log;"
            " 1 by the backup because its amounts are in another currency;"
            " 1 by the backup because no service there takes it; 1 by the backup because no zone has its destination"
        )
        assert hub.quoting.check().state == "look"
    assert caplog.text.count("shopify/eu: answered by the backup, because of ") == 7


async def test_a_defect_of_ours_is_answered_by_the_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with up(tmp_path) as (hub, url):

        async def broken(*_: object) -> None:
            raise RuntimeError(f"about {ANN}")

        monkeypatch.setattr(hub.shelf, "standings", broken)
        assert await ask(url, question("a")) == BACKUP


async def test_who_is_not_believed_is_refused_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with up(tmp_path) as (hub, url):
        body, nobody = question("a"), "no account of this name asks for rates"
        strange = signed(body, "shpss_of_nobody")
        bare = {name: value for name, value in signed(body).items() if name != "x-shopify-hmac-sha256"}
        other = signed(body) | {"x-shopify-shop-domain": "other.myshopify.com"}
        for headers in (strange, bare, other, signed(body + b" ")):
            status, _, problem = await post(url, body, headers)
            assert (status, problem["detail"]) == (401, "not signed by a secret that is live here")
        for path in ("shopify/us", "sandbox/eu"):
            status, _, problem = await post(url.replace("shopify/eu", path), body, signed(body))
            assert (status, problem["detail"]) == (404, nobody)
        assert await head(url, 2 << 20) == b"HTTP/1.1 413 Payload Too Large"
        assert counted(hub) == {How.REFUSED: 4}
        assert hub.quoting.check().says == "shopify/eu: 4 not at all: unsigned"
    assert caplog.text.count(f"shopify/eu: a question of {len(body)} bytes for rates is not believed: ") == 4


def everything(folder: Path) -> bytes:
    return b"".join(one.read_bytes() for one in folder.iterdir() if one.is_file())


async def test_a_shopper_who_asks_is_one_whom_renewals_wait_behind(tmp_path: Path) -> None:
    async with up(tmp_path) as (hub, url):
        body = question("a")
        await post(url, body, signed(body, "shpss_of_nobody"))
        assert hub.tray._renewals._came == float("-inf")
        began = asyncio.get_running_loop().time()
        await ask(url, body)
        assert began < hub.tray._renewals._came <= asyncio.get_running_loop().time()


async def test_nothing_of_who_asks_is_logged_or_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with up(tmp_path) as (hub, url):
        await count(hub, "a", 1)
        for body in (question("a"), question(destination={"country": "NZ", **ANN}), question(items=[])):
            await ask(url, body)
            await post(url, body, signed(body, "shpss_of_nobody"))
        rows = await hub.desk.answer("events", {"shop": "pets", "kind": "", "limit": 50})
        assert [one["type"] for one in rows] == ["stock.counted@1"]
        kept = repr((vars(hub.quoting), vars(hub.shelf)))
    written = everything(tmp_path)
    for told in ("Canary", "D-10115", "+4930770077"):
        assert told not in caplog.text + kept
        assert told.encode() not in written


async def test_a_crowd_is_answered(tmp_path: Path) -> None:
    async with up(tmp_path) as (hub, url):
        await count(hub, "a", 1)
        bodies = [question("a", grams=grams) for grams in range(1, 101)]
        found = await asyncio.gather(*(ask(url, body) for body in bodies))
        assert {one["rates"][0]["total_price"] for one in found} == {"490"}
        assert sum(counted(hub).values()) == 100


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            '"EUR"', '"KWD"',
            f"`rates`: shopify/eu cannot be told prices of pets: {HUNDREDTHS}",
        ),
        (
            'shops = ["pets"]', 'shops = ["pets", "cats"]',
            f"`accounts[0].shops`: shopify/eu hears webhooks, which are of one shop: {ONE_SHOP}",
        ),
    ],
)  # fmt: skip
async def test_what_cannot_be_told_is_refused_at_the_start(tmp_path: Path, old: str, new: str, told: str) -> None:
    settings_in(tmp_path, free_port())
    file = tmp_path / "pawline.toml"
    file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(HubRefused) as refused:
        await Hub.open(load_settings(file, {}))
    assert str(refused.value) == told


async def test_an_account_of_a_shop_without_rates_is_not_asked(tmp_path: Path) -> None:
    settings_in(tmp_path, free_port())
    file = tmp_path / "pawline.toml"
    text = file.read_text("utf-8").replace('shops = ["pets"]', 'shops = ["pets", "cats"]')
    text = text.replace("[[rates]]", '[[rates]]\nshops = ["cats"]').replace('plays = ["Shop"]', 'shops = ["pets"]')
    file.write_text(text, "utf-8")
    async with await Hub.open(load_settings(file, {})) as hub, serving(hub) as address:
        body = question("a")
        assert (await post(f"{address}/rates/shopify/eu", body, signed(body)))[0] == 404
        assert "quotes" not in {one["name"] for one in await hub.desk.answer("health", {})}
