"""Whoever is unhappy is one case of the team, with the reason; nobody else is any."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.flows import hear_the_unhappy as module
from pawline.flows.hear_the_unhappy import NOTHING, hear_the_unhappy
from pawline.model import (
    Answer,
    HouseholdId,
    OrderId,
    ResponseId,
    Scale,
    SubmissionId,
    SurveyAnswered,
    SurveyId,
    SurveyResponse,
)
from tests.flows.house import House

NPS_3 = Answer(question="q1", asked="Would you recommend us?", score=3, scale=Scale.NPS, raw="3")
CSAT_1 = Answer(question="q2", score=1, scale=Scale.CSAT, raw="1")
WHY = Answer(question="q3", text="it came late", raw="it came late")
FINE = Answer(question="q1", score=9, scale=Scale.NPS, raw="9")


def told(name: str, *answers: Answer, **given: Any) -> SurveyAnswered:
    whole: dict[str, Any] = {"household": HouseholdId("h1"), "order": OrderId("o1"), "at": datetime.now(UTC)} | given
    response = SurveyResponse(id=ResponseId(name), survey=SurveyId("s1"), answers=answers, **whole)
    return SurveyAnswered(response=response, account="zigpoll/eu")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REST", timedelta(seconds=1))


async def cases_of(
    cases: int, *events: SurveyAnswered
) -> tuple[list[tuple[str, str]], list[Any], list[tuple[str, str]]]:
    """Titles and teams, what is shown, and how runs ended, once all is done that can be."""
    async with House([hear_the_unhappy]) as here:
        await here.tell(*events)
        await here.until_asked(cases)
        await here.rest(["hear_the_unhappy"] if cases else [])
        found = await here.cases()
        shown = [await here.evidence(one) for one in found]
        return [(one.title, one.team) for one in found], shown, [(key, how) for _, key, how in await here.runs()]


async def test_the_answers_of_one_go_are_one_case_with_the_reason_in_it() -> None:
    go = SubmissionId("s1/p1")
    events = [told(f"r{n}", one, submission=go) for n, one in enumerate((FINE, NPS_3, CSAT_1, WHY))]
    titles, (shown,), runs = await cases_of(1, *events)
    assert titles == [("somebody is unhappy about order o1: nps 3", "care")]
    said = msgspec.convert(shown.pop("answers"), list[Answer])
    assert shown == {"household": "h1", "order": "o1", "pet": None, "survey": "s1", "tool": "zigpoll/eu"}
    assert said[0] == NPS_3
    assert sorted((one for one in said if one != FINE), key=lambda one: one.question) == [NPS_3, CSAT_1, WHY]
    assert sorted(runs) == [("s1/p1", "skipped"), ("s1/p1", "waiting"), ("s1/p1/r0", "done"), ("s1/p1/r3", "done")]


async def test_a_tool_that_tells_all_at_once_is_waited_for_by_nobody() -> None:
    titles, (shown,), runs = await cases_of(1, told("r1", NPS_3, CSAT_1, WHY))
    assert titles == [("somebody is unhappy about order o1: nps 3, csat 1", "care")]
    assert [one["question"] for one in shown["answers"]] == ["q1", "q2", "q3"]
    assert runs == [("r1", "waiting")]


async def test_who_is_content_unknown_or_long_gone_is_no_case() -> None:
    old = datetime.now(UTC) - timedelta(days=8)
    nobody = {"household": None, "order": None}
    titles, _, runs = await cases_of(
        0, told("r1", FINE, WHY), told("r2", NPS_3, at=old), told("r3", NPS_3, **nobody), told("r4", WHY)
    )
    assert (titles, {how for _, how in runs}) == ([], {"done"})
    assert [key for key, _ in runs] == ["r1/r1", "r2", "r3", "r4/r4"]


async def test_the_answer_ends_it_and_another_go_is_another_case() -> None:
    async with House([hear_the_unhappy]) as here:
        await here.tell(told("r1", NPS_3), told("r2", NPS_3, order=None))
        first, second = await here.until_asked(2)
        await here.answer(first.no, NOTHING)
        while not await here.outcomes():  # noqa: ASYNC110 - another task ends it
            await asyncio.sleep(0.02)
        assert [one.no for one in await here.cases()] == [second.no]
        assert await here.outcomes() == {"hear_the_unhappy r1": NOTHING}
