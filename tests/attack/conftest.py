"""Where hubs under attack keep their store: a file, or a database of its own on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.databases import databases


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def new_store(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Tells the URL of a new, empty store; '' is a file beside the trial's other files."""
    if request.param == "sqlite":
        yield str
        return
    with databases() as new_database:
        yield new_database
