"""Erasure: what is under way for a household is cancelled and undone first, then its key is destroyed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from pawline.runtime.commands import command
from pawline.store import Erased, RunRow, Status

if TYPE_CHECKING:
    from pawline.runtime.engine import Engine

SLACK: Final = 5.0
"""Seconds by which an erasure that another process wrote may be seen later than its time says."""


class Erasing:
    """Erases households, and heeds what other processes erased: within a second their keys are used no more."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._since = 0.0

    async def erase(self, shop: str, household: str, seconds: float, as_of: float | None = None) -> list[int]:
        """Cancel the household's runs, wait for their undoing for so many seconds at most, then destroy its key.

        Erased `as_of` then or later, it is not erased again: what it did anew since was no part of the wish.

        Returns the runs that had not ended by then: nothing of them is driven from then on, and what they had begun is
        nobody's to undo or to look up any more. Raises StoreError for the shop's own key ('').
        """
        engine = self._engine
        if as_of is not None and (last := await engine.keys.erased(shop, household)) is not None and last >= as_of:
            return []
        end = engine.loop.time() + seconds
        asked: set[int] = set()
        while household and (rows := await self._unfinished(shop, household)):
            await self._cancel([row for row in rows if row.no not in asked and row.status != Status.NEW], asked)
            if engine.loop.time() >= end:
                break
            await asyncio.sleep(engine.settings.look)
        await engine.keys.destroy(shop, household)
        left = await self._unfinished(shop, household)
        await self._end(shop, household)
        engine.hints.tell()
        return [row.no for row in left]

    async def start(self) -> None:
        """What was erased before this process began is met where keys are read."""
        self._since = self._engine.now()

    async def heed(self) -> None:
        """Look for erasures of other processes. Where there can be none, nothing is asked."""
        if self._engine.store.dialect != "postgres":
            return
        for shop, household, at in await self._engine.store.fetch("erasures_since", (self._since - SLACK,)):
            self._since = max(self._since, at)
            self._engine.keys.forget(shop, household)
            await self._end(shop, household)

    async def _unfinished(self, shop: str, household: str) -> list[RunRow]:
        return [RunRow._make(row) for row in await self._engine.store.fetch("runs_of_household", (shop, household))]

    async def _cancel(self, rows: list[RunRow], asked: set[int]) -> None:
        if rows:
            store, reason = self._engine.store, "its household is erased"
            orders = [
                command(store, row.shop, "cancel", f"run:{row.no}", by="pawline", reason=reason, lane=row.lane)
                for row in rows
            ]
            await self._engine.intake.write(*(("insert_command", order) for order in orders))
            asked.update(row.no for row in rows)
            self._engine.nudge()

    async def _end(self, shop: str, household: str) -> None:
        """Out of memory with what is left; found again without their key, its runs end."""
        engine = self._engine
        theirs = [one for one in engine.live.values() if (one.row.shop, one.row.household) == (shop, household)]
        keys = await engine.keys.by_nos({one.key.no for one in theirs})
        for run in theirs:
            if isinstance(keys[run.key.no], Erased):  # else it is of what they did since
                engine.forget(run)
        engine.loading.want(row.no for row in await self._unfinished(shop, household))
