"""All columns, played: each one's day begins when the shoppers of the one before have left; ramps come first, alone."""

from __future__ import annotations

import asyncio
import pkgutil
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Final

import pawline.connectors
from pawline.cli.lab.hand_column import SCRIPT
from pawline.cli.lab.hub_column import HubColumn
from pawline.cli.lab.ramp import ramped
from pawline.cli.lab.rounds import a_day, staged
from pawline.lab.parts import of_script, of_settings
from pawline.lab.rows import Column, Way
from pawline.ports import Surveys

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.cli.lab.rounds import Stage
    from pawline.lab.day import Plan
    from pawline.lab.rows import Pace, Parts, Round

WAYS: Final = tuple(Way)
ROOT: Final = "Till"
"""What of the script is its checkout."""
SETTLE: Final = 3.0
"""Seconds after the last shopper of a column before the next one begins: what is open then waits for its time."""


@dataclass
class State:
    """How far one column is: what a screen shows."""

    way: Way
    of: int
    done: int = 0
    what: str = "waits"
    history: list[str] = field(default_factory=list)


class Playing:
    """All of it, by the plan. `states` may be looked at meanwhile; `news` hears of each change of what goes on.

    Not `apart`, all columns are played at once: soon over, and their times are of no use.
    """

    def __init__(
        self, plan: Plan, rounds: int, *, ramp: bool, ways: tuple[Way, ...] = WAYS, apart: bool = True
    ) -> None:
        self._plan, self._rounds, self._ramp, self._apart = plan, rounds, ramp, apart
        self.news: Callable[[State], None] = lambda _: None
        self.states = {way: State(way, rounds * len(plan.shoppers)) for way in ways}

    async def play(self) -> tuple[Column, ...]:
        """Every column. Raises HubRefused where a process does not start, or dies by itself."""
        paces: dict[Way, tuple[Pace, ...]] = dict.fromkeys(self.states, ())
        if self._ramp:
            for way in self.states:
                async with staged(way, self._plan) as stage:
                    paces[way] = await ramped(stage, self._plan, partial(self._tell, way, 0))
                self._tell(way, 0, "waits", 0)
        tasks: dict[Way, list[asyncio.Task[tuple[Round, Parts]]]] = {way: [] for way in self.states}
        async with asyncio.TaskGroup() as group:
            for number in range(self._rounds):
                for way in self.states:
                    over = asyncio.Event()
                    task = group.create_task(self._round(way, number, over))
                    task.add_done_callback(lambda _, over=over: over.set())  # type: ignore[misc]
                    tasks[way].append(task)
                    if self._apart:
                        await over.wait()
                        await asyncio.sleep(SETTLE)
        return tuple(
            Column(way=way, parts=done[0].result()[1], rounds=tuple(one.result()[0] for one in done), ramp=paces[way])
            for way, done in tasks.items()
        )

    async def _round(self, way: Way, number: int, over: asyncio.Event) -> tuple[Round, Parts]:
        tell = partial(self._tell, way, number)
        tell("starts", 0)
        async with staged(way, self._plan) as stage:
            day = await a_day(stage, tell, over.set)
            return day, await _parts(stage)

    def _tell(self, way: Way, number: int, what: str, done: int) -> None:
        state = self.states[way]
        fresh = what != state.what
        state.what, state.done = what, number * len(self._plan.shoppers) + done
        if fresh:
            self.news(state)


async def _parts(stage: Stage) -> Parts:
    if not isinstance(stage.side, HubColumn):
        return of_script(SCRIPT.read_text("utf-8"), ROOT)
    return of_settings(stage.side.settings, await stage.side.count_views(), survey_tools())


def survey_tools() -> list[str]:
    """Connectors that play Surveys, by name."""
    found = []
    for one in sorted(pkgutil.iter_modules(pawline.connectors.__path__), key=lambda one: one.name):
        card = import_module(f"pawline.connectors.{one.name}").connector
        if Surveys in card.offers:
            found.append(str(card.name))
    return found
