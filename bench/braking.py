"""A brake as a stick: a flow of so many effects a second, an operator's `stop`, then `go on`; the ledger keeps count.

Orders keep coming while the brake is on. After `stop` is recorded, no effect may leave later than the bar; after
`go_on` each effect must have come once.
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
from bench.line import SCRATCH, folder, say
from bench.sleepers import BODY
from bench.work import SHOP, Counts, Imported, envelope, household, hub, until
from pawline.runtime import Engine, Said, command

QUIET = 6.0
"""Seconds with the brake on, counted from the command."""


async def pull(engine: Engine, action: str) -> float:
    """What `pawline stop` and `go on` write; the moment at which it was on disk."""
    said = Said(scope="flow", name="one_step")
    row = command(engine.store, SHOP, action, "shop", by="bench", reason="measured", said=said)
    await engine.intake.write(("insert_command", row))
    return time.time()


async def orders(engine: Engine, rate: float, number: int) -> None:
    """So many a second, evenly."""
    began = time.perf_counter()
    waiting: set[asyncio.Task[Any]] = set()
    for one in range(number):
        event = Imported(id=f"i{one}", body=BODY, house=household(one, 1_000))
        task = asyncio.create_task(engine.record(envelope(event, one)))
        waiting.add(task)
        task.add_done_callback(waiting.discard)
        if (left := began + one / rate - time.perf_counter()) > 0:
            await asyncio.sleep(left)
    await asyncio.gather(*waiting)


async def measure(url: str, rate: float, seconds: float) -> dict[str, Any]:
    """Effects go out for a third of the time, then the brake."""
    port, number = Counts(), int(rate * seconds)
    async with hub(url, port) as engine:
        work = asyncio.create_task(orders(engine, rate, number))
        await asyncio.sleep(seconds / 3)
        before, since = len(port.moments), time.time()
        stopped = await pull(engine, "stop")
        await asyncio.sleep(QUIET)
        held = len(port.moments)
        last = max((at for at, _ in port.moments), default=stopped)
        going = await pull(engine, "go_on")
        await work
        await until(lambda: len(port.ledger) >= number, 120)
        await asyncio.sleep(1)
        return {
            "effects": len(port.ledger), "wanted": number, "lost": number - len(port.ledger),
            "twice": sum(times - 1 for times in port.ledger.values()),
            "rate_before": round(before / (since - port.moments[0][0])),
            "stop_s": round(max(0.0, last - stopped), 3), "after_stop": held - before,
            "all_done_after_go_on_s": round(max(at for at, _ in port.moments) - going, 2),
        }  # fmt: skip


def main() -> None:
    """One line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=1_000.0)
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--dir", type=Path, default=SCRATCH)
    given = parser.parse_args()
    sys.setswitchinterval(0.0005)
    with folder(given.dir) as place, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        say(runner.run(measure(str(place / "brake.sqlite3"), given.rate, given.seconds)) | {"load1": machine.load()})


if __name__ == "__main__":
    main()
