"""A whole hub in memory, without its command line: engine, views and register over pretended vendors."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any, Self

import msgspec
import pytest

from pawline.hub.register import Register
from pawline.model import Envelope, Event
from pawline.ports import Sender, Senders
from pawline.runtime import (
    Binding,
    Bindings,
    Engine,
    Flow,
    Flows,
    RuntimeSettings,
    Said,
    command,
    now,
    sealed,
    wait_for,
)
from pawline.runtime.ending import CaseBody
from pawline.runtime.seal import case_aad
from pawline.store import CaseRow, CommandRow, Erased, Keyring, Outcome, Status, Store, Unit
from pawline.testing import NOON, Vendors, bindings
from pawline.testing.orders import SHOP
from pawline.views import ALL, Projector
from pawline.views.answers import own_bindings
from pawline.views.holds import inventory_bindings

OWN = ("Senders", "Households", "Orders", "Stock", "Bills", "Invitations", "Goods", "Behaviour")
"""Ports that pretended vendors play for want of a hub; here is one."""
UNDER_WAY = f"""
select exists (select 1 from event where seq is null)
    or exists (select 1 from command where state = 'pending')
    or exists (select 1 from wait w join run r on r.no = w.run
               where r.status = {Status.WAITING:d} and (w.event is not null or (w.looked = 0 and w.about is not null)))
    or exists (select 1 from run where status <= {Status.WAITING:d}
               and not (status in ({Status.QUEUED:d}, {Status.WAITING:d}) and flow in (select value from json_each(?))))
"""  # noqa: S608 - our own numbers
"""Asked in one transaction: an event that becomes a run between two questions would be seen by neither."""


class TimePassed(Event, tag="time.passed@1"):
    """What a flow slept for is over."""

    @property
    def subject(self) -> str:
        return "time"


def sleeps_until_told(monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> None:
    """The flows of this module sleep until a test tells TimePassed, however long it takes to do what comes before."""

    async def until_told(until: datetime) -> None:
        assert until > now()
        await wait_for(TimePassed, key="time", until=now() + timedelta(hours=1))

    monkeypatch.setattr(module, "sleep_until", until_told)


class House:
    """`async with House(flows) as one`: everything that is told is done once `rest` returns."""

    def __init__(
        self, flows: Iterable[Flow[Any, Any]], senders: dict[str, Sender] | None = None,
        settings: RuntimeSettings | None = None, holds: bool = False, more: Iterable[Binding] = (),
    ) -> None:  # fmt: skip
        self.vendors = Vendors(now=time.time)
        self._flows, self._senders = list(flows), senders or {}
        self._settings = settings or RuntimeSettings(look=0.02)
        self._ids, self._holds, self._more = 0, holds, list(more)
        self.store: Store
        self.engine: Engine

    async def __aenter__(self) -> Self:
        self.store = await Store.open(":memory:", Keyring.generate())
        projector = Projector(self.store, ALL)
        own = (*OWN, "Inventory") if self._holds else OWN
        vendors = [one for one in bindings(self.vendors) if one.port.__name__ not in own]
        vendors += inventory_bindings([SHOP], self.store) if self._holds else []
        register = Binding("pawline/register", Senders, Register(self._senders))
        every = Bindings([*vendors, *own_bindings([SHOP], self.store, projector), register, *self._more])
        self.engine = Engine(self.store, Flows(self._flows), every, self._settings, seed=1)
        await self.engine.start()
        await projector.start(self.engine)
        while self.engine.intake.behind:  # noqa: ASYNC110 - its first look; what is told before it begins flows later
            await asyncio.sleep(0.005)
        self.views = projector
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.engine.stop()
        await self.store.close()

    async def tell(self, *events: Event, at: datetime = NOON) -> None:
        for event in events:
            self._ids += 1
            await self.engine.record(Envelope(shop=SHOP, source="test", id=f"e{self._ids}", at=at, event=event))

    async def runs(self, status: Status | None = None) -> list[tuple[str, str, str]]:
        """Flow, key and status of every run, oldest first."""
        rows = await self.store.fetch("runs_page", (SHOP, "", -1 if status is None else status, 2**62, 1_000))
        return [(row[3], row[5], Status(row[10]).name.lower()) for row in reversed(rows)]

    async def cases(self) -> list[Any]:
        return await self.store.open_cases(SHOP, 1_000)

    async def detail(self, row: CaseRow) -> str:
        """What a case says to whoever sees to it."""
        return (await self._body(row)).detail

    async def evidence(self, row: CaseRow) -> dict[str, Any]:
        """What is shown beside its question."""
        return msgspec.json.decode((await self._body(row)).evidence)  # type: ignore[no-any-return]

    async def _body(self, row: CaseRow) -> CaseBody:
        key = await self.store.keys.by_no(row.key or 0)
        assert key is not None
        assert not isinstance(key, Erased)
        return msgspec.json.decode(key.open(row.body, case_aad(row.no)), type=CaseBody)

    async def until_asked(self, count: int) -> list[Any]:
        while len(cases := await self.cases()) < count:  # noqa: ASYNC110 - another task opens it
            await asyncio.sleep(0.02)
        return cases

    async def until_waits(self, flow: str, key: str) -> None:
        """Until the run of this flow and key has done what it does before it waits."""
        while (flow, key, "waiting") not in await self.runs():  # noqa: ASYNC110 - other tasks bring it there
            await asyncio.sleep(0.02)

    async def rest(self, but: Iterable[str] = ()) -> None:
        """Until no run is under way; those of `but` wait for what is not there yet, having done all that comes before.

        Beside what a run is asked about others go on: whoever asserts what they do waits for them by this.
        """
        flows = msgspec.json.encode(list(but)).decode()

        def moving(db: Any) -> bool:
            return bool(db.db.execute(UNDER_WAY, (flows,)).fetchone()[0])

        while await self.store.job(moving):  # noqa: ASYNC110 - other tasks end them
            await asyncio.sleep(0.02)

    async def answer(self, case: int, value: object) -> None:
        found = await self.store.case(case)
        assert found is not None
        said = Said(value=msgspec.Raw(msgspec.json.encode(value)))
        await self._say(command(self.store, SHOP, "answer", f"case:{case}", by="ann", reason="seen", said=said,
                                lane=found.lane))  # fmt: skip

    async def said(self, action: str, target: str, name: str = "") -> str:
        """An operator's command, and what became of it: `done`, or `refused: why`."""
        row = command(self.store, SHOP, action, target, by="ann", reason="seen", said=Said(name=name))
        await self._say(row)
        while (found := (await self.store.fetch("command", (row.no,)))[0])[9] == "pending":  # noqa: ASYNC110 - the hub's
            await asyncio.sleep(0.02)
        state, result = found[9:]
        return str(state) if result is None else f"{state}: {result}"

    async def _say(self, row: CommandRow) -> None:
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.store.commit(Unit(done.set_result, writes=await sealed(self.store, row)))
        assert (await done).error is None
        self.engine.nudge()

    async def outcomes(self) -> dict[str, Any]:
        """What ended runs of flows came to, by flow and key; not of those that were erased."""
        from pawline.runtime.seal import outcome_aad

        found = {}
        rows = await self.store.fetch("runs_page", (SHOP, "", -1, 2**62, 1_000))
        for row in rows:
            if row[18] is not None:
                key = await self.store.keys.by_no(row[17])
                if not isinstance(key, Erased):
                    found[f"{row[3]} {row[5]}"] = msgspec.json.decode(key.open(row[18], outcome_aad(row[0])))
        return found
