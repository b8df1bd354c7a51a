"""On PostgreSQL nobody knows at once that a hub died: its lanes are taken when their time has run out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pawline.testing import Place
from tests.databases import databases
from tests.promises.killed import Killer, killers


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    with databases() as new_database, killers(1, new_database) as queue:
        yield queue.get()


def test_a_hub_that_starts_while_the_dead_one_still_owns_its_lanes_takes_them_later(killer: Killer) -> None:
    killed = killer.kill_at("confirmed", Place("after-effect", 1))
    assert (killed.died, killed.problems, killed.cases) == (True, [], False)
