"""Webhooks on their way in: on disk before they are answered, and taken apart as fast as the machine can.

To answer takes a tenth of what it takes to begin the flows of what was said, so that a rush of webhooks is let in as it
comes: docs/why/0030. A delivery that is taken apart twice, after a death or by two hubs, is recorded once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.hub.done import Done
from pawline.hub.hearing import HIDDEN, Arrived
from pawline.hub.renewals import Renewals
from pawline.kit import text
from pawline.model import OrderPlaced
from pawline.store import LANES, DataKey, Outcome, StoreBroken, StoreBusy, StoreError, StoreFull, StoreUnsure, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pawline.hub.hearing import Hearing
    from pawline.model import Envelope
    from pawline.runtime import Engine

_log = logging.getLogger("pawline.hub")
_HIDDEN: Final = frozenset(name.encode() for name in HIDDEN)
AT_ONCE: Final = 16
"""Deliveries that are taken apart side by side: their events share commits."""
RUSH: Final = 32
RUSH_IN: Final = 0.02
"""So many that come within so many seconds are more than could be taken apart meanwhile."""
GIVE_WAY: Final = 0.25
"""Seconds for which those in the tray let others in while it is so, between two handfuls."""
CLEAR: Final = 0.05
"""Seconds for which they go on where it was not so, until that is asked again."""
MOST: Final = 16 << 20
"""Bytes of bodies in memory. What came beyond them is read from the disk when its turn comes."""
LOOK: Final = 1.0
"""Seconds between two looks at the disk for what others left: a hub that died, or one that has no lanes."""
AGAIN: Final = (0.2, 1.0, 5.0, 30.0)
"""Seconds until a delivery is tried again that the store did not take; the last for ever."""
PAGE: Final = 64
PATIENCE: Final = 5.0
"""Seconds in which a hub that leaves empties its tray; the next one goes on with the rest."""


class Tray:
    """Holds what is believed and not taken apart yet. The owner of a delivery's lane takes it apart."""

    def __init__(self, engine: Engine, hearing: Hearing) -> None:
        self.hearing = hearing
        self._engine, self._store = engine, engine.store
        self._waiting: deque[tuple[int, Arrived, int]] = deque()  # with how often it was tried
        self._hand: set[int] = set()  # numbers that need not be found on the disk, until they are gone from it
        self._unreadable: set[int] = set()
        self._coming: list[tuple[int, Arrived, DataKey, bytes, asyncio.Future[None]]] = []
        self._bytes = self._accepted = 0
        self._more = True  # on the disk there may be some that are not in hand
        self._look_at = self._clear_until = float("-inf")
        self._wake = asyncio.Event()
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
        arrived = self.hearing.believe(account, _read_headers(headers), body, now)
        packed = _encode(([one for one in headers if one[0] not in _HIDDEN], body))
        self._accepted += 1
        for attempt in range(3):
            try:
                return await self._kept(arrived, packed)
            except (StoreBroken, StoreBusy, StoreFull, StoreUnsure):
                raise
            except StoreError:  # another process made the shop's key meanwhile: with that one, then
                if attempt == 2:
                    raise
        raise AssertionError

    async def _kept(self, arrived: Arrived, packed: bytes) -> None:
        store = self._store
        key = store.keys.cached(arrived.shop, None) or await store.keys.obtain(arrived.shop, None)
        no, waiter = store.next_no(), self._engine.loop.create_future()
        self._coming.append((no, arrived, key, packed, waiter))
        if len(self._coming) == 1:
            self._engine.loop.call_soon(self._keep)
        await waiter

    def _keep(self) -> None:
        """What came in one turn of the loop is one unit."""
        coming, self._coming = self._coming, []
        lanes = self._engine.lanes
        own = next(iter(lanes), None)  # our own: whoever owns none leaves it to others
        writes: list[tuple[str, tuple[object, ...]]] = []
        for no, arrived, key, packed, _ in coming:
            writes += key.fresh_writes()
            lane = no % LANES if own is None else own
            row = (no, lane, arrived.shop, arrived.account, arrived.at, key.no, key.seal(packed, _aad(no)))
            writes.append(("insert_delivery", row))

        def done(outcome: Outcome) -> None:
            for no, arrived, _, _, waiter in coming:
                if outcome.error is None:
                    self._came(no, own, arrived)
                if not waiter.done():
                    waiter.set_result(None) if outcome.error is None else waiter.set_exception(outcome.error)

        try:
            self._store.commit(Unit(done, writes=writes, intake=True, size=sum([len(one[3]) for one in coming])))
        except StoreError as problem:
            done(Outcome(problem))

    def _came(self, no: int, lane: int | None, arrived: Arrived) -> None:
        if lane is None or lane not in self._engine.lanes:
            return
        if self._more or self._bytes >= MOST:  # in the order in which they came
            self._more = True
        else:
            self._put(no, arrived, 0)

    def _put(self, no: int, arrived: Arrived, tried: int) -> None:
        self._hand.add(no)
        self._bytes += len(arrived.body)
        self._waiting.append((no, arrived, tried))
        self._wake.set()

    # -- out -----------------------------------------------------------------------------------------------------

    async def _empty(self) -> None:
        loop = self._engine.loop
        while True:
            try:
                while self._waiting and loop.time() < self._look_at:
                    await self._give_way()
                    some = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
                    await asyncio.gather(*(self._take(*one) for one in some))
                self._wake.clear()
                if self._more or loop.time() >= self._look_at:
                    await self._look()
                if self._waiting:
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK):
                        await self._wake.wait()
            except StoreError as problem:
                _log.warning("the webhooks that wait cannot be read, it is tried again: %s", problem)
                await asyncio.sleep(LOOK)

    async def _give_way(self) -> None:
        """Who waits outside for an answer goes first, while more come than could be taken apart."""
        loop = self._engine.loop
        if len(self._waiting) <= AT_ONCE or loop.time() < self._clear_until:
            return
        until, rush = loop.time() + GIVE_WAY, True
        while rush and loop.time() < until:
            before = self._accepted
            await asyncio.sleep(RUSH_IN)
            rush = self._accepted - before >= RUSH
        if not rush:
            self._clear_until = loop.time() + CLEAR

    async def _look(self) -> None:
        """Takes some that are on the disk and not in hand."""
        self._look_at = self._engine.loop.time() + LOOK
        self._more = False  # first: what comes from here on is put into the tray
        try:
            aside = self._hand | self._unreadable
            numbers = await self._store.fetch("delivery_numbers", (sorted(self._engine.lanes), len(aside) + PAGE))
            wanted = [no for (no,) in numbers if no not in self._hand and no not in self._unreadable][:PAGE]
            for no, arrived in await self._read(wanted):
                self._put(no, arrived, 0)
        except BaseException:
            self._more = True
            raise
        self._more |= len(wanted) == PAGE

    async def _read(self, numbers: list[int]) -> list[tuple[int, Arrived]]:
        found: list[tuple[int, Arrived]] = []
        for no, shop, account, at, key, body in await self._store.fetch("deliveries", (numbers,)) if numbers else ():
            try:
                opened = await self._store.keys.by_no(key)
                if not isinstance(opened, DataKey):
                    raise StoreError("the shop's key was destroyed")
                found.append((no, _unpacked(shop, account, at, opened.open(body, _aad(no)))))
            except (StoreError, msgspec.DecodeError) as problem:
                self._unreadable.add(no)  # it stays on the disk, for whoever has the key
                _log.error("webhook %d of %s cannot be read: %s", no, account, problem)
        return found

    async def _take(self, no: int, arrived: Arrived, tried: int) -> None:
        """Takes one apart. A renewal that comes for the first time stands in its line instead, by its number alone."""
        try:
            envelopes = self.hearing.read(arrived)
            if tried == 0 and any(map(_renews, envelopes)):
                self._renewals.add(no)
                return
            self._renewals.beside()
            await self.hearing.take(arrived, envelopes)
        except Exception as problem:  # noqa: BLE001 - whatever it is: it is on disk, and tried again
            pause = AGAIN[min(tried, len(AGAIN) - 1)]
            told = problem if isinstance(problem, StoreError) else type(problem).__name__
            _log.warning("a webhook of %s is taken again in %s s: %s", arrived.account, pause, told)
            self._engine.loop.call_later(pause, self._put, no, arrived, tried + 1)
        else:
            self._done.add(no, arrived)
        finally:
            self._bytes -= len(arrived.body)

    async def _renew(self, no: int) -> None:
        """A renewal's turn."""
        try:
            for _, arrived in await self._read([no]):
                self._bytes += len(arrived.body)
                await self._take(no, arrived, 1)
        except StoreError:
            self._hand.discard(no)  # a look finds it
            self._more = True

    # -- the end -------------------------------------------------------------------------------------------------

    @property
    def empty(self) -> bool:
        """Whether everything that came to this hub is taken apart, and gone from the disk."""
        return not (self._hand or self._more)

    async def rest(self, patience: float = PATIENCE) -> bool:
        """Until it is empty, so many seconds at most; whether it is."""
        until = self._engine.loop.time() + patience
        while not self.empty and self._engine.loop.time() < until:
            self._done.leave()
            await asyncio.sleep(0.005)
        return self.empty


def _renews(envelope: Envelope) -> bool:
    return isinstance(envelope.event, OrderPlaced) and envelope.event.renewal


def _aad(no: int) -> bytes:
    return b"delivery:%d" % no


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[list[tuple[bytes, bytes]], bytes]).decode


def _read_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """As signatures are read over them: bytes that are no UTF-8 come back as they were."""
    return [(name.decode("latin-1"), text(value)) for name, value in headers]


def _unpacked(shop: str, account: str, at: float, data: bytes) -> Arrived:
    headers, body = _decode(data)
    return Arrived(account, shop, _read_headers(headers), body, at)
