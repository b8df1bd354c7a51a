"""Checkouts as a stick: the storefront's, event-driven, or a bare ASGI application that reads the body and answers.

Both stand on the same server with the same flags in this process, and are sent the same requests; `load` is the
sender, in a process of its own. No flow is begun: it is the answer that is measured, not the work behind it.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

from bench.ear_stick import bare
from bench.line import SCRATCH, folder, say
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

CONNECTIONS: Final = 64
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
TO: Final = Destination(country="DE", postcode="10115")
HOME: Final = {"name": "Ann", "lines": ["Hauptstr. 1"], "city": "Berlin", "postcode": "10115", "country": "DE"}


def request(number: int, port: int, key: str, quote: str) -> bytes:
    """A checkout of somebody of their own, as bytes on the wire."""
    total = {"minor": 2_490, "currency": "EUR"}
    body = msgspec.json.encode({
        "quote": quote, "delivery": "dhl", "total": total, "contact": {"email": f"ann{number}@example.com"},
        "ship_to": HOME, "payments": [{"kind": "card", "amount": total, "source": f"pm_{number}"}],
    })  # fmt: skip
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
        front, now, sku = hub.storefront, datetime.now(UTC), SkuId("bowl")
        assert front is not None
        said = Description(sku=sku, as_of=now, title="Bowl", kind=ProductKind.SUPPLY, price=Money(1_000, "EUR"))
        level = StockLevel(sku=sku, location=LocationId("main"), on_hand=10 * orders, as_of=now)
        for no, event in enumerate((ProductDescribed(description=said, account="a"), StockCounted(level=level))):
            await hub.engine.record(Envelope(shop="pets", source="bench", id=str(no), at=now, event=event))
        while hub.engine.intake.behind:  # noqa: ASYNC110 - its first look
            await asyncio.sleep(0.01)
        while not (await front.fronts["pets"].goods.left(sku) and await hub.projector.caught_up(10)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        given = {"shop": "pets", "name": "bench", "by": "bench", "secret": True, "scopes": ["checkout"]}
        key = (await hub.desk.answer("key_make", given))["key"]
        await front.read()
        line = CartLine(sku=sku, quantity=2, price=Money(1_000, "EUR"))
        cart = Cart(id=CartId("c"), currency="EUR", changed_at=now, lines=(line,))
        sent = []
        for n in range(orders):
            quote = await front.fronts["pets"].quotes.quote(cart, TO, (), asyncio.get_running_loop().time())
            sent.append(request(n, port, key, quote.id))
        (place / "requests").write_bytes(msgspec.msgpack.encode(sent))
        yield application(hub.tray, front=front)


async def _serve(name: str, place: Path, orders: int, port: int) -> None:
    tune()
    async with _hub(place, orders, port) as app:
        await _measure(name, bare if name == "bare" else app, orders, port, place)


async def _measure(name: str, app: Callable[..., Awaitable[None]], orders: int, port: int, place: Path) -> None:
    server = Server(
        app, address="127.0.0.1", port=port, interface=Interfaces.ASGINL, log_enabled=False, websockets=False
    )
    task = asyncio.create_task(server.serve())
    await asyncio.sleep(0.3)
    before = resource.getrusage(resource.RUSAGE_SELF)
    command = [sys.executable, "-m", "bench.buy_stick", "load", "--port", str(port), "--dir", str(place)]
    load = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await load.communicate()
    after = resource.getrusage(resource.RUSAGE_SELF)
    server.stop()  # type: ignore[no-untyped-call]
    await task
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    seconds = float(msgspec.json.decode(out)["seconds"])
    each = round(1_000 * cpu / orders, 4)
    say({"contender": name, "checkouts": orders, "per_s": round(orders / seconds, 1), "cpu_ms_each": each})


async def _load(place: Path, port: int) -> None:
    requests = iter(msgspec.msgpack.decode((place / "requests").read_bytes()))
    begun = time.perf_counter()

    async def line() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for one in requests:
            writer.write(one)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 202"), head
            length = next((each for each in head.split(b"\r\n") if each.startswith(b"content-length: ")), b": 0")
            await reader.readexactly(int(length.partition(b": ")[2]))
        writer.close()

    await asyncio.gather(*(line() for _ in range(CONNECTIONS)))
    say({"seconds": time.perf_counter() - begun})


def main() -> None:
    """Prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=["hub", "bare", "load"])
    parser.add_argument("--orders", type=int, default=2_000)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dir", type=Path, default=SCRATCH)
    given = parser.parse_args()
    if given.name == "load":
        uvloop.run(_load(given.dir, given.port))
        return
    with folder(given.dir) as place:
        uvloop.run(_serve(given.name, place, given.orders, given.port))


if __name__ == "__main__":
    main()
