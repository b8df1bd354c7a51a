"""What rules look at: the store, this process's accounts and watches, and how far the views are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from pawline.hub.alarms.found import Alarm, Finding
    from pawline.hub.alarms.settings import AlarmSettings
    from pawline.hub.watching import Sight, Watched
    from pawline.runtime.account_gate import Trouble
    from pawline.store import Store

CATCH_UP: Final = 300.0
"""Seconds after its start in which a hub still hears of what happened while it was away."""


class Unknown(Exception):
    """A rule cannot judge now: what is open stays open."""


class Stand(NamedTuple):
    """Where a run was seen last: a step that it tries again, or how much its journal holds; and since when."""

    run: int
    place: str | int
    since: float
    seen: float


@dataclass(frozen=True)
class Ground:
    """What this process knows of its accounts: which failed last, which answered since that was asked last.

    `behind` tells how far the views of orders are behind, in seconds.
    """

    store: Store
    settings: AlarmSettings
    shops: Sequence[str]
    plays: Mapping[str, str]
    watched: Collection[Watched]
    troubles: Callable[[], Mapping[str, Trouble]]
    answered: Callable[[], Collection[str]]
    sights: Callable[[], Iterable[Sight]]
    behind: Callable[[], Awaitable[float]]
    began: float
    well: dict[str, float] = field(default_factory=dict)
    """When accounts answered last."""
    titles: dict[int, str] = field(default_factory=dict)
    """Of open cases: they never change."""
    stood: dict[int, Stand] = field(default_factory=dict)
    """Where old runs stand, by number."""


Key = tuple[str, str]
"""A rule and a subject."""


@dataclass(frozen=True)
class Moment:
    """A look: when it is, and which alarms are open.

    `unsure` is filled with those that a rule neither sees nor knows to be over, `over` with those of which it knows.
    """

    now: float
    open: Mapping[Key, Alarm] = field(default_factory=dict)
    unsure: set[Key] = field(default_factory=set)
    over: set[Key] = field(default_factory=set)


Rule = Callable[[Ground, Moment], Awaitable["list[Finding]"]]
"""What is wrong now. Raises Unknown where that cannot be told."""
