"""What all tests share: the attacks run only when asked for; a test that is a coroutine has a loop of its own."""

import asyncio
import inspect
from pathlib import Path

import pytest

ATTACKS = Path(__file__).parent / "attack"

pytest.register_assert_rewrite("tests.attack", "tests.flows", "tests.journeys", "tests.promises", "tests.unit")
"""What the helpers of these folders assert is explained like what a test asserts: CI's log is all there is."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-attack", action="store_true", help="run the attacks too: minutes, not seconds")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--run-attack"):
        return
    skip = pytest.mark.skip(reason="an attack takes minutes: make attack")
    for item in items:
        if item.path.is_relative_to(ATTACKS) or item.get_closest_marker("attack"):
            item.add_marker(skip)


@pytest.hookimpl
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Folders whose tests want something opened and closed in that loop have one that comes first."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}))
    return True
