"""Webhooks in as a stick: the hub's way, or a bare ASGI application that reads the body and answers.

Both stand on the same server with the same flags in this process; `--load` is the sender, in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import hmac
import resource
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

from bench.line import SCRATCH, folder, say
from pawline.hub import Ear, Hub, load_settings, tune
from pawline.kit import Delivery, Headers, Hmac, Hook, Secret, of_standard_webhooks, standard_key
from pawline.model import Event, Order, OrderPlaced
from pawline.store import Keyring
from pawline.testing.orders import SHOP, order
from pawline.web import application

RAW = b"a key of twenty-four bytes"
SECRET = Secret("whsec_" + base64.b64encode(RAW).decode())
CONNECTIONS = 64
Message = Callable[[], Awaitable[dict[str, object]]]


class Told(msgspec.Struct):
    """A delivery, as Standard Webhooks suggests."""

    type: str
    timestamp: datetime
    data: msgspec.Raw


def read(headers: Headers, body: bytes) -> Delivery:
    """The delivery of a believed request."""
    told = msgspec.json.decode(body, type=Told)
    (no,) = [value for name, value in headers if name == "webhook-id"]
    return Delivery(told.type, no, told.timestamp, bytes(told.data))


def placed(payload: bytes) -> tuple[Event, ...]:
    """An order, in our own words."""
    return (OrderPlaced(order=msgspec.json.decode(payload, type=Order)),)


HOOK: Hook[Any] = Hook(
    signature=Hmac(of_standard_webhooks, key=standard_key), secrets=lambda _: (SECRET,), read=read,
    hears={"order.placed": placed},
)  # fmt: skip


def request(number: int, port: int) -> bytes:
    """One signed order of a household of its own, as bytes on the wire."""
    data = msgspec.Raw(msgspec.json.encode(order(number)))
    body = msgspec.json.encode(Told("order.placed", datetime.now(UTC), data))
    no, at = f"m{number}", str(int(time.time()))
    made = base64.b64encode(hmac.new(RAW, f"{no}.{at}.".encode() + body, hashlib.sha256).digest()).decode()
    lines = [
        "POST /hooks/shop/eu HTTP/1.1", f"host: 127.0.0.1:{port}", "content-type: application/json",
        f"content-length: {len(body)}", f"webhook-id: {no}", f"webhook-timestamp: {at}",
        f"webhook-signature: v1,{made}", "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode() + body


async def bare(scope: dict[str, object], receive: Message, send: Callable[[object], Awaitable[None]]) -> None:
    """Reads the body and answers."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 202, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def _hub(place: Path) -> AsyncIterator[Any]:
    (place / "pawline.toml").write_text(f'shops = ["{SHOP}"]\n', "utf-8")
    Keyring.generate().save(place / "pawline.key")
    async with await Hub.open(load_settings(place / "pawline.toml", {})) as hub:
        hub.hearing.ears["shop/eu"] = Ear("shop/eu", SHOP, HOOK, (SECRET,))
        yield application(hub.tray)
        begun = time.perf_counter()
        await hub.tray.rest(600)
        print(f"the tray was empty {time.perf_counter() - begun:.2f} s later", file=sys.stderr)


async def _serve(name: str, place: Path, orders: int, port: int) -> None:
    tune()
    if name == "bare":
        await _measure(name, bare, orders, port)
        return
    async with _hub(place) as app:
        await _measure(name, app, orders, port)


async def _measure(name: str, app: Callable[..., Awaitable[None]], orders: int, port: int) -> None:
    server = Server(
        app, address="127.0.0.1", port=port, interface=Interfaces.ASGINL, log_enabled=False, websockets=False
    )
    task = asyncio.create_task(server.serve())
    await asyncio.sleep(0.3)
    before = resource.getrusage(resource.RUSAGE_SELF)
    command = [sys.executable, "-m", "bench.ear_stick", "load", "--orders", str(orders), "--port", str(port)]
    load = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await load.communicate()
    after = resource.getrusage(resource.RUSAGE_SELF)
    server.stop()  # type: ignore[no-untyped-call]
    await task
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    seconds = float(msgspec.json.decode(out)["seconds"])
    each = round(1_000 * cpu / orders, 4)
    say({"contender": name, "webhooks": orders, "per_s": round(orders / seconds, 1), "cpu_ms_each": each})


async def _load(orders: int, port: int) -> None:
    requests = iter([request(number, port) for number in range(1, orders + 1)])
    begun = time.perf_counter()

    async def line() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for one in requests:
            writer.write(one)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 202"), head
        writer.close()

    await asyncio.gather(*(line() for _ in range(CONNECTIONS)))
    say({"seconds": time.perf_counter() - begun})


def main() -> None:
    """Prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=["hub", "bare", "load"])
    parser.add_argument("--orders", type=int, default=5_000)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dir", type=Path, default=SCRATCH)
    given = parser.parse_args()
    if given.name == "load":
        uvloop.run(_load(given.orders, given.port))
        return
    with folder(given.dir) as place:
        uvloop.run(_serve(given.name, place, given.orders, given.port))


if __name__ == "__main__":
    main()
