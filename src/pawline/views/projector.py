"""Keeps the views: reads what was dispatched behind each view's cursor, and commits rows and cursor together."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from pawline.store import LANES, PURGED, DataKey, EventRow, KeyGone, StoreError, Unstorable
from pawline.views.places import NOTHING, Places
from pawline.views.view import Seen, View, Write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pawline.model import Event
    from pawline.runtime import Engine
    from pawline.store import Outcome, Store

_log = logging.getLogger("pawline.views")
LOOK: Final = 0.25
"""Seconds between two looks where nothing is behind; a reader that needs it newer does not wait for the next one."""
PAGE: Final = 200
"""Events in one commit: it gives way to shoppers as a whole, so it must be short."""
RELOAD: Final = 5.0
"""Seconds after which another process's request to rebuild is met."""


Fault = tuple[str, EventRow, Exception]
"""A view that could make no rows of an event, and why."""


class _Made(NamedTuple):
    writes: dict[str, list[Write]]  # by view
    faults: list[Fault]
    keys: dict[int, DataKey]  # of households, that opened what the rows were made of


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """How far a view is behind: events not read yet, and how long the oldest of them has been on record, in seconds.

    `skipped` counts those that this process could not make rows of; its log names them.
    """

    view: str
    says: str
    events: int
    seconds: float
    skipped: int


class Projector:
    """Keeps `views` for the lanes that an engine owns, from `start` until the engine stops.

    Rows and cursor are one commit, so a death loses nothing and doubles nothing. An event that makes a view's function,
    or the database, fail is logged, counted and passed over. What is erased between its reading and its commit is read
    again, and passed over: an erasure finds all that the views have of a household, and nothing is put in after it.
    """

    def __init__(self, store: Store, views: Sequence[View]) -> None:
        self._store = store
        self._engine: Engine
        self.views: Final = tuple(views)
        self._types = frozenset[str]().union(*(view.types() for view in views))
        self._places = Places(store, [view.name for view in views])
        self._cursors = self._places.cursors
        self._skipped = dict.fromkeys(self._cursors, 0)
        self._page = PAGE
        self._loaded = float("-inf")
        self._asked = 0  # rebuilds
        self._wake = asyncio.Event()
        self._moved: asyncio.Future[None] | None = None

    async def start(self, engine: Engine) -> None:
        """Begins cursors that are new, and to follow. Raises StoreError."""
        self._engine = engine
        new: list[Write] = []
        for view in self.views:
            known: dict[int, int] = dict(await self._store.fetch("cursors", (view.name,)))
            new += [("begin_cursor", (view.name, lane, NOTHING)) for lane in range(LANES) if lane not in known]
        if new:
            await self._commit(new, ())
        self._engine.spawn(self._follow())

    async def opened(self, row: EventRow) -> Event | None:
        """The event of a row; None where it was erased."""
        return await self._engine.open_event(row)

    async def erase(self, shop: str, household: str, seconds: float, as_of: float) -> list[int]:
        """See `Engine.erase`: what the views keep of it goes in the same commit."""
        return await self._engine.erase(shop, household, seconds, as_of)

    async def rebuild(self, name: str) -> None:
        """Reads every event again that is still kept; rows made of older ones stay. Raises LookupError for the name."""
        if name not in self._cursors:
            raise LookupError(f"there is no view {name}: there are {', '.join(self._cursors)}")
        await self._commit([("set_cursor", (name, lane, NOTHING)) for lane in range(LANES)], ())
        self._asked += 1
        self._cursors[name] = dict.fromkeys(range(LANES), NOTHING)  # who asks from here on waits for it
        self._places.read()
        self._loaded = float("-inf")
        self._wake.set()

    async def caught_up(self, seconds: float) -> bool:
        """Waits until all views have read what was dispatched before this call; whether they had in so many seconds."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        wanted = await self._unread()
        while wanted := await self._places.behind(wanted, self._engine.lanes):
            left = until - loop.time()
            if left <= 0:
                return False
            self._wake.set()
            if self._moved is None:
                self._moved = loop.create_future()
            await asyncio.wait([self._moved], timeout=min(left, LOOK))
        return True

    async def _unread(self) -> dict[int, int]:
        """What was dispatched until now and may not be in every view: lanes, and the last place in each."""
        ours = self._engine.lanes
        await self._places.look(ours)
        wanted = dict(self._places.ahead)
        return wanted | await self._places.ends(lane for lane in range(LANES) if lane not in ours)

    async def lags(self) -> list[Lag]:
        """How far each view is behind, over the lanes of every owner."""
        ends, now, found = await self._places.ends(range(LANES)), self._store.now(), []
        for view in self.views:
            cursors: dict[int, int] = dict(await self._store.fetch("cursors", (view.name,)))
            behind = {lane: end - cursors.get(lane, NOTHING) for lane, end in ends.items()}
            oldest = now
            for lane in [lane for lane, count in behind.items() if count > 0]:
                rows = await self._store.fetch("events_after", (lane, cursors.get(lane, NOTHING), 1))
                oldest = min([oldest, *(EventRow._make(row).recorded for row in rows)])
            events = sum(max(0, count) for count in behind.values())
            found.append(Lag(view=view.name, says=view.says, events=events, seconds=round(now - oldest, 3),
                             skipped=self._skipped[view.name]))  # fmt: skip
        return found

    # -- following -----------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        while not self._engine.closing:
            self._wake.clear()
            try:
                moved = await self._step()
            except KeyGone:
                moved = True  # read it again
            except Exception:  # noqa: BLE001 - one failed look must not be the last
                _log.exception("the views could not go on; they are tried again")
                moved = False
            if not moved:
                try:
                    await asyncio.wait_for(self._wake.wait(), LOOK)
                except TimeoutError:
                    continue

    async def _step(self) -> bool:
        """One commit; whether there was anything to do."""
        await self._load()
        await self._places.look(self._engine.lanes)
        rows: list[EventRow] = []
        for lane in sorted(self._places.ahead):
            after = min(self._cursors[view.name].get(lane, NOTHING) for view in self.views)
            found = await self._store.fetch("events_after", (lane, after, self._page - len(rows)))
            rows += map(EventRow._make, found)
            if len(rows) >= self._page:
                break
        if not rows:
            return False
        made = await self._made(rows)
        if (error := await self._pass(self.views, rows, made)) is not None:
            if self._page > 1:  # one event is at fault: the others go on
                self._page //= 2
                return True
            for view in self.views:
                own = [fault for fault in made.faults if fault[0] == view.name]
                if (error := await self._pass([view], rows, made._replace(faults=own))) is not None:
                    await self._pass([view], rows, _Made({}, [(view.name, rows[0], error)], {}))
        self._page = min(PAGE, self._page * 2)
        return True

    async def _pass(self, views: Sequence[View], rows: list[EventRow], made: _Made) -> StoreError | None:
        """One commit; or what the database has against a row. Raises KeyGone where it is to be made again."""
        moves = self._moves(views, rows)
        writes = [write for view in views for write in made.writes.get(view.name, ())]
        error = (await self._committed([*writes, *moves], [row.lane for row in rows], frozenset(made.keys))).error
        if isinstance(error, Unstorable):
            return error
        if isinstance(error, KeyGone):
            for key in map(made.keys.__getitem__, error.numbers):  # another process may have destroyed it
                self._engine.keys.forget(key.shop, key.household)
            raise error
        if error is not None:  # somebody else moved a cursor, owns the lane, or nobody can write now
            self._loaded = float("-inf")
            raise error
        for _, (name, lane, _, seq) in moves:
            self._cursors[str(name)][int(str(lane))] = int(str(seq))
        self._places.read({row.lane for row in rows})
        for name, row, problem in made.faults:
            _log.error("%s passes over event %d (%s)", name, row.no, row.type, exc_info=problem)
            self._skipped[name] += 1
        if self._moved is not None and not self._moved.done():
            self._moved.set_result(None)
        self._moved = None
        return None

    async def _made(self, rows: list[EventRow]) -> _Made:
        wanted = [row for row in rows if row.type in self._types and row.codec != PURGED]
        keys = await self._engine.keys.by_nos({row.key for row in wanted if row.key is not None})  # in one look-up
        theirs = {no: key for no, key in keys.items() if isinstance(key, DataKey) and key.household}
        made = _Made({view.name: [] for view in self.views}, [], theirs)
        for row in wanted:
            views = [view for view in self.views if self._asks(view, row)]
            try:
                event = await self._engine.open_event(row)
            except Exception as problem:  # noqa: BLE001 - one event must not keep the others from being read
                made.faults.extend((view.name, row, problem) for view in views)
                continue
            if event is None:  # its household was erased
                continue
            seen = Seen(row.shop, row.at, event)
            for view in views:
                try:
                    made.writes[view.name].extend(list(view.hears[type(event)](seen)))
                except Exception as problem:  # noqa: BLE001 - a view's defect, which its rebuild makes good
                    made.faults.append((view.name, row, problem))
        return made

    def _asks(self, view: View, row: EventRow) -> bool:
        return row.type in view.types() and self._cursors[view.name].get(row.lane, NOTHING) < (row.seq or 0)

    def _moves(self, views: Sequence[View], rows: list[EventRow]) -> list[Write]:
        last = {row.lane: row.seq or 0 for row in rows}
        return [
            ("move_cursor", (view.name, lane, before, seq))
            for view in views
            for lane, seq in sorted(last.items())
            if (before := self._cursors[view.name].get(lane, NOTHING)) < seq
        ]

    # -- cursors -------------------------------------------------------------------------------------------------

    async def _load(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._loaded > RELOAD:
            asked = self._asked
            found: dict[str, dict[int, int]] = {
                view.name: dict(await self._store.fetch("cursors", (view.name,))) for view in self.views
            }
            if asked != self._asked:
                return  # a rebuild was asked for meanwhile: what was read may be older
            self._cursors |= found
            self._places.read()
            self._places.doubt()
            self._loaded = now

    async def _commit(self, writes: list[Write], lanes: Sequence[int]) -> None:
        outcome = await self._committed(writes, lanes)
        if outcome.error is not None:
            raise outcome.error

    async def _committed(
        self, writes: list[Write], lanes: Sequence[int], keys: frozenset[int] = frozenset()
    ) -> Outcome:  # fmt: skip
        """As bulk: whoever has a shopper waiting goes first."""
        fences = [self._engine.fence(lane) for lane in sorted(set(lanes))]
        return await self._store.written(writes, lanes=fences, keys=keys, bulk=True)
