"""Real processes, killed for real at every place of two trials; `make attack` does it for all, and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from queue import Queue

import pytest

from tests.promises.killed import Killer, all_places, killers


@pytest.fixture(scope="module")
def queue() -> Iterator[Queue[Killer]]:
    with killers(4) as queue:
        yield queue


@pytest.mark.parametrize("name", ["confirmed", "refused and undone"])
def test_a_run_survives_a_kill_at_every_place(queue: Queue[Killer], name: str) -> None:
    died, broken, (commits, requests) = all_places(queue, name)
    told = f"{name}: N={commits} commits, M={requests} requests, killed at {len(died)} places"
    print(told, *died, sep="\n  ")  # noqa: T201 - the list is asked for
    assert broken == {}
    assert len(set(died)) == len(died) == 2 * commits + 3 * requests
