"""What people ask of the catalogue: how much is known of it, what its labels say, and that they confirm it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import msgspec

from pawline.hub.settings import HubRefused
from pawline.insight.confirming import Asked, asked, confirmed
from pawline.insight.coverage import coverage
from pawline.insight.goods import joined
from pawline.model import Description, Envelope, ProductDescribed, SkuId
from pawline.views.catalog import all_said, said_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from pawline.runtime import Engine
    from pawline.views import Projector

SKUS: Final = 500
"""SKUs whose labels are read for one answer."""
TURN: Final = 5
"""SKUs after which others have their turn: their labels are read, a millisecond each."""
PATIENCE: Final = 5.0
"""Seconds that an answer waits for the views."""
ACCOUNT: Final = "pawline/confirmed"
"""Whose word it is what people confirmed, and of which field: each stands by itself."""
DAY: Final = 86_400.0


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a sheet that somebody looked over, and where it stands there: which proposal it takes, and as what.

    `sku` may be what a spreadsheet made of it.
    """

    line: int
    id: str
    value: str
    sku: str = ""


class GoodsDesk:
    """Answers about the goods of a store. `alive`: the views are kept by this process, so an answer waits for them."""

    def __init__(self, engine: Engine, projector: Projector, *, alive: bool) -> None:
        self._engine, self._store, self._projector, self._alive = engine, engine.store, projector, alive
        self.questions: Final[dict[str, Callable[..., Awaitable[Any]]]] = {
            "catalog_coverage": self.coverage, "catalog_proposals": self.proposals, "catalog_confirm": self.confirm,
        }  # fmt: skip

    async def coverage(self, shop: str, days: int = 90, top: int = 5) -> dict[str, Any]:
        """How much is known of what is sold: of SKUs, and of lines of orders of the last `days`."""
        await self._current()
        sold = await self._store.fetch("lines_sold", (shop, self._store.now() - days * DAY))
        goods, waiting = list[Description](), dict[str, int]()
        async for said in all_said(self._store, shop):
            if (one := joined(said)) is not None:
                goods.append(one)
            for each in await self._asked(said, len(goods)):
                waiting[each.proposal.field] = waiting.get(each.proposal.field, 0) + 1
        covers = coverage(goods, {SkuId(sku): lines for sku, lines in sold}, top)
        return {"shop": shop, "days": days, "skus": len(goods), "fields": covers, "to_confirm": waiting}

    async def proposals(self, shop: str, after: str = "") -> dict[str, Any]:
        """What the labels of the next SKUs say and nobody else does; `after` of the next page, None on the last."""
        await self._current()
        found, count, last = list[Asked](), 0, after
        async for said in all_said(self._store, shop, after):
            if count == SKUS:
                return {"proposals": [_told(one) for one in found], "after": last}
            count, last = count + 1, said[0].sku
            found += await self._asked(said, count)
        return {"proposals": [_told(one) for one in found], "after": None}

    async def confirm(
        self, shop: str, rows: list[dict[str, Any]], by: str, *, dry: bool = False
    ) -> dict[str, Any]:  # fmt: skip
        """Takes what somebody confirmed: all of these lines, or, where one is wrong, none. Audited.

        `known` were said before. `dry` only says what is wrong. `counts`: a hub takes note of it at once.
        """
        chosen = [msgspec.convert(row, Chosen) for row in rows]
        await self._current()
        found, known, wrong = list[tuple[Asked, Chosen]](), 0, list[tuple[int, str]]()
        by_id = await self._by_id(shop, chosen)
        for row in chosen:
            if (one := by_id.get(row.id)) is None:
                wrong.append((row.line, "its label says something else by now, or its SKU is gone: propose it anew"))
            elif one.said:
                known += 1
            else:
                found.append((one, row))
                wrong += await self._checked(shop, one, row)
        if wrong or dry:
            return {"wrong": sorted(wrong), "known": known, "taken": 0, "counts": self._alive}
        for one, row in found:
            await self._take(shop, one, row, by)
        return {"wrong": [], "known": known, "taken": len(found), "counts": self._alive}

    async def _by_id(self, shop: str, chosen: Sequence[Chosen]) -> dict[str, Asked]:
        """Each proposal by its id. A SKU that a spreadsheet changed is found all the same, among all of them."""
        found = dict[str, Asked]()
        for sku in dict.fromkeys(row.sku for row in chosen):
            found |= {one.id: one for one in asked(await said_of(self._store, shop, SkuId(sku)))}
            await asyncio.sleep(0)
        if all(row.id in found for row in chosen):
            return found
        count = 0
        async for said in all_said(self._store, shop):
            count += 1
            found |= {one.id: one for one in await self._all(said, count)}
        return found

    async def _checked(self, shop: str, one: Asked, row: Chosen) -> list[tuple[int, str]]:
        if not row.value.strip():
            return [(row.line, "its value is empty: write one, or do not take it")]
        try:
            confirmed(await said_of(self._store, shop, one.sku), one.proposal.field, row.value, datetime.now(UTC))
        except ValueError as problem:
            return [(row.line, f"its value {problem}")]
        return []

    async def _take(self, shop: str, one: Asked, row: Chosen, by: str) -> None:
        """Audited first: of everything that counts it is known who confirmed it."""
        now, field = self._store.now(), one.proposal.field
        said = await said_of(self._store, shop, one.sku)
        made = confirmed(said, field, row.value, datetime.fromtimestamp(now, UTC))
        audit = (shop, now, by, "confirm", f"sku:{one.sku}", f"{field} = {row.value}")
        if (error := (await self._store.written([("insert_audit", audit)])).error) is not None:
            raise error
        account = f"{ACCOUNT}/{field}"
        event = ProductDescribed(description=made, account=account)
        await self._engine.record(
            Envelope(shop=shop, source=f"accounts/{account}", id=str(uuid4()), at=made.as_of, event=event)
        )

    async def _asked(self, said: Sequence[Description], count: int) -> list[Asked]:
        return [one for one in await self._all(said, count) if not one.said]

    async def _all(self, said: Sequence[Description], count: int) -> tuple[Asked, ...]:
        if count % TURN == 0:
            await asyncio.sleep(0)
        return asked(said)

    async def _current(self) -> None:
        if self._alive and not await self._projector.caught_up(PATIENCE):
            raise HubRefused("the views are behind: `pawline views list` says how far; ask again")


def _told(one: Asked) -> dict[str, str]:
    found = one.proposal
    return {
        "id": one.id, "sku": one.sku, "title": one.title, "field": found.field, "value": found.value,
        "confidence": found.confidence.value, "words": found.words,
    }  # fmt: skip
