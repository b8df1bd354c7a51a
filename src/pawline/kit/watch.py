"""Systems that tell nothing and are looked at: exports in a folder, and lists that find what a webhook lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec

from pawline.model import Event

S = TypeVar("S", bound=msgspec.Struct)
REMEMBERED: Final = timedelta(days=50)
"""What is older is not told: a fact is known again for 60 days at least (`Retention.facts`), and then would be new."""


class Sighting(NamedTuple):
    """Something that was seen to have happened: the system's own id of it, when, and what. Seen twice it is one."""

    id: str
    at: datetime
    event: Event


class Quarantined(NamedTuple):
    """What could not be read, and why: a file, or a row of it by its line. Says nothing of what stands there."""

    where: str
    why: str
    line: int | None = None


class Seen(NamedTuple):
    """What a look found. `cursor` is where the next one goes on; `more` says that there is more to be seen at once."""

    sightings: tuple[Sighting, ...]
    cursor: str
    quarantined: tuple[Quarantined, ...] = ()
    more: bool = False


class Due(NamedTuple):
    """By when something is to be seen: `by` on the wall of `zone`, on `days` (`mon`, …), at most `hours` before."""

    by: str
    zone: str
    days: tuple[str, ...]
    hours: float


class Tried(NamedTuple):
    """What a look would make of the newest thing there is, and of how many rows: `first` are some of its sightings."""

    where: str
    rows: int
    first: tuple[Sighting, ...]
    quarantined: tuple[Quarantined, ...] = ()


@dataclass(frozen=True)
class Watch(Generic[S]):
    """How an account is looked at: `look` takes its client, its settings and the cursor of the last look, first ''.

    `every` of zero or less: this account is not looked at so. The cursor only saves work: what is seen again is known
    by its fact, and a look that fails is made again. A new cursor says that something came.

    `due`: by when something is to come, each day. `rehearse` makes what it would of the newest, and None of nothing:
    a dry run, which remembers nothing.
    """

    name: str
    every: Callable[[S], timedelta]
    look: Callable[[Any, S, str], Awaitable[Seen]]
    due: Callable[[S], Due | None] | None = None
    rehearse: Callable[[Any, S], Awaitable[Tried | None]] | None = None
