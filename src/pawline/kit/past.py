"""What happened before an account was connected, brought in bulk: fetched into a file, and read out of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from pawline.kit.guard import Guard
from pawline.kit.watch import Quarantined, Sighting

S = TypeVar("S", bound=msgspec.Struct)


class Called(NamedTuple):
    """What the account calls something of ours of that kind."""

    kind: str
    ours: str
    theirs: str


class Recalled(NamedTuple):
    """What one thing of the past says: read again from `offset` on, the next one comes.

    `bad`: it cannot be read. `left`: why something of it is not told, which is counted by its words and is no defect;
    so they are few, and name nobody. `links`: what the account calls what is ours.
    """

    offset: int
    sightings: tuple[Sighting, ...] = ()
    bad: Quarantined | None = None
    left: tuple[str, ...] = ()
    links: tuple[Called, ...] = ()


@dataclass(frozen=True)
class Past(Generic[S]):
    """How an account's history is had.

    `fetch` gets the account's client, its settings, the guard, the moment since when, the file, and whom to tell how
    it goes; stopped and made again, it goes on where it was. `read` makes events of that file, from an offset on, with
    a bounded part of it in memory. Both raise PortError. The file's own time is as of when it is.
    """

    fetch: Callable[[Any, S, Guard, datetime, Path, Callable[[str], None]], Awaitable[None]]
    read: Callable[[Any, S, Path, int], AsyncIterator[Recalled]]
