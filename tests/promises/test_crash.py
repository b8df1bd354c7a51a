"""Wherever a hub dies, nothing accepted is lost and nothing is done twice: every place of every trial, none sampled."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from pawline.runtime import Flows
from pawline.testing import (
    Crash,
    Day,
    Faults,
    Lives,
    Place,
    Vendors,
    VirtualTime,
    bindings,
    places,
)  # fmt: skip
from pawline.testing.crash import COMMITS, REQUESTS
from tests.promises.trials import STOCK, TRIALS, Trial
from tests.promises.verdict import Found, look, problems

KEY_LIFE = timedelta(seconds=60)
NAMES = [trial.name for trial in TRIALS]


class Tried:
    """One trial, lived through once or, where it was to die, twice."""

    def __init__(self, trial: Trial, path: Path, at: Place | None = None, faults: Faults | None = None) -> None:
        time = VirtualTime()
        self.vendors = Vendors(now=time, stock=dict.fromkeys(STOCK, trial.stock), key_life=KEY_LIFE)
        self.vendors.faults = faults or Faults(latency=0.05)
        lives = Lives(path, time, self.vendors, Flows([trial.flow]), partial(bindings, key_life=KEY_LIFE))
        day = Day(time(), trial.events, answers=trial.answers)
        self.crash = Crash(at)
        lives.live(partial(day.live, patience=trial.patience), self.crash)
        if self.crash.fired:
            lives.live(partial(day.live, patience=trial.patience))
        time.passed += 60.0  # what a vendor does late is done by now
        found = lives.live(look)
        assert found is not None
        self.found: Found = found
        blows = int(self.crash.fired) + len(self.vendors.faults.at)
        self.problems = problems(trial, found, self.vendors.effects(), accepted=set(day.accepted), blows=blows)


def asked_at(trial: Trial, cases: set[Place]) -> set[Place]:
    """Where a death must leave a case: while that request was under way, from its intent's commit to its result's."""
    if not trial.asks:
        return set()
    intent = min(place.number for place in cases if place.where == "after-commit")
    commits = {Place("after-commit", intent), Place("before-commit", intent + 1)}
    return commits | {Place(where, trial.asks) for where in REQUESTS}


@pytest.mark.parametrize("trial", TRIALS, ids=NAMES)
def test_a_run_survives_a_death_at_every_place(trial: Trial, tmp_path: Path) -> None:
    clean = Tried(trial, tmp_path / "clean.db")
    assert (clean.problems, clean.found.cases) == ([], ())
    commits, requests = clean.crash.commits, clean.crash.requests
    broken: dict[str, list[str]] = {}
    cases: set[Place] = set()
    died: list[Place] = []
    for number, place in enumerate(places(commits, requests)):
        tried = Tried(trial, tmp_path / f"{number}.db", place)
        print(f"{trial.name}: {place}", "ok" if not tried.problems else tried.problems)  # noqa: T201 - the list is asked for
        died += [place] * tried.crash.fired
        cases |= {place} if tried.found.cases else set()
        if tried.problems:
            broken[str(place)] = tried.problems
    assert (broken, cases) == ({}, asked_at(trial, cases))
    print(f"{trial.name}: N={commits} commits, M={requests} requests, died at {len(died)} places")  # noqa: T201 - as above
    assert len(died) == len(set(died)) == 2 * commits + 3 * requests
    expected = Counter(dict.fromkeys(COMMITS, commits) | dict.fromkeys(REQUESTS, requests))
    assert Counter(place.where for place in died) == expected
