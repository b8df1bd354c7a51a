"""What one response at Formbricks is to us: whose it is, what each answer counts, and which are none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from pawline.connectors.formbricks.answering import answer
from pawline.connectors.formbricks.happened import read, response, sightings
from pawline.connectors.formbricks.settings import Settings
from pawline.connectors.formbricks.told import ToldQuestion, ToldSurvey
from pawline.kit import Score, Secret
from pawline.model import (
    Answer,
    HouseholdId,
    OrderId,
    PetId,
    ResponseId,
    Scale,
    SubmissionId,
    SurveyId,
    SurveyResponse,
    household_by_email,
)

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
SETTINGS = Settings(key=Secret("k"), workspace="w1")
ANN, BO = household_by_email("ann@example.org"), household_by_email("bo@example.org")
MARKS = ["pawline_household", "pawline_order", "pawline_pet", "email", "shopify_order_id", "shopify_customer_id"]


def asked(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "type": kind, "headline": {"default": f"{name}?"}} | more


def survey(*questions: Any, hidden: Any = None) -> ToldSurvey:
    fields = {"enabled": True, "fieldIds": MARKS} if hidden is None else hidden
    row = {
        "id": "s1", "status": "inProgress", "type": "link", "workspaceId": "w1", "questions": list(questions),
        "hiddenFields": fields,
    }  # fmt: skip
    return msgspec.convert(row, ToldSurvey)


ROW = {
    "id": "r1", "surveyId": "s1", "createdAt": "2026-11-30T12:00:00Z", "updatedAt": "2026-11-30T12:01:00Z",
    "finished": True, "data": {},
}  # fmt: skip


def told(data: dict[str, Any], **more: Any) -> Any:
    return read(msgspec.Raw(msgspec.json.encode(ROW | {"data": data} | more)))


def test_a_response_is_its_answers_one_by_one_in_the_order_of_the_survey() -> None:
    asks = survey(asked("nps", "nps"), asked("why", "openText"), asked("more", "openText"))
    data = {"why": "it came late", "pawline_household": "h1", "nps": 3, "gone": "x", "more": "", "pawline_pet": "momo"}
    one, two = sightings(told(data), asks, SETTINGS, NOON)
    assert (one.id, one.at, two.id, two.at) == ("r1/nps", NOON, "r1/why", NOON)
    first: Any = one.event
    assert first.response == SurveyResponse(
        id=ResponseId("r1/nps"), survey=SurveyId("s1"), at=NOON, household=HouseholdId("h1"), pet=PetId("momo"),
        submission=SubmissionId("r1"),
        answers=(Answer(question="nps", asked="nps?", raw="3", scale=Scale.NPS, score=3),),
    )  # fmt: skip
    assert (first.fact, first.subject, first.response.answers[0].unhappy) == ("survey.answered/r1/nps", "r1", True)
    second: Any = two.event
    assert second.response.answers == (Answer(question="why", asked="why?", raw="it came late", text="it came late"),)
    whole = response(told(data, finished=False), asks, SETTINGS)
    assert (whole.id, whole.finished, [one.question for one in whole.answers]) == ("r1", False, ["nps", "why"])
    assert sightings(told({}), asks, SETTINGS, NOON) == ()


def test_it_was_when_it_was_begun_and_not_later_than_now() -> None:
    asks = survey(asked("nps", "nps"))
    ahead = told({"nps": 9}, createdAt="2027-01-01T00:00:00Z")
    for made, at in ((told({"nps": 9}), NOON), (ahead, NOON)):
        (seen,) = sightings(made, asks, SETTINGS, NOON)
        event: Any = seen.event
        assert (seen.at, event.response.at) == (at, at)


def of(household: object = None, order: str | None = None, **said: Any) -> tuple[dict[str, Any], Any]:
    return said, (household, None if order is None else OrderId(order))


@pytest.mark.parametrize(
    ("said", "whose"),
    [
        of(), of("h1", "o1", data={"pawline_household": "h1", "pawline_order": "o1", "email": "ann@example.org"}),
        of(ANN, data={"email": " ANN@example.org"}),
        of(ANN, data={"verifiedEmail": "ann@example.org", "email": "b@c.d"}),
        of(ANN, contact={"email": "ann@example.org"}, data={"email": "bo@example.org"}),
        of(BO, contact={"userId": "bo@example.org"}), of(contact={"userId": "77"}),
        of("h-shopify-77", contact={"userId": "gid://shopify/Customer/77"}),
        of("h-shopify-8", contact={"userId": "gid://shopify/Customer/77", "shopify_customer_id": "8"}),
        of(None, "9", data={"shopify_order_id": "gid://shopify/Order/9"}),
        of(None, None, contact={"pawline_household": "h9", "shopify_order_id": "9"}),
        of(data={"typed": "ann@example.org", "customer_email": "ann@example.org", "pawline_order": "o 1"}),
        of(data={"pawline_household": ["h1"], "email": 7}, contact={"email": None, "userId": {}}),
    ],
)  # fmt: skip
def test_whose_it_is_is_what_hidden_fields_and_the_contact_say_and_never_an_answer(
    said: dict[str, Any], whose: tuple[Any, Any]
) -> None:
    found = response(
        told(said.get("data", {}), contactAttributes=said.get("contact")), survey(asked("typed", "openText")), SETTINGS
    )
    assert (found.household, found.order) == whose


def test_a_question_that_has_the_name_of_a_mark_says_nothing_of_whose_it_is() -> None:
    asks = survey(asked("pawline_household", "openText"), asked("email", "openText"))
    found = response(told({"pawline_household": "h1", "email": "ann@example.org"}), asks, SETTINGS)
    assert (found.household, [one.text for one in found.answers]) == (None, ["h1", "ann@example.org"])
    odd: tuple[Any, ...] = ({"enabled": False}, [], "x", {"fieldIds": [7]})
    for hidden in odd:
        assert response(told({"email": "ann@example.org"}), survey(hidden=hidden), SETTINGS).household is None


STARS = {"range": 5, "scale": "star"}


@pytest.mark.parametrize(
    ("question", "value", "said", "expected"),
    [
        (asked("q", "nps"), 0, None, (Scale.NPS, 0)), (asked("q", "nps"), 11, None, None),
        (asked("q", "nps"), "9", None, (Scale.NPS, 9)), (asked("q", "nps"), 9.5, None, None),
        (asked("q", "csat", **STARS), 2, None, (Scale.CSAT, 2)), (asked("q", "csat", range=7), 2, None, (None, 2)),
        (asked("q", "ces", range=7), 7, None, (Scale.CES, 7)), (asked("q", "ces", range=5), 5, None, (None, 5)),
        (asked("q", "rating", **STARS), 4, None, (None, 4)), (asked("q", "rating", **STARS), 6, None, None),
        (asked("q", "rating", **STARS), 4, Score(scale=Scale.CSAT), (Scale.CSAT, 4)),
        (asked("q", "rating", range=10), 4, Score(scale=Scale.CSAT), (None, 4)),
        (asked("q", "rating", range=3), 2, Score(scale=Scale.CSAT, words={"1": 1, "2": 3, "3": 5, "4": 4, "5": 5}),
         (Scale.CSAT, 3)),
        (asked("q", "rating", range=True), 1, None, None), (asked("q", "rating"), 3, None, None),
        (asked("q", "ces", range=7), 1, Score(scale=Scale.CES, words={str(n): 8 - n for n in range(1, 8)}),
         (Scale.CES, 7)),
        (asked("q", "openText"), "3", None, None),
        (asked("q", "openText"), "3", Score(scale=Scale.CSAT), (Scale.CSAT, 3)),
        (asked("q", "nps"), True, None, None),
    ],
)  # fmt: skip
def test_a_score_is_what_its_type_says_or_the_settings_and_nothing_is_stretched(
    question: dict[str, Any], value: Any, said: Score | None, expected: tuple[Scale | None, int] | None
) -> None:
    found = answer(msgspec.convert(question, ToldQuestion), value, said)
    if expected is None:
        assert found is None or (found.scale, found.score) == (None, None)
    else:
        assert found is not None
        assert (found.scale, found.score) == expected


CHOICES = [
    {"id": "c1", "label": {"default": "<p>Very satisfied</p>", "de": "Sehr zufrieden"}},
    {"id": "c2", "label": {"default": "Unsatisfied", "de": "Unzufrieden"}}, {"id": "c3"}, 7,
]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "value", "raw", "choices"),
    [
        (asked("q", "multipleChoiceSingle", choices=CHOICES), "Sehr zufrieden", "Sehr zufrieden", ("Very satisfied",)),
        (asked("q", "multipleChoiceSingle", choices=CHOICES), "Something else", "Something else", ("Something else",)),
        (asked("q", "multipleChoiceMulti", choices=CHOICES), ["Unzufrieden", "", "x"], "Unzufrieden, x",
         ("Unsatisfied", "x")),
        (asked("q", "ranking", choices=CHOICES), ["Unsatisfied", "Sehr zufrieden"], "Unsatisfied, Sehr zufrieden",
         ("Unsatisfied", "Very satisfied")),
        (asked("q", "matrix", rows=CHOICES[:1], columns=CHOICES[1:]), {"Sehr zufrieden": "Unzufrieden", "b": ""},
         "Sehr zufrieden: Unzufrieden", ("Very satisfied: Unsatisfied",)),
        (asked("q", "consent"), "accepted", "accepted", ("accepted",)),
        (asked("q", "pictureSelection"), ["p1", "p2"], "p1, p2", ("p1", "p2")),
    ],
)  # fmt: skip
def test_a_choice_is_in_the_default_language_and_raw_is_as_it_came(
    question: dict[str, Any], value: Any, raw: str, choices: tuple[str, ...]
) -> None:
    found = answer(msgspec.convert(question, ToldQuestion), value, None)
    assert found == Answer(question="q", asked="q?", raw=raw, choices=choices)


def test_words_count_whichever_language_they_were_answered_in() -> None:
    question = msgspec.convert(asked("q", "multipleChoiceSingle", choices=CHOICES), ToldQuestion)
    said = Score(scale=Scale.CSAT, words={"very satisfied": 5, "Unsatisfied": 2})
    for value, score in (("Sehr zufrieden", 5), ("Unzufrieden", 2)):
        found = answer(question, value, said)
        assert found == Answer(question="q", asked="q?", raw=value, scale=Scale.CSAT, score=score)
    found = answer(question, "So lala", said)
    assert found == Answer(question="q", asked="q?", raw="So lala", choices=("So lala",))


@pytest.mark.parametrize("value", ["", " ", None, [], ["", None], {}, {"row": ""}, [[]], False, "\0"])
@pytest.mark.parametrize("kind", ["openText", "multipleChoiceMulti", "matrix", "nps", "new"])
def test_what_was_passed_over_is_no_answer(kind: str, value: Any) -> None:
    assert answer(msgspec.convert(asked("q", kind), ToldQuestion), value, None) is None


@pytest.mark.parametrize(
    ("headline", "words"),
    [
        ({"default": '<p class="x">How was <b>it</b></p>', "de": "Wie?"}, "How was it"), ("How?", "How?"),
        ({"default": "Hello #recall:name1/fallback:there#, how?"}, "Hello there, how?"), ({}, None), (None, None),
        ({"de": "Wie?"}, None), ({"default": 7}, None), ({"default": "<p></p>"}, None),
    ],
)  # fmt: skip
def test_a_question_is_what_people_see_of_it(headline: Any, words: str | None) -> None:
    assert msgspec.convert(asked("q", "nps") | {"headline": headline}, ToldQuestion).asked == words


def test_a_question_that_cannot_be_read_keeps_no_other_back() -> None:
    asks = survey(7, {"type": "nps"}, asked("nps", "nps"), {"id": 1, "type": "nps"})
    assert [one.question for one in response(told({"nps": 9}), asks, SETTINGS).answers] == ["nps"]


@pytest.mark.parametrize(
    "row",
    [
        {"id": "../x"}, {"id": ""}, {"surveyId": "a b"}, {"createdAt": "soon"}, {"updatedAt": None}, {"data": []},
        {"createdAt": "0001-01-01T00:00:00+14:00"}, {"finished": "yes"},
    ],
)  # fmt: skip
def test_what_is_no_response_is_said_to_be_none(row: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(msgspec.Raw(msgspec.json.encode(ROW | row)))
