"""A shop whose checkout asks for rates: its settings, and questions as its server would send them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from pawline.hub import Hub, Settings, load_settings
from pawline.kit import Secret
from pawline.model import Envelope, LocationId, SkuId, StockCounted, StockLevel
from pawline.store import Keyring
from tests.unit.connectors.test_shopify import SHOP, TestShopify

SECRET: Final = "shpss_canary_77"  # noqa: S105 - a canary
ANN: Final = {"name": "Ann Canary", "address1": "Canary Wharf 77", "phone": "+4930770077", "city": "Berlin"}
RATES: Final = """\
shops = ["pets"]
listen = "127.0.0.1:{port}"
public = "http://127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]

[[pickups]]
zone = "Europe/Berlin"
times = [{{ days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], cut_off = "14:00" }}]

[[rates]]
currency = "EUR"
backup = {{ code = "standard", title = "Standard", price = "6.90" }}
[[rates.zones]]
countries = ["DE"]
[[rates.zones.services]]
code = "standard"
title = "DHL"
free_from = "49"
prices = [{{ price = "4.90", up_to_grams = 5000 }}, {{ price = "9.90", up_to_grams = 31500 }}]
days = [1, 2]

[[accounts]]
name = "shopify/eu"
plays = ["Shop"]
[accounts.settings]
url = "{url}"
shop = "{shop}"
token = {{ env = "SHOPIFY_TOKEN" }}
webhook_secrets = [{{ env = "SHOPIFY_SECRET" }}]
poll = 0
"""
BACKUP: Final = {
    "rates": [
        {"service_name": "Standard", "service_code": "standard", "description": "", "currency": "EUR",
         "total_price": "690"}
    ]
}  # fmt: skip


def settings_in(folder: Path, port: int, url: str = "http://127.0.0.1:1", shop: str = SHOP) -> Settings:
    if not (folder / "pawline.key").exists():
        Keyring.generate().save(folder / "pawline.key")
    (folder / "pawline.toml").write_text(RATES.format(port=port, url=url, shop=shop), "utf-8")
    return load_settings(folder / "pawline.toml", {})


def question(*skus: str, grams: int = 2_000, **more: Any) -> bytes:
    items = [
        {"sku": sku, "quantity": 1, "grams": grams, "price": 1_000, "requires_shipping": True} for sku in skus or ("a",)
    ]
    rate = {
        "destination": {"country": "DE", "postal_code": "D-10115", "province": None, **ANN}, "items": items,
        "currency": "EUR",
    }  # fmt: skip
    return msgspec.json.encode({"rate": rate | more})


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    made = dict(TestShopify().signed(body, Secret(secret), 0.0))
    return {"content-type": "application/json", "x-shopify-shop-domain": SHOP, **made}


async def following(hub: Hub) -> None:
    """It knows how far its views are."""
    async with asyncio.timeout(30):
        while hub.shelf._as_of < 0:  # noqa: ASYNC110 - it takes note by itself
            await asyncio.sleep(0.01)


async def count(hub: Hub, sku: str, units: int) -> None:
    at = datetime.now(UTC)
    level = StockLevel(sku=SkuId(sku), location=LocationId("main"), on_hand=units, as_of=at)
    event = StockCounted(level=level)
    await hub.engine.record(Envelope(shop="pets", source="test", id=sku, at=at, event=event))
    async with asyncio.timeout(30):
        while await hub.store.fetch("oldest_undispatched", (1,)):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    assert await hub.projector.caught_up(30)
