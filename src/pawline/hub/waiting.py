"""What people ask of webhooks that were answered and wait to be taken apart; one that does not open may be given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pawline.hub.deliveries import opened
from pawline.hub.settings import HubRefused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pawline.store import Store


class WaitingDesk:
    """Answers about them. Nothing of what they say is shown."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.questions: dict[str, Callable[..., Awaitable[Any]]] = {"waiting": self.waiting, "drop": self.drop}

    async def waiting(self, shop: str, limit: int = 50) -> list[dict[str, Any]]:
        """Whoever has waited longest first. Slow: each of them is opened, one by one, to say whether that can be."""
        found = list[dict[str, Any]]()
        for (no,) in await self._store.fetch("deliveries_of", (shop, limit)):
            found += [
                {"no": no, "account": one.account, "at": one.at, "bytes": one.size, "says": one.why}
                for one in await opened(self._store, [no])
            ]
        return found

    async def drop(self, no: int, by: str, reason: str) -> dict[str, Any]:
        """For good: its sender was told that it is here. Audited. Raises HubRefused where it may be taken apart yet."""
        there = await opened(self._store, [no])
        if not there:
            raise HubRefused(f"no webhook {no} waits: `pawline events waiting` lists those that do")
        (one,) = there
        if one.arrived is not None:
            raise HubRefused(f"webhook {no} opens, so a hub takes it apart: its log says why it did not yet")
        said = f"{one.account}: {one.why}: {reason}"
        audit = (one.shop, self._store.now(), by, "drop webhook", f"webhook:{no}", said)
        done = await self._store.written([("drop_delivery", (no,)), ("insert_audit", audit)])
        if done.error is not None:
            raise done.error
        return {"no": no, "account": one.account, "at": one.at}
