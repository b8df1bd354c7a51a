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
    """What could not be read, and why: a file, or a row of it. Says nothing of what stands there."""

    where: str
    why: str


class Seen(NamedTuple):
    """What a look found. `cursor` is where the next one goes on; `more` says that there is more to be seen at once."""

    sightings: tuple[Sighting, ...]
    cursor: str
    quarantined: tuple[Quarantined, ...] = ()
    more: bool = False


@dataclass(frozen=True)
class Watch(Generic[S]):
    """How an account is looked at: `look` takes its client, its settings and the cursor of the last look, first ''.

    `every` of zero or less: this account is not looked at so. The cursor only saves work: what is seen again is known
    by its fact, and a look that fails is made again.
    """

    name: str
    every: Callable[[S], timedelta]
    look: Callable[[Any, S, str], Awaitable[Seen]]
