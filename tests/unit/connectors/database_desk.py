"""An account of a database that a test describes: its table, rows as of moments of its own, and looks at it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from pawline.connectors import database
from pawline.connectors.database.passing import State
from pawline.connectors.database.settings import Settings
from pawline.kit import Guard, Quarantined, Seen, Sighting
from pawline.kit.database import Database
from pawline.model import StockCounted
from pawline.testing.counter import LOOPBACK

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=2)
"""Noon of what is told only for a while: orders and parcels of long ago are no news."""
TABLE = "create table stock (id integer primary key, sku text, store text, qty {any}, changed_at {moment})"
STOCK: dict[str, Any] = {
    "kind": "stock", "query": "SELECT id, sku, store, qty, changed_at FROM stock WHERE changed_at >= :after",
    "watermark": "changed_at", "key": "id", "columns": {"sku": "sku", "location": "store", "on_hand": "qty"}, "page": 3,
}  # fmt: skip


def at(seconds: float) -> str:
    """So many seconds after noon, as a table has it."""
    return (NOON + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")


def ago() -> str:
    """How long ago noon was, as people are told: whatever the time of day is now."""
    hours = (datetime.now(UTC) - NOON).total_seconds() / 3_600
    return f"{hours / 24:.0f} days ago" if hours >= 48 else f"{hours:.0f} hours ago"


class Desk:
    """One feed. What `seen` saw, and was given up, is kept from look to look, as the hub keeps it."""

    def __init__(self, url: str, guard: Guard = LOOPBACK, account: dict[str, Any] | None = None, **feed: Any) -> None:
        given = STOCK | feed
        self.feed = {name: value for name, value in given.items() if value is not None}
        self.settings: Settings = database.connector.configure({"url": url, "feeds": [self.feed]} | (account or {}))
        client = database.connector.connect(self.settings, guard).http
        assert isinstance(client, Database)
        self.client = client
        self.cursor, self.bad, self.seen, self.looks = "", list[Quarantined](), list[Sighting](), 0
        self.restart()

    async def look(self) -> Seen:
        seen = await self.watch.look(self.client, self.settings, self.cursor)
        self.cursor = seen.cursor
        self.seen += seen.sightings
        self.bad += seen.quarantined
        self.looks += 1
        return seen

    async def all(self) -> list[Sighting]:
        """Looks until there is nothing more at once; whatever was seen, also once more."""
        begin = len(self.seen)
        while (await self.look()).more:
            assert self.looks < 1_000, "it never ends"
        return self.seen[begin:]

    async def is_still(self) -> bool:
        """A look that sees nothing, and leaves the cursor as it was: a new one says that something came."""
        before = self.cursor
        return await self.look() == Seen((), before)

    def restart(self) -> None:
        """Another process, with the cursor of this one."""
        (self.watch,) = database.connector.watched(self.settings)

    @property
    def state(self) -> State:
        return msgspec.json.decode(self.cursor, type=State)

    async def close(self) -> None:
        await self.client.close()


class File:
    """A database of SQLite that others write to."""

    def __init__(self, place: Path, moment: str = "text", schema: str = TABLE) -> None:
        self.path = place / "erp.db"
        self.do(schema.format(any="", moment=moment))

    @property
    def url(self) -> str:
        return f"sqlite://{self.path}"

    def do(self, statement: str, *given: object) -> None:
        with closing(sqlite3.connect(self.path)) as db, db:
            db.execute(statement, given)

    def put(self, *rows: tuple[object, ...]) -> None:
        """Rows of stock: id, sku, store, qty, changed_at."""
        with closing(sqlite3.connect(self.path)) as db, db:
            db.executemany("insert or replace into stock values (?, ?, ?, ?, ?)", rows)


def counts(seen: Iterable[Sighting]) -> list[tuple[str, int]]:
    """Each count that was told: the SKU, and how many."""
    found = list[tuple[str, int]]()
    for one in seen:
        assert isinstance(one.event, StockCounted)
        found.append((one.event.level.sku, one.event.level.on_hand))
    return found


@contextmanager
def every_desk() -> Iterator[list[Desk]]:
    """Those that a test opens; closed behind it."""
    made: list[Desk] = []
    yield made
    for one in made:
        asyncio.run(one.close())


def opened(desks: list[Desk], file: File, **feed: Any) -> Desk:
    """One more."""
    desks.append(Desk(file.url, **feed))
    return desks[-1]


def stock(number: int, seconds: float, quantity: object = None) -> tuple[object, ...]:
    """A row that counts `s<number>`, of so many seconds after noon."""
    return (number, f"s{number}", "main", number if quantity is None else quantity, at(seconds))
