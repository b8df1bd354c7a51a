"""A test that is a coroutine runs in a loop of its own; the counter that it asks for is open meanwhile."""

from __future__ import annotations

import asyncio
import inspect

import pytest

from pawline.testing.counter import Counter, counter


@pytest.fixture
def counted() -> Counter:
    """A vendor on loopback that answers what the test says."""
    return Counter()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}

    async def run() -> None:
        if isinstance(one := given.get("counted"), Counter):
            async with counter(one):
                await pyfuncitem.obj(**given)
        else:
            await pyfuncitem.obj(**given)

    asyncio.run(run())
    return True
