"""The hub in the role of Listeners: what its flows ask of those who listen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pawline.hub.listeners.minding import minded
from pawline.hub.listeners.standing import Standings
from pawline.hub.listeners.telling import notice_of
from pawline.ports import Listeners, Notice, Operation, Receipt, Settle, Standing
from pawline.runtime import Binding
from pawline.store import PURGED
from pawline.views.answers import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pawline.hub.listeners.picking import Listens
    from pawline.store import Store
    from pawline.views import Projector

OPERATIONS: Final = dict.fromkeys(("shut", "reopen"), Operation(settle=Settle.REPEAT))


class OwnListeners:
    """See `Listeners`."""

    def __init__(
        self, store: Store, projector: Projector, listens: Mapping[str, Listens], standings: Standings
    ) -> None:
        self._store, self._projector, self._listens, self._standings = store, projector, listens, standings

    async def notice(self, listener: str, event: int, turn: str) -> Notice | None:
        listens = self._listens.get(listener)
        row = (await self._store.events([event])).get(event)
        if listens is None or row is None or row.codec == PURGED:
            return None
        if row.type not in listens.types or row.shop != listens.shop:
            return None
        opened = await self._projector.opened(row)
        if opened is None:
            return None
        return notice_of(row, opened, whole=row.type in listens.whole, turn=turn, owed=self._store.now())

    async def standing(self, listener: str) -> Standing:
        if listener not in self._listens:
            return Standing(turn=0)
        off, taken = await self._standings.stands(listener), await self._standings.taken(listener)
        return Standing(turn=off.turn, off=_moment(off.at), taken=_moment(taken))

    async def shut(self, listener: str, because: str) -> Receipt:
        if listener in self._listens:
            await self._standings.shut(listener, because)
        return Receipt()

    async def reopen(self, listener: str, drop: bool) -> Receipt:
        if listener in self._listens:
            await self._standings.reopen(listener, drop=drop)
        return Receipt()


def _moment(at: float | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)


def heeded(
    bindings: Iterable[Binding], listens: Mapping[str, Listens], store: Store, projector: Projector
) -> tuple[Standings, list[Binding]]:  # fmt: skip
    """How those who listen fare, and who plays what: they with their patience, and the hub for each of their shops."""
    standings = Standings(store, listens)
    plays = OwnListeners(store, projector, listens, standings)
    own = [
        Binding(f"{ACCOUNT}/{shop}", Listeners, plays, OPERATIONS, shops=frozenset([shop]))
        for shop in sorted({one.shop for one in listens.values()})
    ]  # fmt: skip
    return standings, [*minded(bindings, listens, standings, store), *own]
