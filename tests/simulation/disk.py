"""One database in memory for all stories of a process: to open one anew costs more than a story."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pawline.store.opening import Opened, prepare
from pawline.store.place import MEMORY
from pawline.store.sqlite import Sqlite, SqliteReader

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT = ("counter", "lane", "meta")
"""Tables whose first rows belong to the schema."""


class Disk:
    """What is committed, and nothing else, outlives a death: every process of a story is given the same connection."""

    def __init__(self) -> None:
        self.database = Sqlite(MEMORY)
        prepare(self.database, "sqlite")
        self.db: Any = self.database.db
        names = "select name from sqlite_schema where type = 'table' and name not like 'sqlite%'"
        self._tables = [row[0] for row in self.db.execute(names)]
        self._meta = self.db.execute("select name, value from meta").fetchall()
        self._seq = self.db.execute("select min(next_seq) from lane").fetchone()[0]
        self._used = [name for name in self._tables if name not in _KEPT and not name.startswith("_")]

    def wipe(self) -> None:
        """An empty store, as its schema makes it."""
        if self.db.in_transaction:
            self.db.execute("rollback")
        self.db.execute("begin")
        for name in self._used:
            if "yoyo" not in name:
                self.db.execute(f"delete from {name}")  # noqa: S608
        self.db.execute("update lane set owner = 0, epoch = 0, until = 0, next_seq = ?", (self._seq,))
        self.db.execute("delete from meta")
        self.db.executemany("insert into meta values (?, ?)", self._meta)
        self.db.execute("update counter set value = 0")
        self.db.execute("commit")

    def opened(self, clock: Callable[[], float]) -> Opened:
        """What a process that opens the store gets: a number of its own as owner."""
        owner: int = self.database.fetch("take_numbers", (1, "owner"))[0][0]
        return Opened("sqlite", self.database, SqliteReader(self.database), clock, owner)


_disks: list[Disk] = []


def disk() -> Disk:
    """The process's one, wiped by whoever begins a story."""
    if not _disks:
        _disks.append(Disk())
    return _disks[0]
