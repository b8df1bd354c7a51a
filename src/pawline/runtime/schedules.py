"""Schedules: `every` as events, recorded once for each moment, late rather than never."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cronsim import CronSim

from pawline.model import Envelope, public_name
from pawline.runtime.flow import SCHEDULES

if TYPE_CHECKING:
    from pawline.runtime.engine import Engine


def next_due(cron: str, zone: str, after: float) -> float:
    """The first moment of the schedule after `after`, in epoch seconds."""
    return next(CronSim(cron, datetime.fromtimestamp(after, ZoneInfo(zone)))).timestamp()


class Schedules:
    """Records the tick events of the schedules that the engine's flows are begun by."""

    def __init__(self, engine: Engine, shops: tuple[str, ...] = ()) -> None:
        self._engine = engine
        self.shops = shops
        self._due: dict[tuple[str, str], float] = {}

    async def start(self) -> None:
        """Read when each schedule is due; a new one begins now."""
        engine = self._engine
        known = {(shop, name): due for shop, name, due in await engine.store.fetch("schedules")}
        wanted = {public_name(flow.on) for flow in engine.flows} & set(SCHEDULES)
        for shop in self.shops:
            for name in wanted:
                cron, zone, _ = SCHEDULES[name]
                due = known.get((shop, name))
                if due is None:  # from now on; what it misses while the hub is down counts too
                    due = next_due(cron, zone, engine.now())
                    await engine.intake.write(("set_schedule", (shop, name, due)))
                self._due[shop, name] = due

    async def look(self) -> None:
        """Record what is due. The tick's id is its moment, so that two owners record it once."""
        now = self._engine.now()
        for (shop, name), due in list(self._due.items()):
            if due > now:
                continue
            cron, zone, kind = SCHEDULES[name]
            moment = datetime.fromtimestamp(due, UTC)
            event = kind(due=moment)
            await self._engine.record(
                Envelope(shop=shop, source="schedule", id=f"{name}/{moment.isoformat()}", at=moment, event=event)
            )
            following = next_due(cron, zone, now)
            self._due[shop, name] = following
            await self._engine.intake.write(("set_schedule", (shop, name, following)))
