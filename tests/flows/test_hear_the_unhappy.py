"""Whoever is unhappy is one case of the team, with the reason; nobody else is any."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.flows import hear_the_unhappy as module
from pawline.flows.hear_the_unhappy import NOTHING, hear_the_unhappy, notice_the_unhappy
from pawline.model import (
    Answer,
    HouseholdId,
    OrderId,
    PetId,
    ResponseId,
    Scale,
    SubmissionId,
    SurveyAnswered,
    SurveyId,
    SurveyResponse,
)
from pawline.runtime import Flow
from pawline.store import HouseholdErased
from pawline.testing.orders import SHOP
from tests.flows.house import House

NPS_3 = Answer(question="q1", asked="Would you recommend us?", score=3, scale=Scale.NPS, raw="3")
CSAT_1 = Answer(question="q2", score=1, scale=Scale.CSAT, raw="1")
WHY = Answer(question="q3", text="it came late", raw="it came late")
FLOWS: list[Flow[Any, Any]] = [notice_the_unhappy, hear_the_unhappy]
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
    async with House(FLOWS) as here:
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
    assert titles == [("somebody is unhappy about order o1: nps 3, csat 1", "care")]
    said = msgspec.convert(shown.pop("answers"), list[Answer])
    assert shown == {"household": "h1", "order": "o1", "pet": None, "survey": "s1", "tool": "zigpoll/eu"}
    assert said[0] == NPS_3
    assert sorted((one for one in said if one != FINE), key=lambda one: one.question) == [NPS_3, CSAT_1, WHY]
    assert sorted(runs) == [
        ("r1", "waiting"), ("s1/p1", "done"), ("s1/p1", "skipped"), ("s1/p1/r0", "done"), ("s1/p1/r3", "done"),
    ]  # fmt: skip


async def test_who_is_unhappy_again_while_the_first_case_is_open_is_another_case() -> None:
    """A tool may know one visitor for good: what they answer next week is of the same submission."""
    go = SubmissionId("s1/p1")
    async with House(FLOWS) as here:
        await here.tell(told("r1", NPS_3, submission=go))
        await here.until_asked(1)
        await here.tell(told("r2", CSAT_1, submission=go, order=OrderId("o2")), told("r3", WHY, submission=go))
        await here.until_asked(2)
        await here.rest(["hear_the_unhappy"])
        assert sorted([one.title for one in await here.cases()]) == [
            "somebody is unhappy about order o1: nps 3", "somebody is unhappy about order o2: csat 1",
        ]  # fmt: skip
        assert sorted(await here.runs()) == [
            ("hear_the_unhappy", "r1", "waiting"), ("hear_the_unhappy", "r2", "waiting"),
            ("notice_the_unhappy", "s1/p1", "done"), ("notice_the_unhappy", "s1/p1", "done"),
            ("notice_the_unhappy", "s1/p1/r3", "done"),
        ]  # fmt: skip


async def test_who_says_only_after_the_score_who_they_are_is_heard() -> None:
    go, nobody = SubmissionId("s1/p1"), {"household": None, "order": None}
    known = {"household": HouseholdId("h2"), "order": None, "pet": PetId("tom")}
    titles, (shown,), _ = await cases_of(
        1, told("r1", NPS_3, submission=go, **nobody), told("r2", WHY, submission=go, **known)
    )
    assert titles == [("somebody is unhappy: nps 3", "care")]
    assert (shown["household"], shown["order"], shown["pet"]) == ("h2", None, "tom")
    assert msgspec.convert(shown["answers"], list[Answer]) == [NPS_3, WHY]


async def test_so_many_answers_of_one_go_are_shown_and_not_more() -> None:
    titles, (shown,), _ = await cases_of(1, told("r1", NPS_3, *[WHY] * module.MOST))
    assert (len(titles), len(shown["answers"])) == (1, module.MOST)


async def test_a_tool_that_tells_all_at_once_is_waited_for_by_nobody() -> None:
    titles, (shown,), runs = await cases_of(1, told("r1", NPS_3, CSAT_1, WHY))
    assert titles == [("somebody is unhappy about order o1: nps 3, csat 1", "care")]
    assert [one["question"] for one in shown["answers"]] == ["q1", "q2", "q3"]
    assert runs == [("r1", "done"), ("r1", "waiting")]


async def test_who_is_content_unknown_or_long_gone_is_no_case() -> None:
    old = datetime.now(UTC) - timedelta(days=8)
    nobody = {"household": None, "order": None}
    titles, _, runs = await cases_of(
        0, told("r1", FINE, WHY), told("r2", NPS_3, at=old), told("r3", NPS_3, **nobody), told("r4", WHY)
    )
    assert (titles, {how for _, how in runs}) == ([], {"done"})
    assert [key for key, _ in runs] == ["r1/r1", "r2", "r3", "r4/r4"]


async def test_the_answer_ends_it_and_another_go_is_another_case() -> None:
    async with House(FLOWS) as here:
        await here.tell(told("r1", NPS_3))
        (first,) = await here.until_asked(1)
        await here.tell(told("r2", NPS_3, order=None))
        await here.until_asked(2)
        await here.answer(first.no, NOTHING)
        while "hear_the_unhappy r1" not in await here.outcomes():  # noqa: ASYNC110 - another task ends it
            await asyncio.sleep(0.02)
        assert [one.title for one in await here.cases()] == ["somebody is unhappy: nps 3"]
        asked = "a person is asked"
        assert await here.outcomes() == {
            "notice_the_unhappy r1": asked, "notice_the_unhappy r2": asked, "hear_the_unhappy r1": NOTHING,
        }  # fmt: skip


async def test_who_was_forgotten_and_answers_anew_is_heard_and_what_they_said_before_is_not() -> None:
    async with House(FLOWS) as here:
        await here.tell(told("r1", FINE))
        await here.rest()
        erased = datetime.now(UTC)
        await here.views.erase(SHOP, "h1", 5, erased.timestamp())
        with pytest.raises(HouseholdErased):
            await here.tell(told("r2", NPS_3, at=erased - timedelta(days=1)), at=datetime.now(UTC))
        await here.tell(told("r3", NPS_3, at=erased + timedelta(seconds=1)), at=datetime.now(UTC))
        (case,) = await here.until_asked(1)
        await here.rest(["hear_the_unhappy"])
        assert case.title == "somebody is unhappy about order o1: nps 3"
        assert [key for flow, key, _ in await here.runs() if flow == "hear_the_unhappy"] == ["r3"]
