"""A table of 100,000 rows, one in a hundred bad: the hub reads it by pages in little memory, is killed, and goes on.

The table is SQLite's, many rows of one moment; the store is SQLite with every commit synced. Each row must be an event
once, and each bad row be named in a case by its key, column and reason, also those that were read before the kill.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bench.files import BAD, told_once, until_read
from bench.line import folder
from bench.registry import Bar, Check, Options
from pawline.cli.demo.hub_process import HubProcess

SETTINGS: Final = """\
shops = ["paws"]
[[accounts]]
name = "database/erp"
[accounts.settings]
url = "sqlite://%s"
every = 0.05
[[accounts.settings.feeds]]
kind = "stock"
query = "SELECT id, sku, store, qty, note, changed_at FROM stock WHERE changed_at >= :after"
watermark = "changed_at"
key = "id"
page = %d
columns = { sku = "sku", location = "store", on_hand = "qty" }
zone = "Europe/Berlin"
"""
LINES: Final = r"stock by id lines? ([0-9, ]+): qty is no count"
MOMENTS: Final = 700
"""Rows of one and the same moment: a page ends in the middle of them."""


def written(file: Path, rows: int) -> set[int]:
    """The keys that are bad."""
    bad, begun = set[int](), datetime(2026, 11, 1)  # noqa: DTZ001 - as an old ERP has it
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("create table stock (id integer primary key, sku text, store text, qty, note text, changed_at text)")
        db.execute("create index stock_changed on stock (changed_at, id)")
        for n in range(rows):
            count: object = "viele" if n % BAD == BAD // 2 else n % 5_000
            changed = (begun + timedelta(seconds=n // MOMENTS)).isoformat(" ")
            row = (n, f"sku-{n:06}", f"0{n % 2}", count, f"Kauknochen; groß {n}", changed)
            db.execute("insert into stock values (?, ?, ?, ?, ?, ?)", row)
            if n % BAD == BAD // 2:
                bad.add(n)
    return bad


async def killed(place: Path, rows: int, page: int = 5_000) -> dict[str, Any]:
    """The whole story; `wrong` says in words what does not hold."""
    bad = await asyncio.to_thread(written, place / "erp.db", rows)
    hub = HubProcess(place, SETTINGS % (place / "erp.db", page), {})
    return await told_once(hub, place, rows, bad, _ended, LINES)


async def _ended(place: Path) -> None:
    """Waits until the cursor says that the table was read to its end."""
    await until_read(place, lambda cursor: cursor.startswith('{"high"'))


def database_rows(options: Options) -> tuple[float, dict[str, Any]]:
    """The peak of both lives, or infinity where a row is not there once, or a bad one not named."""
    with folder(options.place) as place:
        line = asyncio.run(killed(place.resolve(), options.scaled(100_000, 2_000)))
    return float("inf") if line["wrong"] else float(max(line["peak_mb"])), line


CHECKS = [
    Check(
        "database_rows", Bar("<=", 256, "MB"), "100,000 rows of a database, killed half-way: peak memory",
        work=database_rows,
    ),
]  # fmt: skip
