"""Deliveries that were taken apart leave the disk, many in one commit, and it is noted when each account heard last."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from pawline.store import Outcome, StoreBroken, StoreError, Unit

if TYPE_CHECKING:
    from pawline.hub.hearing import Arrived
    from pawline.store import Store

DROPPED: Final = 64
DROPPED_IN: Final = 0.2
"""What was taken apart leaves the disk so many at a time, or after so many seconds."""
HEARD: Final = "webhook"
"""The checkpoint that says when the account's last webhook came."""
NOTED: Final = 60.0
"""Seconds between two notes of that."""


class Done:
    """What is to leave the disk. `hand` are the numbers that the tray has: they leave it once they are gone."""

    def __init__(self, store: Store, hand: set[int]) -> None:
        self._store, self._hand = store, hand
        self._gone: list[int] = []
        self._last: dict[tuple[str, str], float] = {}  # when the last one came that is not noted yet
        self._noted: dict[tuple[str, str], float] = {}
        self._soon: asyncio.TimerHandle | None = None
        self.broken = False
        """Whether the store takes nothing any more."""

    def add(self, no: int, arrived: Arrived) -> None:
        """One was taken apart."""
        whose = (arrived.shop, arrived.account)
        self._last[whose] = max(arrived.at, self._last.get(whose, 0.0))
        self._gone.append(no)
        if len(self._gone) >= DROPPED:
            self.leave()
        else:
            self._leave_soon()

    def _leave_soon(self) -> None:
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(DROPPED_IN, self.leave)

    def leave(self) -> None:
        """They leave now; where the store does not take it, soon."""
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        gone, self._gone = self._gone, []
        if not gone:
            return
        notes = self._notes()

        def done(outcome: Outcome) -> None:
            if outcome.error is None:
                self._hand.difference_update(gone)
                self._noted |= notes
            else:
                again()

        def again() -> None:
            self._gone += gone
            self._leave_soon()

        writes: list[tuple[str, tuple[object, ...]]] = [("drop_delivery", (no,)) for no in gone]
        try:
            writes += [("set_checkpoint", (*whose, HEARD, "", at)) for whose, at in notes.items()]
            self._store.commit(Unit(done, writes=writes, bulk=True))
        except StoreBroken:
            self.broken = True  # the process ends: whoever comes next finds that they were taken apart
        except StoreError:
            again()

    def _notes(self) -> dict[tuple[str, str], float]:
        return {whose: at for whose, at in self._last.items() if at >= self._noted.get(whose, 0.0) + NOTED}
