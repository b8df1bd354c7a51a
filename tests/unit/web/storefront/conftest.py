"""A PostgreSQL server, for what several hubs decide together."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.databases import databases


@pytest.fixture(scope="module")
def new_database() -> Iterator[Callable[[], str]]:
    """The address of an empty database, each time."""
    with databases() as new:
        yield new
