"""What a checkout costs that comes alone: of a SKU that so many orders hold, and of one that nobody holds, in turn.

Both are of one hub; its application is called in this process, without a server. Every order of before was heard of by
the views. No flow is begun: it is the decision that is measured, with all else that a checkout writes.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import uvloop

from bench.buy_stick import SETTINGS, form, opened, quoted
from bench.line import SCRATCH, folder, say
from pawline.hub import Hub, load_settings, tune
from pawline.model import SkuId
from pawline.store import Keyring
from pawline.web import application

HOT, COLD = SkuId("hot"), SkuId("cold")
BLOCK: Final = 50
"""Checkouts one after another, of one SKU; then it is the other's turn."""
AT_ONCE: Final = 64
Asgi = Callable[..., Awaitable[None]]


async def ask(app: Asgi, key: str, body: bytes, number: int) -> None:
    """A checkout. Raises AssertionError where it was not taken."""
    headers = [
        (b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()),
        (b"authorization", f"Bearer {key}".encode()), (b"idempotency-key", f"k{number:016}".encode()),
    ]  # fmt: skip
    path = "/v1/checkouts"
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    told: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    await app(scope, receive, send)
    assert told[0]["status"] == 202, told


class Counter:
    """Where shoppers stand: quotes are made before, and paid here."""

    def __init__(self, hub: Hub, key: str) -> None:
        assert hub.storefront is not None
        self._hub, self._key, self._numbers = hub, key, 0
        self._app: Asgi = application(hub.tray, front=hub.storefront)

    async def bodies(self, sku: SkuId, count: int) -> list[bytes]:
        """So many shoppers' checkouts of one unit."""
        first = self._numbers
        return [form(n, await quoted(self._hub, f"{sku}{n}", sku, 1), 1_490) for n in range(first, first + count)]

    async def pay(self, bodies: list[bytes], at_once: int) -> None:
        left = iter(bodies)

        async def line() -> None:
            for body in left:
                self._numbers += 1
                await ask(self._app, self._key, body, self._numbers)

        await asyncio.gather(*(line() for _ in range(at_once)))

    async def heard(self) -> None:
        """All of them are in the views."""
        while not await self._hub.projector.caught_up(60):
            pass

    async def block(self, sku: SkuId) -> tuple[float, float]:
        """What one of a block took, in milliseconds: of this process's time, and of the shopper's."""
        bodies = await self.bodies(sku, BLOCK)
        await self.heard()
        cpu, since = time.process_time(), time.perf_counter()
        await self.pay(bodies, 1)
        took = time.process_time() - cpu, time.perf_counter() - since
        return round(1_000 * took[0] / BLOCK, 4), round(1_000 * took[1] / BLOCK, 4)


async def _measure(given: argparse.Namespace, place: Path) -> None:
    tune()
    store = f'store = "{given.store}"\n' if given.store else ""
    (place / "pawline.toml").write_text(store + SETTINGS, "utf-8")
    Keyring.generate().save(place / "pawline.key")
    async with await Hub.open(load_settings(place / "pawline.toml", {})) as hub:
        till = Counter(hub, await opened(hub, 2 * given.holds + 10_000, HOT, COLD))
        await till.heard()
        await till.pay(await till.bodies(HOT, given.holds), AT_ONCE)
        for sku in (COLD, HOT):  # whoever is first looks at what the burst left
            await till.block(sku)
        rounds = [
            {"cold": await till.block(COLD), "hot": await till.block(HOT)}
            if n % 2
            else {"hot": await till.block(HOT), "cold": await till.block(COLD)}
            for n in range(given.rounds)
        ]
        ratios = [[round(one["hot"][n] / one["cold"][n], 3) for one in rounds] for n in (0, 1)]
        say({
            "holds": given.holds, "cpu_ratio": round(statistics.median(ratios[0]), 3),
            "waited_ratio": round(statistics.median(ratios[1]), 3), "rounds": rounds,
        })  # fmt: skip


async def _placed(given: argparse.Namespace) -> None:
    with folder(given.dir) as place:
        await _measure(given, place)


def main() -> None:
    """Prints one line of JSON: `rounds` have milliseconds of the process and of the shopper, for each checkout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--holds", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--store", help="an empty PostgreSQL database instead of a file")
    parser.add_argument("--dir", type=Path, default=SCRATCH)
    uvloop.run(_placed(parser.parse_args()))


if __name__ == "__main__":
    main()
