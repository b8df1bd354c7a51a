"""Whoever erases is told that a survey tool knows them, and one that counts, too."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from pawline.flows.erase_household import erase_household
from pawline.model import ErasureAsked, HouseholdId, OrderPlaced, SurveyId
from pawline.model.moment import Aware
from pawline.ports import (
    Analytics,
    Invitation,
    Invited,
    Occurrence,
    Operation,
    Receipt,
    ResponsePage,
    Settle,
    Surveys,
)
from pawline.runtime import Binding
from pawline.testing.orders import order
from tests.flows.house import House


class Tool:
    async def invite(self, invitation: Invitation) -> Invited:
        raise NotImplementedError

    async def responses(self, survey: SurveyId, since: Aware, after: str | None) -> ResponsePage:
        raise NotImplementedError


class Counts:
    async def record(self, occurrences: tuple[Occurrence, ...]) -> Receipt:
        raise NotImplementedError


async def test_the_case_of_an_erasure_names_the_survey_tool_and_the_one_that_counts() -> None:
    bound = Binding("zigpoll/eu", Surveys, Tool(), {"invite": Operation(settle=Settle.REPEAT)})
    counts = Binding("ga4/eu", Analytics, Counts(), {"record": Operation(settle=Settle.REPEAT)})
    async with asyncio.timeout(60), House((erase_household,), more=[bound, counts]) as house:
        await house.tell(OrderPlaced(order=order(1)))
        await house.tell(ErasureAsked(of=HouseholdId("h1"), at=datetime.now(UTC), orders=()))
        (case,) = await house.until_asked(1)
        tools = (await house.evidence(case))["erase elsewhere"]
        pretended = [f"pretended/{one}" for one in ("crm", "helpdesk", "marketing", "shipping")]
        assert tools == ["ga4/eu", *pretended, "zigpoll/eu"]
