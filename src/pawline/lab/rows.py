"""What a run leaves behind, row by row: every figure of the lab is reckoned from these, and from nothing else."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec


class Way(StrEnum):
    """How a column takes orders. The strings are told: they are the columns' names."""

    BY_HAND = "wired by hand"
    SYNCHRONOUS = "synchronous"
    HYBRID = "hybrid"
    EVENT_DRIVEN = "event-driven"

    @property
    def ours(self) -> bool:
        """Whether it is a profile of Pawline's."""
        return self is not Way.BY_HAND


class Left(StrEnum):
    """How a shopper left, as they know it themselves."""

    BOUGHT = "bought"
    DECLINED = "declined"
    SOLD_OUT = "sold out"
    GAVE_UP = "gave up"


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One shopper. `due` and `pressed` are seconds of the day; `waited` is from the press to the first answer, in ms.

    `waited` is None for who had none before they gave up. `stayed` is the whole wait, from `due` to the first answer
    or to their leaving: the page with its cart and quote (`page_ms`) is part of it. `broken` counts answers
    that were errors, and connections that broke; `asked` how often the page sent it. `orders` are those that came of
    it, whether they know it or not.
    """

    number: int
    part: str
    due: float
    pressed: float
    waited: float | None
    stayed: float
    page_ms: float
    status: int
    asked: int
    broken: int
    gave_up: bool
    came_back: bool
    left: Left
    orders: tuple[str, ...]
    autoship: bool = False
    """A renewal, which a machine orders: nobody waited for it."""


class Fate(StrEnum):
    """What the vendors' ledgers say of one order."""

    WHOLE = "whole"
    UNDONE = "undone"
    HALF = "half done"
    NOTHING = "nothing"


class Back(StrEnum):
    """What became of an order later, as its shopper wants it. The strings are told."""

    CALLED_OFF = "called off"
    SENT_BACK = "sent back"


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """One order by the ledgers. `placed` (buy was pressed for it first) and `done` are seconds of the day.

    `refused`: somebody said so on record.

    `arrived`: each of its parts happened at least once, however often; `doubled` counts those that happened again.
    `back`: it was called off, or sent back, and its column heard of that; then `fate` counts that, too.
    """

    order: str
    number: int
    placed: float
    done: float | None
    fate: Fate
    refused: bool
    arrived: bool
    doubled: int
    back: Back | None = None


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A trouble as it was: from when to when, in seconds of the day."""

    name: str
    begin: float
    end: float


LOOKED: Final = 5.0
"""Seconds after which nobody looks any more whether a page shows what was told."""


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that is due at `at`: milliseconds from then until a page showed it or a later one (None: not in 5 s).

    That it was told late, because the hub did not take it, is part of it.
    """

    at: float
    ms: float | None


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """One rate of the ramp: how many came at it, and what their answers took. `broken` were answered otherwise."""

    rate: float
    came: int
    broken: int
    p99_ms: float


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody must keep running and set, as counted: see `lab.parts`."""

    processes: int
    stores: int
    systems: int
    flows: int
    settings: int
    code_lines: int
    views: int = 0
    tools: tuple[str, ...] = ()


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One day of one column."""

    visits: tuple[Visit, ...]
    orders: tuple[OrderRow, ...]
    troubles: tuple[Span, ...]
    lags: tuple[Lag, ...] = ()
    cases: tuple[str, ...] = ()
    oversold: dict[str, int] = {}
    by_hand: int = 0
    """Orders called off or sent back that no code of the column takes care of: a person has to."""
    seconds: float


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """All days of one way, and its ramp."""

    way: Way
    parts: Parts
    rounds: tuple[Round, ...]
    ramp: tuple[Pace, ...] = ()
