"""Pages that tell of visits, evenly and without waiting for answers, until the line on the input is closed.

Each is another browser at another address, with what a pixel sends after a look at a product: nothing joins in memory.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter

import msgspec
import uvloop

from bench.line import say

LINES = 32
"""Connections that are kept, as a proxy in front of the hub keeps some."""


def request(number: int, path: str) -> bytes:
    """One page's, as bytes on the wire."""
    told = {
        "v": 1,
        "who": f"bench-{number:012d}",
        "mine": True,
        "did": ["page", "product"],
        "seen": [f"sku-{number % 3_000:05d}"],
    }
    body = msgspec.json.encode(told)
    lines = [
        f"POST {path} HTTP/1.1", "host: 127.0.0.1", "content-type: text/plain;charset=UTF-8", "origin: null",
        f"x-forwarded-for: 10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        f"content-length: {len(body)}", "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode() + body


async def _flood(port: int, path: str, rate: float) -> None:
    over, numbers, statuses = asyncio.Event(), iter(range(1 << 40)), Counter[str]()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), over.set)
    begun = time.perf_counter()

    async def line(late: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        due = begun + late
        while not over.is_set():
            writer.write(request(next(numbers), path))
            head = await reader.readuntil(b"\r\n\r\n")
            statuses[head[9:12].decode()] += 1
            size = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(size or 0))
            due += LINES / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        writer.close()

    await asyncio.gather(*(line(n / rate) for n in range(LINES)))
    seconds = time.perf_counter() - begun
    say({"told": sum(statuses.values()), "per_s": round(sum(statuses.values()) / seconds, 1), "statuses": statuses})


def main() -> None:
    """Prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--rate", type=float, required=True, help="pages a second")
    given = parser.parse_args()
    uvloop.run(_flood(given.port, given.path, given.rate))


if __name__ == "__main__":
    main()
