"""What a household looked at: the hub in the role of Behaviour."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pawline.model import HouseholdId, SkuId, acts_of
from pawline.ports import Browsed
from pawline.views.waiting import current

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pawline.store import Store
    from pawline.views.projector import Projector

DAYS: Final = 200
"""Days of a browser that are read at most, over all browsers of a household."""
MOST: Final = 20
"""Products that are told."""


class OwnBehaviour:
    """See `Behaviour`."""

    def __init__(self, shop: str, store: Store, projector: Projector) -> None:
        self._shop, self._store, self._projector = shop, store, projector

    async def seen(self, household: HouseholdId) -> Browsed:
        await current(self._projector)
        rows = await visits_of(self._store, self._shop, household)
        did = 0
        for _, _, bits, _ in rows:
            did |= bits
        products = dict.fromkeys(sku for row in rows for sku in looked_at(row[3]))
        last = datetime.fromtimestamp(rows[0][1], UTC) if rows else None
        return Browsed(products=tuple(products)[:MOST], did=acts_of(did), last=last)


async def visits_of(store: Store, shop: str, household: str) -> list[tuple[Any, ...]]:
    """Day, time, acts as bits, and what was seen as it is kept; the newest first."""
    return await store.fetch("visits_of", (shop, household, DAYS))


def looked_at(seen: str) -> Iterable[SkuId]:
    """The SKUs of a visit, the latest first. What is behind the last line's end was cut off: it is no SKU."""
    return map(SkuId, seen.split("\n")[:-1])
