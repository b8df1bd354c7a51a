"""One batch: what many units ask for, decided and written in one transaction that the writer has opened."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from pawline.store import audit
from pawline.store.arriving import Arrivals
from pawline.store.errors import Conflict, KeyGone, StaleOwner, StoreError
from pawline.store.joined import join
from pawline.store.rows import Busy, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pawline.store.database import Database, Row
    from pawline.store.holding import Holding
    from pawline.store.rows import JournalRow, Look, Move, NewRun, Unit

NOTHING = Outcome()
"""What all units share that came to nothing worth telling. Never changed."""


class _Candidate(NamedTuple):
    """A run that is to have its key decided: new, or NEW and to be admitted."""

    at: int  # index of its unit
    no: int
    keyhash: int | None
    busy: Busy
    new: NewRun | None


class Batch:
    """Gathers the parts of all units, then writes part by part: a batch of many units costs little more than of one."""

    def __init__(self, db: Database, units: Sequence[Unit], owner: int, now: float, holding: Holding) -> None:
        self.db, self.units, self.owner, self.now = db, units, owner, now
        self._holding = holding
        # By index; units without one came to nothing worth telling. Shared, and not a method of ours: whatever is in
        # a batch would be in a reference circle with it, for the collector to look for while everything stands still.
        self.outcomes: defaultdict[int, Outcome] = defaultdict(Outcome)
        self._arrivals = Arrivals(db, self.outcomes)
        self._runs: list[tuple[int, NewRun]] = []
        self._candidates: list[_Candidate] = []
        self._journal: list[JournalRow] = []
        self._moves: list[tuple[int, Move]] = []
        self._passed: list[tuple[int, int]] = []  # let others of their key pass
        self._writes: list[tuple[str, Row]] = []
        self._once: list[tuple[int, tuple[str, Row]]] = []
        self._looks: list[tuple[int, Look]] = []

    def apply(self) -> dict[int, Outcome]:
        """Writes everything. Raises Conflict for a miss: some unit is at fault, and nobody knows which one."""
        self._gather(self._held(self._kept(self._fenced())))
        arrivals = self._arrivals
        if (arrivals.events or arrivals.dispatched) and (again := arrivals.store()):
            self._runs = [(at, new) for at, new in self._runs if at not in again]
            self._once = [(at, write) for at, write in self._once if at not in again]
        self._writes += [write for _, write in self._once]
        if self._runs or self._candidates:
            self._begin_runs()
        if self._journal:
            self.db.many("insert_journal", self._journal)
        if self._moves or self._passed:
            self._move()
        if self._writes:
            self._write()
        if self._looks:
            self._look()
        return self.outcomes

    @property
    def ends(self) -> dict[int, int]:
        """The next place in each lane in which events were dispatched."""
        return self._arrivals.ends

    def _exact(self, name: str, rows: Sequence[Row]) -> None:
        if (changed := self.db.many(name, rows)) != len(rows):
            raise Conflict(f"{name}: {len(rows)} rows to change, {changed} allowed it")

    def _fenced(self) -> Iterable[tuple[int, Unit]]:
        """The units whose lanes are still ours; holds their lanes until the commit."""
        pairs = {pair for unit in self.units for pair in unit.lanes}
        if not pairs:
            return enumerate(self.units)
        stale = set(self.db.decide("stale_lanes", [(lane, epoch, self.owner) for lane, epoch in sorted(pairs)]))
        if not stale:
            return enumerate(self.units)
        good = []
        for at, unit in enumerate(self.units):
            if lost := stale.intersection(unit.lanes):
                self.outcomes[at] = Outcome(StaleOwner(f"lane {min(lost)[0]} is no longer ours"))
            else:
                good.append((at, unit))
        return good

    def _kept(self, units: Iterable[tuple[int, Unit]]) -> Iterable[tuple[int, Unit]]:
        """The units whose data keys are all there; keeps them until the commit, and erasures waiting."""
        if not any(unit.keys for unit in self.units):
            return units
        good = list(units)
        wanted = set[int]().union(*(unit.keys for _, unit in good))
        gone = {no for (no,) in self.db.decide("gone_keys", [(no,) for no in sorted(wanted)])}
        short = {at: Outcome(KeyGone(lost)) for at, unit in good if (lost := unit.keys & gone)}
        self.outcomes |= short
        return [(at, unit) for at, unit in good if at not in short]

    def _held(self, units: Iterable[tuple[int, Unit]]) -> Iterable[tuple[int, Unit]]:
        """The units that hold nothing, or get all that they ask to hold."""
        good = list(units)
        if not self._holding.take_turns(unit for _, unit in good):
            return good
        digests = [(digest,) for _, unit in good if unit.holds for digest in unit.digests()]
        known: dict[bytes, int] = dict(self.db.decide("known_facts", digests)) if digests else {}
        short = self._holding.decide(good, known, self.now)
        self.outcomes |= short
        return [(at, unit) for at, unit in good if at not in short]

    def _gather(self, units: Iterable[tuple[int, Unit]]) -> None:
        for at, unit in units:
            if unit.journal:
                self._journal += unit.journal
            if unit.moves:
                self._moves += [(at, move) for move in unit.moves]
            if unit.events:
                self._arrivals.events += [(at, row, digests) for row, digests in unit.events]
            if unit.dispatched:
                self._arrivals.dispatched += [(at, event, lane) for event, lane, _ in unit.dispatched]
            if unit.runs:
                self._runs += [(at, new) for new in unit.runs]
            if unit.looks:
                self._looks += [(at, look) for look in unit.looks]
            if unit.writes:
                self._gather_writes(at, unit.writes)
            if unit.once:
                self._once += [(at, write) for write in unit.once]

    def _gather_writes(self, at: int, writes: Sequence[tuple[str, Row]]) -> None:
        for name, row in writes:
            if name == "admit":
                busy = Busy(row[1]) if len(row) > 1 else Busy.QUEUE
                self._candidates.append(_Candidate(at, row[0], None, busy, None))
            elif name == "let_pass":
                self._passed.append((at, row[0]))
            else:
                self._writes.append((name, row))

    def _begin_runs(self) -> None:
        """New runs and admitted ones, in the order of their units: the first of a free key goes, the others do not."""
        admitted = self._admitted()
        fresh = [
            _Candidate(at, new.row.no, new.row.keyhash, new.busy, new)
            for at, new in self._runs
            if new.row.status != Status.NEW
        ]
        candidates = sorted(admitted + fresh, key=_unit_of) if admitted and fresh else admitted or fresh
        keys = list({one.keyhash for one in candidates if one.keyhash is not None})
        taken = {row[0] for row in self.db.fetch("busy_keys", (keys,))} if keys else set()
        statuses: dict[int, int] = {}
        behind: dict[int, list[_Candidate]] = {}  # queued in this batch, by key
        replaced: set[int] = set()
        for one in candidates:
            if one.keyhash is None or one.keyhash not in taken:
                statuses[one.no] = Status.READY if one.new is None else one.new.row.status
                taken.add(one.keyhash)
                continue
            statuses[one.no] = Status.SKIPPED if one.busy is Busy.SKIP else Status.QUEUED
            if one.busy is Busy.LATEST:
                replaced.add(one.keyhash)
                for earlier in behind.pop(one.keyhash, ()):
                    statuses[earlier.no] = Status.SUPERSEDED
            if one.busy is not Busy.SKIP:
                behind.setdefault(one.keyhash, []).append(one)
        if replaced:
            self.db.many("supersede", [(key, self.now) for key in sorted(replaced)])
        self._store_runs(candidates, statuses)

    def _admitted(self) -> list[_Candidate]:
        if not self._candidates:
            return []
        keys: dict[int, int | None] = dict(self.db.fetch("new_keys", ([one.no for one in self._candidates],)))
        if missing := [one.no for one in self._candidates if one.no not in keys]:
            raise Conflict(f"run {missing[0]} is not NEW")
        return [one._replace(keyhash=keys[one.no]) for one in self._candidates]

    def _store_runs(self, candidates: list[_Candidate], statuses: dict[int, int]) -> None:
        admits: list[Row] = []
        for one in candidates:
            status = statuses[one.no]
            self.outcomes[one.at].statuses[one.no] = int(status)
            if one.new is None:
                admits.append((one.no, int(status), self._ended(status)))
        rows: list[Row] = []
        writes: list[tuple[str, Row]] = []
        for at, new in self._runs:
            row = new.row
            given = statuses.get(row.no)
            if given is None:
                self.outcomes[at].statuses[row.no] = int(row.status)
            elif given == row.status:
                self._journal += new.first
                writes += new.writes
            else:
                row = row._replace(status=int(given), ended=self._ended(given))
            rows.append(row)
        if rows:
            self.db.many("insert_run", rows)
        if admits:
            self._exact("admit_run", admits)
        self._writes[:0] = writes

    def _ended(self, status: int) -> float | None:
        return self.now if status in {Status.SKIPPED, Status.SUPERSEDED} else None

    def _move(self) -> None:
        for rows in self._waves():
            self._exact("move_run", rows)
        causes = {move.run: at for at, move in self._moves if move.ended is not None}
        causes |= {run: at for at, run in self._passed}
        heirs = {heir: run for run, heir in self.db.fetch("heirs", (list(causes),)) if heir} if causes else {}
        if self._passed:
            self._exact("let_pass", [(run,) for _, run in self._passed])
        if heirs:
            self._exact("start_heir", [(heir,) for heir in heirs])
            for heir, run in sorted(heirs.items()):
                self.outcomes[causes[run]].started.append(heir)

    def _waves(self) -> Iterable[list[Row]]:
        """The moves as rows; a run that moves twice in one batch does so in two statements, in order."""
        waves: list[dict[int, Row]] = [{}]
        for _, move in self._moves:
            allowed = _MASKS.get(move.allowed)
            if allowed is None:
                allowed = _MASKS[move.allowed] = sum(1 << int(status) for status in move.allowed)
            row = (move.run, allowed, int(move.status), *move[3:])
            for wave in waves:
                if move.run not in wave:
                    wave[move.run] = row
                    break
            else:
                waves.append({move.run: row})
        return [list(wave.values()) for wave in waves if wave]

    def _write(self) -> None:
        for statement, rows in join(self._writes, self.db.statements):
            if statement.name == "insert_audit":
                self.db.many("insert_audit", self._chained(rows))
            elif statement.exact:
                self._exact(statement.name, rows)
            elif statement.columns and statement.table:
                self.db.many(statement.name, rows)
            else:
                raise StoreError(f"{statement.name} is no write")

    def _chained(self, rows: list[Row]) -> list[Row]:
        """Audit rows with number and hash. The counter's row keeps other writers out until the commit."""
        last: int = self.db.fetch("take_numbers", (len(rows), "audit"))[0][0]
        found = self.db.fetch("last_audit")
        before = found[0][1] if found else audit.START
        chained: list[Row] = []
        for no, row in enumerate(rows, last - len(rows) + 1):
            before = audit.link(before, (no, *row))
            chained.append((no, *row, before))
        return chained

    def _look(self) -> None:
        rows: list[Row] = [
            (look.run, look.path, look.since, f",{','.join(map(str, look.taken))},") for _, look in self._looks
        ]
        self.db.many("looked", [row[:2] for row in rows])
        if found := self.db.decide("fitting_events", rows):
            units = {(look.run, look.path): at for at, look in self._looks}
            for run, path, event in sorted(self.db.decide("take_wait", found)):
                self.outcomes[units[run, path]].taken.append((run, path, event))


def _unit_of(one: _Candidate) -> int:
    return one.at


_MASKS: dict[tuple[int, ...], int] = {}
