"""What shoppers look at at Shopify, from the script that is pasted there to what flows and people are told of it.

Shopify, its checkout and a shopper's browser are the sandbox's; once a real browser runs the real script, in a frame
that is sandboxed as Shopify's.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web
from msgspec.structs import replace

from pawline.cli.connecting import _connected
from pawline.cli.visiting import _pixel
from pawline.hub import Hub, HubRefused, load_settings
from pawline.model import Act, HouseholdId, OrderId
from pawline.ports import Browsed
from pawline.sandbox import Desk, Vendors, served
from pawline.store import Keyring
from pawline.testing.port import free_port
from pawline.views.visits import OwnBehaviour
from pawline.web import serving
from tests.unit.connectors.shopify_pixel import checkout, event, variant
from tests.unit.sandbox.shopify_scene import STOCK, order

TOKEN = "tok-canary-77"  # noqa: S105 - of this test's own sandbox
SETTINGS = """
shops = ["paws"]
listen = "127.0.0.1:{port}"
public = "http://127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]

[[accounts]]
name = "shopify/eu"
plays = ["Shop"]

[accounts.settings]
url = "{url}"
shop = "pawline-sandbox.myshopify.com"
client = "{client}"
client_secret = {{ env = "SHOPIFY_SECRET" }}
webhook_secrets = [{{ env = "SHOPIFY_SECRET" }}]
pixel = "k-canary-77-public"
"""
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FAKE = """
const heard = {};
var init = { customerPrivacy: { analyticsProcessingAllowed: true, marketingAllowed: true } };
var analytics = { subscribe: (name, call) => { (heard[name] = heard[name] || []).push(call); } };
var api = { customerPrivacy: { subscribe: () => {} } };
"""
"""What Shopify's sandbox hands to a pixel."""


class Town:
    """A hub with its pixel's address, and Shopify with a shopper."""

    def __init__(self, hub: Hub, desk: Desk, url: str, made: dict[str, Any]) -> None:
        self.hub, self.desk, self.url, self.made = hub, desk, url, made

    def place(self, number: int) -> tuple[OrderId, HouseholdId]:
        told = replace(order(number), placed_at=datetime.now(UTC).replace(microsecond=0))
        made = OrderId(self.desk.shopify.acts["shopify/checkout"](msgspec.json.encode(told)).id)
        assert told.household is not None
        return made, told.household

    async def visits(self, *events: str, **more: Any) -> Any:
        body = msgspec.json.encode({"pixel": self.made["address"], "events": events, **more})
        headers = {"authorization": f"Bearer {TOKEN}"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/desk/shopify/visit", data=body, headers=headers) as said,
        ):
            return said.status, await said.json()

    async def owner(self, name: OrderId) -> HouseholdId:
        async with asyncio.timeout(30):
            while not (rows := await self.hub.store.fetch("order_household", ("paws", name))):  # noqa: ASYNC110 - a view
                await asyncio.sleep(0.02)
        return HouseholdId(rows[0][0])

    async def seen(self, household: HouseholdId) -> Browsed:
        await self.hub.visits.flush()
        return await OwnBehaviour("paws", self.hub.store, self.hub.projector).seen(household)


@asynccontextmanager
async def town(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    desk = Desk(Vendors(now=time.time, stock=STOCK), TOKEN)
    monkeypatch.setenv("SHOPIFY_SECRET", desk.shopify.door.secret)
    Keyring.generate().save(folder / "pawline.key")
    async with served(desk) as url:
        said = SETTINGS.format(port=free_port(), url=url, client=desk.shopify.door.client)
        (folder / "pawline.toml").write_text(said, "utf-8")
        settings = load_settings(folder / "pawline.toml", {})
        await _connected(settings, "shopify/eu")
        made = await _pixel(settings, "shopify/eu")
        assert made["address"] == f"{settings.public}/pixels/shopify/eu/k-canary-77-public"
        assert f'fetch("{made["address"]}", ' in made["script"]
        with pytest.raises(HubRefused, match="shopify/us has no pages that tell"):
            await _pixel(settings, "shopify/us")
        with pytest.raises(HubRefused, match="no page can reach the hub"):
            await _pixel(replace(settings, public=""), "shopify/eu")
        async with await Hub.open(settings) as hub, serving(hub):
            yield Town(hub, desk, url, made)


async def test_a_browser_is_somebodys_once_an_order_of_theirs_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path, monkeypatch) as here:
        looked = await here.visits("page_viewed", "product_viewed", skus=["litter-5", "kibble-10"])
        assert (looked[0], looked[1]["status"]) == (200, 202)
        ann = looked[1]["client"]
        bought, _ = here.place(1)
        await here.visits("checkout_started", "checkout_completed", client=ann, order=bought)
        other, _ = here.place(2)
        await here.visits("product_viewed", "checkout_completed", skus=["toy"], order=other, marketing=False)
        assert (await here.visits("page_viewed", analytics=False))[1]["status"] is None
        household = await here.owner(bought)
        found = await here.seen(household)
        assert found.products == ("kibble-10", "litter-5")
        assert found.did == (Act.PAGE, Act.PRODUCT, Act.CHECKOUT, Act.COMPLETED)
        assert await here.seen(await here.owner(other)) == Browsed()
        (today,) = await here.hub.desk.answer("visits", {"shop": "paws"})
        assert (today["visitors"], today["product"], today["checkout"], today["completed"]) == (2, 2, 2, 2)
        told = await here.hub.desk.answer("household", {"shop": "paws", "household": household})
        assert [one["did"] for one in told["visits"]] == [["page", "product", "checkout", "completed"]]
        assert await here.hub.projector.erase("paws", household, 5.0, time.time()) == []
        assert await here.seen(household) == Browsed()
        (today,) = await here.hub.desk.answer("visits", {"shop": "paws"})
        assert today["visitors"] == 1


async def test_the_sandbox_refuses_what_no_browser_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with town(tmp_path, monkeypatch) as here:
        assert (await here.visits("page_looked_at"))[0] == 404
        assert (await here.visits())[1]["status"] is None
        here.made["address"] = f"http://127.0.0.1:{free_port()}/"
        assert (await here.visits("page_viewed"))[0] == 503
        assert await here.hub.desk.answer("visits", {"shop": "paws"}) == []


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine to run the pixel in")
async def test_a_real_browser_runs_it_in_a_frame_without_an_origin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path, monkeypatch) as here:
        bought, _ = here.place(1)
        done = [
            event("page_viewed"), event("product_viewed", {"productVariant": variant("kibble-10")}),
            event("checkout_completed", checkout(f"gid://shopify/OrderIdentity/{bought}")),
        ]  # fmt: skip
        happens = f"for (const one of {msgspec.json.encode([one for _, one in done]).decode()})"
        script = f"{FAKE}{here.made['script']}{happens} (heard[one.name] || []).forEach((call) => call(one));"
        frame = f'<iframe sandbox="allow-scripts allow-forms" srcdoc="{escape(f"<script>{script}</script>")}"></iframe>'
        async with _page(frame) as address, _browser(address, tmp_path):
            household = await here.owner(bought)
            async with asyncio.timeout(60):
                while (found := await here.seen(household)) == Browsed():  # noqa: ASYNC110 - a browser tells nobody
                    await asyncio.sleep(0.05)
        assert (found.products, found.did) == (("kibble-10",), (Act.PAGE, Act.PRODUCT, Act.COMPLETED))
        assert [how.value for _, how in here.hub.visits.counts] == ["taken"]


@asynccontextmanager
async def _page(body: str) -> AsyncIterator[str]:
    async def shown(_: web.Request) -> web.Response:
        return web.Response(text=f"<!doctype html><title>shop</title>{body}", content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/", shown)])
    runner, port = web.AppRunner(app), free_port()
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _browser(address: str, folder: Path) -> AsyncIterator[None]:
    assert CHROMIUM is not None
    words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"]
    process = await asyncio.create_subprocess_exec(
        CHROMIUM, *words, f"--user-data-dir={folder / 'browser'}", "--remote-debugging-port=0", address,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
