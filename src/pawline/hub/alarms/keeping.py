"""Keeps the alarms of a hub: looks, opens, closes and tells; and the dead man's signal.

Each hub of a store looks at its own accounts. The one that owns the first lane judges the rest, closes and tells, and
proves that it owns it with each commit: an owner that was taken over tells nobody anything any more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from pawline.hub.alarms.book import Book, Fence
from pawline.hub.alarms.channels import NotSent, knock, reach
from pawline.hub.alarms.found import Finding, live
from pawline.hub.alarms.ground import Ground, Moment, Unknown
from pawline.hub.alarms.rules import RULES, lane_stuck
from pawline.hub.alarms.settings import AlarmSettings
from pawline.hub.alarms.silent import vendor_down
from pawline.hub.alarms.telling import Telling
from pawline.store import StaleOwner

if TYPE_CHECKING:
    from pawline.hub.alarms.channels import Channel
    from pawline.hub.alarms.ground import Rule
    from pawline.kit import Guard, Http
    from pawline.runtime import Engine

_log = logging.getLogger("pawline.hub")
LANE: Final = 0
"""Whoever owns it keeps the alarms of all."""
EVERY: Final = 15.0
CALM: Final = 60.0
"""Seconds for which a cause is gone before it is over: what comes and goes is one alarm."""
MUTED: Final = ("*", "*", "*", "observe")
COMMIT: Final = 10.0
"""Seconds in which a writer that is well has committed."""


class Alarms:
    """See the module. `start` begins; the engine's end is theirs."""

    def __init__(self, engine: Engine, ground: Ground, channels: Mapping[str, Channel]) -> None:
        self._engine, self.ground, self._store = engine, ground, engine.store
        self.settings: AlarmSettings = ground.settings
        self._book = Book(engine.store, self._fence)
        self.telling = Telling(self.settings, channels, self._book)
        self.channels = channels
        self._said: dict[str, str] = {}  # what went wrong last, so that it is said once

    def start(self) -> None:
        """Begins to look."""
        self._engine.spawn(self._follow())

    @property
    def ours(self) -> bool:
        """Whether this hub keeps the alarms of all."""
        return LANE in self._engine.lanes

    def _fence(self) -> Fence:
        return (self._engine.fence(LANE),) if self.ours else ()

    async def _follow(self) -> None:
        while True:
            try:
                await self.look()
            except StaleOwner:
                self._engine.owning.doubt()
            except Exception as problem:  # noqa: BLE001 - one failed look must not be the last, nor the hub's end
                self._say("look", problem)
            else:
                self._said.pop("look", None)
            await asyncio.sleep(EVERY)

    def _say(self, what: str, problem: Exception) -> None:
        text = f"{type(problem).__name__}: {problem}"
        if self._said.get(what) != text:
            _log.error("alarms: %s failed; it is tried again", what, exc_info=problem)
        self._said[what] = text

    async def look(self) -> None:
        """One look: what is wrong is noted; by the owner, what is over closed and what is due told."""
        now, owner = self._store.now(), self.ours
        known = {one.key: one for one in await live(self._store) if one.closed is None}
        moment = Moment(now, known)
        found, unjudged = await self._judged(moment, owner=owner)
        await self._book.note(found, known, now)
        here = {(one.rule, one.subject) for one in found} | moment.unsure
        gone = [
            one for key, one in known.items()
            if now - one.seen >= CALM and key not in here and one.rule not in unjudged and (owner or key in moment.over)
        ]  # fmt: skip
        doubted = [one for one in gone if one.rule == "vendor_down" and one.key not in moment.over]
        await self._book.close([one for one in gone if one not in doubted], doubted, now)
        if owner and not await self.muted():
            await self.telling.tell(await live(self._store), now)

    async def muted(self) -> bool:
        """Whether the main switch is on `observe`: a hub that is only tried, after a restore, speaks to nobody."""
        return any(row[:4] == MUTED for row in await self._store.fetch("modes"))

    async def _judged(self, moment: Moment, *, owner: bool) -> tuple[list[Finding], set[str]]:
        """What is wrong, and the rules that could not tell."""
        rules: dict[str, Rule] = {"vendor_down": vendor_down, **(RULES if owner else {})}
        found, unjudged = list[Finding](), set[str]()
        for name, rule in rules.items():
            if not getattr(getattr(self.settings, name), "on", True):
                continue
            try:
                found += await rule(self.ground, moment)
            except Unknown:
                unjudged.add(name)
            except Exception as problem:  # noqa: BLE001 - one rule's defect must not blind the others
                self._say(name, problem)
                unjudged.add(name)
            else:
                self._said.pop(name, None)
        return found, unjudged

    async def well(self) -> bool:
        """Whether the hub is really well: it owns the alarms' lane, its writer commits, and all lanes move."""
        if not self.ours:
            return False
        async with asyncio.timeout(COMMIT):
            now = self._store.now()
            await self._book.beat(now)
            return not (await lane_stuck(self.ground, Moment(now)) or await self.muted())


class DeadMan:
    """Calls an address while the hub is well, so that whoever is there misses the call when it is not."""

    def __init__(self, alarms: Alarms, url: str, every: float, guard: Guard) -> None:
        self._alarms, self._every, self._well = alarms, every, True
        self.http: Http
        self.http, self._path, self._query = reach(url, guard)

    def start(self, engine: Engine) -> None:
        """Begins to call."""
        engine.spawn(self._follow())

    async def _follow(self) -> None:
        while True:
            await self.beat()
            await asyncio.sleep(self._every)

    async def beat(self) -> bool:
        """One call, if all is well; whether it was made and answered."""
        why = "the lanes do not move, or the main switch is on observe"
        try:
            if well := await self._alarms.well():
                await knock(self.http, "GET", self._path, self._query)
        except NotSent as problem:
            well, why = False, str(problem)
        except Exception as problem:  # noqa: BLE001 - that is what not being well looks like
            well, why = False, f"{type(problem).__name__}"
        if well != self._well and self._alarms.ours:
            _log.log(logging.INFO if well else logging.WARNING, "alarms: dead man's signal %s",
                     "goes out again" if well else f"stays out: {why}")  # fmt: skip
        self._well = well
        return well
