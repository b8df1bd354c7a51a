"""Runs that other lanes' owners made for us: their admission to their key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pawline.store import Busy, Outcome, Unit

if TYPE_CHECKING:
    from pawline.runtime.engine import Engine
    from pawline.store import RunRow

PAGE: Final = 200


class Admitting:
    """Finds NEW runs and has the store decide what becomes of them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._under_way: set[int] = set()  # runs whose admission is on its way to disk

    async def look(self, lanes: list[int]) -> None:
        """Runs that other lanes' owners made for us: to their key, also while there is no room, before newer ones."""
        engine, after = self._engine, None
        while rows := await engine.store.new_runs(lanes, PAGE, after):
            fresh = [row for row in rows if row.no not in self._under_way and row.lane in engine.lanes]
            if fresh:
                self._admit(fresh)
            if len(rows) < PAGE:
                return
            after = (rows[-1].created, rows[-1].no)
            await engine.hear()

    def _admit(self, rows: list[RunRow]) -> None:
        engine, numbers = self._engine, {row.no for row in rows}

        def done(outcome: Outcome) -> None:
            self._under_way -= numbers
            engine.nudged(outcome)  # the next look finds them ready

        unit = Unit(done, lanes=tuple(engine.fence(lane) for lane in sorted({row.lane for row in rows})))
        unit.writes = [("admit", (row.no, self._busy_of(row))) for row in rows]
        self._under_way |= numbers
        engine.store.commit(unit)

    def _busy_of(self, row: RunRow) -> Busy:
        flow = self._engine.flows.get(row.flow, row.version)
        return Busy.QUEUE if flow is None else flow.busy
