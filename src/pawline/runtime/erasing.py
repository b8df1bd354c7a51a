"""Erasure: what is under way for a household is cancelled and undone first, then its key is destroyed."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from pawline.model import acting
from pawline.ports import Code, Rejected
from pawline.runtime.commands import command
from pawline.store import Erased, RunRow, Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pawline.runtime.engine import Engine
    from pawline.store.database import Database, Row

SLACK: Final = 5.0
"""Seconds by which an erasure that another process wrote may be seen later than its time says."""

LEFT: Final = "erased"
"""The account of the checkpoints that say which runs had not ended when a household's key went."""


class Erasing:
    """Erases households, and heeds what other processes erased: within a second their keys are used no more.

    `before` is awaited just before a key goes: what only waits in memory must not come to disk behind an erasure.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.before: list[Callable[[], Awaitable[None]]] = []
        self._since = 0.0

    async def erase(self, shop: str, household: str, seconds: float, as_of: float | None = None) -> list[int]:
        """Cancel the household's runs, wait for their undoing for so many seconds at most, then destroy its key.

        Erased `as_of` then or later, it is not erased again: what it did anew since was no part of the wish. Rejected
        (conflict) where it acted later than `as_of`, and that is under way: its key stays, and that goes on.

        Returns the runs that had not ended by then, also where it is repeated: nothing of them is driven from then on,
        and what they had begun is nobody's to undo or to look up any more. Raises StoreError for the shop's own ('').
        """
        engine = self._engine
        last = None if as_of is None else await engine.keys.erased(shop, household)
        if as_of is None or last is None or last < as_of:
            await self._undone(shop, household, seconds, as_of)
            for one in self.before:
                await one()
            if not await engine.keys.destroy(shop, household, may=partial(self._may, shop, household, as_of)):
                raise _acted()
        left = await self._left(shop, household)
        await self._end(shop, household)
        engine.hints.tell()
        return left

    async def _undone(self, shop: str, household: str, seconds: float, as_of: float | None) -> None:
        """Cancels what is under way, and waits for its end. Raises Rejected; see `erase`."""
        engine = self._engine
        end = engine.loop.time() + seconds
        asked: set[int] = set()
        while household and (rows := await self._unfinished(shop, household)):
            # After they were read: whatever they began with is known by now.
            if as_of is not None and _act(await engine.store.fetch("begun_since", (shop, household, as_of) * 2)):
                raise _acted()
            await self._cancel([row for row in rows if row.no not in asked and row.status != Status.NEW], asked)
            if engine.loop.time() >= end:
                return
            await asyncio.sleep(engine.settings.look)

    def _may(self, shop: str, household: str, as_of: float | None, db: Database) -> bool:
        """Whether the key may go: then it is written down what it leaves undone."""
        if as_of is not None and _act(db.fetch("begun_since", (shop, household, as_of) * 2)):
            return False
        left = " ".join(str(row[0]) for row in db.fetch("runs_of_household", (shop, household)))
        db.many("set_checkpoint", [(shop, LEFT, household, left, self._engine.store.now())])
        return True

    async def _left(self, shop: str, household: str) -> list[int]:
        """What the key left undone, and what was recorded under it in that very moment."""
        noted = await self._engine.store.fetch("checkpoint", (shop, LEFT, household))
        rows = await self._unfinished(shop, household)
        keys = await self._engine.keys.by_nos({row.key for row in rows if row.key is not None})
        gone = {row.no for row in rows if row.key is not None and isinstance(keys[row.key], Erased)}
        return sorted(gone.union(*[map(int, row[0].split()) for row in noted]))

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


def _act(begun: list[Row]) -> bool:
    """Whether some of it is what somebody does of their own accord: the rest follows from what is erased."""
    return not acting().isdisjoint(name for (name,) in begun)


def _acted() -> Rejected:
    return Rejected("they did more since it was asked for, and that is under way", Code.CONFLICT)
