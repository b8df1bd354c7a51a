"""A bank's question and what it takes back are asked about in time, once each, and never answered by themselves."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pawline.flows.answer_dispute import answer_dispute, answer_inquiry
from pawline.model import Money, OrderId, PaymentDisputed, PaymentQuestioned
from tests.flows.house import House

OF: dict[str, Any] = {"order": OrderId("o1"), "dispute": "d1", "amount": Money(1_000, "EUR"), "because": "fraudulent"}


@pytest.mark.parametrize("days", [9, 1, None])
async def test_both_are_cases_with_their_day(days: int | None) -> None:
    by = None if days is None else datetime.now(UTC) + timedelta(days=days)
    async with asyncio.timeout(30), House((answer_dispute, answer_inquiry)) as house:
        asked, taken = PaymentQuestioned(**OF, answer_by=by), PaymentDisputed(**OF, answer_by=by)
        await house.tell(asked, asked, taken, taken)
        last = "2 days are left, until" if days == 1 else ", by " if days else "for order o1"
        while sum(last in one.title for one in await house.cases()) < 2:  # noqa: ASYNC110 - the hub opens them
            await asyncio.sleep(0.02)
        cases = sorted(await house.cases(), key=lambda one: str(one.title))
        assert [one.title.partition(" for ")[0].partition(":")[0].partition(",")[0] for one in cases] == [
            "a bank asks about a payment", "a bank took money back",
        ]  # fmt: skip
        for one, answer in zip(cases, ("answered", "accepted"), strict=True):
            await house.answer(one.no, answer)
        await house.rest()
        assert await house.cases() == []
        ended = sorted((flow, status) for flow, _, status in await house.runs())
        assert ended == [("answer_dispute", "done"), ("answer_inquiry", "done")]
        found = await house.outcomes()
        assert (found["answer_inquiry o1"], found["answer_dispute o1"]) == ("answered", "accepted")
