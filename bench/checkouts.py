"""Questions for rates that arrive by an open model, whatever the hub does: how long each waits for its answer.

A question's wait counts from the moment at which it was to be sent. Each is about the SKUs of all orders, whose figures
are kept for a moment, and about one that nobody ever asked about, which is read.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import hmac
import random
import time
from collections import Counter

import msgspec
import uvloop

from bench.arrivals import SECRET
from bench.line import quantile, say
from pawline.testing.orders import SKUS

PRICES = {"490", "990", "0"}
"""Of the table in `quoting`."""


def request(number: int) -> bytes:
    """A signed question of Shopify's, as bytes on the wire: four lines, to another postcode each time."""
    items = [
        {"name": sku, "sku": sku, "quantity": 1 + number % 3, "grams": 700, "price": 1_499, "vendor": "Paws",
         "requires_shipping": True, "taxable": True, "fulfillment_service": "manual", "properties": {},
         "product_id": 1, "variant_id": n}
        for n, sku in enumerate([*SKUS, f"s{number}"], 1)
    ]  # fmt: skip
    to = {"country": "DE", "postal_code": f"{number % 100_000:05}", "province": "BE", "city": "Berlin", "name": "Ann",
          "address1": "Hauptstr. 1", "address2": "", "phone": None}  # fmt: skip
    totals = {"subtotal_price": 4_800, "total_price": 4_800, "discount_amount": 0}
    rate = {"origin": to, "destination": to, "items": items, "currency": "EUR", "locale": "de", "order_totals": totals}
    body = msgspec.json.encode({"rate": rate})
    made = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    lines = [
        "POST /rates/shopify/bench HTTP/1.1", "host: 127.0.0.1", "content-type: application/json",
        f"content-length: {len(body)}", f"x-shopify-hmac-sha256: {made}", "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode() + body


class Checkouts:
    """Connections that are kept; how questions were answered is counted."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.answered = Counter[str]()

    async def ask(self, number: int, due: float) -> float:
        """Seconds from `due` to its answer. Raises AssertionError for what is no answer."""
        asked = request(number)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        kept = self._free.pop() if self._free else None
        try:
            said, line = await self._over(kept, asked)
        except (asyncio.IncompleteReadError, OSError):
            if kept is None:
                raise
            said, line = await self._over(None, asked)
        took = time.perf_counter() - due
        self._free.append(line)
        (rate,) = msgspec.json.decode(said)["rates"]
        backup = rate["service_code"] == "backup"
        assert backup or rate["total_price"] in PRICES, said
        self.answered["backup" if backup else "dated" if "max_delivery_date" in rate else "undated"] += 1
        return took

    async def _over(
        self, line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None, asked: bytes
    ) -> tuple[bytes, tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = line or await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(asked)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = next(one for one in head.lower().split(b"\r\n") if one.startswith(b"content-length:"))
        return await reader.readexactly(int(length.partition(b":")[2])), (reader, writer)


async def _ask(port: int, rate: float, seconds: float, seed: int) -> None:
    chance, checkouts, waits = random.Random(seed), Checkouts(port), list[asyncio.Task[float]]()
    due = begun = time.perf_counter() + 0.2
    while due < begun + seconds:
        waits.append(asyncio.create_task(checkouts.ask(seed * 1_000_003 + len(waits), due)))
        due += chance.expovariate(rate)
        await asyncio.sleep(max(0.0, due - time.perf_counter() - 0.1))
    took = sorted(await asyncio.gather(*waits))
    at = {f"p{share}_ms": round(1_000 * quantile(took, share / 100), 3) for share in (50, 95, 99)}
    say({"questions": len(took), **at, "most_ms": round(1_000 * took[-1], 3), **dict(checkouts.answered)})


def main() -> None:
    """Prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True, help="questions a second, by chance")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    uvloop.run(_ask(given.port, given.rate, given.seconds, given.seed))


if __name__ == "__main__":
    main()
