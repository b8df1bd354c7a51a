"""A batch as one transaction: a bad unit fails alone, a full disk fails the batch, a failed disk ends the store."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pawline.store.batch import Batch
from pawline.store.database import Fault, Repeat
from pawline.store.errors import Conflict, StoreBroken, StoreError, StoreFull, StoreUnsure, Unstorable
from pawline.store.holding import Holding
from pawline.store.rows import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pawline.store.database import Database
    from pawline.store.rows import Unit

R = TypeVar("R")
_log = logging.getLogger(__name__)
_REPEATS = 20
_PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)


@dataclass(slots=True)
class Hooks:
    """Seams for tests and simulators, called in the writer's thread with the units of a batch; None by default.

    What `before_commit` raises counts as raised by the database: nothing is stored. What `after_commit` raises leaves
    the units in doubt, though they are stored. What is no Exception (a simulated crash) goes through: nobody is told
    anything and the writer stands still.
    """

    before_commit: Callable[[Sequence[Unit]], None] | None = None
    after_commit: Callable[[Sequence[Unit]], None] | None = None


class Transaction:
    """Runs batches and jobs, in the writer's thread."""

    def __init__(self, db: Database, owner: int, now: Callable[[], float], hooks: Hooks) -> None:
        self.db, self.owner, self.now, self.hooks = db, owner, now, hooks
        self.broken: StoreBroken | None = None
        self.closing = False
        self.ends: dict[int, int] = {}  # lane -> the next place in it, as far as commits from here say
        self.doubts = 0  # commits of which nobody knows whether they are stored: `ends` may be behind since
        self._committing = False
        self._fresh: dict[int, int] = {}
        self._holding = Holding(db)

    def run(self, units: Sequence[Unit]) -> dict[int, Outcome]:
        """Outcomes by index; a unit without one was stored and has nothing to tell."""
        try:
            return self._insist(lambda: self._batch(units))
        except StoreError as meant:
            return {at: Outcome(meant) for at in range(len(units))}

    def job(self, work: Callable[[Database], R]) -> R:
        """One piece of work in a transaction of its own; it may be run more than once. Raises StoreError."""

        def once() -> R:
            self.db.begin()
            result = work(self.db)
            self._committing = True
            self.db.commit()
            return result

        result = self._insist(once)
        self.rest()
        return result

    def rest(self) -> None:
        """Work that must not delay a commit. A full disk is met again by the next batch; a failed one is told."""
        try:
            self.db.rest()
        except Exception as error:  # noqa: BLE001  the writer must live, whatever the driver raises
            if self.db.fault(error) is Fault.BROKEN:
                self._meaning(Fault.BROKEN, error)

    def _insist(self, once: Callable[[], R]) -> R:
        """Again where somebody else was faster, or the connection was lost while nothing was decided yet."""
        repeats = 0
        while True:
            if self.broken is not None:
                raise self.broken
            self._committing = False
            try:
                return once()
            except Exception as error:
                self.doubts += self._committing
                fault = Fault.REPEAT if isinstance(error, Repeat) else self.db.fault(error)
                self.db.rollback()
                if fault is Fault.REPEAT and (repeats := repeats + 1) <= _REPEATS:
                    continue
                if fault is Fault.LOST:
                    self._reconnect()
                    if not self._committing and not self.closing:
                        continue
                raise self._meaning(fault, error) from error

    def _batch(self, units: Sequence[Unit]) -> dict[int, Outcome]:
        db = self.db
        db.begin()
        self._fresh = {}
        try:
            outcomes = self._apply(units)
        except Exception as error:
            if not self._of_one_unit(error):
                raise
            db.rollback()
            db.begin()
            self._holding.take_turns(units)  # of all, as before: each half would take its own
            outcomes = self._halves(units) if len(units) > 1 else {0: self._alone(error)}
        if self.hooks.before_commit is not None:
            self.hooks.before_commit(units)
        self._committing = True
        db.commit()
        if self.hooks.after_commit is not None:
            self.hooks.after_commit(units)
        self.ends.update(self._fresh)
        return outcomes

    def _apply(self, units: Sequence[Unit]) -> dict[int, Outcome]:
        batch = Batch(self.db, units, self.owner, self.now(), self._holding)
        outcomes = batch.apply()
        self._fresh.update(batch.ends)
        return outcomes

    def _of_one_unit(self, error: Exception) -> bool:
        if isinstance(error, StoreError):
            return True
        return not isinstance(error, Repeat) and self.db.fault(error) in {Fault.ROW, Fault.TAKEN}

    def _halves(self, units: Sequence[Unit]) -> dict[int, Outcome]:
        """Finds the bad ones by halving: a bad one among a thousand costs twenty attempts, not a thousand."""
        middle = len(units) // 2
        outcomes = self._attempt(units[:middle])
        for at, outcome in self._attempt(units[middle:]).items():
            outcomes[middle + at] = outcome
        return outcomes

    def _attempt(self, units: Sequence[Unit]) -> dict[int, Outcome]:
        self.db.savepoint()
        try:
            outcomes = self._apply(units)
        except Exception as error:
            if not self._of_one_unit(error):
                raise
            self.db.undo()
            return self._halves(units) if len(units) > 1 else {0: self._alone(error)}
        self.db.release()
        return outcomes

    def _alone(self, error: Exception) -> Outcome:
        """What is told to the unit that failed. The driver's words may quote a row: they stay in the cause."""
        if isinstance(error, StoreError):
            return Outcome(error)
        taken = self.db.fault(error) is Fault.TAKEN
        meant: StoreError = Conflict("such a row is there already") if taken else Unstorable(_word(error))
        meant.__cause__ = error
        return Outcome(meant)

    def _meaning(self, fault: Fault, error: Exception) -> StoreError:
        meant: StoreError
        if isinstance(error, StoreError):
            meant = error
        elif fault is Fault.FULL:
            meant = StoreFull("no space is left on the disk")
        elif fault is Fault.BROKEN:
            meant = self.broken = StoreBroken(f"the disk failed: {_word(error)}")
        elif self._committing:
            meant = StoreUnsure(f"{_word(error)} while committing: stored as a whole or not at all")
        else:
            meant = StoreError(f"{_word(error)}: nothing was stored")
        _log.error("a transaction failed: %s", meant)
        return meant

    def _reconnect(self) -> None:
        for attempt in range(1_000_000_000):
            if self.closing:
                return
            try:
                self.db.reconnect()
            except Exception as error:  # noqa: BLE001  drivers raise many kinds here, and each means: not yet
                pause = _PAUSES[min(attempt, len(_PAUSES) - 1)]
                _log.warning("no connection to the database (%s), again in %s s", _word(error), pause)
                time.sleep(pause)
            else:
                return


def _word(error: Exception) -> str:
    """What the driver calls it, without what it says: that may quote rows."""
    return str(getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None) or type(error).__name__)
