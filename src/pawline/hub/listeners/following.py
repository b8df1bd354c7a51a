"""Follows what was dispatched, in the order of each lane, and owes each listener what it listens to: once.

An event that is owed is recorded before the cursor moves on, and known by its fact: a death in between owes it anew,
and changes nothing. Of an event that nobody listens to its place and type are read, and nothing else happens.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from pawline.hub.listeners.picking import FLOWS, Listens
from pawline.model import Envelope, HouseholdId
from pawline.model.events.listeners import ListenerOwed
from pawline.runtime.flow import HISTORY
from pawline.store import LANES, HouseholdErased
from pawline.views.places import NOTHING, Places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pawline.hub.listeners.standing import Standings, Write
    from pawline.runtime import Engine
    from pawline.store import Store

_log = logging.getLogger("pawline.hub")
LOOK: Final = 0.25
"""Seconds between two looks where nothing is behind."""
PAGE: Final = 500
AT_ONCE: Final = 64
"""Events that are on their way to disk together."""
RELOAD: Final = 5.0
"""Seconds after which what other processes said is known here."""


class Happened(NamedTuple):
    """An event's row without what it says."""

    no: int
    shop: str
    lane: int
    seq: int
    type: str
    at: float
    household: str | None
    priority: int


class Following:
    """From `start` until the engine stops, for the lanes that it owns."""

    def __init__(self, store: Store, listens: Mapping[str, Listens], standings: Standings) -> None:
        self._store, self._standings = store, standings
        self.listens: Final = dict(listens)
        self._places = Places(store, [one.cursor for one in listens.values()])
        self._loaded = float("-inf")
        self._turns: dict[str, int] = {}  # what was known of the standings when the cursors were read
        self._engine: Engine

    async def start(self, engine: Engine) -> None:
        """Who is new is told of what happens from now on. Raises StoreError."""
        self._engine = engine
        if not self.listens:
            return
        await self._standings.load()
        ends: dict[int, int] = dict(await self._store.fetch("next_seqs", (list(range(LANES)),)))
        new: list[Write] = []
        for one in self.listens.values():
            known: dict[int, int] = dict(await self._store.fetch("cursors", (one.cursor,)))
            new += [("begin_cursor", (one.cursor, lane, ends[lane] - 1)) for lane in range(LANES) if lane not in known]
        if new and (error := (await self._store.written(new)).error) is not None:
            raise error
        engine.spawn(self._follow())

    async def _follow(self) -> None:
        while not self._engine.closing:
            moved = False
            try:
                moved = await self.step()
                await self._standings.note()
            except Exception:  # noqa: BLE001 - one failed look must not be the last
                self._loaded = float("-inf")
                _log.exception("listeners could not be owed what happened; it is tried again")
            if not moved:
                await asyncio.sleep(LOOK)

    def _open(self) -> list[Listens]:
        """Those that are told now: of the others the log remembers more cheaply than runs would."""
        engine, found = self._engine, list[Listens]()
        troubles = engine.gates.troubles()
        for one in self.listens.values():
            trouble = troubles.get(one.account)
            shut = self._standings.off(one.account).at is not None or (trouble is not None and trouble.open is not None)
            paused = engine.brakes.mode(one.shop, FLOWS[0], one.account)[0] == "paused"
            if not (shut or paused or engine.brakes.stopped(one.shop, FLOWS[0], one.account)):
                found.append(one)
        return found

    async def step(self) -> bool:
        """One page of what happened; whether there was anything."""
        await self._load()
        await self._places.look(self._engine.lanes)
        cursors, read = self._places.cursors, 0
        owed: list[tuple[Listens, Happened]] = []
        moves: list[Write] = []
        told = self._open()
        for lane, end in sorted(self._places.ahead.items()):
            mine = [one for one in told if cursors[one.cursor].get(lane, NOTHING) < end]
            if not mine or read >= PAGE:
                continue
            after = min(cursors[one.cursor].get(lane, NOTHING) for one in mine)
            rows = [Happened(*row) for row in await self._store.fetch("happened_after", (lane, after, PAGE - read))]
            read += len(rows)
            for one in mine if rows else ():
                before = cursors[one.cursor].get(lane, NOTHING)
                owed += [(one, row) for row in rows if row.seq > before and _asks(one, row)]
                if rows[-1].seq > before:
                    moves.append(("move_cursor", (one.cursor, lane, before, rows[-1].seq)))
        for begin in range(0, len(owed), AT_ONCE):
            await asyncio.gather(*[self._owe(*each) for each in owed[begin : begin + AT_ONCE]])
        await self._move(moves)
        return bool(moves)

    async def _owe(self, one: Listens, row: Happened) -> None:
        await owe(self._engine, one, row)

    async def _move(self, moves: list[Write]) -> None:
        if not moves:
            return
        lanes = sorted({int(str(row[1])) for _, row in moves})
        outcome = await self._store.written(moves, lanes=[self._engine.fence(lane) for lane in lanes], bulk=True)
        if outcome.error is not None:  # somebody else moved a cursor, or owns the lane: read anew
            raise outcome.error
        for _, (name, lane, _, seq) in moves:
            self._places.cursors[str(name)][int(str(lane))] = int(str(seq))
        self._places.read(lanes)

    async def _load(self) -> None:
        """Standings first: who was opened again may have been passed over what waited, and its cursor says so."""
        now = asyncio.get_running_loop().time()
        if now - self._loaded > RELOAD or self._turns != self._turned():
            await self._standings.load()
            turns = self._turned()
            for one in self.listens.values():
                self._places.cursors[one.cursor] = dict(await self._store.fetch("cursors", (one.cursor,)))
            self._places.read()
            self._places.doubt()
            self._loaded, self._turns = now, turns

    def _turned(self) -> dict[str, int]:
        return {account: self._standings.off(account).turn for account in self.listens}


def _asks(one: Listens, row: Happened) -> bool:
    return row.type in one.types and row.shop == one.shop and row.priority < HISTORY


async def owe(engine: Engine, one: Listens, row: Happened, turn: str = "", *, anew: bool = False) -> bool:
    """Records that the listener is owed the event; whether that is new. Nothing of who was erased.

    What goes whole is the household's from here on, and ends with it; an event's number and its ids are nobody's, and
    no erasure has to wait for a receiver that is down.
    """
    whose = HouseholdId(row.household) if row.household is not None and row.type in one.whole else None
    owed = ListenerOwed(listener=one.account, event=row.no, turn=turn, anew=anew, household=whose)
    at = datetime.fromtimestamp(row.at, UTC)
    envelope = Envelope(shop=one.shop, source=f"listeners/{one.account}", id=owed.fact, at=at, event=owed)
    try:
        return (await engine.record(envelope, "bulk")).new
    except HouseholdErased:
        return False
