"""Connections that bring their bytes one by one: half of them headers, half of them the body of a checkout.

Whoever is hung up comes again at once, until the line on the input is closed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from contextlib import AbstractContextManager
from typing import Any

import uvloop

from bench.line import beside, say

MANY = 300
EVERY = 0.5
"""Seconds between two bytes of one connection."""


class Trickle:
    """The connections of one key, until it is `over`."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self.over, self.ended = port, asyncio.Event(), Counter[str]()
        self.open = 0
        head = f"POST /v1/checkouts HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {key}\r\n"
        self._head = f"{head}content-type: application/json\r\nidempotency-key: trickles-for-ever\r\n".encode()

    async def line(self, number: int) -> None:
        """One of them, and those that take its place."""
        await asyncio.sleep(EVERY * number / MANY)
        while not self.over.is_set():
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            self.open += 1
            sending = asyncio.create_task(self._bytes(writer, body=number % 2 == 0))
            try:
                came = await reader.read(4_096)
                self.ended[came[9:12].decode("latin-1") if came else "hung up"] += 1
            except OSError:
                self.ended["hung up"] += 1
            finally:
                self.open -= 1
                sending.cancel()
                await asyncio.wait([sending])
                writer.close()

    async def _bytes(self, writer: asyncio.StreamWriter, *, body: bool) -> None:
        writer.write(self._head + (b"content-length: 100000\r\n\r\n" if body else b""))
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(EVERY)


async def _trickle(port: int, key: str) -> None:
    one = Trickle(port, key)
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), one.over.set)
    lines = [asyncio.create_task(one.line(n)) for n in range(MANY)]
    await one.over.wait()
    still = one.open
    for line in lines:
        line.cancel()
    failed = [str(said) for said in await asyncio.gather(*lines, return_exceptions=True) if isinstance(said, Exception)]
    say({"connections": MANY, "open_at_the_end": still, "failed": failed, "ended": one.ended})


def trickled(port: int, key: str) -> AbstractContextManager[dict[str, Any]]:
    """While the block lasts they are there; what became of them stands in the dict afterwards."""
    return beside("bench.trickling", "--port", str(port), "--key", key)


def main() -> None:
    """Prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", required=True, help="a secret one of the bench's own hub")
    given = parser.parse_args()
    uvloop.run(_trickle(given.port, given.key))


if __name__ == "__main__":
    main()
