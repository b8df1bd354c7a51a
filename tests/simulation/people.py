"""Clients that send events until they are acknowledged, and operators who answer what they are asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from pawline.model import Envelope
from pawline.runtime import Said, command, sealed
from pawline.runtime.records import Intent
from pawline.store import CaseRow, StoreError
from tests.simulation.shop import Begun

if TYPE_CHECKING:
    from pawline.model import Event
    from pawline.runtime import Engine
    from tests.simulation.hub import Hub

SHOP = "s"


class Sent:
    """An event on its way in: sent again, with the same id, until somebody says that it is recorded."""

    def __init__(self, hub: Hub, id: str, event: Event) -> None:
        self.hub, self.event, self.id = hub, event, id
        self.called: float | None = None  # when it was first sent
        self.acked: float | None = None
        self.no = 0
        self.new = False
        self._flying = False
        hub.booted.append(self._booted)

    def send(self) -> None:
        hub = self.hub
        engine = hub.engine
        if engine is None or self._flying or self.acked is not None:
            return
        if self.called is None:
            self.called = hub.world.time
        if hub.stale is not None and hub.world.random.random() < 0.3:
            engine = hub.stale
        self._flying = True
        loop: Any = hub.world.loop
        hub.keep.append(loop.create_task(self._send(engine)))

    def due(self) -> None:
        """Its time has come; if the hub is down, it is sent when it is up."""
        self.called = self.hub.world.time
        self.send()

    def _booted(self) -> None:
        self._flying = False
        if self.called is not None and self.acked is None:
            self.hub.world.after(self.hub.world.random.random(), self.send)

    async def _send(self, engine: Engine) -> None:
        hub = self.hub
        at = datetime.fromtimestamp(1_800_000_000, UTC)
        try:
            recorded = await engine.record(Envelope(shop=SHOP, source="sim", id=self.id, at=at, event=self.event))
        except StoreError:
            self._flying = False
            hub.world.after(0.5, self.send)
            return
        self.acked, self.no, self.new = hub.world.time, recorded.no, recorded.new
        hub.world.note(f"acked {self.id} as {recorded.no} new={recorded.new}")
        if isinstance(self.event, Begun):
            for act in self.event.acts:
                if act.op == "reached":
                    await self._watch(engine, f"m{act.n}")

    async def _watch(self, engine: Engine, milestone: str) -> None:
        try:
            value = await engine.reached(self.no, milestone, 20)
        except TimeoutError:
            return
        if msgspec.json.decode(value) not in self.hub.shop.passed:
            self.hub.shop.violations.append(f"milestone {milestone} of {self.id} was told before it was on disk")


class Operators:
    """People: they answer and retry, and sometimes do what nobody needs."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.cases: dict[str, int] = {}
        self.cancelled: set[int] = set()
        self.retried: set[int] = set()
        self._number = 0

    def work(self) -> None:
        hub = self.hub
        hub.world.after(1.5 if hub.closed else 3.0, self.work)
        if hub.engine is not None and hub.world.loop is not None:
            hub.keep.append(hub.world.loop.create_task(self._work(hub.engine)))

    async def _work(self, engine: Engine) -> None:
        hub, rng = self.hub, self.hub.world.random
        for case in await engine.store.open_cases(SHOP, 50):
            if hub.closed or rng.random() < 0.3:
                await self._handle(engine, case)
        if not hub.closed and rng.random() < hub.story.meddling:
            await self._meddle(engine)

    async def _say(self, engine: Engine, action: str, target: str, said: Said | None = None) -> None:
        self.hub.world.note(f"command {action} {target} {said.path if said else ''}")
        row = command(engine.store, SHOP, action, target, by="op", reason="sim", said=said)
        try:
            await engine.intake.write(*await sealed(engine.store, row))
        except StoreError:
            return
        engine.nudge()

    async def _handle(self, engine: Engine, case: CaseRow) -> None:
        self.cases[case.kind] = self.cases.get(case.kind, 0) + 1
        run = f"run:{case.run}"
        if case.kind == "ask":
            value = msgspec.Raw(b'"yes"' if self.hub.world.random.random() < 0.5 else b'"no"')
            await self._say(engine, "answer", f"case:{case.no}", Said(value=value))
        elif case.kind == "unauthorised":
            await self._say(engine, "go_on", "shop", Said(scope="account", name="vendor/x"))
        elif case.kind == "unknown":
            await self._look(engine, case)
        elif case.kind == "misfit" and self.hub.story.deploy:
            self.hub.misfits.add(case.run or 0)
        elif case.kind in {"misfit", "code", "size"}:
            self.hub.shop.violations.append(f"case {case.kind}: {case.title}")
        else:
            await self._say(engine, "retry", run, Said(path=case.path))

    async def _look(self, engine: Engine, case: CaseRow) -> None:
        """A person calls the vendor and asks whether it happened."""
        intents = [r for r in await self.hub.journal(case.run or 0) if isinstance(r, Intent) and r.path == case.path]
        label = msgspec.json.decode(intents[-1].args)[0].partition("!")[0]
        found = self.hub.shop.effects(label)
        if found:
            said = Said(path=case.path, value=msgspec.Raw(msgspec.json.encode(found[0].receipt)))
            await self._say(engine, "skip", f"run:{case.run}", said)
        else:
            await self._say(engine, "refuse", f"run:{case.run}", Said(path=case.path, code="declined"))

    async def _meddle(self, engine: Engine) -> None:
        rng = self.hub.world.random
        runs = await engine.store.fetch("runs_page", (SHOP, "tell", -1, 1 << 60, 5))
        if not runs:
            return
        run = rng.choice(runs)[0]
        what = rng.random()
        if what < 0.4:
            self.retried.add(run)
            await self._say(engine, "retry", f"run:{run}", Said(path=str(rng.randint(1, 4))))
            return
        self.cancelled.add(run)
        await self._say(engine, "cancel", f"run:{run}")
        if what < 0.6:
            await self._say(engine, "cancel", f"run:{run}")
