"""What all tests share: attacks run only when asked for, the long ones come first, a coroutine has its own loop."""

import asyncio
import inspect
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).parent
ATTACKS = TESTS / "attack"
LONG = ("journeys", "simulation", "flows", "promises")
"""Folders of few tests that take long. They come first: one left for the end would keep one worker busy alone."""

settings.register_profile("pawline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("pawline")
"""None of our tests is about how fast this machine is just now."""

pytest.register_assert_rewrite("tests.attack", "tests.flows", "tests.journeys", "tests.promises", "tests.unit")
"""What the helpers of these folders assert is explained like what a test asserts: CI's log is all there is."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-attack", action="store_true", help="run the attacks too: minutes, not seconds")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=_place)
    if config.getoption("--run-attack"):
        return
    skip = pytest.mark.skip(reason="an attack takes minutes: make attack")
    for item in items:
        if item.path.is_relative_to(ATTACKS) or item.get_closest_marker("attack"):
            item.add_marker(skip)


def _place(item: pytest.Item) -> int:
    folder = item.path.relative_to(TESTS).parts[0]
    return LONG.index(folder) if folder in LONG else len(LONG)


@pytest.hookimpl
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Folders whose tests want something opened and closed in that loop have one that comes first."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}))
    return True
