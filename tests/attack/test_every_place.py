"""Real processes, killed for real at every place of every trial, on a file and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from queue import Queue

import pytest

from tests.promises.killed import Killer, all_places, killers
from tests.promises.trials import TRIALS


@pytest.fixture(scope="module")
def queue(new_store: Callable[[], str]) -> Iterator[Queue[Killer]]:
    with killers(4, new_store) as queue:
        yield queue


@pytest.mark.parametrize("name", [trial.name for trial in TRIALS])
def test_a_run_survives_a_kill_at_every_place(queue: Queue[Killer], name: str) -> None:
    died, broken, (commits, requests) = all_places(queue, name)
    told = f"{name}: N={commits} commits, M={requests} requests, killed at {len(died)} places"
    print(told, *died, sep="\n  ")  # noqa: T201 - the list is asked for
    assert broken == {}
    assert len(set(died)) == len(died) == 2 * commits + 3 * requests
