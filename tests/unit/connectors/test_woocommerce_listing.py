"""The list of a shop whose orders are posts, in the night in which its wall shows the same hour twice."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec
import pytest

from pawline.connectors.woocommerce.client import Listed
from pawline.connectors.woocommerce.listing import By, Spot, page_of, stamp
from pawline.connectors.woocommerce.told import moment
from pawline.kit import Http

BERLIN = ZoneInfo("Europe/Berlin")
EVENING = datetime(2026, 10, 24, 22, tzinfo=UTC)
"""Two hours before its wall is put back from three to two."""


class Posts:
    """Sorted by the wall, compared in UTC: `'column' => 'post_date_gmt'` and `'orderby' => 'date ID'`."""

    def __init__(self, at: list[datetime]) -> None:
        self.at = sorted(at, key=lambda one: one.astimezone(BERLIN).replace(tzinfo=None))

    async def page(self, _: str, query: dict[str, str]) -> Listed:
        after = moment(query.get("after") or query["modified_after"])
        there = [one for one in self.at if one > after]
        first = int(query["offset"])
        rows = tuple(self.row(one) for one in there[first : first + int(query["per_page"])])
        return Listed(rows, 1, len(there))

    def row(self, at: datetime) -> msgspec.Raw:
        wall = f"{at.astimezone(BERLIN):%Y-%m-%dT%H:%M:%S}"
        said = dict.fromkeys(("date_created", "date_modified"), wall)
        return msgspec.Raw(msgspec.json.encode(said | {f"{name}_gmt": stamp(at) for name in said}))


@pytest.mark.parametrize("by", ["date", "modified"])
@pytest.mark.parametrize("odd", range(7))
def test_none_is_lost_in_the_hour_that_comes_twice(by: By, odd: int) -> None:
    async def read() -> set[datetime]:
        shop, found = Posts(every), set[datetime]()
        spot: Spot | None = Spot(EVENING)
        while spot is not None:
            rows, spot = await page_of(cast("Http", shop), by, spot)
            found |= {moment(cast("dict[str, Any]", msgspec.json.decode(row))["date_created_gmt"]) for row in rows}
        return found

    every = [EVENING + timedelta(seconds=37 * number) for number in range(odd, 600)]
    assert asyncio.run(read()) == set(every)
