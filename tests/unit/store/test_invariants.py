"""Whatever is thrown at the store in whatever batches: one run of a key at a time, nobody forgotten, no gap."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from pawline.store import Busy, Conflict, JournalRow, Look, Move, NewRun, Outcome, Status
from tests.unit.store.desk import ABOUT, ALL, LANE, Desk, Place, digest, wait

ACTIVE = (Status.READY, Status.RUNNING, Status.WAITING, Status.PARKED)
ALLOWED = (Conflict, type(None))


@dataclass
class Story:
    """A seeded run of random units, many of them wrong on purpose."""

    desk: Desk
    dice: random.Random
    runs: list[int] = field(default_factory=list)
    events: list[int] = field(default_factory=list)
    waits: list[tuple[int, str]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def unit(self) -> dict[str, Any]:
        parts: dict[str, Any] = {}
        for what in self.dice.sample(
            ("event", "dispatch", "run", "move", "wait", "look", "pass"), self.dice.randint(1, 3)
        ):
            getattr(self, f"_{what}")(parts)
        return parts

    def _event(self, parts: dict[str, Any]) -> None:
        event = self.desk.event(subject=self.dice.choice("ab"))
        self.events.append(event.no)
        parts["events"] = [(event, (digest(f"f{self.dice.randrange(60)}"),))]

    def _dispatch(self, parts: dict[str, Any]) -> None:
        if self.events:
            parts["dispatched"] = [(self.dice.choice(self.events), LANE, ABOUT)]

    def _run(self, parts: dict[str, Any]) -> None:
        row = self.desk.run(
            keyhash=self.dice.choice((1, 2, 3, None)),
            status=self.dice.choice((Status.RUNNING, Status.RUNNING, Status.NEW)),
        )
        self.runs.append(row.no)
        parts["runs"] = [NewRun(row, self.dice.choice(list(Busy)), [JournalRow(row.no, 0, 0, None, b"first")])]

    def _move(self, parts: dict[str, Any]) -> None:
        if not self.runs:
            return
        status = self.dice.choice((*ACTIVE, Status.DONE, Status.DONE, Status.CANCELLED))
        allowed = (*ACTIVE, Status.QUEUED) if status == Status.CANCELLED else ACTIVE
        ended = 1000.0 if status in (Status.DONE, Status.CANCELLED) else None
        parts["moves"] = [Move(self.dice.choice(self.runs), allowed, status, 0, 1, ended)]

    def _wait(self, parts: dict[str, Any]) -> None:
        if self.runs:
            run, path = self.dice.choice(self.runs), str(self.dice.randrange(3))
            self.waits.append((run, path))
            row = wait(run, path, subject=self.dice.choice("ab"))
            parts.setdefault("writes", []).append(
                self.dice.choice((("insert_wait", row), ("delete_wait", (run, path))))
            )

    def _look(self, parts: dict[str, Any]) -> None:
        if self.waits:
            parts["looks"] = [Look(*self.dice.choice(self.waits), ABOUT, 0.0, ())]

    def _pass(self, parts: dict[str, Any]) -> None:
        if self.runs:
            name = self.dice.choice(("let_pass", "admit", "admit"))
            parts.setdefault("writes", []).append((name, (self.dice.choice(self.runs),)))


async def tell(desk: Desk, seed: int) -> Story:
    story = Story(desk, random.Random(seed))
    for _ in range(25):
        size = story.dice.choice((1, 2, 8, 30))
        told = await asyncio.gather(*[desk.begin(**story.unit()) for _ in range(size)])
        story.outcomes += told
        assert {type(outcome.error) for outcome in told} <= {*ALLOWED}
        await check_keys(desk)
    return story


async def check_keys(desk: Desk) -> None:
    """Of each key at most one run is under way, and nobody is in line where none is."""
    for key in (1, 2, 3):
        statuses = Counter(Status(row[10]) for row in await desk.store.fetch("runs_of_key", (key,)))
        active = sum(statuses[status] for status in ACTIVE)
        assert active <= 1, statuses
        assert active == 1 or statuses[Status.QUEUED] == 0, statuses


async def check_events(desk: Desk, story: Story) -> None:
    events = await desk.store.events(story.events)
    seqs = sorted(event.seq for event in events.values() if event.seq is not None)
    assert seqs == list(range(len(seqs)))
    duplicates = {no: known for outcome in story.outcomes for no, known in outcome.duplicates.items()}
    assert set(duplicates).isdisjoint(events)
    assert set(duplicates.values()) <= set(events)
    assert len(events) <= 60


async def check_runs(desk: Desk, story: Story) -> None:
    """What was told is what is stored: a run that was told to run has its first row, no other has."""
    rows, journals = await desk.store.runs(story.runs), await desk.store.journals(story.runs)
    told = {
        no: status for outcome in story.outcomes if outcome.error is None for no, status in outcome.statuses.items()
    }
    assert set(told) == set(rows)
    began = {no for no, found in journals.items() if found}
    ran_at_once = {no for no, status in told.items() if status == Status.RUNNING}
    assert ran_at_once == began
    started = Counter(no for outcome in story.outcomes for no in outcome.started)
    assert set(started.values()) <= {1}
    assert set(started).isdisjoint(ran_at_once)
    ended = {no for no, row in rows.items() if row.ended is not None}
    assert ended == {no for no, row in rows.items() if row.status >= Status.DONE}


@pytest.mark.parametrize("seed", range(4))
async def test_random_units_in_random_batches(place: Place, seed: int) -> None:
    desk = await place.open()
    story = await tell(desk, seed)
    await check_events(desk, story)
    await check_runs(desk, story)
    taken = [one[:2] for outcome in story.outcomes for one in outcome.taken]
    assert taken
    assert {row[:2] for row in await desk.store.taken_waits(ALL, 1000)} <= {
        (run, path) for run, path in taken
    }  # a wait that was taken may have been deleted since
