"""A disk, or a whole process, that stands still between the commit of an intent and its sending."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from pawline.ports import current_attempt
from pawline.runtime import Flows
from pawline.testing import Crash, Day, Lives, Place, Reply, Request, Vendors, VirtualTime, bindings
from tests.promises.trials import STOCK, TRIALS
from tests.promises.verdict import look, problems


class Watched:
    """A line that notes what was sent when it should have ended long ago: somebody may have looked it up by then."""

    def __init__(self, vendors: Vendors, time: VirtualTime) -> None:
        self._vendors, self._time = vendors, time
        self.too_late: list[str] = []

    async def ask(self, request: Request) -> Reply:
        if request.key and current_attempt().settle_by.timestamp() <= self._time():
            self.too_late.append(request.method)
        return await self._vendors.ask(request)


@pytest.mark.parametrize("seconds", [10.5, 12.0])
def test_what_could_not_be_sent_in_time_is_not_sent_late(tmp_path: Path, seconds: float) -> None:
    trial, broken = TRIALS[0], {}
    for commit in range(1, 12):
        time = VirtualTime()
        vendors = Vendors(now=time, stock=dict.fromkeys(STOCK, trial.stock))
        line = Watched(vendors, time)
        lives = Lives(tmp_path / f"{commit}.db", time, line, Flows([trial.flow]), bindings)
        day = Day(time(), trial.events)

        def stand_still(time: VirtualTime = time) -> None:
            time.passed += seconds

        crash = Crash(Place("after-commit", commit), stand_still)
        lives.live(partial(day.live, patience=trial.patience), crash)
        found = lives.live(look)
        assert found is not None
        told = problems(trial, found, vendors.effects(), accepted=set(day.accepted), blows=0)
        if told or line.too_late:
            broken[commit] = (told, line.too_late)
    assert broken == {}
