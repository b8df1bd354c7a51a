"""Runs that are ready and not in memory: the urgent at once, those that may wait when nobody is in their way."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING, Final

from pawline.runtime.flow import PRIORITIES
from pawline.store import Status

if TYPE_CHECKING:
    from pawline.runtime.engine import Engine

PAGE: Final = 200
"""Rows read at once."""
BULK: Final = PRIORITIES["bulk"]
LATELY: Final = 1.0
"""Seconds for which work that came counts as being there: the next order of a shop's day comes about as soon."""
FEW: Final = 8
"""So many of them begin at once with the road to themselves."""
SOON: Final = 0.02
"""Seconds until they look whether one of their places is free again (see `Turns.corner`), or for more of them."""


class Readying:
    """Finds ready runs. Those of priority bulk begin one by one beside other work, `RuntimeSettings.later` a second."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._later: dict[int, None] = {}  # in order of their numbers
        self._came = float("-inf")
        self._busy = self._more = False

    def came(self) -> None:
        """A run that must not wait came into memory."""
        self._came = self._engine.loop.time()

    @property
    def free(self) -> bool:
        """Whether one that may wait can begin at once: no other work came lately, and one of its places is free."""
        return not self._beside and not self._later and self._engine.turns.corner

    @property
    def _beside(self) -> bool:
        engine = self._engine
        return bool(engine.shoppers) or engine.loop.time() - self._came < LATELY

    async def look(self, lanes: list[int]) -> None:
        """The more urgent first, while there is room for them."""
        engine, after = self._engine, None
        while engine.room(PRIORITIES["shopper"]):
            most = max(one for one in PRIORITIES.values() if (not self._later if one == BULK else engine.room(one)))
            rows = await engine.store.ready_runs(lanes, PAGE, max_priority=most, after=after)
            ready = [row for row in rows if row.status == Status.READY]
            away = engine.loading.trials.surplus((row.no, row.deaths) for row in ready)
            ready = [row for row in ready if row.no not in away]
            await engine.loading.load([row.no for row in ready if row.priority < BULK and engine.room(row.priority)])
            self._later.update({row.no: None for row in ready if row.priority == BULK})
            self._more = len(rows) == PAGE
            self._work()
            if len(rows) < PAGE or self._later:
                return
            after = (rows[-1].priority, rows[-1].no)
            await asyncio.sleep(0)
            await engine.hear()

    def _work(self) -> None:
        if self._later and not self._busy and not self._engine.closing:
            self._busy = True
            self._engine.spawn(self._go())

    async def _go(self) -> None:
        """Until all that may wait and were found have begun."""
        engine = self._engine
        try:
            while self._later and not engine.closing:
                beside = self._beside
                if beside:
                    await asyncio.sleep(1.0 / engine.settings.later)
                elif not engine.turns.corner:
                    await asyncio.sleep(SOON)
                    continue
                some = list(islice(self._later, 1 if beside else FEW))
                for no in some:
                    del self._later[no]
                await engine.loading.load(some)
        finally:
            self._busy = False
            if self._more:  # another page, after a pause: some of this one may be suspects that are not tried yet
                engine.loop.call_later(SOON, engine.nudge)
