"""A hub in memory under test: store, engine and vendors on one virtual clock; it can die and be deployed anew."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from pawline.model import Envelope, Event
from pawline.ports import Limits, Operation
from pawline.runtime import UNLIMITED, Binding, Bindings, Engine, Flow, Flows, RuntimeSettings, Said, command, sealed
from pawline.runtime.ending import CaseBody
from pawline.runtime.records import Record, decode_records
from pawline.runtime.seal import case_aad, open_journal, outcome_aad
from pawline.store import Bounds, CaseRow, Erased, HoldRow, Keyring, RunRow, Status, Store, WaitRow
from tests.unit.runtime.clerk import BY_KEY, Clerk, Shelf
from tests.unit.runtime.virtual import Clock


class Hub:
    """`up` opens it, `die` abandons it as a crash would, `up` again finds what the disk kept."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.clerk = Clerk(self.clock)
        self.keyring = Keyring.generate()
        self.settings = RuntimeSettings()
        self.bindings: Sequence[Binding] = ()
        self.shops: tuple[str, ...] = ()
        self.bounds = Bounds()
        self.store: Store
        self.engine: Engine
        self._flows: tuple[Flow[Any, Any], ...] = ()
        self._image: bytes | None = None
        self._open = False
        self._ids = 0

    def shelf(
        self, account: str = "shelf/eu", clerk: Clerk | None = None, *, operations: Mapping[str, Operation] = BY_KEY,
        limits: Limits = UNLIMITED,
    ) -> Binding:  # fmt: skip
        return Binding(account, Shelf, clerk or self.clerk, operations, limits)

    async def up(self, *flows: Flow[Any, Any], claim: bool = True) -> Engine:
        """Open (again), with these flows or the ones before."""
        self._flows = flows or self._flows
        options: dict[str, Any] = {"clock": self.clock, "inline": True, "image": self._image, "bounds": self.bounds}
        self.store = await Store.open(":memory:", self.keyring, **options)
        self.bindings = self.bindings or (self.shelf(),)
        self.engine = Engine(self.store, Flows(self._flows), Bindings(self.bindings), self.settings, seed=1)
        self.engine.schedules.shops = self.shops
        self._open = True
        await self.engine.start()
        return self.engine

    async def die(self) -> None:
        """A crash: nothing more is written, nobody is told, what is in flight is never heard of again."""
        self._image = self.store.image()
        store = self.store
        store._writer.transaction.hooks.before_commit = _refuse
        await self._stop()

    async def stop(self) -> None:
        """A clean stop: `up` finds what it left."""
        await self.engine.stop()
        self._open = False
        await asyncio.sleep(0.1)
        self._image = self.store.image()
        await self.store.close()

    async def deploy(self, *flows: Flow[Any, Any]) -> None:
        """The hub dies and comes up with other code."""
        await self.die()
        await self.up(*flows)

    async def down(self) -> None:
        if self._open:
            await self._stop()

    async def _stop(self) -> None:
        self._open = False
        engine = self.engine
        engine.closing = True
        for run in list(engine.live.values()):
            engine.forget(run)
        tasks = list(engine._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)
        await self.store.close()

    # -- what happens --------------------------------------------------------------------------------------------

    async def record(
        self, event: Event, *, id: str | None = None, source: str = "test", priority: str = "work",
        holds: Sequence[HoldRow] = (),
    ) -> int:  # fmt: skip
        """An event comes in; its number."""
        self._ids += 1
        at = datetime.fromtimestamp(self.clock(), UTC)
        envelope = Envelope(shop="s", source=source, id=id or str(self._ids), at=at, event=event)
        return (await self.engine.record(envelope, priority, holds)).no

    async def begin(self, event: Event, **more: Any) -> int:
        """The same, until all is quiet; the number of the one run that it began."""
        no = await self.record(event, **more)
        await self.quiet()
        (row,) = [row for row in await self.runs() if row.event == no]
        return row.no

    async def quiet(self, seconds: float = 0.6) -> None:
        """Let what can happen at once happen."""
        await asyncio.sleep(seconds)

    async def later(self, seconds: float) -> None:
        """Time passes unseen, then what was due happens."""
        self.clock.jump(seconds)
        await self.quiet()

    async def told(self, action: str, target: str, *, by: str = "ann", reason: str = "because", **said: Any) -> str:
        """An operator's command, and what became of it: `done`, or `refused: why`."""
        row = command(self.store, "s", action, target, by=by, reason=reason, said=Said(**said))
        await self.engine.intake.write(*await sealed(self.store, row))
        await self.quiet()
        ((state, result),) = await self._select("select state, result from command where no = ?", row.no)
        return str(state) if result is None else f"{state}: {result}"

    # -- what the store holds ------------------------------------------------------------------------------------

    async def _select(self, sql: str, *params: object) -> list[Any]:
        return list(self.store._opened.database.db.execute(sql, params))  # type: ignore[attr-defined]

    async def runs(self) -> list[RunRow]:
        numbers = [no for (no,) in await self._select("select no from run order by no")]
        return list((await self.store.runs(numbers)).values())

    async def run(self, no: int) -> RunRow:
        return (await self.store.runs([no]))[no]

    async def statuses(self) -> list[Status]:
        """Of all runs, in order of their numbers."""
        return [Status(row.status) for row in sorted(await self.runs(), key=lambda row: row.no)]

    async def status(self, no: int) -> Status:
        return Status((await self.run(no)).status)

    async def _open_key(self, no: int | None) -> Any:
        key = await self.store.keys.by_no(no or 0)
        assert not isinstance(key, Erased)
        return key

    async def outcome(self, no: int) -> Any:
        """What an ended run left: its result, or its error's record."""
        row = await self.run(no)
        assert row.outcome is not None, f"run {no} is {Status(row.status).name}"
        return msgspec.json.decode((await self._open_key(row.key)).open(row.outcome, outcome_aad(no)))

    async def journal(self, no: int) -> list[Record]:
        rows = (await self.store.journals([no]))[no]
        return [one for row in rows for one in decode_records(open_journal(row, await self._open_key(row.key)))]

    async def waits(self, no: int) -> list[WaitRow]:
        return (await self.store.waits([no]))[no]

    async def cases(self) -> list[CaseRow]:
        """All open ones."""
        return await self.store.open_cases("s", 1000)

    async def case(self) -> CaseRow:
        """The only open one."""
        (case,) = await self.cases()
        return case

    async def case_body(self, case: CaseRow) -> CaseBody:
        data = case.body if case.codec == 0 else (await self._open_key(case.key)).open(case.body, case_aad(case.no))
        return msgspec.json.decode(data, type=CaseBody)

    async def case_states(self) -> list[tuple[str, str]]:
        """(kind, state) of all cases ever, in order."""
        return [(kind, state) for kind, state in await self._select("select kind, state from inquiry order by no")]

    async def audit(self) -> list[tuple[str, str, str, str]]:
        """(by, action, target, detail)."""
        return [tuple(row) for row in await self._select("select by, action, target, detail from audit order by no")]


def _refuse(units: Iterable[object]) -> None:
    raise RuntimeError("this process is dead")
