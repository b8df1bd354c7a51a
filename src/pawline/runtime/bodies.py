"""Bodies of events that ended a wait. One whose key cannot be read just now keeps its run waiting, and no other."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pawline.runtime.seal import event_aad
from pawline.store import Erased, StoreError, Unreadable

if TYPE_CHECKING:
    from collections.abc import Collection

    from pawline.runtime.engine import Engine
    from pawline.store import WaitRow

_log = logging.getLogger("pawline.runtime")


class Bodies:
    """Opens what is stored; says once for each cause what could not be opened."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._said: set[str] = set()

    async def of(self, waits: Collection[WaitRow]) -> dict[int, bytes | None]:
        """By event: its body, None where it was erased; an event whose key cannot be read is left out.

        A body that its key does not open is empty: no event reads from that, and its run parks.
        """
        numbers = [wait.event for wait in waits if wait.event is not None]
        events = await self._engine.store.events(numbers) if numbers else {}
        keys = await self._engine.keys.by_nos({row.key or 0 for row in events.values()})
        bodies: dict[int, bytes | None] = dict.fromkeys(numbers)
        for no, row in events.items():
            key = keys[row.key or 0]
            if isinstance(key, StoreError):
                self.unreadable(key)
                del bodies[no]
            elif not isinstance(key, Erased):
                try:
                    bodies[no] = key.open(row.body, event_aad(no))
                except Unreadable:
                    bodies[no] = b""
        return bodies

    def unreadable(self, problem: StoreError) -> None:
        """What is sealed with a key that cannot be read stays a row until somebody puts the key back."""
        if str(problem) not in self._said:
            self._said.add(str(problem))
            _log.error("runs wait, because their key cannot be read: %s", problem)
