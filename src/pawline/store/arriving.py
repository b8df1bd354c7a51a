"""The events of a batch: known facts first, then their places in their lanes, then the waits that they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.store.database import Repeat
from pawline.store.errors import Conflict

if TYPE_CHECKING:
    from collections import defaultdict

    from pawline.store.database import Database, Row
    from pawline.store.rows import EventRow, Outcome


class Arrivals:
    """What the units of a batch record and dispatch; an event may do both in one unit, and is written once then."""

    def __init__(self, db: Database, outcomes: defaultdict[int, Outcome]) -> None:
        self._db, self._outcomes = db, outcomes
        self.events: list[tuple[int, EventRow, tuple[bytes, ...]]] = []  # with the index of its unit
        self.dispatched: list[tuple[int, int, int]] = []  # unit, event, lane
        self.ends: dict[int, int] = {}  # lane -> the next place in it, of lanes in which some were taken

    def store(self) -> set[int]:
        """Writes them. The units whose event was known: what else they would do with it was done by the first."""
        fresh, again = self._new() if self.events else ([], set())
        if again:
            self.dispatched = [one for one in self.dispatched if one[0] not in again]
        places = self._places() if self.dispatched else {}
        if fresh:
            self._db.many("insert_event", [_placed(row, places.pop(row.no, None)) for row in fresh])
        if places:
            rows = [(event, lane, places[event]) for _, event, lane in self.dispatched if event in places]
            if (changed := self._db.many("set_seq", rows)) != len(rows):
                raise Conflict(f"set_seq: {len(rows)} events to dispatch, {changed} were not yet")
        if self.dispatched:
            self._take_waits()
        return again

    def _new(self) -> tuple[list[EventRow], set[int]]:
        """The events that are none of the facts already known; the units of the others."""
        digests = [(digest,) for _, _, each in self.events for digest in each]
        known: dict[bytes, int] = dict(self._db.decide("known_facts", digests)) if digests else {}
        facts: list[Row] = []
        fresh: list[EventRow] = []
        again: set[int] = set()
        for at, row, each in self.events:
            no = next((known[digest] for digest in each if digest in known), None)
            if no is None:
                no = row.no
                fresh.append(row)
            else:
                self._outcomes[at].duplicates[row.no] = no
                again.add(at)
            for digest in each:
                if digest not in known:
                    known[digest] = no
                    facts.append((digest, no))
        # Sorted: two processes that record the same facts wait for one another and never in a circle.
        if facts and self._db.many("insert_fact", sorted(facts)) != len(facts):
            raise Repeat
        return fresh, again

    def _places(self) -> dict[int, int]:
        """The next numbers of the lanes, in the order of the units."""
        lanes = sorted({lane for _, _, lane in self.dispatched})
        seqs: dict[int, int] = dict(self._db.fetch("next_seqs", (lanes,)))
        places: dict[int, int] = {}
        for _, event, lane in self.dispatched:
            places[event] = seqs[lane]
            seqs[lane] += 1
        if len(places) != len(self.dispatched):
            raise Conflict("two units dispatch one event")
        self._db.many("set_next_seq", list(seqs.items()))
        self.ends = seqs
        return places

    def _take_waits(self) -> None:
        units = {event: at for at, event, _ in self.dispatched}
        for run, path, event in sorted(self._db.fetch("take_waits", (list(units),))):
            self._outcomes[units[event]].taken.append((run, path, event))


def _placed(row: EventRow, seq: int | None) -> Row:
    return row if seq is None else (*row[:3], seq, *row[4:])
