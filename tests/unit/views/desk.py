"""An engine and its views on one store, that may be opened again; and what stands in the views' tables."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pawline.model import Envelope, Event
from pawline.runtime import Bindings, Engine, Flow, Flows, RuntimeSettings
from pawline.store import Keyring, Store
from pawline.views import ALL, Projector, View

SHOP = "paws"
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
TABLES = ("view_order", "view_item", "view_stock", "view_packed", "view_pet", "view_cart")


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


class Desk:
    """`open` again is another process on the same store, after the first has ended."""

    def __init__(self, url: str, keyring: Keyring) -> None:
        self.url, self.keyring = url, keyring
        self.store: Store
        self.engine: Engine
        self.views: Projector
        self._open = False
        self._ids = 0

    async def open(self, views: Sequence[View] = ALL, flows: Sequence[Flow[Any, Any]] = ()) -> None:
        self.store = await Store.open(self.url, self.keyring)
        self.views = Projector(self.store, views)
        self.engine = Engine(self.store, Flows(flows), Bindings([]), RuntimeSettings(look=0.02), seed=1)
        await self.engine.start()
        await self.views.start(self.engine)
        self._open = True

    async def close(self) -> None:
        if self._open:
            self._open = False
            await self.engine.stop()
            await self.store.close()

    async def tell(
        self, *events: Event, shop: str = SHOP, when: datetime = NOON, priority: str = "work", known: bool = False
    ) -> None:  # fmt: skip
        """Each is new, unless some may be `known` already."""
        for event in events:
            self._ids += 1
            envelope = Envelope(shop=shop, source="test", id=f"e{self._ids}", at=when, event=event)
            assert (await self.engine.record(envelope, priority)).new or known
        while await self.store.fetch("oldest_undispatched", (1,)):  # noqa: ASYNC110 - no place in its lane, not read
            await asyncio.sleep(0.01)

    async def rows(self, table: str) -> list[tuple[Any, ...]]:
        """Everything in a table, once the views have read all there is."""
        assert await self.views.caught_up(30)
        return await self.raw(f"select * from {table}")  # noqa: S608 - our own names

    async def raw(self, text: str) -> list[tuple[Any, ...]]:
        def job(db: Any) -> list[tuple[Any, ...]]:
            return list(db.db.execute(text) if hasattr(db, "db") else db._db.execute(text.encode()))

        return sorted(await self.store.job(job), key=repr)

    async def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        return {table: await self.rows(table) for table in TABLES}
