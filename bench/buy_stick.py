"""Checkouts as a stick: the storefront's, event-driven, or a bare ASGI application that reads the body and answers.

Both stand on the same server with the same flags in this process, and are sent the same requests; `load` is the
sender, in a process of its own. No flow is begun: it is the answer that is measured, not the work behind it.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.beside import bare, measure, run
from pawline.hub import Hub, load_settings, tune
from pawline.model import (
    Cart,
    CartId,
    CartLine,
    Description,
    Destination,
    Envelope,
    LocationId,
    Money,
    ProductDescribed,
    ProductKind,
    SkuId,
    StockCounted,
    StockLevel,
)
from pawline.store import Keyring
from pawline.web import application

SETTINGS: Final = """\
shops = ["pets"]
stock = "hub"
[[storefronts]]
rate = 1000000
client_rate = 1000000
[[rates]]
currency = "EUR"
backup = { code = "standard", title = "Standard", price = "6.90" }
[[rates.zones]]
[[rates.zones.services]]
code = "dhl"
title = "DHL"
price = "4.90"
"""
SKU: Final = SkuId("bowl")
PRICE: Final = Money(1_000, "EUR")
TO: Final = Destination(country="DE", postcode="10115")
HOME: Final = {"name": "Ann", "lines": ["Hauptstr. 1"], "city": "Berlin", "postcode": "10115", "country": "DE"}


def form(number: int, quote: str, total: int) -> bytes:
    """A checkout of somebody of their own, in so many cents."""
    amount = {"minor": total, "currency": "EUR"}
    return msgspec.json.encode({
        "quote": quote, "delivery": "dhl", "total": amount, "contact": {"email": f"ann{number}@example.com"},
        "ship_to": HOME, "payments": [{"kind": "card", "amount": amount, "source": f"pm_{number}"}],
    })  # fmt: skip


async def quoted(hub: Hub, number: str, sku: SkuId, quantity: int) -> str:
    """A quote of a cart of this number, for so many units."""
    assert hub.storefront is not None
    line = CartLine(sku=sku, quantity=quantity, price=PRICE)
    cart = Cart(id=CartId(number), currency="EUR", changed_at=datetime.now(UTC), lines=(line,))
    quotes = hub.storefront.fronts["pets"].quotes
    return (await quotes.quote(cart, TO, (), asyncio.get_running_loop().time())).id


async def opened(hub: Hub, units: int, *skus: SkuId) -> str:
    """It sells these, of which there are so many; a key for who buys. Its views know of them."""
    front, now = hub.storefront, datetime.now(UTC)
    assert front is not None
    for sku in skus:
        said = Description(sku=sku, as_of=now, title=sku, kind=ProductKind.SUPPLY, price=PRICE)
        level = StockLevel(sku=sku, location=LocationId("main"), on_hand=units, as_of=now)
        for event in (ProductDescribed(description=said, account="a"), StockCounted(level=level)):
            name = f"{sku} {type(event).__name__}"
            await hub.engine.record(Envelope(shop="pets", source="bench", id=name, at=now, event=event))
    while hub.engine.intake.behind:  # noqa: ASYNC110 - its first look
        await asyncio.sleep(0.01)
    goods = front.fronts["pets"].goods
    while not (await goods.left(skus[-1]) and await hub.projector.caught_up(10)):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    given = {"shop": "pets", "name": "bench", "by": "bench", "secret": True, "scopes": ["checkout"]}
    key = (await hub.desk.answer("key_make", given))["key"]
    await front.read()
    return str(key)


def request(number: int, port: int, key: str, quote: str) -> bytes:
    """The same as bytes on the wire."""
    body = form(number, quote, 2_490)
    lines = [
        "POST /v1/checkouts HTTP/1.1", f"host: 127.0.0.1:{port}", "content-type: application/json",
        f"content-length: {len(body)}", f"authorization: Bearer {key}", f"idempotency-key: k{number:016}", "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode() + body


@asynccontextmanager
async def _hub(place: Path, orders: int, port: int) -> AsyncIterator[Any]:
    """The application; what is to be sent is written beside it, two units of a SKU by each."""
    (place / "pawline.toml").write_text(SETTINGS, "utf-8")
    Keyring.generate().save(place / "pawline.key")
    async with await Hub.open(load_settings(place / "pawline.toml", {})) as hub:
        key = await opened(hub, 10 * orders, SKU)
        sent = [request(n, port, key, await quoted(hub, f"c{n}", SKU, 2)) for n in range(orders)]
        (place / "requests").write_bytes(msgspec.msgpack.encode(sent))
        yield application(hub.tray, front=hub.storefront)


async def _serve(given: argparse.Namespace, place: Path) -> None:
    tune()
    async with _hub(place, given.orders, given.port) as app:
        await measure(given, bare if given.name == "bare" else app, "bench.buy_stick", "checkouts", place)


def _requests(given: argparse.Namespace) -> list[bytes]:
    return msgspec.msgpack.decode((given.dir / "requests").read_bytes(), type=list[bytes])


if __name__ == "__main__":
    run(__doc__, 2_000, _serve, _requests)
