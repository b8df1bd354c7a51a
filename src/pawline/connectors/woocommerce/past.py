"""History in bulk: all orders since a day, written down page by page, and each told as what happened to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from pawline.connectors.woocommerce.happened import happened
from pawline.connectors.woocommerce.listing import Spot, page_of
from pawline.connectors.woocommerce.orders import Orders
from pawline.connectors.woocommerce.settings import Settings
from pawline.connectors.woocommerce.told import ToldOrder
from pawline.kit import Guard, Http, Past, Recalled, Rows, Sighting, fetched, recalled
from pawline.ports import Malformed

EVER: Final = datetime.min.replace(tzinfo=UTC)


async def fetch(
    http: Http, _: Settings, __: Guard, since: datetime, to: Path, say: Callable[[str], None]
) -> None:  # fmt: skip
    """Each order is a line. Stopped, it goes on behind the last whole page; what changed since is the look's."""

    async def page(after: str | None) -> Rows:
        rows, onward = await page_of(http, "date", Spot(since) if after is None else Spot.read(after))
        return Rows(rows, None if onward is None else onward.said)

    await fetched(to, page, say)


async def read(http: Http, settings: Settings, file: Path, offset: int) -> AsyncIterator[Recalled]:
    """Each order of the file; its refunds are asked for, where it has any. One that cannot be read is set aside."""
    orders, now = Orders(http, settings), datetime.now(UTC)

    async def tell(raw: msgspec.Raw) -> tuple[Sighting, ...]:
        told = msgspec.json.decode(raw, type=ToldOrder)
        try:
            return happened(orders.whole(told, await orders.refunds(told)), settings, EVER, now)
        except Malformed as problem:
            raise ValueError(problem.text) from None

    async for one in recalled(file, offset, "number", tell):
        yield one


PAST: Final[Past[Settings]] = Past(fetch, read)
