"""Webhooks of adopted orders that arrive by an open model, whatever the hub does: how long each waits for its answer.

An order's wait counts from the moment at which it was to be sent, so a hub that stands still is not spared.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import hmac
import random
import time
from datetime import UTC, datetime

import msgspec
import uvloop

from bench.line import say
from pawline.model import Address, Channel, Checkout
from pawline.testing.orders import order

RAW = b"a key of twenty-four bytes"
SECRET = "whsec_" + base64.b64encode(RAW).decode()
HOME = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", postcode="10115", country="DE")


def request(number: int, channel: Channel = Channel.WEB) -> bytes:
    """One signed order of the sandbox's shop, as bytes on the wire."""
    now = datetime.now(UTC)
    placed = order(number, checkout=Checkout.ADOPTED, paid=True, ship_to=HOME, placed_at=now)
    placed = msgspec.structs.replace(placed, channel=channel)
    body = msgspec.json.encode({"type": "order.placed", "timestamp": now, "data": {"order": placed}})
    no, at = f"m{number}", str(int(time.time()))
    made = base64.b64encode(hmac.new(RAW, f"{no}.{at}.".encode() + body, hashlib.sha256).digest()).decode()
    lines = [
        "POST /hooks/sandbox/bench HTTP/1.1", "host: 127.0.0.1", "content-type: application/json",
        f"content-length: {len(body)}", f"webhook-id: {no}", f"webhook-timestamp: {at}",
        f"webhook-signature: v1,{made}", "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode() + body


SENDERS = 16
"""Connections over which a vendor tells what happened in a burst."""
AT_ONCE = 256
"""Connections, as a vendor keeps some; an order that waits for one waits for its answer."""


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Line:
    """Kept connections."""

    def __init__(self, port: int, at_once: int = AT_ONCE, channel: Channel = Channel.WEB) -> None:
        self._port, self._channel = port, channel
        self._gate = asyncio.Semaphore(at_once)
        self._free: list[Stream] = []

    async def send(self, number: int, due: float) -> float:
        """Seconds from `due` to its 202."""
        body = request(number, self._channel)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        async with self._gate:
            kept = self._free.pop() if self._free else None
            try:
                head, line = await self._over(kept, body)
            except (asyncio.IncompleteReadError, OSError):
                if kept is None:
                    raise
                head, line = await self._over(None, body)  # the hub let an idle line go: a new one, as vendors do
            assert head.startswith(b"HTTP/1.1 202"), head
            self._free.append(line)
        return time.perf_counter() - due

    async def _over(self, line: Stream | None, body: bytes) -> tuple[bytes, Stream]:
        line = line or await asyncio.open_connection("127.0.0.1", self._port)
        line[1].write(body)
        return await line[0].readuntil(b"\r\n\r\n"), line


async def _burst(port: int, first: int, count: int) -> None:
    """All of them are due now; their sender has so many connections as vendors have."""
    line, due = Line(port, SENDERS, Channel.SUBSCRIPTION), time.perf_counter()
    took = sorted(await asyncio.gather(*(line.send(first + n, due) for n in range(count))))
    say({"orders": len(took), "seconds": round(took[-1], 2)})


async def _arrive(port: int, first: int, rate: float, seconds: float, seed: int, *, placed: bool) -> None:
    chance, line = random.Random(seed), Line(port)
    waits: list[asyncio.Task[float]] = []
    dues: list[float] = []
    clock = time.time() - time.perf_counter()
    due = begun = time.perf_counter() + 0.2
    while due < begun + seconds:
        waits.append(asyncio.create_task(line.send(first + len(waits), due)))
        dues.append(due)
        due += chance.expovariate(rate) if rate else 0.002
        await asyncio.sleep(max(0.0, due - time.perf_counter() - 0.1))
    took = sorted(await asyncio.gather(*waits))
    at = {f"p{share}_ms": round(1_000 * took[len(took) * share // 100], 3) for share in (50, 95, 99)}
    more = {"placed": {f"o{first + n}": round(clock + due, 4) for n, due in enumerate(dues)}} if placed else {}
    say({"orders": len(took), **at, **more})


def main() -> None:
    """Prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--first", type=int, required=True, help="the number of the first order")
    parser.add_argument("--rate", type=float, default=0.0, help="orders a second by chance; 0: 500, evenly")
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--burst", type=int, default=0, help="so many at once, instead")
    parser.add_argument("--placed", action="store_true", help="say when each order was due, in epoch seconds")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if given.burst:
        uvloop.run(_burst(given.port, given.first, given.burst))
        return
    uvloop.run(_arrive(given.port, given.first, given.rate, given.seconds, given.seed, placed=given.placed))


if __name__ == "__main__":
    main()
