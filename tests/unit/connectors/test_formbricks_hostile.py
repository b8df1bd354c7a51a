"""A Formbricks whose answers are off by one value: one of the four errors comes of it, or a result, nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pawline.connectors.formbricks import connector, hook
from pawline.connectors.formbricks.enrolling import enrol, issue, lacking
from pawline.connectors.formbricks.health import probe
from pawline.connectors.formbricks.hook import about
from pawline.connectors.formbricks.looking import answers
from pawline.connectors.formbricks.past import PAST
from pawline.connectors.formbricks.surveys import FormbricksSurveys
from pawline.kit import Http
from pawline.model import HouseholdId, Medium, SurveyId
from pawline.ports import Invitation
from pawline.testing.counter import LOOPBACK, Counter
from tests.unit.connectors.fetching import whole
from tests.unit.connectors.formbricks_scene import ADDRESS, LINKS
from tests.unit.connectors.oddly import attempted, tried

NOW = datetime.now(UTC)
SECRET = "whsec_" + "a" * 43 + "="
ROW = {
    "id": "r1", "createdAt": NOW.isoformat(), "updatedAt": NOW.isoformat(), "finished": True, "surveyId": "s1",
    "data": {"nps": 3, "mood": ["Sehr gut"], "m": {"a": "b"}, "pawline_household": "h1", "verifiedEmail": "a@b.c"},
    "contactAttributes": {"email": "ann@example.org", "userId": "gid://shopify/Customer/7"},
}  # fmt: skip
SURVEY = {
    "id": "s1", "status": "inProgress", "type": "link", "workspaceId": "w1", "environmentId": "w1", "archivedAt": None,
    "questions": [
        {"id": "nps", "type": "nps", "headline": {"default": "<b>How</b>?"}},
        {"id": "mood", "type": "multipleChoiceMulti", "headline": {"default": "?"},
         "choices": [{"id": "c", "label": {"default": "Good", "de": "Sehr gut"}}]},
        {"id": "m", "type": "matrix", "headline": {"default": "?"}, "rows": [], "columns": []},
        {"id": "stars", "type": "rating", "range": 5, "headline": {"default": "?"}},
    ],
    "hiddenFields": {"enabled": True, "fieldIds": ["pawline_household"]}, "singleUse": {"enabled": True},
}  # fmt: skip
HOOK = {
    "id": "h1", "url": ADDRESS, "name": "Pawline", "source": "user", "triggers": ["responseFinished"], "surveyIds": [],
    "workspaceId": "w1", "secret": SECRET,
}  # fmt: skip
REPLIES: dict[str, Any] = {
    "GET /api/v2/management/responses": {"data": [ROW, ROW | {"id": "r2"}]},
    "GET /api/v2/management/responses/r1": {"data": ROW},
    "GET /api/v1/management/surveys": {"data": [SURVEY]},
    "GET /api/v1/management/surveys/s1": {"data": SURVEY},
    "GET /api/v1/management/surveys/s1/singleUseIds": {"data": ["https://f.example/s/s1?suId=1"]},
    "GET /api/v2/management/webhooks": {"data": [HOOK, HOOK | {"id": "h2", "name": "by hand"}], "meta": {"total": 2}},
    "POST /api/v2/management/webhooks": {"data": HOOK}, "PUT /api/v2/management/webhooks/h1": {"data": HOOK},
    "DELETE /api/v2/management/webhooks/h1": {"data": HOOK}, "PUT /api/v2/management/webhooks/h2": {"data": HOOK},
}  # fmt: skip
WANTED = Invitation(survey=SurveyId("s1"), household=HouseholdId("h1"), medium=Medium.WEB)
Call = Callable[[FormbricksSurveys, Http, Any], Awaitable[object]]


async def issued(http: Http, settings: Any) -> object:
    return await issue(http, settings, ADDRESS) or "it is there"


CALLS: dict[str, Call] = {
    "look": lambda _, http, settings: answers(http, settings, ""),
    "about": lambda _, http, settings: about(http, settings, "r1"),
    "latest": lambda _, http, settings: about(http, settings, "answers"),
    "enrol": lambda _, http, settings: enrol(http, settings, ADDRESS),
    "issue": lambda _, http, settings: issued(http, settings),
    "lacking": lambda _, http, settings: lacking(http, settings, ADDRESS),
    "probe": lambda _, http, settings: probe(http, settings, frozenset()),
    "invite": lambda one, _, __: one.invite(WANTED),
    "responses": lambda one, _, __: one.responses(SurveyId("s1"), NOW - timedelta(days=1), None),
}


async def outcome(served: Counter, call: Call, **more: Any) -> object:
    given = {
        "url": f"http://127.0.0.1:{served.port}", "key": "k", "workspace": "w1", "links": LINKS,
        "scores": {"stars": {"scale": "csat"}}, **more,
    }  # fmt: skip
    settings = connector.configure(given)
    http = connector.http(settings, LOOPBACK)
    assert isinstance(http, Http)
    return await attempted(http, "formbricks/eu", lambda: call(FormbricksSurveys(http, settings), http, settings))


@pytest.mark.parametrize("name", CALLS)
def test_an_odd_value_anywhere_is_one_of_four_errors_or_does_not_matter(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook, "SETTLES", 0.0)
    more = {"webhook_secrets": [SECRET]} if name in ("enrol", "lacking") else {}
    asyncio.run(tried(REPLIES, lambda served: outcome(served, CALLS[name], **more), nothing=name == "probe"))


def test_an_odd_value_in_history_keeps_no_other_answer_back(tmp_path: Path) -> None:
    asyncio.run(
        tried(REPLIES, lambda served: outcome(served, lambda _, http, settings: whole(PAST, http, settings, tmp_path)))
    )
