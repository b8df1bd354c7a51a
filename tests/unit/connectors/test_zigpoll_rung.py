"""What a ring of Zigpoll's makes us read: so much, of lately, and whatever a body says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.zigpoll import hook, looking
from pawline.connectors.zigpoll.hook import HOOK, about
from pawline.kit import REMEMBERED
from pawline.sandbox.zigpoll.api import Call
from tests.unit.connectors.zigpoll_scene import Scene, run


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "SETTLES", 0.0)


def test_whoever_knows_the_address_makes_us_read_and_so_much_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking.page_of, "__defaults__", (1,))
    asked: list[str] = []

    async def told(here: Scene) -> None:
        for body in (b'{"pollId": "x"}', b'{"pollId": "../me"}', b"", b"[", b"\xff" * 999):
            delivery = HOOK.read([], body)
            assert (HOOK.rings(delivery), HOOK.hears[delivery.type](delivery.payload)) == ("answers", ())
        here.say(*[(0, str(n)) for n in range(9)])
        get = here.http.get

        async def counted(*path: str, **given: Any) -> Any:
            asked.append(path[0])
            return await get(*path, **given)

        here.http.get = counted
        found: Any = await about(here.http, here.settings, "answers")
        assert [one.event.response.answers[0].raw for one in found] == ["4", "5", "6", "7", "8"]
        assert asked == ["me", *["responses"] * 5, "slides"]

    run(told)


def test_a_ring_that_nobody_answered_for_long_is_left_to_the_look() -> None:
    async def told(here: Scene) -> None:
        here.say((0, "1"), at=datetime.now(UTC) - timedelta(hours=1))
        (late,) = here.say((0, "2"))
        assert [one.id for one in await about(here.http, here.settings, "answers")] == [late]

    run(told)


def test_a_ring_tells_no_old_answer_whatever_a_page_holds() -> None:
    async def told(here: Scene) -> None:
        here.say((0, "1"), at=datetime.now(UTC) - REMEMBERED)
        here.say((0, "2"), at=datetime.now(UTC) - hook.RECENT - timedelta(minutes=1))
        (late,) = here.say((0, "3"), at=datetime.now(UTC) - hook.RECENT + timedelta(minutes=1))
        api = here.desk.zigpoll.api
        whole = api._answers["GET responses"]

        def all_of_them(call: Call) -> Any:
            query = {name: value for name, value in call.query.items() if name != "createdAfter"}
            return whole(msgspec.structs.replace(call, query=query))

        api._answers["GET responses"] = all_of_them
        assert [one.id for one in await about(here.http, here.settings, "answers")] == [late]

    run(told)


def test_a_ring_asks_for_the_questions_of_few_surveys_and_leaves_the_others_to_the_look() -> None:
    async def told(here: Scene) -> None:
        polls = [here.desk.act("zigpoll/poll", msgspec.json.encode([f"s{n}", "What?"])) for n in range(7)]
        names = [here.say((0, "1"), poll=one)[0] for one in [*polls, polls[6]]]
        asked, slides = list[str](), here.desk.zigpoll.api._answers["GET slides"]

        def counted(call: Call) -> Any:
            asked.append(call.query["pollId"])
            return slides(call)

        here.desk.zigpoll.api._answers["GET slides"] = counted
        rung = await about(here.http, here.settings, "answers")
        assert [one.id for one in rung] == names[2:]
        assert asked == polls[2:]
        assert sorted(one.id for one in (await here.walk())[0]) == sorted(names)

    run(told)
