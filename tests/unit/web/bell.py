"""A shop's bell: what it hears, how it signs, and requests as its server would send them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import io
import time
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp
import msgspec

from pawline.hub import Ear, Heard, Hearing
from pawline.kit import Delivery, Headers, Hmac, Hook, Secret, of_standard_webhooks, standard_key
from pawline.model import Event

RAW: Final = b"a key of twenty-four bytes"
SECRET: Final = Secret("whsec_" + base64.b64encode(RAW).decode())
CANARY: Final = "canary.77@example.com"


class Rung(Event, tag="test.rung@1"):
    bell: str
    by: str = ""
    house: str | None = None

    @property
    def subject(self) -> str:
        return self.bell

    @property
    def household(self) -> str | None:
        return self.house

    @property
    def fact(self) -> str | None:
        return f"test.rung/{self.bell}/{self.by}" if self.by else None


class Told(msgspec.Struct):
    type: str
    at: datetime
    bells: tuple[str, ...] = ()
    house: str | None = None


def read(headers: Headers, body: bytes) -> Delivery:
    told = msgspec.json.decode(body, type=Told)
    (no,) = [value for name, value in headers if name == "webhook-id"]
    return Delivery(told.type, no, told.at, body)


def rung(payload: bytes) -> tuple[Event, ...]:
    told = msgspec.json.decode(payload, type=Told)
    if "broken" in told.bells:
        raise KeyError(f"no bell of {CANARY}")
    return tuple(Rung(bell=bell, house=told.house) for bell in told.bells)


HOOK: Final[Hook[Any]] = Hook(
    signature=Hmac(of_standard_webhooks, key=standard_key), secrets=lambda _: (SECRET,), read=read,
    hears={"rung": rung},
)  # fmt: skip
EAR: Final = Ear("sandbox/eu", "pets", HOOK, (SECRET,))


def said(*bells: str, type: str = "rung", **more: Any) -> bytes:
    return msgspec.json.encode({"type": type, "at": datetime(2026, 11, 1, tzinfo=UTC), "bells": bells, **more})


def signed(body: bytes, no: str = "m1", at: float | None = None) -> dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    made = hmac.new(RAW, f"{no}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "content-type": "application/json", "webhook-id": no, "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(made).decode(),
    }  # fmt: skip


async def hear(hearing: Hearing, account: str, headers: Headers, body: bytes, now: float) -> Heard:
    """One delivery believed, read and recorded at once; a hub's tray leaves time in between."""
    arrived = hearing.believe(account, headers, body, now)
    return await hearing.take(arrived, hearing.read(arrived))


async def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], Any]:
    """Status, headers by lower-case name, and the JSON of the answer; None only where it is empty."""
    async with aiohttp.ClientSession() as session, session.post(url, data=io.BytesIO(body), headers=headers) as answer:
        text = await answer.read()
        lower = {name.lower(): value for name, value in answer.headers.items()}
        return answer.status, lower, msgspec.json.decode(text, type=dict[str, Any]) if text else None


async def head(url: str, size: int) -> bytes:
    """The first line of the answer to a request that says how large it will be, and sends nothing of it."""
    where, _, path = url.removeprefix("http://").partition("/")
    reader, writer = await asyncio.open_connection(*where.split(":"))
    lines = ["POST /" + path + " HTTP/1.1", "host: x", "content-type: application/json", f"content-length: {size}"]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    async with asyncio.timeout(5):
        line = await reader.readline()
    writer.close()
    return line.strip()
