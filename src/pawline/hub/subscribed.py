"""Systems that stop to tell us are told again: vendors take a subscription away after a few failures in a row.

Only where it once was whole at this very address, and only where calls may leave: what nobody connected, and a hub that
moved or that is a copy of another, is the doctor's to say and `pawline connect`'s to do.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from pawline.hub.enrolling import asked_at, heard_at, tried
from pawline.hub.watching import open_of
from pawline.runtime import digest63, fingerprint_of, untold_case
from pawline.store import LANES

if TYPE_CHECKING:
    from pawline.hub.connecting import Enrols
    from pawline.hub.settings import Settings
    from pawline.hub.wiring import Connections
    from pawline.runtime import Engine

_log = logging.getLogger("pawline.hub")
FIRST: Final = 20.0
"""Seconds after the start: what a vendor took away while the hub was down is missed soonest then."""
EVERY: Final = 900.0
"""Seconds between two looks."""
KIND: Final = "untold"
WHOLE: Final = "whole"
EVERY_FLOW: Final = "*"


class Told(NamedTuple):
    """An account that is to tell, or to ask, us something at an address; of one shop. `what` it is to do."""

    account: str
    shop: str
    what: str
    enrols: Enrols
    address: str

    @property
    def mark(self) -> str:
        """Its checkpoint: a hub of another address, restored from a copy of this one, has none."""
        return f"{self.what} {_digest([self.address])}"


def told_of(settings: Settings, connections: Connections) -> tuple[Told, ...]:
    """Those that can be asked by their API whether they do; none where nobody knows what we are called outside."""
    if not (settings.public and settings.listen):
        return ()
    every = (
        (connections.ears, connections.enrols, heard_at, "enrolled"),
        (connections.askers, connections.asks, asked_at, "enrolled for rates"),
    )
    return tuple(
        Told(one.account, one.shop, what, enrols[one.account], at(settings.public, one.account))
        for ours, enrols, at, what in every for one in ours if one.account in enrols
    )  # fmt: skip


class Subscribed:
    """Looks, now and then, whether each still does; the owner of the account's lane sees to it that it does."""

    def __init__(self, told: Iterable[Told]) -> None:
        self._told: Final = tuple(told)
        self._engine: Engine

    def start(self, engine: Engine) -> None:
        """Begins to look."""
        self._engine = engine
        if self._told:
            engine.spawn(self._follow())

    async def _follow(self) -> None:
        await asyncio.sleep(FIRST)
        while True:
            await self.look()
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """Each once; one that fails keeps no other from being looked at."""
        for one in self._told:
            if digest63(one.account) % LANES in self._engine.lanes and self._may(one):
                try:
                    await self._look(one)
                except Exception as problem:  # noqa: BLE001 - a connector's defect, or the store's: the next look tells
                    _log.error("%s: whether it tells us cannot be seen: %s", one.account, type(problem).__name__)

    def _may(self, one: Told) -> bool:
        """Whether calls that change anything leave for this account."""
        brakes = self._engine.brakes
        live = brakes.mode(one.shop, EVERY_FLOW, one.account)[0] == "live"
        return live and not brakes.stopped(one.shop, EVERY_FLOW, one.account)

    async def _look(self, one: Told) -> None:
        lacking, problem = await tried(one.enrols.lacking(one.address))
        if lacking is None:
            return  # whether it can be asked at all is another alarm's
        rows = await self._engine.store.fetch("checkpoint", (one.shop, one.account, one.mark))
        before = rows[0][0] if rows else None
        if lacking and before is not None:
            lacking, problem = await self._mended(one, lacking)
        if not lacking:
            if before != WHOLE:
                open_ = await open_of(self._engine.store, one.shop, {fingerprint_of(KIND, _cause(one))})
                await self._note(one, WHOLE, *[("end_case", (no, "closed", self._engine.now())) for no in open_])
        elif before is not None and before != (now := _digest(lacking)):
            await self._case(one, lacking, problem, now)

    async def _mended(self, one: Told, lacking: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
        """What lacks after it was told again, and why."""
        _, problem = await tried(one.enrols.enrol(one.address))
        after, unknown = await tried(one.enrols.lacking(one.address))
        if after == ():
            _log.warning("%s had stopped to send us %s: it was told again", one.account, ", ".join(lacking))
            audit = ("*", self._engine.store.now(), "hub", "enrol", one.account, ", ".join(lacking))
            await self._written([("insert_audit", audit)])
        return (lacking if after is None else after), problem or unknown

    async def _case(self, one: Told, lacking: tuple[str, ...], problem: str, now: str) -> None:
        """Once for each lack, in one commit with that it was told; it ends when nothing lacks any more."""
        title = f"{one.account} does not send us {', '.join(lacking)} any more"
        detail = f"{problem or 'it was told again, and does not'}: `pawline connect {one.account}` says more"
        case = untold_case(self._engine, one.shop, KIND, title, _cause(one), detail)
        await self._note(one, now, ("insert_case", case))

    async def _note(self, one: Told, said: str, *writes: tuple[str, tuple[object, ...]]) -> None:
        mark = (one.shop, one.account, one.mark, said, self._engine.store.now())
        await self._written([*writes, ("set_checkpoint", mark)])

    async def _written(self, writes: list[tuple[str, tuple[object, ...]]]) -> None:
        if (error := (await self._engine.store.written(writes)).error) is not None:
            raise error


def _cause(one: Told) -> str:
    return f"{one.account} {one.what}"


def _digest(lacking: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(sorted(lacking)).encode()).hexdigest()[:16]
