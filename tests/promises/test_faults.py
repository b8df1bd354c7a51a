"""Whatever a vendor does at whichever request, nothing is done twice; and that a hub dies of it changes nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from pawline.testing import ANY_TIME, Fault, Faults, Place
from tests.promises.test_crash import NAMES, Tried
from tests.promises.trials import TRIALS, Trial


@pytest.fixture(scope="module", params=TRIALS, ids=NAMES)
def trial(request: pytest.FixtureRequest) -> Trial:
    found = request.param
    assert isinstance(found, Trial)
    return found


@pytest.fixture(scope="module")
def requests(trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> range:
    """The numbers of the requests of a clean run."""
    clean = Tried(trial, tmp_path_factory.mktemp("clean") / "hub.db")
    return range(1, clean.crash.requests + 1)


def test_every_fault_at_every_request_is_got_over(trial: Trial, requests: range, tmp_path: Path) -> None:
    broken = {}
    for fault, number in product(ANY_TIME, requests):
        faults = Faults(latency=0.05, at={number: fault})
        tried = Tried(trial, tmp_path / f"{fault}-{number}.db", faults=faults)
        if tried.problems or bool(tried.found.cases) is not (trial.asks == number and fault is not Fault.LIMITED):
            broken[f"{fault}:{number}"] = (tried.problems, tried.found.cases)
    assert broken == {}


@pytest.mark.parametrize("where", ["after-effect", "after-reply"])
@pytest.mark.parametrize("fault", [Fault.LATE, Fault.BROKEN])
def test_a_death_with_a_broken_connection_is_got_over(
    trial: Trial, requests: range, tmp_path: Path, fault: Fault, where: str
) -> None:
    broken = {}
    for number in requests:
        faults = Faults(latency=0.05, at={number: fault})
        tried = Tried(trial, tmp_path / f"{number}.db", Place(where, number), faults)
        if tried.problems or not tried.crash.fired or bool(tried.found.cases) is not (trial.asks == number):
            broken[number] = (tried.problems, tried.found.cases, tried.crash.fired)
    assert broken == {}


def test_a_key_is_looked_up_once_its_vendor_may_have_forgotten_it(tmp_path: Path) -> None:
    """A 500 that stays a 500 for the whole life of its key: then the look-up tells that the effect had happened."""
    trial = replace(TRIALS[0], patience=600.0)
    for number in range(1, 8):
        faults = Faults(at={number: Fault.STORED_ERROR})
        tried = Tried(trial, tmp_path / f"{number}.db", faults=faults)
        assert (tried.problems, tried.found.cases) == ([], ())
