"""A store in memory and one on a real PostgreSQL, each with an engine that drives no flow and the views behind it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator

import pytest

from pawline.store import Keyring
from tests.databases import databases
from tests.unit.views.desk import Desk


@pytest.fixture(scope="session")
def server() -> Iterator[object]:
    with databases() as new_database:
        yield new_database


@pytest.fixture(params=["sqlite", "postgres"])
def desk(request: pytest.FixtureRequest, tmp_path: object) -> Desk:
    url = f"{tmp_path}/pawline.db" if request.param == "sqlite" else request.getfixturevalue("server")()
    return Desk(url, Keyring.generate())


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}

    async def run() -> None:
        try:
            await pyfuncitem.obj(**given)
        finally:
            for one in given.values():
                if isinstance(one, Desk):
                    await one.close()

    asyncio.run(run())
    return True
