"""The process that is killed: an engine over a store in memory, opened again from what was committed."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from pawline.runtime import UNLIMITED, Binding, Bindings, Engine, RuntimeSettings
from pawline.runtime.records import Intent, Reached, Record, decode_records
from pawline.runtime.seal import open_journal
from pawline.store import Keyring, Store, StoreError
from pawline.store.clock import SteadyClock
from pawline.store.rows import JournalRow, Unit
from pawline.store.store import Bounds
from pawline.testing.simulation import VirtualLoop, World, virtual_loop
from tests.simulation.disk import disk
from tests.simulation.shop import CHANGED, FLOWS, OPERATIONS, Vendor
from tests.simulation.vendor import Counter, Shop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.simulation.story import Story

KEYRING = Keyring.generate()
_SMALL = Bounds(numbers=1_000)


class Ear(logging.Handler):
    """Errors that the runtime logs are violations, unless the store was told to fail."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.hub: Hub | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if self.hub is None:
            return
        error = record.exc_info[1] if record.exc_info else None
        self.hub.world.note(f"LOG {record.getMessage()} {error!r}")
        if error is not None and not isinstance(error, StoreError):
            place = error.__traceback__
            while place is not None and place.tb_next is not None:
                place = place.tb_next
            where = "" if place is None else f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}"
            self.hub.shop.violations.append(f"logged: {record.getMessage()}: {error!r} at {where}")


EAR = Ear()


@contextmanager
def listening() -> Iterator[None]:
    """What the runtime logs goes to the story, and nowhere else, inside the block."""
    logger = logging.getLogger("pawline")
    before = logger.propagate, logger.level
    logger.propagate = False
    logger.setLevel(logging.ERROR)
    logger.addHandler(EAR)
    try:
        yield
    finally:
        logger.removeHandler(EAR)
        logger.propagate = before[0]
        logger.setLevel(before[1])


class SlowLoop:
    """The writer's view of its loop: what it plans takes as long as a disk does."""

    def __init__(self, loop: VirtualLoop, seconds: Callable[[], float]) -> None:
        self._loop, self._seconds = loop, seconds

    def call_soon(self, call: Callable[..., Any], *args: Any) -> Any:
        seconds = self._seconds()
        return self._loop.call_later(seconds, call, *args) if seconds else self._loop.call_soon(call, *args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)


class Hub:
    """The hub of a story: at most two owners, of which the second took over from the first."""

    def __init__(self, world: World, story: Story) -> None:
        self.world, self.story = world, story
        self.clock = SteadyClock(world.clock)
        self.shop = Shop(world, self.clock, story.faults)
        self.store: Store | None = None
        self.engine: Engine | None = None
        self.stale: Engine | None = None
        self.closed = False
        self.misfits: set[int] = set()  # runs that the changed code does not fit, and a person knows
        self.deaths = 0
        self.keep: list[Any] = []  # dead processes are not cleaned up while the story goes on
        self.booted: list[Callable[[], None]] = []
        EAR.hub = self
        disk().wipe()

    # -- life and death ------------------------------------------------------------------------------------------

    def boot(self) -> None:
        """A new process over what is on disk."""
        if self.story.deploy and self.deaths:
            CHANGED.add("by a careless deploy")
        loop = virtual_loop(self.world)
        self.world.loop = loop
        self.keep.append(loop.create_task(self._boot(loop)))

    async def _boot(self, loop: VirtualLoop) -> None:
        store = Store(disk().opened(self.clock), KEYRING, inline=True, bounds=_SMALL)
        self._watch(store, loop)
        self.store = store
        await self._start(store)

    def _watch(self, store: Store, loop: VirtualLoop) -> None:
        rng, story = self.world.random, self.story

        def slow() -> float:
            return 0.0 if self.closed or not story.slow else rng.random() * story.slow

        def before(units: Sequence[Unit]) -> None:
            if not self.closed and rng.random() < story.failing:
                self.world.note("commit FAILS")
                raise OSError

        def after(units: Sequence[Unit]) -> None:
            try:
                self._stored(store, units)
            except Exception as error:  # noqa: BLE001 - else the writer would take it for a fault of the disk
                self.shop.violations.append(f"the hook failed: {error!r}")
            if not self.closed and rng.random() < story.doubtful:
                self.world.note("commit in DOUBT")
                raise OSError

        store._writer._loop = SlowLoop(loop, slow)  # type: ignore[assignment]
        store.hooks.before_commit, store.hooks.after_commit = before, after

    async def _start(self, store: Store) -> None:
        settings = RuntimeSettings(
            live=self.story.live, moment=self.story.moment, look=4.0, lease=15.0, first_retry=0.2, last_retry=4.0,
            read_timeout=1.0,
        )  # fmt: skip
        counter = Counter(self.shop, store.owner)
        bindings = Bindings([Binding("vendor/x", Vendor, counter, OPERATIONS, UNLIMITED)])
        engine = Engine(store, FLOWS, bindings, settings, seed=self.world.random.randrange(1 << 30))
        await engine.start()
        self.stale, self.engine = self.engine, engine
        self.world.note(f"owner {store.owner} is up")
        for call in self.booted:
            call()

    def die(self) -> None:
        """The power goes: memory is lost, the disk is not."""
        if self.closed:
            return
        loop = self.world.loop
        assert loop is not None
        loop.die()
        self.keep += [loop, self.engine, self.stale, self.store]
        self.store = self.engine = self.stale = self.world.loop = None
        self.deaths += 1
        self.world.note("DEATH")
        self.world.after(self.world.random.random() ** 3 * 4, self.boot)

    def taken_over(self) -> None:
        """Another owner takes all lanes; this one goes on, and does not know it yet."""
        first, loop = self.store, self.world.loop
        if first is None or loop is None or self.engine is None or self.stale is not None or self.closed:
            return
        self.keep.append(loop.create_task(self._take_over(first, loop)))

    async def _take_over(self, first: Store, loop: VirtualLoop) -> None:
        second = Store(disk().opened(self.clock), KEYRING, inline=True, bounds=_SMALL)
        self._watch(second, loop)
        first.claim = _nothing_free  # type: ignore[method-assign]  # in a file nobody else is alive; here somebody is
        self.store = second
        self.world.note(f"TAKEOVER {first.owner} -> {second.owner}")
        await self._start(second)

    def bury(self) -> None:
        """The story is over: flows that no process began are closed, because Python would complain at their end."""
        for one in (*self.keep, self.engine, self.stale):
            for run in one.live.values() if isinstance(one, Engine) else ():
                flow = getattr(run.driver, "_main", None)
                if flow is not None and inspect.getcoroutinestate(flow.awaited) == inspect.CORO_CREATED:
                    flow.awaited.close()

    # -- the disk ------------------------------------------------------------------------------------------------

    def _stored(self, store: Store, units: Sequence[Unit]) -> None:
        """Note what is on disk now: what vendors and waiting clients may rely on."""
        for unit in units:
            for row in (*unit.journal, *(row for new in unit.runs for row in new.first)):
                made = JournalRow._make(row)
                if self._is_stored(store, made):
                    self._note(store, made)

    def _is_stored(self, store: Store, row: JournalRow) -> bool:
        database: Any = store._opened.database
        found = database.db.execute("select body from journal where run = ? and seq = ?", row[:2]).fetchone()
        return found is not None and found[0] == row.body

    def _note(self, store: Store, row: JournalRow) -> None:
        if self.store is not store:
            self.shop.violations.append(f"run {row.run} was written by owner {store.owner}, who lost its lane")
        key = store.keys._numbers[row.key or 0]
        for record in decode_records(open_journal(row, key)):
            self.world.note(f"disk run {row.run}: {_short(record)}")
            if isinstance(record, Intent):
                label = msgspec.json.decode(record.args)[0].partition("!")[0]
                self.shop.committed[f"{record.method}/{label}", record.attempt] = store.owner
            elif isinstance(record, Reached):
                self.shop.passed.add(msgspec.json.decode(record.value))

    async def journal(self, run: int) -> list[Record]:
        """The history of a run, from the disk."""
        assert self.store is not None
        records: list[Record] = []
        for row in (await self.store.journals([run]))[run]:
            key: Any = await self.store.keys.by_no(row.key or 0)
            records += decode_records(open_journal(row, key))
        return records


async def _nothing_free(lanes: object, ttl: float) -> dict[int, int]:
    return {}


def _short(record: Record) -> str:
    values = [v.hex() if isinstance(v, bytes) else str(v) for v in msgspec.structs.astuple(record)]
    return f"{type(record).__name__} {' '.join(v for v in values if v != 'None')[:150]}"
