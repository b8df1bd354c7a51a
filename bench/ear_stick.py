"""Webhooks in as a stick: the hub's way, or a bare ASGI application that reads the body and answers.

Both stand on the same server with the same flags in this process; `--load` is the sender, in a process of its own.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from bench.beside import bare, measure, run
from pawline.hub import Ear, Hub, load_settings, tune
from pawline.kit import Delivery, Headers, Hmac, Hook, Secret, of_standard_webhooks, standard_key
from pawline.model import Event, Order, OrderPlaced
from pawline.store import Keyring
from pawline.testing.orders import SHOP, order
from pawline.web import application

RAW = b"a key of twenty-four bytes"
SECRET = Secret("whsec_" + base64.b64encode(RAW).decode())


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


async def _serve(given: argparse.Namespace, place: Path) -> None:
    tune()
    if given.name == "bare":
        await measure(given, bare, "bench.ear_stick", "webhooks", place)
        return
    async with _hub(place) as app:
        await measure(given, app, "bench.ear_stick", "webhooks", place)


def _requests(given: argparse.Namespace) -> list[bytes]:
    return [request(number, given.port) for number in range(1, given.orders + 1)]


if __name__ == "__main__":
    run(__doc__, 5_000, _serve, _requests)
