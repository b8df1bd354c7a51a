"""What advice is made of: each part says which answer it comes from."""

from __future__ import annotations

from enum import StrEnum

import msgspec

Span = tuple[float, float]
"""The least and the most that it can be, by what is known."""


class Reason(msgspec.Struct, frozen=True):
    """A sentence, and the names of the answers that it comes from."""

    says: str
    answers: tuple[str, ...]


class Verdict(StrEnum):
    """Whether this approach is for the shop."""

    FITS = "fits"
    FITS_NOT = "does not fit"
    UNKNOWN = "cannot tell"


class Misfit(msgspec.Struct, frozen=True, kw_only=True):
    """Why not, from which answers, and what to do instead. `criterion` is a stable name."""

    criterion: str
    says: str
    instead: str
    answers: tuple[str, ...]


class ProfileAdvice(msgspec.Struct, frozen=True, kw_only=True):
    """For how much a shopper waits; None where an answer that decides it is unknown, which the reasons name."""

    profile: str | None
    reasons: tuple[Reason, ...]


class Sizing(msgspec.Struct, frozen=True, kw_only=True):
    """Where the hub is kept, and how many processes work.

    `store` is None where no volume is known, or none that was measured would do. `need` is the orders a second of the
    busiest moment, `head_room` how many times as much was measured. `bears` is the highest hour, in orders, that leaves
    the head room that is asked for; `disk_gb` what a retention of 30 days takes. Each figure's origin is in `reasons`.
    """

    store: str | None
    workers: int
    need: Span | None
    head_room: Span | None
    bears: int
    disk_gb: Span | None
    reasons: tuple[Reason, ...]


class Connect(msgspec.Struct, frozen=True, kw_only=True):
    """A role to connect, and with what. `connector` is '' where nothing reaches it yet; `how` says what to do."""

    role: str
    system: str
    connector: str
    how: str
    why: Reason
    connected: bool


class Saving(msgspec.Struct, frozen=True, kw_only=True):
    """What a flow takes off people, in hours a week, from these answers; None where `lacks` names some nobody gave.

    `takes` are roles of the shop's systems that no connector plays yet: the hours come once somebody wrote one.
    `mistakes` a week are those that an X-ray counted and that the flow is there to prevent, as `seen` says them.
    """

    flow: str
    promise: str
    hours: Span | None
    formula: str
    answers: tuple[str, ...]
    lacks: tuple[str, ...]
    roles: tuple[str, ...]
    takes: tuple[str, ...] = ()
    mistakes: float | None = None
    seen: str = ""


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. Where the verdict is that it does not fit, nothing else is recommended.

    `flows` are the first three; `later` those that come after, or that nothing can be said of. `counted` names the
    answers that an X-ray gave, and where it is from.
    """

    verdict: Verdict
    misfits: tuple[Misfit, ...] = ()
    asks: tuple[str, ...] = ()
    profile: ProfileAdvice | None = None
    sizing: Sizing | None = None
    flows: tuple[Saving, ...] = ()
    later: tuple[Saving, ...] = ()
    connect: tuple[Connect, ...] = ()
    notes: tuple[Reason, ...] = ()
    counted: tuple[Reason, ...] = ()
    unknown: tuple[str, ...] = ()
