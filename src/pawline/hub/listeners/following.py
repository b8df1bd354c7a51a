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
LATER: Final = 30.0
"""The longest pause where that fails again and again: each look anew owes a page of what is owed already."""
QUIET: Final = 300.0
"""Seconds without a call after which one event is owed to find out whether a receiver is well: the runs that would have
may all sleep for long, or have been cancelled or erased."""
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
        self._lanes: dict[int, int] = {}  # ours, when they were: of lanes that come to us others moved the cursors
        self._trials: dict[str, float] = {}  # when one event was owed to find out whether a receiver is well
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
        pause = LOOK
        while not self._engine.closing:
            moved = False
            try:
                moved = await self.step()
                await self._standings.note()
                pause = LOOK
            except Exception:  # noqa: BLE001 - one failed look must not be the last
                moved, self._loaded, pause = False, float("-inf"), min(2.0 * pause, LATER)
                _log.exception("listeners could not be owed what happened; it is tried again in %s s", pause)
            if not moved:
                await asyncio.sleep(pause)

    def _rests(self, account: str) -> bool:
        """Whether runs that are there find out when it is well again. Where they do not, it is tried with one event."""
        quiet, now = self._engine.gates.unasked(account), asyncio.get_running_loop().time()
        if quiet is None:
            self._trials.pop(account, None)
            return False
        return quiet < QUIET or now - self._trials.get(account, float("-inf")) < QUIET

    def _picked(self, one: Listens, rows: list[Happened], before: int) -> tuple[list[Happened], int]:
        """What it is owed of these, and up to where its cursor moves: one event where it is not known to be well."""
        owed = [row for row in rows if row.seq > before and _asks(one, row)]
        if not owed or self._engine.gates.unasked(one.account) is None:
            return owed, rows[-1].seq
        if self._rests(one.account):
            return [], before
        self._trials[one.account] = asyncio.get_running_loop().time()
        return owed[:1], owed[0].seq

    def _open(self) -> list[Listens]:
        """Those that are told now: of the others the log remembers more cheaply than runs would."""
        engine, found = self._engine, list[Listens]()
        for one in self.listens.values():
            shut = self._standings.off(one.account).at is not None or self._rests(one.account)
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
                picked, upto = self._picked(one, rows, before)
                owed += [(one, row) for row in picked]
                if upto > before:
                    moves.append(("move_cursor", (one.cursor, lane, before, upto)))
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
        now, lanes = asyncio.get_running_loop().time(), self._engine.lanes
        if now - self._loaded > RELOAD or self._turns != self._turned() or lanes is not self._lanes:
            await self._standings.load()
            turns = self._turned()
            for one in self.listens.values():
                self._places.cursors[one.cursor] = dict(await self._store.fetch("cursors", (one.cursor,)))
            self._places.read()
            self._places.doubt()
            self._loaded, self._turns, self._lanes = now, turns, lanes

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
