"""A refund that a bank refused is one question, and pays nothing by itself."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from pawline.flows.chase_refund import chase_refund
from pawline.model import Money, OrderId, RefundFailed
from pawline.testing import counts
from tests.flows.house import House


async def test_it_is_one_case_for_each_attempt_and_nothing_is_paid() -> None:
    at = datetime(2026, 11, 27, tzinfo=UTC)
    first, second = (
        RefundFailed(order=OrderId("o1"), transaction=name, at=at, because="card_closed", amount=Money(1_000, "EUR"))
        for name in ("t1", "t2")
    )
    async with asyncio.timeout(30), House((chase_refund,)) as house:
        await house.tell(first, first)
        (case,) = await house.until_asked(1)
        assert case.title == "a bank refused a refund of order o1"
        await house.tell(second)
        await house.answer(case.no, "paid back in another way")
        while not (left := [one for one in await house.cases() if one.no != case.no]):  # noqa: ASYNC110 - the hub's
            await asyncio.sleep(0.02)
        await house.answer(left[0].no, "not owed")
        await house.rest()
        assert await house.cases() == []
        assert [status for _, _, status in await house.runs()] == ["done", "done"]
        assert counts(house.vendors.effects()) == {}
