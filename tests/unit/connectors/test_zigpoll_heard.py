"""What is answered at Zigpoll, rung by a webhook or found by a look: the same event, once each."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.zigpoll import hook, looking
from pawline.connectors.zigpoll.happened import read
from pawline.connectors.zigpoll.hook import about
from pawline.connectors.zigpoll.looking import answers
from pawline.kit import REMEMBERED, Score
from pawline.model import (
    Answer,
    OrderId,
    ResponseId,
    Scale,
    SubmissionId,
    SurveyAnswered,
    SurveyId,
    SurveyResponse,
    household_by_email,
)
from pawline.ports import Malformed, Transient, Unauthorised
from pawline.sandbox import Fault, Faults
from pawline.sandbox.zigpoll.api import No
from tests.unit.connectors.zigpoll_scene import Scene, run

SHOPIFY = {"email": "Ann@Example.org ", "shopify_order_id": "5123456789", "order_number": "1042"}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "SETTLES", 0.0)


def told_of(seen: Any) -> list[SurveyResponse]:
    assert all(isinstance(one.event, SurveyAnswered) for one in seen)
    assert [(one.id, one.event.fact) for one in seen] == [
        (one.event.response.id, f"survey.answered/{one.event.response.id}") for one in seen
    ]
    return [one.event.response for one in seen]


def digest(participant: str) -> str:
    return hashlib.sha256(participant.encode()).hexdigest()[:24]


def test_answers_are_told_one_by_one_the_oldest_first_and_the_same_by_ring_and_by_look() -> None:
    async def told(here: Scene) -> None:
        names = here.say((0, "3"), (2, "it <b>came</b> late"), participant="p1", metadata=SHOPIFY)
        here.say((1, "Very satisfied"), vote=True, participant="p2", completed=False)
        rung = await about(here.http, here.settings, "answers")
        first, why, vote = told_of(rung)
        rows = here.books.answers
        nps, csat, text = here.poll.slides
        assert first == SurveyResponse(
            id=ResponseId(names[0]), survey=SurveyId(here.poll.id), at=datetime.fromisoformat(rows[0]["createdAt"]),
            household=household_by_email("ann@example.org"), order=OrderId("5123456789"),
            submission=SubmissionId(f"{here.poll.id}/{digest('p1')}/5123456789"),
            answers=(Answer(question=nps.id, asked=nps.title, raw="3", score=3, scale=Scale.NPS),),
        )  # fmt: skip
        assert why.answers == (
            Answer(question=text.id, asked="Why?", raw="it <b>came</b> late", text="it <b>came</b> late"),
        )
        assert (why.submission, why.household, why.order) == (first.submission, first.household, first.order)
        assert vote.answers == (
            Answer(question=csat.id, asked=csat.title, raw="Very satisfied", choices=("Very satisfied",)),
        )
        assert (vote.household, vote.order, vote.submission) == (None, None, f"{here.poll.id}/{digest('p2')}")
        assert (await here.walk())[0] == list(rung)

    async def scored(here: Scene) -> None:
        scores = {here.poll.slides[0].id: Score(scale=Scale.NPS)}
        here.settings = msgspec.structs.replace(here.settings, scores=scores)
        await told(here)

    run(scored)


def test_a_walk_goes_through_pages_and_the_next_one_finds_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "MANY", 2)
    monkeypatch.setattr(looking.page_of, "__defaults__", (2,))

    async def told(here: Scene) -> None:
        old = datetime.now(UTC) - timedelta(hours=2)
        names = [here.say((0, str(n)), at=old)[0] for n in range(5)]
        first, cursor, _ = await here.walk()
        assert sorted(one.id for one in first) == sorted(names)
        assert len(first) == 5
        again, cursor, _ = await here.walk(cursor)
        assert again == []
        (new,) = here.say((0, "9"))
        found, cursor, _ = await here.walk(cursor)
        assert [one.id for one in found] == [new]
        assert [one.id for one in (await here.walk(cursor))[0]] == [new]  # so shortly before it is told again

    run(told)


def test_a_walk_that_breaks_off_goes_on_and_one_whose_place_is_gone_begins_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(looking.page_of, "__defaults__", (2,))

    async def told(here: Scene) -> None:
        names = [here.say((0, str(n)))[0] for n in range(3)]
        seen = await answers(here.http, here.settings, "")
        assert ([one.id for one in seen.sightings], seen.more) == ([names[1], names[2]], True)
        here.desk.vendors.faults = Faults(rates={Fault.UNAVAILABLE: 1.0})
        with pytest.raises(Transient):
            await answers(here.http, here.settings, seen.cursor)
        here.desk.vendors.faults = Faults()
        assert [one.id for one in (await here.walk(seen.cursor))[0]] == [names[0]]
        here.books.answers[1]["_id"] = "another"
        lost = await answers(here.http, here.settings, seen.cursor)
        assert (lost.sightings, lost.more) == ((), False)
        assert [one.id for one in (await here.walk(lost.cursor))[0]] == ["another", names[2], names[0]]

    run(told)


def test_what_is_older_than_facts_are_remembered_is_not_told_and_nothing_is_later_than_now() -> None:
    async def told(here: Scene) -> None:
        now = datetime.now(UTC)
        here.say((0, "1"), at=now - REMEMBERED - timedelta(hours=1))
        here.say((0, "2"), at=now - REMEMBERED + timedelta(hours=1))
        here.say((0, "3"), at=now + timedelta(days=400))
        found, _, _ = await here.walk()
        assert [one.answers[0].raw for one in told_of(found)] == ["2", "3"]
        assert found[1].at == told_of(found)[1].at < datetime.now(UTC)

    run(told)


def test_an_answer_that_cannot_be_read_is_told_once_and_keeps_no_other_back() -> None:
    async def told(here: Scene) -> None:
        (bad,), (good,) = here.say((0, "1")), here.say((0, "2"))
        here.books.answers[0]["createdAt"] = None
        found, cursor, names = await here.walk()
        assert ([one.id for one in found], names) == ([good], [f"answer {bad}"])
        assert [one.id for one in await about(here.http, here.settings, "answers")] == [good]
        found, cursor, names = await here.walk(cursor)
        assert ([one.id for one in found], names) == ([good], [])
        here.books.answers[0]["createdAt"] = here.books.answers[1]["createdAt"]
        found, cursor, names = await here.walk(cursor)
        assert (sorted(one.id for one in found), names) == (sorted([bad, good]), [])
        here.say((0, "3"))
        for one in here.books.answers:
            one["createdAt"] = None
        with pytest.raises(Malformed):
            await here.walk(cursor)

    run(told)


def test_only_the_surveys_and_the_account_that_are_named_are_heard() -> None:
    async def told(here: Scene) -> None:
        other = here.desk.act("zigpoll/poll", msgspec.json.encode(["Another", "What?"]))
        (mine,) = here.say((0, "1"))
        here.say((0, "2"), poll=other)
        (strange,) = here.say((0, "3"))
        here.settings = msgspec.structs.replace(here.settings, polls=(here.poll.id,), account=here.books.account)
        here.books.answers[-1]["accountId"] = here.books.account  # as it is asked for
        assert [one.id for one in (await here.walk())[0]] == [mine, strange]
        raw = msgspec.json.encode(here.books.answers[-1] | {"accountId": "other"})
        assert read(msgspec.Raw(raw), here.settings) is None
        here.books.accounts.append("a2")
        assert len((await here.walk())[0]) == 2
        with pytest.raises(Unauthorised, match="say which in `account`"):
            await answers(here.http, msgspec.structs.replace(here.settings, account=""), "")

    run(told)


@pytest.mark.parametrize(
    ("status", "body", "asked"),
    [
        (200, {"data": [{"_id": "SLIDE", "title": "How?"}]}, "How?"),
        (200, [{"_id": "SLIDE", "title": "How?"}], "How?"),
        (200, {"slides": []}, None), (200, [{"_id": "SLIDE", "title": 7}], None), (403, {}, None), (400, {}, None),
    ],
)  # fmt: skip
def test_questions_that_cannot_be_read_keep_no_answer_back(status: int, body: Any, asked: str | None) -> None:
    async def told(here: Scene) -> None:
        (name,) = here.say((0, "2"))
        text = msgspec.json.encode(body).decode().replace("SLIDE", here.poll.slides[0].id)

        def answered(_: object) -> Any:
            if status != 200:
                raise No(status, "no")
            return msgspec.json.decode(text)

        here.desk.zigpoll.api._answers["GET slides"] = answered
        for seen in ((await here.walk())[0], await about(here.http, here.settings, "answers")):
            assert [(one.id, one.event.response.answers[0].asked) for one in seen] == [(name, asked)]  # type: ignore[attr-defined]

    run(told)


def test_questions_that_are_late_are_waited_for() -> None:
    async def told(here: Scene) -> None:
        here.say((0, "2"))

        def down(_: object) -> Any:
            raise No(503, "down")

        here.desk.zigpoll.api._answers["GET slides"] = down
        for call in (here.walk(), about(here.http, here.settings, "answers")):
            with pytest.raises(Transient):
                await call

    run(told)


def test_a_survey_that_is_gone_has_answers_all_the_same() -> None:
    async def told(here: Scene) -> None:
        here.say((0, "1"))
        here.books.polls.clear()
        (found,) = told_of((await here.walk())[0])
        assert found.answers[0].asked is None

    run(told)
