"""Answers of surveys: what counts on which scale, who is unhappy, and what is one go."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pawline.model import (
    Answer,
    HouseholdId,
    ResponseId,
    Scale,
    ShopperDisappointed,
    SubmissionId,
    SurveyAnswered,
    SurveyId,
    SurveyResponse,
)

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("scale", "unhappy", "content"),
    [(Scale.NPS, (0, 6), (7, 10)), (Scale.CSAT, (1, 2), (3, 5)), (Scale.CES, (1, 3), (4, 7))],
)
def test_a_score_says_who_is_unhappy_and_ends_where_its_scale_does(
    scale: Scale, unhappy: tuple[int, int], content: tuple[int, int]
) -> None:
    found = {
        score: Answer(question="q", score=score, scale=scale).unhappy for score in range(unhappy[0], content[1] + 1)
    }
    assert [score for score, sad in found.items() if sad] == list(range(unhappy[0], unhappy[1] + 1))
    assert [score for score, sad in found.items() if not sad] == list(range(content[0], content[1] + 1))
    for score in (unhappy[0] - 1, content[1] + 1, None):
        with pytest.raises(ValueError, match=f"a score of {scale} is {unhappy[0]} to {content[1]}"):
            Answer(question="q", score=score, scale=scale)


def test_what_counts_on_no_scale_says_nothing_of_how_somebody_feels() -> None:
    for answer in (Answer(question="q", score=-1), Answer(question="q", text="awful"), Answer(question="q")):
        assert not answer.unhappy


def test_what_is_answered_in_one_go_is_about_one_thing_and_each_answer_is_a_fact() -> None:
    def told(name: str, submission: str | None = None, *, finished: bool = True) -> SurveyAnswered:
        return SurveyAnswered(
            response=SurveyResponse(
                id=ResponseId(name), survey=SurveyId("s"), at=NOON, answers=(), household=HouseholdId("h1"),
                submission=None if submission is None else SubmissionId(submission), finished=finished,
            )
        )  # fmt: skip

    assert [(one.subject, one.fact, one.household) for one in (told("a", "go"), told("b", "go"), told("c"))] == [
        ("go", "survey.answered/a", "h1"), ("go", "survey.answered/b", "h1"), ("c", "survey.answered/c", "h1"),
    ]  # fmt: skip
    assert told("a", finished=False).fact is None
    assert told("a").acted(NOON.replace(year=2027)) == NOON  # of their own accord, whenever it is told
    named = told("a").told_by("zigpoll/eu")
    assert isinstance(named, SurveyAnswered)
    assert (named.account, named.fact, named.response) == ("zigpoll/eu", "survey.answered/a", told("a").response)
    unhappy = ShopperDisappointed(response=told("a", "go").response, account="zigpoll/eu")
    assert (unhappy.subject, unhappy.fact, unhappy.household) == ("a", "shopper.disappointed/a", "h1")
    with pytest.raises(ValueError, match="time"):
        SurveyResponse(id=ResponseId("a"), survey=SurveyId("s"), at=datetime(2026, 1, 1), answers=())  # noqa: DTZ001
