"""Bulk beside work that came lately: so many runs a second and no more, and the whole road once nobody comes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from pawline.runtime.turns import BESIDE, CORNER, LATELY, Turns


class Stub:
    """As much of an engine as turns look at; its clock is ours."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.shoppers = 0
        self.live: dict[int, Any] = {}
        self.loop = SimpleNamespace(time=lambda: self.now)
        self.settings = SimpleNamespace(live=2_000)


def begun(engine: Stub, turns: Turns, seconds: float, *, work: bool) -> int:
    """Bulk runs that begin and end in a time in which work comes ten times a second, or does not."""
    count, until = 0, engine.now + seconds
    while engine.now < until:
        if work and round(engine.now * 1_000) % 100 == 0:
            turns.came(bulk=False)
        while turns.room and count < 10_000_000 and len(engine.live) < 200:
            turns.came(bulk=True)
            count += 1
            if not work:
                engine.live[count] = None
        engine.now = round(engine.now + 0.01, 3)
        engine.live.clear()
    return count


def test_beside_work_bulk_begins_at_its_rate_and_alone_it_fills_its_corner() -> None:
    engine = Stub()
    turns = Turns(engine)  # type: ignore[arg-type]
    alone = begun(engine, turns, 1.0, work=False)
    assert alone == 100 * (2_000 // CORNER + 1)
    beside = begun(engine, turns, 10.0, work=True)
    assert abs(beside - 10 * BESIDE) <= BESIDE / 5
    engine.now += LATELY
    assert begun(engine, turns, 1.0, work=False) == alone


def test_a_shopper_under_way_gives_bulk_its_turn_only() -> None:
    engine = Stub()
    turns = Turns(engine)  # type: ignore[arg-type]
    engine.shoppers = 1
    turns.look()
    assert not turns.room
    engine.now += 0.6
    turns.look()
    assert turns.room
