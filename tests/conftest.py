"""What all tests share: the attacks run only when asked for."""

from pathlib import Path

import pytest

ATTACKS = Path(__file__).parent / "attack"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-attack", action="store_true", help="run the attacks too: minutes, not seconds")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--run-attack"):
        return
    skip = pytest.mark.skip(reason="an attack takes minutes: make attack")
    for item in items:
        if item.path.is_relative_to(ATTACKS) or item.get_closest_marker("attack"):
            item.add_marker(skip)
