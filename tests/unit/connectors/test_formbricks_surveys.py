"""Formbricks as Surveys: a link says whose it is, whatever breaks; responses are read page by page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from pawline.connectors.formbricks import connector
from pawline.connectors.formbricks.surveys import PAGE
from pawline.model import HouseholdId, Medium, OrderId, PetId, SurveyId
from pawline.ports import Code, Invitation, Invited, Malformed, Rejected, Settle, Surveys, Transient
from pawline.sandbox import Fault, Faults
from pawline.sandbox.formbricks.books import question
from tests.unit.connectors.formbricks_scene import LINKS, Scene, run

FAULTS = (Fault.BROKEN, Fault.LATE, Fault.STORED_ERROR, Fault.UNAVAILABLE, Fault.UNHEARD, Fault.LIMITED)


def wanted(here: Scene, **given: Any) -> Invitation:
    return Invitation(**{
        "survey": SurveyId(here.survey.id), "household": HouseholdId("h1"), "medium": Medium.WEB,
        "order": OrderId("o1"), "pet": PetId("momo & co"), **given,
    })  # fmt: skip


async def refused(here: Scene, **given: Any) -> tuple[Code, str]:
    with pytest.raises(Rejected) as no:
        await here.step(here.surveys.invite(wanted(here, **given)))
    return no.value.code, no.value.text


def test_who_answers_by_a_link_of_ours_is_known_with_order_and_pet() -> None:
    async def told(here: Scene) -> None:
        made = await here.step(here.surveys.invite(wanted(here, pet=PetId("momo"))))
        url = f"{LINKS}/s/{here.survey.id}?pawline_household=h1&pawline_order=o1&pawline_pet=momo"
        assert made == Invited(survey=SurveyId(here.survey.id), household=HouseholdId("h1"), url=url)
        here.say({"nps": 9}, link=made.url)
        ((seen,), _, _) = await here.walk()
        response: Any = seen.event
        assert (response.household, response.response.order, response.response.pet) == ("h1", "o1", "momo")
        bare = await here.step(here.surveys.invite(wanted(here, order=None, pet=None)))
        assert bare.url == f"{LINKS}/s/{here.survey.id}?pawline_household=h1"
        odd = await here.step(here.surveys.invite(wanted(here)))
        assert parse_qs(urlsplit(odd.url).query)["pawline_pet"] == ["momo & co"]
        assert here.did() == []

    run(told)


def test_where_links_are_for_one_use_each_person_has_one_of_these_and_it_is_good_once() -> None:
    async def told(here: Scene) -> None:
        here.survey.once = True
        one, two = [await here.step(here.surveys.invite(wanted(here))) for _ in range(2)]
        assert one.url != two.url
        assert one.url.startswith(f"https://app.formbricks.com/s/{here.survey.id}?suId=")
        here.say({"nps": 9}, link=one.url)
        with pytest.raises(Rejected):
            here.say({"nps": 9}, link=one.url)
        with pytest.raises(Rejected):
            here.say({"nps": 9}, link=f"{LINKS}/s/{here.survey.id}?pawline_household=h1")
        ((seen,), _, _) = await here.walk()
        assert seen.event.household == "h1"

    run(told)


def test_who_cannot_be_asked_so_is_not_and_it_is_said_why() -> None:
    async def told(here: Scene) -> None:
        for medium in set(Medium) - {Medium.WEB}:
            assert (await refused(here, medium=medium))[0] is Code.UNSUPPORTED
        for none in ("none", "../me", ""):
            assert (await refused(here, survey=SurveyId(none)))[0] is Code.NOT_FOUND
        for status, code in (("draft", Code.NOT_FOUND), ("paused", Code.GONE), ("completed", Code.GONE)):
            here.survey.status = status
            assert (await refused(here))[0] is code
        here.survey.status, here.survey.archived = "inProgress", "2026-11-30T12:00:00.000Z"
        assert (await refused(here))[0] is Code.GONE
        here.survey.archived, here.survey.type = None, "app"
        assert (await refused(here))[0] is Code.UNSUPPORTED
        here.survey.type = "link"
        here.survey.hidden = ["pawline_order"]
        assert await refused(here) == (
            Code.INVALID, "the survey lacks the hidden fields pawline_household, pawline_pet: add them there"
        )  # fmt: skip
        here.settings = msgspec.structs.replace(here.settings, surveys=("another",))
        port = type(here.surveys)(here.http, here.settings)
        with pytest.raises(Rejected):
            await here.step(port.invite(wanted(here)))
        elsewhere = type(here.surveys)(here.http, msgspec.structs.replace(here.settings, surveys=(), workspace="w9"))
        with pytest.raises(Rejected, match="no survey of this workspace"):
            await here.step(elsewhere.invite(wanted(here)))

    run(told)


def test_a_link_that_is_no_https_is_given_to_nobody() -> None:
    async def told(here: Scene) -> None:
        with pytest.raises(Malformed, match="`links`"):
            await here.step(here.surveys.invite(wanted(here)))

    run(told, links="")


def test_every_write_is_tried_and_settled_as_its_card_says() -> None:
    operations = connector.offers[Surveys].operations
    assert {name: one.settle for name, one in operations.items()} == {"invite": Settle.REPEAT}


@pytest.mark.parametrize("fault", FAULTS)
def test_broken_off_at_whichever_request_and_repeated_there_is_a_link_and_nobody_was_asked(fault: Fault) -> None:
    async def told(here: Scene, at: int) -> bool:
        here.survey.once = True
        here.desk.vendors.faults = Faults(at={at: fault}, late_after=0.01, retry_after=0.0)
        try:
            made = await here.step(here.surveys.invite(wanted(here)))
            broken = False
        except Transient:
            broken = True
        here.desk.vendors.faults = Faults()
        if broken:
            made = await here.step(here.surveys.invite(wanted(here)))
        here.say({"nps": 9}, link=made.url)
        assert (here.did(), len(here.books.responses)) == ([], 1)
        return broken

    assert [run(lambda here, at=at: told(here, at)) for at in (1, 2, 3)] == [True, True, False]  # type: ignore[misc]


def test_responses_of_one_survey_are_read_whole_page_by_page_since_a_moment() -> None:
    async def told(here: Scene) -> None:
        now = datetime.now(UTC)
        other = here.another(question("nps", "nps", "How likely?"))
        here.say({"nps": 1}, at=now - timedelta(days=9))
        here.say({"nps": 2}, survey=other)
        names = [here.say({"nps": 3, "why": "x"}, at=now - timedelta(seconds=n)) for n in range(PAGE + 1)]
        names.append(here.say({"nps": 5}, finished=False))
        bad = here.say({"nps": 4})
        here.books.responses[bad]["finished"] = "soon"  # nobody can read it: the look says so
        found, after = list[Any](), None
        for _ in range(2):
            page = await here.surveys.responses(SurveyId(here.survey.id), now - timedelta(days=1), after)
            found += page.responses
            after = page.after
        assert after is None
        assert sorted({one.id for one in found}) == sorted(names)
        assert [one.finished for one in found].count(False) == 1
        assert {len(one.answers) for one in found if one.finished} == {2}
        for wrong in ("no place", "2026-11-30T12:00:00.000Z&skip=-1"):
            with pytest.raises(Rejected):
                await here.surveys.responses(SurveyId(here.survey.id), now, wrong)
        with pytest.raises(Rejected):
            await here.surveys.responses(SurveyId("../me"), now, None)

    run(told)
