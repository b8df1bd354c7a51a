"""Webhooks on their way in: on disk before they are answered, and taken apart as fast as the machine can.

To answer takes a tenth of what it takes to begin the flows of what was said, so that a rush of webhooks is let in as it
comes: docs/why/0030. A delivery that is taken apart twice, after a death or by two hubs, is recorded once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from pawline.hub.deliveries import Deliveries, aad, pack
from pawline.hub.done import Done
from pawline.hub.gathering import Gathering
from pawline.hub.hearing import Arrived
from pawline.hub.manners import Manners
from pawline.hub.renewals import Renewals
from pawline.kit import as_text
from pawline.store import (
    LANES,
    DataKey,
    Outcome,
    StoreBroken,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreUnsure,
    Unit,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pawline.hub.hearing import Hearing
    from pawline.runtime import Engine

_log = logging.getLogger("pawline.hub")
AT_ONCE: Final = 16
"""Deliveries that are taken apart side by side: their events share commits."""
MOST: Final = 16 << 20
"""Bytes of deliveries in memory. What came beyond them is read from the disk when its turn comes."""
LOOK: Final = 1.0
"""Seconds between two looks at the whole disk for what others left: a hub that died, or one that has no lanes. So many
more for each thousand that are in hand: their numbers are gone through."""
STRANGE: Final = 60.0
"""Seconds for which one of an account that is not here is left to hubs that have it: they may be starting anew."""
OTHERS: Final = 5.0
"""Seconds until it is looked at again whether they took it."""
AGAIN: Final = (0.2, 1.0, 5.0, 30.0)
"""Seconds until a delivery is tried again that the store did not take; the last for ever."""
PATIENCE: Final = 5.0
"""Seconds in which a hub that leaves empties its tray; the next one goes on with the rest."""


_Coming = tuple[int, Arrived, DataKey, bytes, bool, "asyncio.Future[None]"]
"""One on its way to disk: its number, its key, the bytes that are sealed, whether it renews, and who waits."""


class Item(NamedTuple):
    """One in the tray: its bytes, how often it was tried, and since when (the loop's clock) it waits here."""

    no: int
    arrived: Arrived
    size: int
    tried: int
    since: float


class Tray:
    """Holds what is believed and not taken apart yet. The owner of a delivery's lane takes it apart."""

    def __init__(self, engine: Engine, hearing: Hearing) -> None:
        self.hearing = hearing
        self._engine, self._store = engine, engine.store
        self._waiting: deque[Item] = deque()
        self._hand: set[int] = set()  # numbers that need not be found on the disk, until they are gone from it
        self._disk = Deliveries(engine.store)
        self._coming: list[_Coming] = []
        self._gathering = Gathering(self._keep)
        self._bytes = 0
        self._more = True  # on the disk there may be some that are not in hand
        self._upto = 0  # the greatest number that is, or was, in hand
        self._look_at = float("-inf")
        self._wake, self._places = asyncio.Event(), asyncio.Semaphore(AT_ONCE)
        self._manners = Manners()
        self._done = Done(engine.store, self._hand)
        self._renewals = Renewals(engine.settings.later, self._renew)

    def start(self) -> None:
        """Begin to take apart what is there, and what comes."""
        self._engine.spawn(self._empty())
        self._engine.spawn(self._renewals.run())

    def somebody_waits(self) -> None:
        """Just now: renewals set out as beside other deliveries for a while."""
        self._renewals.beside()

    # -- in ------------------------------------------------------------------------------------------------------

    async def accept(self, account: str, headers: Sequence[tuple[bytes, bytes]], body: bytes, now: float) -> None:
        """One delivery, on disk when this returns. Headers are as they came, their names in lower case.

        Raises NoEar, Unsigned, and what the store says where it was not kept: its sender is to come again.
        """
        believed = self.hearing.believe(account, as_text(headers), body, now)
        # As other hubs will see it: our own clock may be off.
        arrived = Arrived(believed.account, believed.shop, believed.headers, believed.body, self._store.now())
        packed, renews = pack(arrived), self.hearing.renews(arrived)
        self._manners.came()
        if renews:
            await self._renewals.hold()
        else:
            self._renewals.beside()
        for attempt in range(3):
            try:
                return await self._kept(arrived, packed, renews)
            except (StoreBroken, StoreBusy, StoreFull, StoreUnsure):
                raise
            except StoreError:  # another process made the shop's key meanwhile: with that one, then
                if attempt == 2:
                    raise
        raise AssertionError

    async def _kept(self, arrived: Arrived, packed: bytes, renews: bool) -> None:
        store, loop = self._store, self._engine.loop
        key = store.keys.cached(arrived.shop, None) or await store.keys.obtain(arrived.shop, None)
        no, waiter = store.next_no(), loop.create_future()
        self._coming.append((no, arrived, key, packed, renews, waiter))
        self._gathering.joined(len(self._coming))
        await waiter

    def _keep(self) -> None:
        """What came in one turn of the loop is one unit; in a rush, what came while it gathered."""
        coming, self._coming = self._coming, []
        self._gathering.sent(len(coming))
        lanes = self._engine.lanes
        own = next(iter(lanes), None)  # our own: whoever owns none leaves it to others
        writes: list[tuple[str, tuple[object, ...]]] = []
        for no, arrived, key, packed, _, _ in coming:
            if not key.stored:
                writes += key.fresh_writes()
            lane = no % LANES if own is None else own
            row = (no, lane, arrived.shop, arrived.account, arrived.at, key.no, key.seal(packed, aad(no)))
            writes.append(("insert_delivery", row))

        def done(outcome: Outcome) -> None:
            ours, since = outcome.error is None and own in self._engine.lanes, self._engine.loop.time()
            for no, arrived, _, packed, renews, waiter in coming:
                if not waiter.done():
                    waiter.set_result(None) if outcome.error is None else waiter.set_exception(outcome.error)
                if ours:
                    self._came(Item(no, arrived, len(packed), 0, since), renews=renews)

        try:
            self._store.commit(Unit(done, writes=writes, intake=True, size=sum([len(one[3]) for one in coming])))
        except StoreError as problem:
            done(Outcome(problem))

    def _came(self, item: Item, *, renews: bool) -> None:
        if self._more or self._bytes >= MOST:  # in the order in which they came
            self._more = True
        else:
            self._put(item, renews=renews)

    def _put(self, item: Item, *, renews: bool) -> None:
        self._hand.add(item.no)
        self._upto = max(self._upto, item.no)
        if renews:
            self._renewals.add(item.no)
            return
        self._bytes += item.size
        self._waits(item)

    def _waits(self, item: Item) -> None:
        self._waiting.append(item)
        self._wake.set()

    # -- out -----------------------------------------------------------------------------------------------------

    async def _empty(self) -> None:
        loop = self._engine.loop
        while True:
            try:
                while self._waiting and loop.time() < self._look_at:
                    await self._handful()
                self._wake.clear()
                if loop.time() >= self._look_at:
                    await self._look(whole=True)
                    self._look_at = loop.time() + LOOK * (1.0 + len(self._hand) / 1_000)
                elif self._more:
                    await self._look(whole=False)
                if self._waiting:
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(max(0.01, min(LOOK, self._look_at - loop.time()))):
                        await self._wake.wait()
            except StoreBroken:
                self._done.broken = True  # the process is about to end
                return
            except Exception as problem:  # noqa: BLE001 - whatever it is: nobody else would take them apart
                told = problem if isinstance(problem, StoreError) else type(problem).__name__
                _log.warning("the webhooks that wait cannot be read, it is tried again: %s", told)
                await asyncio.sleep(LOOK)

    async def _handful(self) -> None:
        """Sets out with some of them, each as there is a place."""
        if len(self._waiting) > AT_ONCE:
            await self._manners.give_way(self._waiting[0].since)
        for _ in range(min(AT_ONCE, len(self._waiting))):
            await self._places.acquire()
            self._engine.spawn(self._take(self._waiting.popleft()))
            await asyncio.sleep(0)  # whoever came meanwhile is let in between any two

    async def _look(self, *, whole: bool) -> None:
        """Takes some that are on the disk and not in hand: behind the last one, or (`whole`) wherever they are."""
        if self._bytes >= MOST:
            return
        more, self._more = self._more, False  # first: what comes from here on is put into the tray
        try:
            lanes, after = self._engine.lanes, 0 if whole else self._upto
            wanted, rest = await self._disk.page(lanes, after, self._hand)
            for no, arrived, size in await self._disk.read(wanted):
                self._put(Item(no, arrived, size, 0, self._engine.loop.time()), renews=self.hearing.renews(arrived))
            # Back to where the rest begins: numbers that others gave may be smaller than our own.
            self._upto = wanted[-1] if rest else max([self._upto, *wanted])
        except BaseException:
            self._more = True
            raise
        self._more |= rest or (more and whole and bool(wanted))

    async def _take(self, item: Item) -> None:
        """Takes one apart; in its place, which is left then."""
        no, arrived = item.no, item.arrived
        try:
            if not self.hearing.knows(arrived) and self._store.now() < arrived.at + STRANGE:
                self._leave(item)
                return
            if not self.hearing.renews(arrived):
                self._renewals.beside()
            await self.hearing.take(arrived, self.hearing.read(arrived))
        except Exception as problem:  # noqa: BLE001 - whatever it is: it is on disk, and tried again
            pause = AGAIN[min(item.tried, len(AGAIN) - 1)]
            told = problem if isinstance(problem, StoreError) else type(problem).__name__
            _log.warning("a webhook of %s is taken again in %s s: %s", arrived.account, pause, told)
            self._later(item, pause)
        else:
            self._bytes -= item.size
            self._done.add(no, arrived)
        finally:
            self._places.release()

    def _later(self, item: Item, pause: float) -> None:
        self._engine.loop.call_later(pause, self._waits, item._replace(tried=item.tried + 1))

    def _leave(self, item: Item) -> None:
        """On the disk, for others to take; a later look finds whether they did."""
        self._bytes -= item.size
        self._disk.pass_over(item.no, OTHERS)
        self._hand.discard(item.no)

    async def _renew(self, no: int) -> None:
        """A renewal's turn. One that is not there any more was taken apart by somebody else."""
        try:
            found = await self._disk.read([no])
        except StoreError:
            found = []
            self._more, self._look_at = True, min(self._look_at, self._engine.loop.time() + LOOK)  # a look finds it
        if not found:
            self._hand.discard(no)
        for _, arrived, size in found:
            self._bytes += size
            await self._places.acquire()
            await self._take(Item(no, arrived, size, 0, self._engine.loop.time()))

    # -- the end -------------------------------------------------------------------------------------------------

    @property
    def empty(self) -> bool:
        """Whether everything that came to this hub is taken apart, and gone from the disk."""
        return not (self._hand or self._more)

    async def rest(self, patience: float = PATIENCE) -> bool:
        """Until it is empty, so many seconds at most; whether it is."""
        until = self._engine.loop.time() + patience
        self._more, self._look_at = True, float("-inf")  # others may have left some
        self._wake.set()
        while not (self.empty or self._done.broken) and self._engine.loop.time() < until:
            self._done.leave()
            await asyncio.sleep(0.005)
        return self.empty
