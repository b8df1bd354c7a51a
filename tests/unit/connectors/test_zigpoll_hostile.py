"""A Zigpoll whose answers are off by one value: one of the four errors comes of it, or a result, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pawline.connectors.zigpoll import connector, hook
from pawline.connectors.zigpoll.enrolling import enrol
from pawline.connectors.zigpoll.health import probe
from pawline.connectors.zigpoll.hook import about
from pawline.connectors.zigpoll.looking import answers
from pawline.connectors.zigpoll.past import PAST
from pawline.connectors.zigpoll.surveys import ZigpollSurveys
from pawline.kit import Http
from pawline.model import HouseholdId, Medium, SurveyId
from pawline.ports import Invitation
from pawline.testing.counter import LOOPBACK, Counter
from tests.unit.connectors.fetching import whole
from tests.unit.connectors.oddly import attempted, tried
from tests.unit.connectors.zigpoll_scene import ADDRESS, NEW

NOW = datetime.now(UTC)
ROW = {
    "_id": "r1", "createdAt": NOW.isoformat(), "accountId": "a1", "pollId": "p1", "slideId": "s1",
    "participantId": "v1", "response": "3", "valueType": "vote",
    "metadata": {"email": "ann@example.org", "shopify_order_id": "9", "shopify_customer_id": 7, "pawline_pet": "x"},
}  # fmt: skip
REPLIES: dict[str, Any] = {
    "GET /me": {"_id": "u1", "accounts": ["a1"]},
    "GET /polls": [{"_id": "p1", "isVisible": True, "isArchived": False}],
    "GET /poll": {"_id": "p1", "isVisible": True, "isArchived": False},
    "GET /slides": [{"_id": "s1", "title": "<b>How</b>?"}],
    "GET /responses": {"data": [ROW, ROW | {"_id": "r2"}], "hasNextPage": False, "endCursor": "r2"},
    "POST /generate-survey-link": {"url": "https://s.example/1", "activityId": "l1"},
    "POST /n8n/hooks": {"data": {"externalHookId": "h1"}}, "DELETE /n8n/hooks": {"data": {}},
}  # fmt: skip
WANTED = Invitation(survey=SurveyId("p1"), household=HouseholdId("h1"), medium=Medium.WEB)
Call = Callable[[ZigpollSurveys, Http, Any], Awaitable[object]]


CALLS: dict[str, Call] = {
    "look": lambda _, http, settings: answers(http, settings, ""),
    "about": lambda _, http, settings: about(http, settings, "answers"),
    "enrol": lambda _, http, settings: enrol(http, settings, ADDRESS),
    "probe": lambda _, http, settings: probe(http, settings, frozenset()),
    "invite": lambda one, _, __: one.invite(WANTED),
    "responses": lambda one, _, __: one.responses(SurveyId("p1"), NOW - timedelta(days=1), None),
}


async def outcome(served: Counter, call: Call) -> object:
    scores = {"s1": {"scale": "nps"}}
    given = {"url": f"http://127.0.0.1:{served.port}", "key": "k", "webhook_secrets": [NEW], "scores": scores}
    settings = connector.configure(given)
    http = connector.http(settings, LOOPBACK)
    assert isinstance(http, Http)
    return await attempted(http, "zigpoll/eu", lambda: call(ZigpollSurveys(http, settings), http, settings))


@pytest.mark.parametrize("name", CALLS)
def test_an_odd_value_anywhere_is_one_of_four_errors_or_does_not_matter(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook, "SETTLES", 0.0)
    asyncio.run(tried(REPLIES, lambda served: outcome(served, CALLS[name]), nothing=name == "probe"))


def test_an_odd_value_in_history_keeps_no_other_answer_back(tmp_path: Path) -> None:
    asyncio.run(
        tried(REPLIES, lambda served: outcome(served, lambda _, http, settings: whole(PAST, http, settings, tmp_path)))
    )
