"""Looks for events that a wait did not see come: recorded before the wait was, or in time but not dispatched yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.store import Look, Outcome, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pawline.runtime.engine import Engine
    from pawline.store import WaitRow


def look_again(engine: Engine, waits: Iterable[WaitRow]) -> None:
    """For waits whose owner died between inserting them and looking."""
    for wait in waits:
        _commit(engine, wait, lambda outcome: engine.told(outcome) if outcome.error is None else None)


def last_look(
    engine: Engine, wait: WaitRow, over: Callable[[WaitRow], None], looking: set[tuple[int, str]]
) -> None:  # fmt: skip
    """Time is up; but an event that was recorded in time ends the wait, even if it is found only now."""

    def looked(outcome: Outcome) -> None:
        if outcome.error is None and not outcome.taken:
            over(wait)
            return
        looking.discard((wait.run, wait.path))
        if outcome.error is None:
            engine.told(outcome)

    _commit(engine, wait, looked)


def _commit(engine: Engine, wait: WaitRow, done: Callable[[Outcome], None]) -> None:
    seen = tuple(int(no) for no in (wait.taken or "").split(",") if no)
    look = Look(wait.run, wait.path, wait.about or 0, wait.since, seen)
    engine.store.commit(Unit(done, lanes=(engine.fence(wait.lane),), looks=[look]))
