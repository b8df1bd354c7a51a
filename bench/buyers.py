"""Shoppers who buy by an open model, whatever the hub does: what each is answered, and how long it waits for that.

Carts and quotes are made first; what is measured is `POST /v1/checkouts`. A wait counts from the moment at which the
request was to be sent, so a hub that stands still is not spared. Who is refused keeps the quote for somebody later.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter, deque
from typing import Any, Final

import msgspec
import uvloop

from bench.line import quantile, say

SKU: Final = "bowl"
AT_ONCE: Final = 32
"""Connections over which carts and quotes are made."""
PATIENCE: Final = 30.0
"""Seconds after which a request that is not answered hangs."""
HOME: Final = {"name": "Ann", "lines": ["Hauptstr. 1"], "city": "Berlin", "postcode": "10115", "country": "DE"}
BUSY: Final = frozenset({429, 503})


class Answer(msgspec.Struct):
    """What came back."""

    status: int
    headers: bytes
    body: bytes


class Line:
    """Connections to the hub that are kept."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._head = f"host: 127.0.0.1:{port}\r\ncontent-type: application/json\r\nauthorization: Bearer {key}\r\n"

    async def ask(self, path: str, body: object, name: str = "") -> Answer:
        """POSTs it. Raises OSError and IncompleteReadError."""
        sent = msgspec.json.encode(body)
        named = f"idempotency-key: {name}\r\n" if name else ""
        head = f"POST {path} HTTP/1.1\r\n{self._head}{named}content-length: {len(sent)}\r\n\r\n".encode()
        kept = self._free.pop() if self._free else None
        try:
            return await self._over(kept, head + sent)
        except (asyncio.IncompleteReadError, OSError):
            if kept is None:
                raise
            return await self._over(None, head + sent)  # the hub let an idle line go

    async def _over(self, kept: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None, sent: bytes) -> Answer:
        reader, writer = kept or await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(sent)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            size = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
            body = await reader.readexactly(int(size or 0))
        except BaseException:
            writer.close()
            raise
        self._free.append((reader, writer))
        return Answer(int(head[9:12]), head, body)


class Buyers:
    """Who buys, and what became of it."""

    def __init__(self, line: Line, first: int) -> None:
        self._line, self._first = line, first
        self._quotes: deque[tuple[int, dict[str, Any]]] = deque()
        self.statuses = Counter[str]()
        self.took: list[float] = []
        """Seconds of those who have an order, or are told why not."""
        self.refused: list[float] = []
        self.orders: list[str] = []
        self.without_a_word = 0
        """Refused, and not told when to come again."""

    async def quoted(self, count: int) -> None:
        """Makes so many quotes, each of a cart of its own."""
        numbers = iter(range(self._first, self._first + count))

        async def lane() -> None:
            for n in numbers:
                cart = await self._made("/v1/carts", {"lines": [{"sku": SKU, "quantity": 1}]}, f"bench-cart-{n:012}")
                to = {"country": "DE", "postcode": "10115"}
                quote = await self._made("/v1/quotes", {"cart": cart["id"], "destination": to})
                total = quote["choices"][0]["total"]
                self._quotes.append((n, {
                    "quote": quote["id"], "delivery": quote["choices"][0]["delivery"]["code"], "total": total,
                    "contact": {"email": f"ann{n}@example.com"}, "ship_to": HOME,
                    "payments": [{"kind": "card", "amount": total, "source": f"pm_{n}"}],
                }))  # fmt: skip

        await asyncio.gather(*(lane() for _ in range(min(AT_ONCE, count))))

    async def _made(self, path: str, body: object, name: str = "") -> dict[str, Any]:
        while True:
            said = await self._line.ask(path, body, name)
            if said.status not in BUSY:
                assert said.status < 300, said
                found: dict[str, Any] = msgspec.json.decode(said.body)
                return found
            await asyncio.sleep(0.2)

    async def buy(self, due: float) -> None:
        """One of them, with the next quote."""
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        n, form = self._quotes.popleft()  # more were made than are ever used at once
        try:
            async with asyncio.timeout(PATIENCE):
                said = await self._line.ask("/v1/checkouts", form, f"bench-order-{n:012}")
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as wrong:
            self.statuses[type(wrong).__name__] += 1
            return
        took = time.perf_counter() - due
        self.statuses[str(said.status)] += 1
        if said.status in BUSY:
            self.without_a_word += b"\r\nretry-after: " not in said.headers
            self.refused.append(took)
            self._quotes.append((n, form))
            return
        self.took.append(took)
        if said.status < 300:
            self.orders.append(msgspec.json.decode(said.body)["id"])

    def told(self) -> dict[str, Any]:
        """As one line."""
        took, refused = sorted(self.took) or [0.0], sorted(self.refused) or [0.0]
        at = {f"p{name}_ms": round(1_000 * quantile(took, share), 3)
              for name, share in (("50", 0.5), ("95", 0.95), ("99", 0.99), ("999", 0.999))}  # fmt: skip
        return {
            "sent": sum(self.statuses.values()), "statuses": dict(self.statuses), **at,
            "most_ms": round(1_000 * took[-1], 3), "refused_p99_ms": round(1_000 * quantile(refused, 0.99), 3),
            "without_a_word": self.without_a_word,
        }  # fmt: skip


async def _buy(given: argparse.Namespace) -> None:
    buyers = Buyers(Line(given.port, given.key), given.first)
    await buyers.quoted(given.quotes)
    say({"quotes": given.quotes})
    await asyncio.to_thread(sys.stdin.readline)  # whoever measures may make vendors slow now
    chance, under_way = random.Random(given.seed), set[asyncio.Task[None]]()
    due = begun = time.perf_counter() + 0.2
    while due < begun + given.seconds:
        task = asyncio.create_task(buyers.buy(due))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        due += chance.expovariate(given.rate)
        await asyncio.sleep(max(0.0, due - time.perf_counter() - 0.1))
    await asyncio.gather(*under_way)
    say({**buyers.told(), **({"orders": buyers.orders} if given.orders else {})})


def main() -> None:
    """Prints a line of JSON when the quotes are made; waits for a line; buys, and prints another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", required=True, help="a secret one of the bench's own hub")
    parser.add_argument("--first", type=int, default=1, help="the number of the first")
    parser.add_argument("--quotes", type=int, required=True, help="quotes to make, each for one order")
    parser.add_argument("--rate", type=float, required=True, help="checkouts a second, by chance")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--orders", action="store_true", help="say which orders came of it")
    uvloop.run(_buy(parser.parse_args()))


if __name__ == "__main__":
    main()
