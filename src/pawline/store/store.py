"""The store: one database is the truth. Units go in through the one writer; everybody may read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pawline.store import lanes as owning
from pawline.store.errors import StoreError
from pawline.store.keys import DataKeys
from pawline.store.numbers import Numbers
from pawline.store.opening import open_postgres, open_sqlite
from pawline.store.place import MEMORY, dialect_of, path_of
from pawline.store.reads import Reads
from pawline.store.rows import LANES, Unit
from pawline.store.sqlite import Sqlite
from pawline.store.transaction import Hooks, Transaction
from pawline.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from pawline.store.clock import Clock
    from pawline.store.database import Database, Row
    from pawline.store.keyring import Keyring
    from pawline.store.opening import Opened
    from pawline.store.rows import HoldRow, Outcome

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the store may hold in memory. Intake beyond `queue_*` is refused; the owner's own work never is."""

    queue_units: int = 20_000
    queue_bytes: int = 64 << 20  # bodies of events on their way in
    numbers: int = 100_000  # taken from the counter at a time
    keys: int = 20_000


class Store(Reads):
    """One process's way to the database, used by one event loop. Made by `open`.

    `hooks` are seams for tests and simulators; `keys` seals bodies; `on_broken` is called once when the disk failed:
    the process must then end loudly.
    """

    def __init__(self, opened: Opened, keyring: Keyring, *, inline: bool, bounds: Bounds) -> None:
        self._opened = opened
        self.clock = opened.clock
        """The database's clock, in epoch seconds; never goes back while the process lives."""
        self.dialect: str = opened.dialect
        self.owner: int = opened.owner
        self.hooks = Hooks()
        transaction = Transaction(opened.database, opened.owner, opened.clock, self.hooks)
        self._writer = Writer(
            transaction, inline=inline, queue_units=bounds.queue_units, queue_bytes=bounds.queue_bytes
        )
        self._numbers = Numbers(self._writer, bounds.numbers)
        fresh_for = None if self.dialect == "sqlite" else 60.0
        self.keys = DataKeys(self, keyring, fresh_for=fresh_for, limit=bounds.keys)
        self._writer.on_batch = self.keys.committed

    @classmethod
    async def open(
        cls, url: str | Path, keyring: Keyring, *, clock: Clock | None = None, inline: bool = False,
        image: bytes | None = None, bounds: Bounds | None = None,
    ) -> Store:  # fmt: skip
        """`sqlite:///path`, a path, ':memory:' (always in-line) or `postgresql://…`; makes the schema if there is none.

        `inline`: no thread, the batch runs in the loop (SQLite only). `image`: what `Store.image` gave, for ':memory:'.
        Raises StoreInUse, StoreTooNew, and StoreError where the database would not keep what it acknowledges.
        """
        if dialect_of(str(url)) == "postgres":
            if inline:
                raise StoreError("only SQLite runs in-line")
            return cls(await open_postgres(str(url), clock), keyring, inline=False, bounds=bounds or Bounds())
        path = path_of(str(url))
        opened = open_sqlite(path, clock, image)
        return cls(opened, keyring, inline=inline or path == MEMORY, bounds=bounds or Bounds())

    def now(self) -> float:
        """The database's clock, in epoch seconds; never goes back while the process lives."""
        return self.clock()

    def next_no(self) -> int:
        """A number that grows and never repeats, here or in another process."""
        return self._numbers.take()

    def commit(self, unit: Unit) -> None:
        """Joins the batch now gathering; `unit.done` is called in the loop when it is on disk.

        Raises StoreBusy for intake when too much waits, StoreBroken when nothing can be stored any more.
        Units fail one by one: a run with two units under way must expect the second to be stored without the first.
        """
        self._writer.commit(unit)

    async def written(
        self, writes: Sequence[tuple[str, Row]] = (), *, lanes: Sequence[tuple[int, int]] = (),
        keys: frozenset[int] = frozenset(), holds: Sequence[HoldRow] = (), bulk: bool = False,
    ) -> Outcome:  # fmt: skip
        """What became of named statements in a unit of their own. It is written, too, where who waits is cancelled."""
        waiter: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def done(outcome: Outcome) -> None:
            if not waiter.done():
                waiter.set_result(outcome)

        self.commit(Unit(done, lanes=tuple(lanes), keys=keys, writes=list(writes), holds=holds, bulk=bulk))
        return await waiter

    @property
    def waiting(self) -> int:
        """Units that have not been handed to the disk yet."""
        return self._writer.waiting

    @property
    def ends(self) -> tuple[dict[int, int], int]:
        """The next place of each lane in which this process dispatched, and how many commits of it are in doubt.

        Of a lane that is ours, with what `next_seqs` said since it is, that is all there is to know: nobody else
        dispatches there. A commit in doubt may have dispatched: read `next_seqs` again then.
        """
        return dict(self._writer.transaction.ends), self._writer.transaction.doubts

    @property
    def commits(self) -> int:
        """Batches written so far."""
        return self._writer.commits

    @property
    def on_broken(self) -> Callable[[Exception], None] | None:
        """Called once, in the loop, before the units of a failed batch are told; also if a job or a rest failed."""
        return self._writer.on_broken

    @on_broken.setter
    def on_broken(self, call: Callable[[Exception], None] | None) -> None:
        self._writer.on_broken = call

    async def job(self, work: Callable[[Database], R]) -> R:
        """Runs a piece of work in a transaction of its own, between two batches; it may run more than once."""
        return await self._writer.job(work)

    async def claim(self, lanes: Iterable[int] | None, ttl: float) -> dict[int, int]:
        """Takes free lanes of these (None: of all), with a higher epoch; runs that were RUNNING there are READY again.

        SQLite: all that are not ours, for nobody else can be alive. A lane whose time ran out stays ours until taken.
        """
        wanted = list(range(LANES)) if lanes is None else sorted(lanes)
        return await self.job(lambda db: owning.claim(db, self.owner, wanted, ttl))

    async def renew(self, ttl: float) -> dict[int, int]:
        """Every lane that is still ours with its epoch: one that is missing was taken over."""
        return await self.job(lambda db: owning.renew(db, self.owner, ttl))

    async def release(self) -> None:
        """Gives every lane back, so that others need not wait for the time to run out."""
        await self.job(lambda db: owning.release(db, self.owner))

    async def fetch(self, name: str, params: Row = ()) -> list[Row]:
        self._writer.check()
        return await self._opened.reader.fetch(name, params)

    def image(self) -> bytes:
        """A copy of a store in memory, for `open`: what a machine finds on its disk after a crash."""
        database = self._opened.database
        if not isinstance(database, Sqlite) or database.path != MEMORY:
            raise StoreError("only a store in memory has an image")
        return database.image()

    async def close(self, patience: float = 10.0) -> None:
        """Writes what is queued, then lets go of the database. Lanes stay ours until their time runs out: `release`.

        With patience 0 what is queued is lost, as if killed. A writer that hangs in its disk keeps connection and lock.
        """
        if not self._writer.closed and await self._writer.close(patience):
            await self._opened.close()
