"""What rules look at: the store, this process's accounts and watches, and how far the views are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pawline.hub.alarms.found import Finding
    from pawline.hub.alarms.settings import AlarmSettings
    from pawline.hub.watching import Sight, Watched
    from pawline.store import Store

CATCH_UP: Final = 300.0
"""Seconds after its start in which a hub still hears of what happened while it was away."""


class Unknown(Exception):
    """A rule cannot judge now: what is open stays open."""


@dataclass(frozen=True)
class Ground:
    """`down` tells for how many seconds circuits have been open, `behind` how far the views of orders are behind."""

    store: Store
    settings: AlarmSettings
    shops: Sequence[str]
    plays: Mapping[str, str]
    watched: Collection[Watched]
    down: Callable[[], Mapping[str, float]]
    sights: Callable[[], Iterable[Sight]]
    behind: Callable[[], Awaitable[float]]
    began: float
    titles: dict[int, str] = field(default_factory=dict)
    """Of cases, which never change."""
    stood: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """Runs that may stand still, by subject: number, records, and since when it was seen so."""


@dataclass(frozen=True)
class Moment:
    """A look: when it is, and which alarms are open, with the facts that they were last seen with."""

    now: float
    open: Mapping[tuple[str, str], Mapping[str, object]] = field(default_factory=dict)


Rule = Callable[[Ground, Moment], Awaitable["list[Finding]"]]
"""What is wrong now. Raises Unknown where that cannot be told."""
