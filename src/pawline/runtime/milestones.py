"""Who waits for a run to get somewhere: told at once where the run is in memory, else read from its journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pawline.runtime.records import Reached, decode_records
from pawline.runtime.seal import open_journal
from pawline.store import ENDED, Erased, StoreError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Collection

    from pawline.runtime.engine import Engine
    from pawline.runtime.run import Run

EVERY: Final = 1.0
"""Seconds between two looks for what another process drives, or what is nowhere in memory."""


class _Watch:
    """One who waits."""

    __slots__ = ("end", "event", "milestone", "timer", "waiter")

    def __init__(self, event: int, milestone: str, end: float, waiter: asyncio.Future[Any]) -> None:
        self.event, self.milestone, self.end, self.waiter = event, milestone, end, waiter
        self.timer: Any = None


class Milestones:
    """The waiting of one engine. A milestone is told when its commit is on disk, never before."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._watches: dict[tuple[int, str], list[_Watch]] = {}
        self._here: dict[int, list[Run]] = {}  # by event: its runs in memory, which tell for themselves

    def admit(self, run: Run) -> None:
        """The run came into memory."""
        self._here.setdefault(run.row.event, []).append(run)

    def forget(self, run: Run) -> None:
        """The run left memory; from now on its rows are looked at."""
        here = self._here.get(run.row.event)
        if here is not None:
            here.remove(run)
            if not here:
                del self._here[run.row.event]

    async def reached(self, event: int, milestone: str, seconds: float) -> Any:
        """Wait until a run that this event began passes a milestone ('' is its end); passed before, it is told at once.

        A named one comes with what the flow said there, as JSON. Raises TimeoutError.
        """
        for run in self._here.get(event, ()):
            if milestone in run.passed:
                return run.passed[milestone]
        loop = self._engine.loop
        watch = _Watch(event, milestone, loop.time() + seconds, loop.create_future())
        watches = self._watches.setdefault((event, milestone), [])
        watches.append(watch)
        self._check(watch)
        try:
            return await watch.waiter
        finally:
            watch.timer.cancel()
            watches.remove(watch)
            if not watches:
                del self._watches[event, milestone]

    async def passed(self, event: int) -> dict[str, Any]:
        """What runs that this event began have passed so far, with what they said there. Raises StoreError."""
        here = tuple(self._here.get(event, ()))
        found = {one.milestone: one.value for one in await self._records(event, {run.no for run in here})}
        return found | {name: value for run in here for name, value in run.passed.items()}

    def tell(self, event: int, milestone: str, value: Any) -> None:
        """A run of this event passed the milestone: that is on disk now."""
        for watch in self._watches.get((event, milestone), ()):
            if not watch.waiter.done():
                watch.waiter.set_result(value)

    def _check(self, watch: _Watch, again: bool = False) -> None:
        loop = self._engine.loop
        left = watch.end - loop.time()
        if watch.waiter.done():
            return
        if left <= 0:
            what = watch.milestone or "its end"
            watch.waiter.set_exception(TimeoutError(f"event {watch.event} has not reached {what} in time"))
            return
        if again or watch.event not in self._here:  # some of its runs here, and others elsewhere: later is soon enough
            self._engine.spawn(self._look(watch))
        watch.timer = loop.call_later(min(EVERY, left), self._check, watch, True)

    async def _look(self, watch: _Watch) -> None:
        try:
            found = await self._stored(watch.event, watch.milestone)
        except StoreError:
            return  # the next look may fare better
        if found is not None and not watch.waiter.done():
            watch.waiter.set_result(found[0])

    async def _stored(self, event: int, milestone: str) -> tuple[Any] | None:
        if not milestone:
            statuses = {status for _, _, _, status in await self._engine.store.fetch("runs_of_event", (event,))}
            return (None,) if ENDED & statuses else None
        return next(((one.value,) for one in await self._records(event) if one.milestone == milestone), None)

    async def _records(self, event: int, but: Collection[int] = ()) -> list[Reached]:
        """What is on disk of the event's runs, `but` these: others may be another process's, or in nobody's memory."""
        store, found = self._engine.store, list[Reached]()
        runs = [no for no, _, _, _ in await store.fetch("runs_of_event", (event,)) if no not in but]
        for rows in (await store.journals(runs)).values() if runs else ():
            for row in rows:
                key = await self._engine.keys.by_no(row.key or 0)
                if isinstance(key, Erased):
                    break
                found += [one for one in decode_records(open_journal(row, key)) if isinstance(one, Reached)]
        return found
