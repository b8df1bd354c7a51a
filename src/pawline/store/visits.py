"""How many browsers did what on a day, counted a page at a time: a read of SQLite stands in the way of everything."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pawline.store.store import Store

PAGE: Final = 1_000
"""Rows of a page: a millisecond or two."""


async def counted(store: Store, day: int) -> Counter[tuple[str, int]]:
    """Browsers by shop and acts, as far as their visits of that day are kept."""
    found = Counter[tuple[str, int]]()
    after = -1
    while rows := await store.fetch("visit_page", (day, after, PAGE)):
        found.update((shop, did) for _, shop, did in rows)
        after = rows[-1][0]
        await asyncio.sleep(0)
    return found
