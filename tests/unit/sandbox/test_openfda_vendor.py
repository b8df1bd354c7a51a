"""openFDA, pretended: what is listed is what was told, page by page, and odd questions are refused."""

from __future__ import annotations

import time
from typing import Any

import aiohttp
import pytest

from pawline.sandbox import Desk, Vendors, served

TOKEN = "tok-canary-77"  # noqa: S105 - of this test's own sandbox
DAYS = "report_date:[20261101 TO 20261130]"


async def asked(url: str, **query: str) -> tuple[int, Any]:
    given = {"search": DAYS, "sort": "report_date:asc", "limit": "100", "skip": "0"} | query
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{url}/openfda/food/enforcement.json", params=given) as r,
    ):
        return r.status, await r.json()


def listed(desk: Desk, number: str, day: str, product: str = "Kibble") -> None:
    desk.act(
        "openfda/report",
        f'{{"recall_number": "{number}", "report_date": "{day}", "product_description": "{product}"}}'.encode(),
    )


async def test_reports_of_the_days_come_oldest_first_and_a_number_told_again_is_one() -> None:
    desk = Desk(Vendors(now=time.time), TOKEN)
    for number, day in (("F-2", "20261120"), ("F-1", "20261101"), ("F-3", "20261201"), ("F-2", "20261121")):
        listed(desk, number, day, f"of {day}")
    async with served(desk) as url:
        status, page = await asked(url)
        assert (status, page["meta"]["results"]) == (200, {"skip": 0, "limit": 100, "total": 2})
        found = [(one["recall_number"], one["product_description"]) for one in page["results"]]
        assert found == [("F-1", "of 20261101"), ("F-2", "of 20261121")]
        _, second = await asked(url, limit="1", skip="1")
        assert ([one["recall_number"] for one in second["results"]], second["meta"]["results"]["total"]) == (["F-2"], 2)
        assert await asked(url, skip="2") == (404, {"error": {"code": "NOT_FOUND", "message": "No matches found!"}})
    assert desk.vendors.effects() == ()


@pytest.mark.parametrize(
    "query",
    [
        {"search": "reason:salmonella"},
        {"sort": "report_date:desc"},
        {"limit": "1001"},
        {"skip": "25001"},
        {"limit": "x"},
    ],
)
async def test_what_is_not_pretended_or_too_much_is_refused(query: dict[str, str]) -> None:
    async with served(Desk(Vendors(now=time.time), TOKEN)) as url:
        status, said = await asked(url, **query)
        assert (status, said["error"]["code"]) == (400, "BAD_REQUEST")
