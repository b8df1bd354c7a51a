"""Owners of one PostgreSQL store, each in a thread with a loop of its own: one can stand still like a process."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Sequence
from dataclasses import replace
from typing import Any, Self, TypeVar

from pawline.model import Envelope
from pawline.runtime import Bindings, Engine, Flow, Flows, RuntimeSettings
from pawline.sandbox.vendors import Line, Reply, Request
from pawline.store import LANES, Clock, EventRow, Keyring, Notices, StaleOwner, Store, Unit

R = TypeVar("R")
# A lease outlasts what a busy machine makes a thread wait: nobody loses lanes who is not stopped. BRIEF is for whoever
# is to be stopped, so that the others need not wait long.
SETTINGS = RuntimeSettings(look=0.05, lease=9.0, first_retry=0.05, last_retry=1.0)
BRIEF = replace(SETTINGS, lease=4.0)
EVEN, ODD = range(0, LANES, 2), range(1, LANES, 2)


class Gate:
    """Where a stopped owner stands: its loop and its writer both."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._open.set()

    def shut(self) -> None:
        self._open.clear()

    def lift(self) -> None:
        self._open.set()

    def pass_by(self) -> None:
        assert self._open.wait(60)


class Owner:
    """One owner. `call` runs something in its loop; `hold` has it stand still at a batch, `go_on` ends that."""

    def __init__(self, thread: threading.Thread, loop: asyncio.AbstractEventLoop, engine: Engine) -> None:
        self._thread, self._loop, self.engine, self.store = thread, loop, engine, engine.store
        self._gate = Gate()
        self.refused: list[tuple[int, int]] = []  # lanes with the epoch in which a unit came too late for them
        self.stored: list[tuple[int, int]] = []  # and those of units that were stored
        self.held: list[tuple[int, int]] = []  # and those of the batch at which it stood still
        self.before = 0  # how many were stored, as far as its loop knew, when it began to stand still
        note, keys = self._note, self.store._writer.on_batch

        def both(units: list[Unit], outcomes: dict[int, Any]) -> None:
            note(units, outcomes)
            if keys is not None:
                keys(units, outcomes)

        self.store._writer.on_batch = both

    def _note(self, units: list[Unit], outcomes: dict[int, Any]) -> None:
        for at, unit in enumerate(units):
            error = None if at not in outcomes else outcomes[at].error
            if error is None:
                self.stored += unit.lanes
            elif isinstance(error, StaleOwner):
                self.refused += unit.lanes

    @classmethod
    async def up(
        cls, url: str, keyring: Keyring, flows: Iterable[Flow[Any, Any]], bindings: Bindings,
        lanes: Collection[int] | None = None, *, clock: Clock | None = None, settings: RuntimeSettings = SETTINGS,
        hints: str = "",
    ) -> Owner:  # fmt: skip
        """Open and start one. `hints`: the database over which it is told and tells; '' is none."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="owner", daemon=True)
        thread.start()

        async def open_() -> Owner:
            store = await Store.open(url, keyring, clock=clock)
            notices = Notices(hints) if hints else None
            engine = Engine(store, Flows(flows), bindings, settings, lanes=lanes, hints=notices)
            owner = cls(thread, loop, engine)
            await engine.start()
            return owner

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(open_(), loop))

    async def call(self, work: Coroutine[Any, Any, R]) -> R:
        """Run it where the owner lives."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def hold(self, where: str, batch: int) -> None:
        """Until it stands still at its so-manieth batch from now, before or after the commit."""
        reached, here, left = asyncio.Event(), asyncio.get_running_loop(), [batch]

        def stand_too() -> None:
            self.before = len(self.stored)
            here.call_soon_threadsafe(reached.set)
            self._gate.pass_by()

        def stand(units: Sequence[Unit]) -> None:
            left[0] -= 1
            if left[0] == 0:
                self.held = [pair for unit in units for pair in unit.lanes]
                self._gate.shut()
                self._loop.call_soon_threadsafe(stand_too)
            if left[0] <= 0:
                self._gate.pass_by()

        setattr(self.store.hooks, where, stand)
        await asyncio.wait_for(reached.wait(), 30)

    def go_on(self) -> None:
        self.store.hooks.before_commit = self.store.hooks.after_commit = None
        self._gate.lift()

    async def down(self) -> None:
        """A clean end; again, nothing."""
        if self._loop.is_closed():
            return
        self.go_on()

        async def leave() -> None:
            await self.engine.stop()
            await self.engine.hints.close()
            await self.store.close()

        await self.call(leave())
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()


class Recorder:
    """A process that owns no lane: it only records, and reads. It lives in the test's own loop."""

    def __init__(self, store: Store, *, hints: Notices | None = None) -> None:
        self.store = store
        self.engine = Engine(store, Flows([]), Bindings([]), hints=hints)
        self.engine.loop = asyncio.get_running_loop()

    async def record(self, envelope: Envelope) -> int:
        return (await self.engine.record(envelope)).no

    async def owners(self) -> dict[int, int]:
        """How many lanes each owner has, by its number."""
        return dict(Counter(owner for _, owner, _, _ in await self.store.fetch("lanes")))

    async def epochs(self) -> list[tuple[int, int]]:
        """Owner and epoch of each lane."""
        return [(owner, epoch) for _, owner, epoch, _ in await self.store.fetch("lanes")]

    async def close(self) -> None:
        await self.engine.hints.close()
        await self.store.close()


class House:
    """Everybody who lives over one database; when the block ends, they leave."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keyring = Keyring.generate()
        self._leave: list[Callable[[], Awaitable[None]]] = []

    async def owner(
        self, flows: Iterable[Flow[Any, Any]], bindings: Bindings, *lanes: Collection[int], **more: Any
    ) -> Owner:
        """`lanes`: those to begin with; all that are free if not given. `more`: see `Owner.up`."""
        owner = await Owner.up(self.url, self.keyring, flows, bindings, *lanes, **more)
        self._leave.append(owner.down)
        return owner

    async def recorder(self, *, clock: Clock | None = None, hints: str = "") -> Recorder:
        """Somebody who owns nothing."""
        store = await Store.open(self.url, self.keyring, clock=clock)
        recorder = Recorder(store, hints=Notices(hints) if hints else None)
        self._leave.append(recorder.close)
        return recorder

    async def __aenter__(self) -> Self:
        return self

    async def view(self) -> View:
        """Somebody who follows from now on."""
        view = View((await self.recorder()).store)
        self._leave.insert(0, view.stop)
        return view

    async def __aexit__(self, *_: object) -> None:
        left: list[object] = []
        for leave in self._leave:
            left += await asyncio.gather(leave(), return_exceptions=True)
        assert left == [None] * len(self._leave)


class View:
    """Follows the events as a view does: by a cursor for each lane, which is stored with what was seen."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._enough = False
        self.seen: list[EventRow] = []
        self._following = asyncio.create_task(self._follow())

    async def look(self) -> None:
        cursors: dict[int, int] = dict(await self._store.fetch("cursors", ("test",)))
        for lane in range(LANES):
            rows = await self._store.fetch("events_after", (lane, cursors.get(lane, -1), 3))
            if not rows:
                continue
            found = [EventRow._make(row) for row in rows]
            self.seen += found
            written = asyncio.get_running_loop().create_future()
            cursor = ("set_cursor", ("test", lane, found[-1].seq))
            self._store.commit(Unit(written.set_result, writes=[cursor]))
            assert (await written).error is None

    async def _follow(self) -> None:
        while not self._enough:
            await self.look()
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self._enough = True
        await self._following

    async def rest(self) -> None:
        """Whatever is left; then no more."""
        await self.stop()
        before = -1
        while before != len(self.seen):
            before = len(self.seen)
            await self.look()


class Shared:
    """The line from owners' loops to vendors in the test's loop. Whoever stands still gets its reply later."""

    def __init__(self, line: Line) -> None:
        self._line, self._home = line, asyncio.get_running_loop()

    async def ask(self, request: Request) -> Reply:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._line.ask(request), self._home))


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 30.0) -> None:
    """Wait until it is true. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110 - another process's doing is seen in the database only
            await asyncio.sleep(0.02)
