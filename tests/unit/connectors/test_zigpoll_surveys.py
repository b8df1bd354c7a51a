"""Zigpoll as Surveys: a link says whose it is, whatever breaks; answers are read page by page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.zigpoll import connector
from pawline.connectors.zigpoll.surveys import PAGE
from pawline.kit import Score
from pawline.model import HouseholdId, Medium, OrderId, PetId, Scale, SurveyId
from pawline.ports import Code, Invitation, Invited, Rejected, Settle, Surveys, Transient
from pawline.sandbox import Fault, Faults
from tests.unit.connectors.zigpoll_scene import Scene, run

FAULTS = (Fault.BROKEN, Fault.LATE, Fault.STORED_ERROR, Fault.UNAVAILABLE, Fault.UNHEARD, Fault.LIMITED)


def wanted(here: Scene, **given: Any) -> Invitation:
    return Invitation(**{
        "survey": SurveyId(here.poll.id), "household": HouseholdId("h1"), "medium": Medium.WEB,
        "order": OrderId("o1"), "pet": PetId("momo"), **given,
    })  # fmt: skip


async def refused(here: Scene, **given: Any) -> Code:
    with pytest.raises(Rejected) as no:
        await here.step(here.surveys.invite(wanted(here, **given)))
    return no.value.code


def test_who_answers_by_a_link_of_ours_is_known_with_order_and_pet() -> None:
    async def told(here: Scene) -> None:
        made = await here.step(here.surveys.invite(wanted(here)))
        ((name, link),) = here.books.links.items()
        assert made == Invited(
            survey=SurveyId(here.poll.id), household=HouseholdId("h1"), reference=name,
            url=f"https://www.zigpoll.com/s/{name}",
        )  # fmt: skip
        assert link["metadata"] == {"pawline_household": "h1", "pawline_order": "o1", "pawline_pet": "momo"}
        here.say((0, "9"), link=name)
        ((seen,), _, _) = await here.walk()
        response: Any = seen.event
        assert (response.household, response.response.order, response.response.pet) == ("h1", "o1", "momo")
        assert here.did() == ["Zigpoll.link h1"]
        await here.step(here.surveys.invite(wanted(here, order=None, pet=None)))
        assert list(here.books.links.values())[1]["metadata"] == {"pawline_household": "h1"}

    run(told)


def test_who_cannot_be_asked_so_is_not_and_no_link_is_made() -> None:
    async def told(here: Scene) -> None:
        for medium in set(Medium) - {Medium.WEB}:
            assert await refused(here, medium=medium) is Code.UNSUPPORTED
        assert await refused(here, survey=SurveyId("none")) is Code.NOT_FOUND
        assert await refused(here, survey=SurveyId("../me")) is Code.NOT_FOUND
        here.poll.visible = False
        assert await refused(here) is Code.GONE
        here.poll.visible, here.poll.archived = True, True
        assert await refused(here) is Code.GONE
        assert (here.books.links, here.did()) == ({}, [])

    run(told)


def test_every_write_is_tried_and_settled_as_its_card_says() -> None:
    operations = connector.offers[Surveys].operations
    assert {name: one.settle for name, one in operations.items()} == {"invite": Settle.REPEAT}


@pytest.mark.parametrize("fault", FAULTS)
def test_broken_off_at_whichever_request_and_repeated_there_is_a_link_and_nobody_was_asked(fault: Fault) -> None:
    async def told(here: Scene, at: int) -> bool:
        here.desk.vendors.faults = Faults(at={at: fault}, late_after=0.01, retry_after=0.0)
        try:
            made = await here.step(here.surveys.invite(wanted(here)))
            broken = False
        except Transient:
            broken = True
        here.desk.vendors.faults = Faults()
        if broken:
            made = await here.step(here.surveys.invite(wanted(here)))
        assert made.reference in here.books.links
        assert {one["metadata"]["pawline_order"] for one in here.books.links.values()} == {"o1"}
        assert len(here.books.links) <= 1 + broken
        assert here.did() == ["Zigpoll.link h1"] * len(here.books.links)
        return broken

    assert [run(lambda here, at=at: told(here, at)) for at in (1, 2, 3)] == [True, True, False]  # type: ignore[misc]


def test_answers_of_one_survey_are_read_page_by_page_since_a_moment() -> None:
    async def told(here: Scene) -> None:
        now = datetime.now(UTC)
        other = here.desk.act("zigpoll/poll", b'["Another", "What?"]')
        here.say((0, "1"), at=now - timedelta(days=9))
        here.say((0, "2"), poll=other)
        names = [here.say((0, "3"))[0] for _ in range(PAGE + 2)]
        here.say((0, "4"))
        here.books.answers[-1]["createdAt"] = "soon"  # nobody can read it: the look says so
        here.settings = msgspec.structs.replace(here.settings, scores={here.poll.slides[0].id: Score(scale=Scale.NPS)})
        found, after = list[Any](), None
        for _ in range(2):
            page = await here.surveys.responses(SurveyId(here.poll.id), now - timedelta(days=1), after)
            found += page.responses
            after = page.after
        assert after is None
        assert sorted(one.id for one in found) == sorted(names)
        assert {one.answers[0].asked for one in found} == {"How likely are you to recommend us?"}
        with pytest.raises(Rejected):
            await here.surveys.responses(SurveyId(here.poll.id), now, "no place")

    run(told)
