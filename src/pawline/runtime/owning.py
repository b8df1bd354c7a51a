"""Which lanes are ours: kept, lost, and taken over from owners that fell silent."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from pawline.store import LANES

if TYPE_CHECKING:
    from collections.abc import Collection

    from pawline.runtime.engine import Engine

_log = logging.getLogger("pawline.runtime")


class Owning:
    """Keeps its engine's lanes. Apart from the looks, which may take longer than a lease lasts.

    `first`: the lanes to begin with, of those that are free (None: all); later on any that nobody alive owns. Owners
    do not give lanes back to one another: who comes late waits until somebody leaves or dies.
    """

    def __init__(self, engine: Engine, first: Collection[int] | None) -> None:
        self._engine = engine
        self._first = first
        self._soon = asyncio.Event()

    async def start(self) -> None:
        """Claim the first lanes and begin to keep them."""
        engine = self._engine
        self._soon = asyncio.Event()
        engine.lanes = await engine.store.claim(self._first, engine.settings.lease)
        engine.spawn(self._keep())

    def doubt(self) -> None:
        """A commit was refused because a lane is no longer ours: find out now which are."""
        self._soon.set()

    async def _keep(self) -> None:
        while not self._engine.closing:
            try:
                await asyncio.wait_for(self._soon.wait(), self._engine.settings.lease / 3)
            except TimeoutError:
                pass
            self._soon.clear()
            try:
                await self.renew()
            except Exception:  # noqa: BLE001 - one failed renewal must not be the last
                _log.exception("lanes could not be renewed; it is tried again before the lease ends")

    async def renew(self) -> None:
        """Keep what is ours, drop the runs of lanes that were lost, take what nobody alive owns."""
        engine, lease = self._engine, self._engine.settings.lease
        kept = await engine.store.renew(lease)
        gone = {lane for lane, epoch in engine.lanes.items() if kept.get(lane) != epoch}
        engine.lanes = kept
        for run in [run for run in engine.live.values() if run.row.lane in gone]:
            engine.forget(run)
        if gone:
            _log.warning("%d lanes went to another owner", len(gone))
        if len(kept) < LANES and (taken := await engine.store.claim(None, lease)):
            _log.info("%d lanes that nobody owned are ours now", len(taken))
            engine.intake.behind = True  # older events may wait there
            engine.lanes = {**engine.lanes, **taken}
            engine.nudge()
