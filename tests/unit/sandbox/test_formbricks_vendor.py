"""The pretended Formbricks by itself: what it keeps over a restart, whom it tells and how it signs, whom it lets in."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
import standardwebhooks
from aiohttp import ClientSession

from pawline.sandbox import Desk, Mishaps, Vendors, served
from pawline.sandbox.answers import Refused
from pawline.sandbox.diary import Clock, Diary, recall
from tests.unit.sandbox.hearing import heard_by


def called(desk: Desk, method: str, *path: str, **body: Any) -> Any:
    return desk.act("formbricks/call", msgspec.json.encode({"method": method, "path": path, "body": body}))["data"]


def said(desk: Desk, **given: Any) -> Any:
    return desk.act("formbricks/answer", msgspec.json.encode({"answers": {"nps": 9}} | given))


def webhook(desk: Desk, url: str, *triggers: str, **more: Any) -> Any:
    books = desk.formbricks.books
    body = {
        "name": "x", "url": url, "source": "user", "triggers": list(triggers), "surveyIds": [],
        "workspaceId": books.workspace,
    }  # fmt: skip
    return called(desk, "POST", "v2", "management", "webhooks", **(body | more))


def test_killed_and_started_again_it_is_where_it_was(tmp_path: Path) -> None:
    def life(first: bool) -> Any:
        clock = Clock()
        desk = Desk(Vendors(now=clock), "tok")
        diary = Diary(tmp_path / "diary.jsonl", clock)
        book = recall(desk, diary, tmp_path / "ledger.jsonl")
        books = desk.formbricks.books
        if first:
            survey = desk.act("formbricks/survey", b'{"name": "Another", "questions": []}')
            made = webhook(desk, "http://127.0.0.1:1/x", "responseCreated", surveyIds=[survey])
            with pytest.raises(Refused):
                webhook(desk, "http://127.0.0.1:1/x", "responseArchived")
            name = said(desk, finished=False, hidden={"pawline_household": "h1", "strange": "x"})
            said(desk, response=name, answers={"why": "late"})
            path = ("v2", "management", "webhooks", made["id"])
            called(
                desk, "PUT", *path, name="y", url="http://x", source="user", triggers=["responseFinished"], surveyIds=[]
            )
        found = (books.surveys, books.responses, books.webhooks, desk.formbricks.key, desk.vendors.effects())
        diary.close()
        book.close()
        return found

    before = life(first=True)
    assert [one.operation for one in before[-1]] == ["Formbricks.webhook", "Formbricks.change"]
    (response,) = before[1].values()
    assert (response["data"], response["finished"]) == ({"pawline_household": "h1", "nps": 9, "why": "late"}, True)
    assert life(first=False) == before


def test_what_it_signs_the_standards_own_package_believes_and_nothing_else() -> None:
    desk, secrets = Desk(Vendors(now=time.time), "tok"), list[str]()

    def told(url: str) -> None:
        secrets.extend(webhook(desk, f"{url}/{n}", "responseFinished")["secret"] for n in range(2))
        desk.hooks.mishaps = Mishaps(twice=1.0)
        said(desk)

    heard = heard_by(desk, told, desk.formbricks.teller.rest)
    assert len(heard) == 4
    believed = 0
    for headers, body in heard:
        for secret in secrets:
            theirs = standardwebhooks.Webhook(secret)
            try:
                event = theirs.verify(body, headers)
            except standardwebhooks.WebhookVerificationError:
                continue
            believed += 1
            assert (event["event"], event["data"]["finished"], event["data"]["contact"]) == (
                "responseFinished",
                True,
                None,
            )
            with pytest.raises(standardwebhooks.WebhookVerificationError):
                theirs.verify(body + b" ", headers)
    assert believed == 4
    assert len({headers["webhook-id"] for headers, _ in heard}) == 2


def test_each_is_told_what_it_asked_for_and_an_older_version_signs_nothing() -> None:
    desk = Desk(Vendors(now=time.time), "tok")
    books = desk.formbricks.books
    books.signs = False

    def told(url: str) -> None:
        other = desk.act("formbricks/survey", b'{"name": "Another", "questions": []}')
        assert webhook(desk, f"{url}/all", "responseCreated", "responseUpdated", "responseFinished")["secret"] is None
        webhook(desk, f"{url}/other", "responseFinished", surveyIds=[other])
        name = said(desk, finished=False)
        said(desk, response=name, contact={"userId": "77"})
        desk.hooks.mishaps = Mishaps(lost=1.0)
        said(desk)

    heard = heard_by(desk, told, desk.formbricks.teller.rest)
    events = sorted(msgspec.json.decode(body)["event"] for _, body in heard)
    assert events == ["responseCreated", "responseFinished", "responseUpdated"]
    assert not [name for headers, _ in heard for name in headers if name.lower() == "webhook-signature"]
    assert len(desk.formbricks.teller.lost) == 2


def test_who_may_not_is_told_so_before_what_is_wrong_with_it() -> None:
    async def run() -> None:
        desk = Desk(Vendors(now=time.time), "tok")
        good, workspace = {"x-api-key": desk.formbricks.key}, {"workspaceId": desk.formbricks.books.workspace}
        async with served(desk) as url, ClientSession() as session:
            base = f"{url}/formbricks/api"
            for given in ({}, {"x-api-key": "x"}, {"Authorization": f"Bearer {desk.formbricks.key}"}):
                async with session.get(f"{base}/v2/management/responses", headers=given) as answer:
                    assert answer.status == 401
            for path, status in (
                ("nothing", 404), ("v2/management/responses?limit=251", 422), ("v2/management/responses?limit=x", 422),
                ("v2/management/responses?sortBy=id", 422), ("v1/management/surveys/none", 404),
                ("v2/management/responses/none", 404),
            ):  # fmt: skip
                async with session.get(f"{base}/{path}", headers=good) as answer:
                    assert answer.status == status, path
            hooks = f"{base}/v2/management/webhooks"
            for body, write, status in (
                ({}, True, 404), (workspace, False, 403), (workspace, True, 422), ({"workspaceId": "w9"}, False, 404),
            ):  # fmt: skip
                desk.formbricks.api.may_write = write
                async with session.post(hooks, headers=good, json=body) as answer:
                    assert answer.status == status, body
            async with session.post(hooks, headers=good, data=b"[") as answer:
                assert answer.status == 400
            async with session.get(f"{base}/v2/management/responses", headers=good) as answer:
                assert await answer.json() == {"data": []}

    asyncio.run(run())
