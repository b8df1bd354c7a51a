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
TICK: Final = 0.002
"""Seconds by which a loop's timer may come too soon: nobody looks once more for so long."""
_First = tuple[str, Any] | None


class _Watch:
    """One who waits, for the first of some milestones."""

    __slots__ = ("end", "event", "names", "timer", "waiter")

    def __init__(self, event: int, names: Collection[str], end: float, waiter: asyncio.Future[_First]) -> None:
        self.event, self.names, self.end, self.waiter = event, names, end, waiter
        self.timer: Any = None

    def say(self, found: _First) -> None:
        """What was waited for, or that it did not come: whoever says it first."""
        if not self.waiter.done():
            self.waiter.set_result(found)


class Milestones:
    """The waiting of one engine. A milestone is told when its commit is on disk, never before."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._watches: dict[int, list[_Watch]] = {}  # by event
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
        found = await self.first(event, (milestone,), seconds)
        if found is None:
            raise TimeoutError(f"event {event} has not reached {milestone or 'its end'} in time")
        return found[1]

    async def first(self, event: int, milestones: Collection[str], seconds: float) -> tuple[str, Any] | None:
        """Wait for the first of these, as `reached` does: its name and what was said there. None if none comes in time.

        However many they are, it is one timer, and one look at what is on disk. Whoever waits in vain, as shoppers do
        by the hundred when a vendor is slow, is told so without an exception. Nobody waits for none.
        """
        if not milestones:
            return None
        for run in self._here.get(event, ()):
            if (name := next((one for one in milestones if one in run.passed), None)) is not None:
                return name, run.passed[name]
        loop = self._engine.loop
        watch = _Watch(event, milestones, loop.time() + seconds, loop.create_future())
        watches = self._watches.setdefault(event, [])
        watches.append(watch)
        self._check(watch)
        try:
            return await watch.waiter
        finally:
            if watch.timer is not None:
                watch.timer.cancel()
            watches.remove(watch)
            if not watches:
                del self._watches[event]

    async def passed(self, event: int) -> dict[str, Any]:
        """What runs that this event began have passed so far, with what they said there. Raises StoreError."""
        here = tuple(self._here.get(event, ()))
        found = {one.milestone: one.value for one in await self._records(event, {run.no for run in here})}
        return found | {name: value for run in here for name, value in run.passed.items()}

    def tell(self, event: int, milestone: str, value: Any) -> None:
        """A run of this event passed the milestone: that is on disk now."""
        for watch in self._watches.get(event, ()):
            if milestone in watch.names:
                watch.say((milestone, value))

    def _check(self, watch: _Watch, again: bool = False) -> None:
        loop = self._engine.loop
        left = watch.end - loop.time()
        if watch.waiter.done():
            return
        if left <= TICK:
            watch.say(None)
            return
        if again or watch.event not in self._here:  # some of its runs here, and others elsewhere: later is soon enough
            self._engine.spawn(self._look(watch))
        watch.timer = loop.call_later(min(EVERY, left), self._check, watch, True)

    async def _look(self, watch: _Watch) -> None:
        try:
            found = await self._stored(watch.event, watch.names)
        except StoreError:
            return  # the next look may fare better
        if found is not None:
            watch.say(found)

    async def _stored(self, event: int, names: Collection[str]) -> _First:
        records = await self._records(event) if any(names) else ()
        found: _First = next(((one.milestone, one.value) for one in records if one.milestone in names), None)
        if found is None and "" in names:
            statuses = {status for _, _, _, status in await self._engine.store.fetch("runs_of_event", (event,))}
            found = ("", None) if ENDED & statuses else None
        return found

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
