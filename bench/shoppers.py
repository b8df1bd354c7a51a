"""Shoppers beside a backfill as a stick: the same orders before, during and after so many events of priority bulk.

Shoppers arrive evenly, whoever is still under way (an open loop), so that a slow hub cannot slow its own load.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

from bench import machine
from bench.line import SCRATCH, folder, quantile, say
from bench.sleepers import BODY
from bench.work import Bought, DoesNothing, Imported, envelope, household, hub, one_step
from pawline.hub import tune
from pawline.runtime import Engine
from pawline.store import StoreBusy


class Street:
    """Shoppers that come in, one every so often, and what each waited."""

    def __init__(self, engine: Engine, rate: float) -> None:
        self._engine, self._rate, self._number = engine, rate, 0
        self._under_way: set[asyncio.Task[None]] = set()

    async def _buy(self, number: int, took: list[float]) -> None:
        since = time.perf_counter()
        event = Bought(id=f"b{number}", body=BODY, house=household(number, 1_000))
        recorded = await self._engine.record(envelope(event, number, "shop"))
        await self._engine.reached(recorded.no, "", 120)
        took.append(time.perf_counter() - since)

    async def open(self, until: asyncio.Event) -> list[float]:
        """The seconds of each that came before `until`, in order of length."""
        took, began, came = list[float](), time.perf_counter(), 0
        while not until.is_set():
            self._number += 1
            came += 1
            task = asyncio.create_task(self._buy(self._number, took))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            await asyncio.sleep(max(0.0, began + came / self._rate - time.perf_counter()))
        await asyncio.gather(*self._under_way)
        return sorted(took)


async def backfill(engine: Engine, events: int, done: asyncio.Event) -> dict[str, Any]:
    """An importer that hands in events as fast as they are taken, and waits until each has been worked off."""
    numbers, since = iter(range(events)), time.perf_counter()

    async def lane() -> None:
        for number in numbers:
            event = Imported(id=f"i{number}", body=BODY, house=household(number, 1_000))
            while True:
                try:
                    await engine.record(envelope(event, number, "backfill"), "bulk")
                    break
                except StoreBusy:
                    await asyncio.sleep(0.1)

    async with asyncio.TaskGroup() as group:
        for _ in range(200):
            group.create_task(lane())
    recorded = time.perf_counter() - since
    while await waits(engine):
        await asyncio.sleep(0.5)
        if time.perf_counter() - since > 900:
            break
    done.set()
    return {"recorded_s": round(recorded, 1), "done_s": round(time.perf_counter() - since, 1)}


async def waits(engine: Engine) -> bool:
    """Whether any of it is still to do. Shoppers are always under way, and are not asked about."""
    if await engine.store.pending_events(list(engine.lanes), 1, bulk=True):
        return True
    return any(row[0] == one_step.name for row in await engine.store.fetch("unfinished_versions"))


async def quiet(street: Street, seconds: float) -> list[float]:
    """Shoppers alone."""
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, over.set)
    return await street.open(over)


async def measure(url: str, given: argparse.Namespace) -> dict[str, Any]:
    """Quiet, backfill, quiet again: the two quiet times together are what the backfill is compared with."""
    async with hub(url, DoesNothing(given.vendor)) as engine:
        street = Street(engine, given.rate)
        await quiet(street, 3)
        tune()
        alone = await quiet(street, given.quiet)
        done = asyncio.Event()
        work = asyncio.create_task(backfill(engine, given.events, done))
        beside = await street.open(done)
        alone = sorted(alone + await quiet(street, given.quiet))
        return {
            "events": given.events, "shoppers_per_s": given.rate, "vendor_s": given.vendor, **await work,
            "alone": figures(alone), "beside": figures(beside),
            "p95_ratio": round(quantile(beside, 0.95) / quantile(alone, 0.95), 3),
            "p50_ratio": round(quantile(beside, 0.5) / quantile(alone, 0.5), 3),
        }  # fmt: skip


def figures(ordered: list[float]) -> dict[str, Any]:
    """In milliseconds."""
    shares = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}
    return {"shoppers": len(ordered)} | {
        name: round(quantile(ordered, share) * 1000, 2) for name, share in shares.items()
    }


def main() -> None:
    """One line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=20.0, help="shoppers a second")
    parser.add_argument("--vendor", type=float, default=0.0, help="seconds that each of the six steps takes")
    parser.add_argument("--quiet", type=float, default=15.0, help="seconds without backfill, before and after")
    parser.add_argument("--dir", type=Path, default=SCRATCH)
    given = parser.parse_args()
    sys.setswitchinterval(0.0005)
    with folder(given.dir) as place, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        say(runner.run(measure(str(place / "shop.sqlite3"), given)) | {"load1": machine.load()})


if __name__ == "__main__":
    main()
