"""What the database holds, a row at a time, and the unit: rows that become true together or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LANES = 256
"""Partitions of the key space; fixed for the life of a store, because a lane is stored with each row."""


class Status(IntEnum):
    """Where a run is. Numbers are stored: append, never renumber."""

    NEW = 0  # made by another lane's owner; not yet admitted to its key
    QUEUED = 1  # its key is busy
    READY = 2  # may be driven; nobody holds it in memory
    RUNNING = 3  # somebody holds it in memory
    WAITING = 4  # a row: asleep, waiting for an event, an answer or a far retry
    PARKED = 5  # a case decides how it goes on; keeps its key
    DONE = 6
    FAILED = 7  # ended by one of the four errors that the flow let through
    CANCELLED = 8
    SUPERSEDED = 9  # a newer one of its key took its place before it started
    SKIPPED = 10  # its key was busy and the flow skips then


ENDED = frozenset({Status.DONE, Status.FAILED, Status.CANCELLED, Status.SUPERSEDED, Status.SKIPPED})
"""States that nothing leaves."""


class Busy(IntEnum):
    """What becomes of a run whose key is busy."""

    QUEUE = 0
    SKIP = 1
    LATEST = 2


class WaitKind(IntEnum):
    """What a waiting run waits for."""

    SLEEP = 0
    EVENT = 1
    ANSWER = 2
    RETRY = 3


class Body(NamedTuple):
    """Encoded bytes with what is needed to read them. `key` is the number of the data key, None where plain."""

    codec: int
    key: int | None
    data: bytes


class EventRow(NamedTuple):
    """One recorded event. `seq` is None until its lane's owner dispatched it; `digests` decide whether it is new."""

    no: int
    shop: str
    lane: int
    seq: int | None
    type: str
    subject: str
    about: int  # 63-bit hash of (shop, type, subject): what waits look for
    source: str
    id: str
    at: float  # when it happened, epoch seconds
    recorded: float  # when it was recorded, database clock
    household: str | None
    priority: int
    codec: int
    key: int | None
    body: bytes

    @property
    def happened(self) -> float:
        """When it happened, by whichever clock is behind: nobody hears of what has not happened yet."""
        return min(self.at, self.recorded)


class RunRow(NamedTuple):
    """One execution of a flow. `keyhash` (63 bits of shop, flow, key) is None when an operator let its key go."""

    no: int
    shop: str
    lane: int
    flow: str
    version: int
    run_key: str
    keyhash: int | None
    event: int  # number of the event that began it
    generation: int
    priority: int
    status: int
    deaths: int
    records: int
    created: float
    ended: float | None
    household: str | None
    codec: int
    key: int | None
    outcome: bytes | None


class JournalRow(NamedTuple):
    """Records of one run that were committed together. `seq` counts the run's rows from 0 without a gap."""

    run: int
    seq: int
    codec: int
    key: int | None
    body: bytes


class WaitRow(NamedTuple):
    """One wait of a run. Taken when `event` is set (EVENT) or `due` has passed; deleted when the run took it up.

    `taken` names events that earlier waits of this run took, as ",5,17,": without it, an event found by a look before
    it was dispatched would be handed to the run's next wait again at its dispatch.
    """

    run: int
    path: str
    lane: int
    kind: int
    about: int | None
    shop: str
    type: str | None
    subject: str | None
    since: float  # events recorded from then on count
    due: float | None
    event: int | None
    looked: int = 0  # 1 when a Look for it was committed
    taken: str | None = None


class CaseRow(NamedTuple):
    """A question for a person. `state`: open, answered, closed, expired."""

    no: int
    shop: str
    lane: int
    run: int | None
    path: str
    kind: str  # ask, retries, code, malformed, unauthorised, misfit, cap, unknown, poison, size
    title: str
    fingerprint: str  # cases of one cause share it
    team: str
    state: str
    opened: float
    until: float | None
    household: str | None
    codec: int
    key: int | None
    body: bytes
    answer: bytes | None
    answered_by: str | None
    answered: float | None


class CommandRow(NamedTuple):
    """What an operator asked for; taken once by the run's owner. `state`: pending, done, refused."""

    no: int
    shop: str
    lane: int
    action: str
    target: str
    by: str
    reason: str
    at: float
    body: bytes
    state: str
    result: str | None


class Move(NamedTuple):
    """A run's compare-and-set: to `status` from one of `allowed`. An ended run frees its key for the next in line."""

    run: int
    allowed: tuple[int, ...]
    status: int
    deaths: int
    records: int
    ended: float | None = None
    codec: int = 0
    key: int | None = None
    outcome: bytes | None = None


class Look(NamedTuple):
    """Takes the oldest fitting event for a wait that was committed before: recorded since, not in `taken`."""

    run: int
    path: str
    about: int
    since: float
    taken: tuple[int, ...]


NOBODY_LOOKED: Final = -1e15
"""`HoldRow.since` of an order of which nobody knows when its lines were placed."""


class HoldRow(NamedTuple):
    """Units of a SKU set aside for an order, until a moment (None: until it is let go of, or its order left).

    SKUs of an order stand once each. `since`: none of the order's lines was placed before; whoever records the order in
    the same commit knows it.
    """

    shop: str
    order: str
    sku: str
    quantity: int
    made: float
    until: float | None
    since: float = NOBODY_LOOKED


@dataclass(slots=True)
class NewRun:
    """A run to insert. `first` and `writes` go in only if its key is free; else it queues, skips or replaces."""

    row: RunRow
    busy: Busy = Busy.QUEUE
    first: Sequence[JournalRow] = ()
    writes: Sequence[tuple[str, tuple[object, ...]]] = ()


@dataclass(slots=True)
class Outcome:
    """What a committed unit came to. With `error` nothing of the unit was stored."""

    error: Exception | None = None
    duplicates: dict[int, int] = field(default_factory=dict)  # event number offered -> number already there
    statuses: dict[int, int] = field(default_factory=dict)  # new run -> the status it got
    started: list[int] = field(default_factory=list)  # runs whose key came free with this unit; now READY
    taken: list[tuple[int, str, int]] = field(default_factory=list)  # (run, path, event): waits that have their event


@dataclass(slots=True)
class Unit:
    """What must become true together. The writer joins many units in one transaction.

    A unit fails alone: a stale lane (`StaleOwner`), a destroyed key (`KeyGone`), a run moved from a state that is not
    allowed (`Conflict`), or a row that cannot be stored undoes this unit and no other. An event that one unit records
    and dispatches, and that was known already, begins nothing: the unit's `runs` are not stored, nor what it writes
    `once`. `done` is called in the event loop, after the commit reached the disk, and never twice.
    """

    done: Callable[[Outcome], None]
    lanes: tuple[tuple[int, int], ...] = ()  # (lane, epoch) that must still be ours; () needs none
    events: Sequence[tuple[EventRow, tuple[bytes, ...]]] = ()  # with 16-byte digests, once each
    dispatched: Sequence[tuple[int, int, int]] = ()  # (event, lane, about): gets its seq here
    runs: Sequence[NewRun] = ()
    journal: Sequence[JournalRow] = ()
    moves: Sequence[Move] = ()
    looks: Sequence[Look] = ()
    holds: Sequence[HoldRow] = ()  # all of them, or the unit fails with OutOfStock
    writes: Sequence[tuple[str, tuple[object, ...]]] = ()  # named statements, in order
    once: Sequence[tuple[str, tuple[object, ...]]] = ()  # the same, but only where all that it records is new
    bulk: bool = False  # gives way to others
    intake: bool = False  # comes from outside, like every unit without lanes: refused when too much is queued
    size: int = 0  # bytes of bodies in `writes`, for what intake may hold in memory
    keys: frozenset[int] = frozenset()  # data keys that must still be there: their erasure comes after it

    def digests(self) -> list[bytes]:
        """Of all facts that it records."""
        return [digest for _, each in self.events for digest in each]

    def clear(self) -> None:
        """Empties what changes from one commit of a run to its next; only after `done` was called."""
        self.journal = self.moves = self.events = self.writes = ()
