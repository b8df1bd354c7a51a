"""What is answered at Formbricks, rung by a webhook or found by a look: the same events, once each, none lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.formbricks import looking
from pawline.connectors.formbricks.happened import LEFT, read
from pawline.connectors.formbricks.hook import about
from pawline.connectors.formbricks.listing import Spot
from pawline.connectors.formbricks.looking import AGAIN, Cursor, answers
from pawline.kit import REMEMBERED
from pawline.ports import Malformed, Transient
from pawline.sandbox import Fault, Faults
from pawline.sandbox.formbricks.books import question
from tests.unit.connectors.formbricks_scene import Scene, run


def raws(seen: Any) -> list[tuple[str, str | None, bool]]:
    return [(one.id.partition("/")[2], one.event.response.answers[0].raw, one.event.response.finished) for one in seen]


def ids(seen: Any) -> list[str]:
    return [one.id for one in seen]


def test_a_finished_response_is_the_same_by_ring_and_by_look() -> None:
    async def told(here: Scene) -> None:
        name = here.say({"nps": 3, "why": "it came late"}, hidden={"pawline_household": "h1", "unknown": "x"})
        rung = await about(here.http, here.settings, name)
        assert raws(rung) == [("nps", "3", True), ("why", "it came late", True)]
        assert {one.event.response.household for one in rung} == {"h1"}  # type: ignore[attr-defined]
        assert (await here.walk())[0] == list(rung)

    run(told)


def test_who_is_at_it_still_is_not_told_of_and_who_has_left_is() -> None:
    async def told(here: Scene) -> None:
        now = datetime.now(UTC)
        here.say({"nps": 2}, finished=False)
        left = here.say({"nps": 3}, finished=False, at=now - LEFT - timedelta(minutes=1))
        here.say({"nps": 4}, finished=False, at=now - LEFT + timedelta(minutes=1))
        found, _, _ = await here.walk()
        assert (raws(found), ids(found)) == ([("nps", "3", False)], [f"{left}/nps"])
        assert [one.event.fact for one in found] == [None]

    run(told)


def test_who_comes_back_is_told_of_by_what_is_new_and_what_was_told_has_the_same_id() -> None:
    async def told(here: Scene) -> None:
        name = here.say({"nps": 3}, finished=False, at=datetime.now(UTC) - timedelta(hours=3))
        first, cursor, _ = await here.walk()
        here.say({"nps": 9, "why": "it is fine by now"}, response=name)
        found, cursor, _ = await here.walk(cursor)
        assert ids(first) == [f"{name}/nps"]
        assert raws(found) == [("nps", "9", True), ("why", "it is fine by now", True)]
        assert ids(found) == [f"{name}/nps", f"{name}/why"]  # the hub knows the first by its id
        assert raws(await about(here.http, here.settings, name)) == raws(found)

    run(told)


def test_a_walk_begins_before_whoever_was_at_it_however_much_came_since(monkeypatch: pytest.MonkeyPatch) -> None:
    async def told(here: Scene) -> None:
        now = datetime.now(UTC)
        waits = here.say({"nps": 2}, finished=False, at=now - timedelta(minutes=50))
        (newest,) = (here.say({"nps": 9}, at=now),)
        found, cursor, _ = await here.walk()
        assert ids(found) == [f"{newest}/nps"]
        monkeypatch.setattr("pawline.connectors.formbricks.happened.LEFT", timedelta(minutes=40))
        found, cursor, _ = await here.walk(cursor)
        assert sorted(ids(found)) == sorted([f"{waits}/nps", f"{newest}/nps"])
        assert now - AGAIN > now - timedelta(minutes=50)  # it would not be there otherwise
        found, again, _ = await here.walk(cursor)
        assert (ids(found), again) == ([f"{newest}/nps"], cursor)

    run(told)


def test_a_walk_goes_through_pages_and_what_changes_meanwhile_hides_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "MANY", 2)

    async def told(here: Scene) -> None:
        begin = datetime.now(UTC) - timedelta(hours=9)
        names = [here.say({"nps": n}, finished=False, at=begin + timedelta(minutes=n)) for n in range(6)]
        cursor, seen = "", list[str]()
        for turn in range(20):
            page = await answers(here.http, here.settings, cursor)
            seen += ids(page.sightings)
            cursor = page.cursor
            if turn == 0:  # the first of what was read moves to the end
                here.say({"why": "more"}, response=names[0])
            if not page.more:
                break
        assert set(seen) == {f"{one}/nps" for one in names} | {f"{names[0]}/why"}

    run(told)


def test_responses_of_one_moment_fill_pages_and_are_all_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "MANY", 2)

    async def told(here: Scene) -> None:
        at = datetime.now(UTC) - timedelta(hours=9)
        names = [here.say({"nps": 1}, at=at) for _ in range(7)]
        found, cursor, _ = await here.walk()
        assert set(ids(found)) == {f"{one}/nps" for one in names}
        assert len((await here.walk(cursor))[0]) >= 7

    run(told)


def test_one_that_is_dated_ahead_leads_no_walk_past_now() -> None:
    async def told(here: Scene) -> None:
        here.say({"nps": 1}, at=datetime.now(UTC) + timedelta(days=400))
        first, cursor, _ = await here.walk()
        assert first[0].at < datetime.now(UTC)
        name = here.say({"nps": 2})
        assert f"{name}/nps" in ids((await here.walk(cursor))[0])

    run(told)


def test_a_change_at_the_beginning_of_time_leads_no_walk_there() -> None:
    row = {
        "id": "r1", "surveyId": "s1", "createdAt": "2026-11-30T12:00:00Z", "updatedAt": "0001-01-01T00:00:00Z",
        "finished": False, "data": {},
    }  # fmt: skip
    now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    at = Cursor(Spot(now - AGAIN)).saw(read(msgspec.Raw(msgspec.json.encode(row))), now, waits=True)
    assert at.anew() == Cursor(Spot(now - 2 * AGAIN), now - AGAIN)


def test_what_was_begun_before_facts_are_remembered_is_not_told() -> None:
    async def told(here: Scene) -> None:
        now = datetime.now(UTC)
        old = here.say({"nps": 1}, finished=False, at=now - REMEMBERED - timedelta(hours=1))
        here.say({"why": "late"}, response=old)
        young = here.say({"nps": 2}, at=now - REMEMBERED + timedelta(hours=1))
        assert ids((await here.walk())[0]) == [f"{young}/nps"]
        assert await about(here.http, here.settings, old) == ()

    run(told)


def test_a_response_that_cannot_be_read_is_told_once_and_keeps_no_other_back() -> None:
    async def told(here: Scene) -> None:
        bad, good = here.say({"nps": 1}), here.say({"nps": 2})
        here.books.responses[bad]["createdAt"] = None
        found, cursor, names = await here.walk()
        assert (ids(found), names) == ([f"{good}/nps"], [f"answer {bad}"])
        found, cursor, names = await here.walk(cursor)
        assert (ids(found), names) == ([f"{good}/nps"], [])
        here.books.responses[bad]["createdAt"] = here.books.responses[good]["createdAt"]
        found, cursor, names = await here.walk(cursor)
        assert (sorted(ids(found)), names) == (sorted([f"{bad}/nps", f"{good}/nps"]), [])
        here.say({"nps": 3})
        for one in here.books.responses.values():
            one["finished"] = None
        with pytest.raises(Malformed):
            await here.walk(cursor)

    run(told)


def test_a_survey_that_cannot_be_read_is_a_case_and_keeps_no_other_survey_back() -> None:
    async def told(here: Scene) -> None:
        other = here.another(question("nps", "nps", "How likely?"))
        bad, good = here.say({"nps": 1}), here.say({"nps": 2}, survey=other)
        here.survey.questions = {"not": "a list"}  # type: ignore[assignment]
        found, cursor, names = await here.walk()
        assert (ids(found), names) == ([f"{good}/nps"], [f"answer {bad}"])
        assert await about(here.http, here.settings, f"{bad} {good}") == tuple(found)
        assert (await here.walk(cursor))[2] == []

    run(told)


def test_only_the_surveys_and_the_workspace_that_are_named_are_heard() -> None:
    async def told(here: Scene) -> None:
        other = here.another(question("nps", "nps", "How likely?"))
        mine, strange = here.say({"nps": 1}), here.say({"nps": 2}, survey=other)
        assert len((await here.walk())[0]) == 2
        here.settings = msgspec.structs.replace(here.settings, surveys=(here.survey.id,))
        assert ids((await here.walk())[0]) == [f"{mine}/nps"]
        assert await about(here.http, here.settings, strange) == ()
        asked = [one for one in here.api.asked if other in one]
        here.settings = msgspec.structs.replace(here.settings, surveys=(), workspace="another")
        assert (await here.walk())[0] == []
        del here.books.surveys[other]
        here.settings = msgspec.structs.replace(here.settings, workspace=here.books.workspace)
        assert ids((await here.walk())[0]) == [f"{mine}/nps"]
        assert len(asked) == 1  # of the first walk

    run(told)


def test_each_survey_is_asked_for_once_a_page_and_a_vendor_that_is_down_is_waited_for() -> None:
    async def told(here: Scene) -> None:
        for n in range(5):
            here.say({"nps": n})
        await here.walk()
        assert here.api.asked == ["GET v2/management/responses", f"GET v1/management/surveys/{here.survey.id}"]
        here.desk.vendors.faults = Faults(rates={Fault.UNAVAILABLE: 1.0})
        with pytest.raises(Transient):
            await answers(here.http, here.settings, "")

    run(told)


@pytest.mark.parametrize("text", ["", "x", "2026-11-30T12:00:00.000Z", "2026-11-30T12:00:00.000Z&skip=-1",
                                  "2026-11-30T12:00:00Z&skip=0", "2026-11-30T12:00:00.000Z&skip=x"])  # fmt: skip
def test_a_place_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Spot.read(text)
    assert Spot.read("2026-11-30T12:00:00.000Z&skip=3") == Spot(datetime(2026, 11, 30, 12, tzinfo=UTC), 3)
