"""A shop whose checkout is ours: a whole hub, pretended vendors, and somebody who buys over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote as quoted

import aiohttp

from pawline.hub import Hub, load_settings
from pawline.model import (
    Description,
    Envelope,
    Event,
    LocationId,
    Money,
    ProductDescribed,
    ProductKind,
    SkuId,
    StockCounted,
    StockLevel,
)
from pawline.runtime import Binding
from pawline.store import Keyring
from pawline.testing import Vendors, bindings
from pawline.testing.port import free_port
from pawline.web import serving
from tests.unit.hub.shop import settled

PAGE: Final = "https://pets.example"
SETTINGS: Final = """\
shops = ["pets"]
store = "{store}"
listen = "127.0.0.1:{port}"
flows = ["pawline.flows.fulfil_order"]
stock = "hub"
accounts = [{{ use = "tests.unit.web.storefront.shop:connect" }}]

[[storefronts]]
profile = "{profile}"
deadline = {deadline}
rate = 100000
client_rate = 100000

[[pickups]]
zone = "Europe/Berlin"
times = [{{ days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], cut_off = "14:00" }}]

[[rates]]
currency = "EUR"
backup = {{ code = "standard", title = "Standard", price = "6.90" }}
[[rates.zones]]
countries = ["DE"]
[[rates.zones.services]]
code = "dhl"
title = "DHL"
free_from = "49"
prices = [{{ price = "4.90", up_to_grams = 5000 }}, {{ price = "9.90", up_to_grams = 31500 }}]
days = [1, 2]
[[rates.zones.services]]
code = "express"
title = "Express"
price = "12.00"

[[returns]]
days = 30
never = ["pills"]
[returns.to]
name = "Paws, returns"
lines = ["Depot 1"]
postcode = "99084"
city = "Erfurt"
country = "DE"
"""
VENDORS: list[Vendors] = []
OURS: Final = {
    "Inventory",
    "Senders",
    "Households",
    "Orders",
    "Stock",
    "Bills",
    "Invitations",
    "Goods",
    "Behaviour",
    "Returns",
}
"""Ports that the hub itself plays."""
ANN: Final = {
    "name": "Ann Canary", "lines": ["Canary Wharf 77"], "city": "Berlin", "postcode": "10115", "country": "DE",
}  # fmt: skip
TO: Final = {"country": "DE", "postcode": "10115"}
MAIL: Final = "ann.canary@example.com"


def connect() -> list[Binding]:
    return [one for one in bindings(VENDORS[-1]) if one.port.__name__ not in OURS]


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: Any


def unguessed(name: str) -> str:
    """A short name, as long as it has to be."""
    bare = name.strip('"')
    return name.replace(bare, bare.ljust(16, "-")) if bare else name


class Shopper:
    """Asks over HTTP, with one key. Each POST names itself anew unless it is told how."""

    def __init__(self, http: aiohttp.ClientSession, url: str, key: str) -> None:
        self._http, self.url, self.key = http, url, key
        self._names = count(1)

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if method == "POST":
            name = named.setdefault("idempotency-key", f"{self.key[:6]}-{next(self._names)}")
            named["idempotency-key"] = unguessed(name)
        if self.key:
            named.setdefault("authorization", f"Bearer {self.key}")
        given = {name: value for name, value in named.items() if value}
        async with self._http.request(method, self.url + path, json=body, headers=given) as said:
            text = await said.read()
            read = await said.json() if "json" in said.content_type and text else text.decode()
            return Answer(said.status, {name.lower(): value for name, value in said.headers.items()}, read)

    async def cart(self, *lines: tuple[str, int], **headers: str) -> dict[str, Any]:
        wanted = {"lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines]}
        made = await self.ask("POST", "/v1/carts", wanted, **headers)
        assert made.status == 201, made
        return dict(made.body)

    async def quote(self, cart: dict[str, Any], to: Any = TO, **more: Any) -> Answer:
        body = {"cart": cart["id"], "destination": to, **more}
        return await self.ask("POST", "/v1/quotes", body, pawline_token=cart["token"])

    async def form(self, *lines: tuple[str, int], delivery: str = "dhl", source: str = "card-0") -> dict[str, Any]:
        """All that a checkout needs, for a cart of these."""
        said = (await self.quote(await self.cart(*lines))).body
        total = next(one["total"] for one in said["choices"] if one["delivery"]["code"] == delivery)
        return {
            "quote": said["id"], "delivery": delivery, "total": total, "contact": {"email": MAIL}, "ship_to": ANN,
            "payments": [{"kind": "card", "amount": total, "source": source}],
        }  # fmt: skip


class Town(NamedTuple):
    """The hub, its vendors, and where it answers."""

    hub: Hub
    vendors: Vendors
    url: str
    http: aiohttp.ClientSession
    folder: Path

    async def key(self, *, secret: bool = False, scopes: tuple[str, ...] = (), shop: str = "pets") -> Shopper:
        """Somebody with a new key."""
        given: dict[str, Any] = {"secret": True, "scopes": scopes or ALL} if secret else {"origins": [PAGE]}
        made = await self.hub.desk.answer("key_make", {"shop": shop, "name": "test", "by": "test", **given})
        assert self.hub.storefront is not None
        await self.hub.storefront.read()
        return Shopper(self.http, self.url, made["key"])

    async def sells(self, sku: str, units: int | None, price: int = 1_000, currency: str = "EUR") -> None:
        """This SKU is there, at a price, so many of it; None: nobody counts it."""
        now = datetime.now(UTC)
        said = Description(
            sku=SkuId(sku), as_of=now, title=sku.title(), kind=ProductKind.SUPPLY, price=Money(price, currency),
            weight=1_000,
        )  # fmt: skip
        await self.tell(ProductDescribed(description=said, account="shop/eu"))
        if units is not None:
            level = StockLevel(sku=SkuId(sku), location=LocationId("main"), on_hand=units, as_of=now)
            await self.tell(StockCounted(level=level))
        await settled(self.hub)

    async def tell(self, event: Event) -> None:
        at = datetime.now(UTC)
        await self.hub.engine.record(Envelope(shop="pets", source="test", id=str(next(_ids)), at=at, event=event))

    async def types(self) -> list[str]:
        """Of all events that are no goods, the oldest first."""
        rows = await self.hub.store.fetch("events_page", ("pets", "", 2**62, 100_000))
        return [row[4] for row in reversed(rows) if row[4] not in ("product.described@1", "stock.counted@1")]


ALL: Final = ("carts", "catalog", "cancel", "checkout", "households", "orders", "returns")
_ids = count(1)


def path_of(name: str) -> str:
    return quoted(name, safe="")


def write(folder: Path, profile: str = "event-driven", deadline: float = 5.0, store: str = "", more: str = "") -> None:
    if not (folder / "pawline.key").exists():
        Keyring.generate().save(folder / "pawline.key")
    url = store or f"sqlite:///{folder / 'pawline.db'}"
    text = SETTINGS.format(store=url, port=free_port(), profile=profile, deadline=deadline)
    (folder / "pawline.toml").write_text(more + text, "utf-8")


@asynccontextmanager
async def town(
    folder: Path, profile: str = "event-driven", deadline: float = 5.0, store: str = "", more: str = "",
    vendors: Vendors | None = None, settings: str = "", seconds: float = 120,
) -> AsyncIterator[Town]:  # fmt: skip
    """`settings` are others, word for word."""
    write(folder, profile, deadline, store, more)
    if settings:
        (folder / "pawline.toml").write_text(settings, "utf-8")
    VENDORS.append(vendors or Vendors(now=lambda: datetime.now(UTC).timestamp()))
    try:
        async with (
            asyncio.timeout(seconds), await Hub.open(load_settings(folder / "pawline.toml", {})) as hub,
            serving(hub) as url, aiohttp.ClientSession() as http,
        ):  # fmt: skip
            yield Town(hub, VENDORS[-1], url, http, folder)
    finally:
        VENDORS.pop()


@asynccontextmanager
async def two_hubs(
    folder: Path, store: str, profile: str = "event-driven", deadline: float = 5.0
) -> AsyncIterator[tuple[Town, Shopper, Shopper]]:
    """Over one store: who asks the one, and who asks the other by the same key."""
    left, right = folder / "left", folder / "right"
    for each in (left, right):
        each.mkdir()
    async with town(left, profile, deadline, store) as one:
        write(right, profile, deadline, store)
        (right / "pawline.key").write_bytes((left / "pawline.key").read_bytes())
        async with await Hub.open(load_settings(right / "pawline.toml", {})) as hub, serving(hub) as url:
            ann = await one.key()
            assert hub.storefront is not None
            await hub.storefront.read()
            yield one, ann, Shopper(one.http, url, ann.key)
