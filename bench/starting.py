"""A start with a backlog as a stick: so many unfinished runs, a hub that dies, another that starts, and a new order.

`leave` makes the runs (each waits for one effect that never comes) and dies without a word. `start` opens the store,
takes a new order at once, and then finishes the backlog; the ledger says whether any effect came twice.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

from bench import machine
from bench.line import say
from bench.sleepers import AT_ONCE, BODY, key_beside
from bench.work import Begun, Bought, Counts, Imported, envelope, gathered, household, hub, until
from pawline.runtime import Engine
from pawline.store import Keyring


async def leave(url: str, keyring: Keyring, runs: int) -> None:
    """Begins the runs and dies with as many in memory as fit there."""
    port = Counts()
    port.hang = True
    async with hub(url, port, keyring=keyring) as engine:

        async def one(number: int) -> None:
            event = Imported(id=f"i{number}", body=BODY, house=household(number, 1_000))
            await engine.record(envelope(event, number))

        await gathered(AT_ONCE, (one(number) for number in range(runs)))
        await until(lambda: not engine.intake.dispatching)
        await asyncio.sleep(1)
        say({"what": "leave", "unfinished": await unfinished(engine), "in_memory": len(engine.live)})
        os._exit(0)


async def unfinished(engine: Engine) -> int:
    return sum(count for *_, count in await engine.store.fetch("unfinished_versions"))


async def start(url: str, keyring: Keyring, runs: int, born: float) -> dict[str, Any]:
    """From the process's first line to the end of a new order, then to the end of the backlog."""
    port, line = Counts(), dict[str, Any]()
    async with hub(url, port, keyring=keyring) as engine:
        line["open_and_claim_s"] = round(time.monotonic() - born, 3)
        before = len(port.ledger)

        async def order(name: str, kind: type[Begun]) -> float:
            recorded = await engine.record(envelope(kind(id=f"new-{name}", body=BODY, house=f"new-{name}"), 0, name))
            await engine.reached(recorded.no, "", 60 + runs / 500)
            return round(time.monotonic() - born, 3)

        shopper = asyncio.create_task(order("shopper", Bought))
        work = asyncio.create_task(order("work", Begun))
        line["first_shopper_order_s"] = await shopper
        line["done_before_it"] = len(port.ledger) - before
        line["first_work_order_s"] = await work
        await until(lambda: len(port.ledger) >= runs + 12, 60 + runs / 500)
        await until(lambda: not engine.live)
        line["backlog_done_s"] = round(time.monotonic() - born, 1)
        line["effects"] = len(port.ledger) - 12
        line["twice"] = sum(times - 1 for times in port.ledger.values())
        counts = await engine.store.fetch("runs_page", ("bench", "one_step", -1, 1 << 60, 1_000_000))
        line["ended"] = sum(row[10] == 6 for row in counts)
        line["rss_mb"] = round(machine.rss_mb(), 1)
    return line


def main() -> None:
    """One line."""
    born = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("leave", "start"))
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--store", type=Path, required=True)
    given = parser.parse_args()
    sys.setswitchinterval(0.0005)
    keyring = key_beside(given.store)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if given.what == "leave":
            runner.run(leave(str(given.store), keyring, given.runs))
        else:
            line = runner.run(start(str(given.store), keyring, given.runs, born))
            say({"what": "start", **line, "load1": machine.load()})


if __name__ == "__main__":
    main()
