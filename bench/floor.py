"""A floor of our own: the rows that a strict runtime must write, in groups, synced, and nothing else.

A flow of N steps is a run row, an intent and a result for each step, and its end. Intent k+1 is written with result k,
and no step begins before its intent is on disk: 2N + 2 rows, N + 1 waits. There is no index, no replay, no sealing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import queue
import sqlite3
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import psycopg
import uvloop

from bench import machine, postgres
from bench.line import Measured, arguments, closed_loop, emit, folder
from pawline.hub import tune

RUN, INTENT, RESULT, END = range(4)
COLUMNS = "run, step, kind, body"
ROWS = 128  # in one statement
Row = tuple[bytes, int, int, bytes]


class Target(Protocol):
    """Where the rows go."""

    engine: str

    def write(self, rows: list[Row]) -> None: ...
    def size(self) -> int: ...
    def cpu(self) -> dict[str, float]: ...
    def durable(self) -> dict[str, Any]: ...
    def close(self) -> None: ...


class SqliteTarget:
    """A file in WAL mode whose log is synced at every commit."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for word in ("journal_mode = wal", "synchronous = full"):
            self._db.execute(f"pragma {word}").fetchall()
        self._db.execute(
            "create table journal (no integer primary key, run blob, step integer, kind integer, body blob)"
        )
        self._insert = f"insert into journal ({COLUMNS}) values (?, ?, ?, ?)"  # noqa: S608 - our own words
        self._insert_many = self._insert + ", (?, ?, ?, ?)" * (ROWS - 1)
        self.engine = f"sqlite {sqlite3.sqlite_version}"

    def write(self, rows: list[Row]) -> None:
        execute, end = self._db.execute, len(rows) - len(rows) % ROWS
        execute("begin immediate")
        for at in range(0, end, ROWS):
            execute(self._insert_many, list(chain.from_iterable(rows[at : at + ROWS])))
        self._db.executemany(self._insert, rows[end:])
        execute("commit")

    def size(self) -> int:
        self._db.execute("pragma wal_checkpoint(truncate)").fetchall()
        return self._path.stat().st_size

    def cpu(self) -> dict[str, float]:
        return {}

    def durable(self) -> dict[str, Any]:
        return {name: self._db.execute(f"pragma {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}

    def close(self) -> None:
        self._db.close()


class PostgresTarget:
    """One COPY is one commit."""

    def __init__(self, dsn: str) -> None:
        self._accounts = postgres.Accounts(dsn)
        self._db = psycopg.connect(dsn, autocommit=True)
        self._db.execute("drop table if exists journal")
        identity = "no bigint generated always as identity"
        self._db.execute(f"create table journal ({identity}, run bytea, step int, kind int, body bytea)".encode())
        self._copy = f"copy journal ({COLUMNS}) from stdin".encode()
        self.engine = self._accounts.engine()

    def write(self, rows: list[Row]) -> None:
        lines = [b"\\\\x%b\t%d\t%d\t%b\n" % (run.hex().encode(), step, kind, body) for run, step, kind, body in rows]
        with self._db.cursor().copy(self._copy) as copy:
            copy.write(b"".join(lines))

    def size(self) -> int:
        return self._accounts.size()

    def cpu(self) -> dict[str, float]:
        return {"postgres": self._accounts.cpu()}

    def durable(self) -> dict[str, Any]:
        return dict(self._accounts.durable())

    def close(self) -> None:
        self._db.close()
        self._accounts.close()


class Groups:
    """While one group of rows is on its way to disk in a thread, the next one gathers."""

    def __init__(self, target: Target) -> None:
        self._target, self.commits = target, 0
        self._loop = asyncio.get_running_loop()
        self._rows: list[Row] = []
        self._asked: list[asyncio.Future[None]] = []
        self._under_way = False
        self._todo: queue.SimpleQueue[tuple[list[Row], list[asyncio.Future[None]]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def add(self, *rows: Row) -> asyncio.Future[None]:
        """Done when the rows are on disk."""
        done = self._loop.create_future()
        self._rows.extend(rows)
        self._asked.append(done)
        if not self._under_way:
            self._under_way = True
            self._loop.call_soon(self._hand_over)
        return done

    def _hand_over(self) -> None:
        group = (self._rows, self._asked)
        self._rows, self._asked = [], []
        self._todo.put(group)

    def _work(self) -> None:
        while (group := self._todo.get()) is not None:
            self._target.write(group[0])
            self._loop.call_soon_threadsafe(self._on_disk, group[1])

    def _on_disk(self, asked: list[asyncio.Future[None]]) -> None:
        self.commits += 1
        if self._rows:
            self._hand_over()  # before the waiters are told, so that the disk works meanwhile
        else:
            self._under_way = False
        for done in asked:
            done.set_result(None)

    def close(self) -> None:
        self._todo.put(None)
        self._thread.join()


def flow(groups: Groups, steps: int, body: bytes) -> Callable[[int], Awaitable[None]]:
    """The flow that the floor runs."""
    add, random = groups.add, os.urandom

    async def one(_: int) -> None:
        run = random(16)
        await add((run, 0, RUN, body), (run, 1, INTENT, body))
        for step in range(1, steps):
            await asyncio.sleep(0)
            await add((run, step, RESULT, body), (run, step + 1, INTENT, body))
        await asyncio.sleep(0)
        await add((run, steps, RESULT, body), (run, steps, END, b""))

    return one


async def measure(target: Target, options: argparse.Namespace) -> Measured:
    """Warm up, then count."""
    groups = Groups(target)
    one = flow(groups, options.steps, b"x" * options.payload)
    await closed_loop(min(options.flows, 1000, 2 * options.inflight), options.inflight, one)
    commits, disk, servers, own = groups.commits, target.size(), target.cpu(), machine.own_cpu()
    seconds, each = await closed_loop(options.flows, options.inflight, one)
    cpu = {"process": machine.own_cpu() - own}
    cpu |= {part: used - servers[part] for part, used in target.cpu().items()}
    got = Measured(
        seconds, each, cpu, groups.commits - commits, target.size() - disk, target.durable(), target.engine,
        {"rows_per_step": 2, "index": False},
    )  # fmt: skip
    groups.close()
    return got


def main() -> None:
    """The floor as a stick."""
    options = arguments(__doc__, flows=10_000, inflight=1000).parse_args()
    sys.setswitchinterval(0.0005)  # the writer's thread gets the interpreter back sooner than after Python's 5 ms
    tune()
    with ExitStack() as held:
        place = held.enter_context(folder(options.dir))
        target: Target
        if options.db == "postgres":
            target = PostgresTarget(held.enter_context(postgres.server(place, options.dsn)))
        else:
            target = SqliteTarget(place / "floor.sqlite3")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            got = runner.run(measure(target, options))
        emit("own floor", options, got, place, ("uvloop", "psycopg"))
        target.close()


if __name__ == "__main__":
    main()
