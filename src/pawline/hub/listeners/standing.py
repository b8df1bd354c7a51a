"""How each listener fares: whether it is told at all, and when it took something last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from pawline.store import LANES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pawline.hub.listeners.picking import Listens
    from pawline.store import Store

OFF: Final = "listener off"
TAKEN: Final = "listener taken"
"""In the names of checkpoints."""
SELDOM: Final = 5.0
"""Seconds between two notes of what was taken last: it is compared with days."""
Write = tuple[str, tuple[object, ...]]


class Off(msgspec.Struct, frozen=True):
    """Since when a listener is off (None: it is told), why, and how often it was opened again."""

    at: float | None = None
    because: str = ""
    turn: int = 0


class Standings:
    """In memory, as of the last `load`; what is said here is in the store before it counts."""

    def __init__(self, store: Store, listens: Mapping[str, Listens]) -> None:
        self._store, self._listens = store, listens
        self._off: dict[str, Off] = {}
        self._taken: dict[str, float] = {}
        self._noted: dict[str, float] = {}

    async def load(self) -> None:
        """What other processes, and this one's lives before, said."""
        for one in self._listens.values():
            await self.stands(one.account)
            await self.taken(one.account)

    async def stands(self, account: str) -> Off:
        """Whether it is off, as the store has it: what another process said counts at once."""
        rows = await self._store.fetch("checkpoint", (self._listens[account].shop, account, OFF))
        off = self._off[account] = msgspec.json.decode(rows[0][0], type=Off) if rows else Off()
        return off

    def off(self, account: str) -> Off:
        """Whether it is off, and how often it was opened again."""
        return self._off.get(account, Off())

    def took(self, account: str) -> None:
        """It took something just now."""
        self._taken[account] = self._store.now()

    async def taken(self, account: str) -> float | None:
        """When it last took something, whoever told it."""
        rows = await self._store.fetch("checkpoint", (self._listens[account].shop, account, TAKEN))
        if rows:
            self._noted[account] = rows[0][1]
            self._taken[account] = max(rows[0][1], self._taken.get(account, 0.0))
        return self._taken.get(account)

    async def note(self) -> None:
        """Keeps what was taken last, now and then."""
        writes: list[Write] = []
        for account, at in self._taken.items():
            if at - self._noted.get(account, 0.0) >= SELDOM:
                writes.append(("set_checkpoint", (self._listens[account].shop, account, TAKEN, "", at)))
                self._noted[account] = at
        if writes:
            await self._write(writes)

    async def shut(self, account: str, because: str) -> None:
        """It is off from now on."""
        before = await self.stands(account)
        if before.at is None:
            off = Off(self._store.now(), because, before.turn)
            await self._write([self._set(account, off)])
            self._off[account] = off

    async def reopen(self, account: str, *, drop: bool) -> bool:
        """It is told again; whether it was off. What is dropped is passed over by its cursor in the same commit."""
        before = await self.stands(account)
        if before.at is None:
            return False
        off = Off(None, "", before.turn + 1)
        writes = [self._set(account, off)]
        if drop:
            ends = await self._store.fetch("next_seqs", (list(range(LANES)),))
            name = self._listens[account].cursor
            writes += [("set_cursor", (name, lane, after - 1)) for lane, after in ends]
        await self._write(writes)
        self._off[account] = off
        return True

    def _set(self, account: str, off: Off) -> Write:
        said = msgspec.json.encode(off).decode()
        return "set_checkpoint", (self._listens[account].shop, account, OFF, said, self._store.now())

    async def _write(self, writes: list[Write]) -> None:
        if (error := (await self._store.written(writes)).error) is not None:
            raise error
