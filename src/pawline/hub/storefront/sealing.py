"""The shop's own key, on disk before anything is sealed by it that nobody keeps for us."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pawline.store import Conflict

if TYPE_CHECKING:
    from pawline.store import DataKey, Store

TRIES: Final = 3


async def shop_key(store: Store, shop: str) -> DataKey:
    """Once for each shop it is written; where another process was faster, it is that one's. Raises StoreError."""
    for attempt in range(TRIES):
        key = await store.keys.obtain(shop, None)
        error = None if key.stored else (await store.written(key.fresh_writes())).error
        if error is None:
            return key
        if not isinstance(error, Conflict) or attempt == TRIES - 1:
            raise error
    raise AssertionError
