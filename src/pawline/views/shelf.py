"""Figures of stock for who cannot wait: known already, read within the time that there is, or not told at all."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from pawline.insight.rates import Standing
from pawline.store import StoreError
from pawline.views.answers import OwnStock

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pawline.model import SkuId
    from pawline.store import Store
    from pawline.views.projector import Projector

_log = logging.getLogger("pawline.views")
KEPT: Final = 5.0
"""Seconds for which a figure is told again: it is asked for while somebody looks at a page, and decides nothing."""
OLD: Final = 30.0
"""Seconds that the views may be behind: what is older than that is not told."""
LOOK: Final = 1.0
"""Seconds between two looks how far behind they are."""
AT_ONCE: Final = 64
"""Figures being read. Behind a database that stands still no more of them line up."""
MOST: Final = 20_000
"""Figures kept."""
Key = tuple[str, "SkuId"]


class Shelf:
    """What may be sold, told within a time. `follow` runs as long as it is asked: without it nothing is ever told."""

    def __init__(self, store: Store, projector: Projector) -> None:
        self._store, self._projector = store, projector
        self._at_once = store.dialect == "sqlite"  # a file's reads never wait, so nobody waits for a turn of the loop
        self._kept: dict[Key, tuple[float, Standing]] = {}
        self._reading: dict[Key, asyncio.Task[None]] = {}
        self._as_of = float("-inf")  # whatever was dispatched before is in the views

    async def follow(self) -> None:
        """Takes note, for ever, of when the views had all that there was."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                if await self._projector.caught_up(OLD):
                    self._as_of = began
            except StoreError as problem:
                _log.warning("how far the views are cannot be told: %s", type(problem).__name__)
            await asyncio.sleep(LOOK)

    async def standings(self, shop: str, skus: Collection[SkuId], until: float) -> Mapping[SkuId, Standing] | None:
        """All of these, by the loop's time `until`; None where one cannot be told by then, or the views are behind.

        Nothing is cancelled: what is read too late is there for the next who asks.
        """
        loop = asyncio.get_running_loop()
        keys = {(shop, sku) for sku in skus}
        unread = {key for key in keys if not self._known(key, loop.time())}
        if self._at_once:
            for key in unread:
                if loop.time() < until:
                    await self._read(key)
        elif unread and loop.time() < until:
            for key in unread - self._reading.keys():
                if len(self._reading) < AT_ONCE:
                    self._begin(key)
            if tasks := [self._reading[key] for key in unread if key in self._reading]:
                await asyncio.wait(tasks, timeout=until - loop.time())
        if loop.time() - self._as_of > OLD or not all(self._known(key, loop.time()) for key in keys):
            return None
        return {sku: self._kept[shop, sku][1] for sku in skus}

    def _known(self, key: Key, now: float) -> bool:
        return key in self._kept and now - self._kept[key][0] <= KEPT

    def _begin(self, key: Key) -> None:
        task = self._reading[key] = asyncio.get_running_loop().create_task(self._read(key))
        task.add_done_callback(lambda _: self._reading.pop(key, None))

    async def _read(self, key: Key) -> None:
        shop, sku = key
        at = asyncio.get_running_loop().time()
        try:
            counted = await OwnStock(shop, self._store, self._projector).at_hand(sku)
            recalled = bool(await self._store.fetch("recalled_whole", (shop, sku)))
        except StoreError as problem:
            _log.warning("what there is of a SKU cannot be read: %s", type(problem).__name__)
            return
        if len(self._kept) >= MOST:
            self._kept.clear()
        self._kept[key] = (at, Standing(None if counted is None else counted.quantity, recalled))

    async def close(self) -> None:
        """Nothing is read any more: the store is about to be closed."""
        for task in (tasks := tuple(self._reading.values())):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
