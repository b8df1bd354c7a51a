"""The hub as a stick: six steps a flow that do nothing, from the event that is recorded to the run that has ended.

Strict (an intent and a result for each step), sealed, SQLite FULL or PostgreSQL, with dedupe, dispatch, brakes, caps'
counting and limits as a hub has them. A household is new for each flow, or one of a pool: a new one costs a data key.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import uvloop

from bench import machine, postgres
from bench.line import Measured, arguments, closed_loop, emit, folder
from bench.work import Begun, DoesNothing, envelope, household, hub
from pawline.hub import tune
from pawline.runtime import Engine

PACKAGES = ("pawline", "uvloop", "msgspec", "cryptography", "psycopg")


class Disk:
    """What the store takes on disk, and what the server, if there is one, spends."""

    def __init__(self, url: str) -> None:
        self._path = None if url.startswith("postgres") else Path(url)
        self._server = None if self._path else postgres.Accounts(url)

    def size(self) -> int:
        if self._path is None:
            assert self._server is not None
            return self._server.size()
        with closing(sqlite3.connect(self._path)) as db:
            db.execute("pragma wal_checkpoint(truncate)").fetchall()
        return self._path.stat().st_size

    def cpu(self) -> dict[str, float]:
        return {} if self._server is None else {"postgres": self._server.cpu()}

    def engine(self) -> str:
        return f"sqlite {sqlite3.sqlite_version}" if self._server is None else self._server.engine()

    def durable(self) -> dict[str, Any]:
        """SQLite: the store refuses to open with anything weaker than WAL and FULL, and says so in `connect`."""
        return {"journal_mode": "wal", "synchronous": 2} if self._server is None else dict(self._server.durable())


def flow(engine: Engine, body: str, pool: int, first: int) -> Callable[[int], Awaitable[None]]:
    """Records the event and waits for the end of its run."""

    async def one(number: int) -> None:
        number += first
        event = Begun(id=f"o{number}", body=body, house=household(number, pool))
        recorded = await engine.record(envelope(event, number))
        await engine.reached(recorded.no, "", 60)

    return one


async def measure(url: str, options: argparse.Namespace) -> Measured:
    """Warm up, then count."""
    body, pool = "x" * options.payload, options.households
    async with hub(url, DoesNothing()) as engine:
        disk, store = Disk(url), engine.store
        warm = flow(engine, body, pool, 10_000_000)
        await closed_loop(min(options.flows, 2000, 2 * options.inflight), options.inflight, warm)
        tune()
        commits, size, servers, own = store.commits, disk.size(), disk.cpu(), machine.own_cpu()
        seconds, each = await closed_loop(options.flows, options.inflight, flow(engine, body, pool, 0))
        cpu = {"process": machine.own_cpu() - own}
        cpu |= {part: used - servers[part] for part, used in disk.cpu().items()}
        more = {"households": options.households or "fresh", "rss_mb": round(machine.rss_mb(), 1)}
        grown = disk.size() - size
        return Measured(seconds, each, cpu, store.commits - commits, grown, disk.durable(), disk.engine(), more)


def main() -> None:
    """The hub as a stick."""
    parser = arguments(__doc__, flows=6_000, inflight=1000)
    parser.add_argument("--households", type=int, default=0, help="how many there are; 0: a new one for each flow")
    options = parser.parse_args()
    if options.steps != 6:
        parser.error("the hub's flow has six steps")
    with ExitStack() as held:
        place = held.enter_context(folder(options.dir))
        url = str(place / "hub.sqlite3")
        if options.db == "postgres":
            url = held.enter_context(postgres.server(place, options.dsn))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            got = runner.run(measure(url, options))
        emit("hub", options, got, place, PACKAGES)


if __name__ == "__main__":
    main()
