"""Which run kills the process? Suspects are tried together first, then few at a time, then alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOM: Final = 64
"""What is on trial at a time weighs at most so much."""
WEIGHTS: Final = (1, 8)
"""Of a suspect at its first and its second trial; from the third on it weighs the whole room: it is tried alone."""
ALONE: Final = 2
"""Deaths alone on trial after which it is the run that kills, and not somebody from outside."""


class Trials:
    """The suspects in memory. A run is one that was in memory at `first` deaths without ending a step in between."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._weights: dict[int, int] = {}

    def suspects(self, deaths: int) -> bool:
        """Whether so many deaths make a run a suspect."""
        return deaths >= self._first

    def convicts(self, deaths: int) -> bool:
        """Whether the process died `ALONE` times while this run was the only one on trial."""
        return deaths >= self._first + len(WEIGHTS) + ALONE

    @property
    def room(self) -> int:
        """How many suspects may come at most, if this is the first trial of each."""
        return ROOM - sum(self._weights.values())

    def surplus(self, ready: Iterable[tuple[int, int]]) -> set[int]:
        """Of runs with their deaths, the suspects beyond the room: they would only be read to be turned away."""
        suspects = [run for run, deaths in ready if self.suspects(deaths)]
        return set(suspects[max(1, self.room) :])

    def admits(self, run: int, deaths: int) -> bool:
        """Whether this suspect may be tried now; it is on trial then, until `end`."""
        level = deaths - self._first
        weight = WEIGHTS[level] if level < len(WEIGHTS) else ROOM
        if run not in self._weights and weight > self.room:
            return False
        self._weights[run] = weight
        return True

    def end(self, run: int) -> bool:
        """The run ended a step, or left memory; whether it was on trial."""
        return self._weights.pop(run, None) is not None
