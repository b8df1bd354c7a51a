"""Runs async tests in virtual time and closes the hub that they opened."""

from __future__ import annotations

import inspect

import pytest

from tests.unit.runtime.hub import Hub
from tests.unit.runtime.virtual import run_virtual


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    test = pyfuncitem.obj
    if not inspect.iscoroutinefunction(test):
        return None
    given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    hub = given.get("hub")
    if not isinstance(hub, Hub):
        hub = Hub()

    async def run() -> None:
        try:
            await test(**given)
        finally:
            await hub.down()

    run_virtual(hub.clock, run)
    return True
