"""Async tests of the hub run by themselves, each with a vendor of its own."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator

import pytest

from tests.unit.hub.shop import VENDOR, Dispenser


@pytest.fixture
def vendor() -> Iterator[Dispenser]:
    VENDOR.append(Dispenser())
    yield VENDOR[-1]
    VENDOR.pop()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    test = pyfuncitem.obj
    if not inspect.iscoroutinefunction(test):
        return None
    given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(test(**given))
    return True
